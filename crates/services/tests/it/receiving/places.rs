//! What updates do to the list of groups and channels.

use contract::chats::ChatsApi;
use sim::{Deed, Group, person_id};

use crate::colony::Colony;

const SLUG: &str = "acme_bot";
const ROWS: &str =
    "select concat_ws(' ', kind, title, standing) from chats order by since, chat_id desc";

#[tokio::test(flavor = "multi_thread")]
async fn the_list_follows_what_becomes_of_the_bot() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    let receiving = colony.receive();
    let who = person_id(1, 0);
    let joins = |group: Group| colony.sim.add_to_group(card.id, who, group).expect("a group");
    let channel = Group { title: "News".into(), channel: true, ..Group::default() };
    let news = joins(channel);
    colony.until(ROWS, &["channel News writable"]).await;
    colony.does(&card, who, Deed::Demote { group: news });
    colony.until(ROWS, &["channel News muted"]).await;
    colony.does(&card, who, Deed::Text { text: "by hand".into(), group: Some(news) });
    colony.until("select count(*) from updates where applied_at is null", &["0"]).await;
    assert_eq!(colony.texts(ROWS).await, ["channel News muted"], "a post lifts no mute");
    colony.does(&card, who, Deed::Promote { group: news });
    colony.until(ROWS, &["channel News writable"]).await;
    colony.does(&card, who, Deed::Kick { group: news });
    colony.until(ROWS, &["channel News gone"]).await;
    assert_eq!(colony.texts("select reason from chats").await, ["the bot was put out"]);
    joins(Group { id: news, channel: true, title: "News".into(), ..Group::default() });
    colony.until(ROWS, &["channel News writable"]).await;
    assert_eq!(colony.texts("select count(*) from subscribers").await, ["0"]);

    let page = ChatsApi::list(&colony.svc, &ann, SLUG, "").await.expect("a page");
    assert_eq!((page.rows.len(), page.rows[0].chat, page.next), (1, news, None));
    let stranger = colony.owner("mallory").await;
    assert!(ChatsApi::list(&colony.svc, &stranger, SLUG, "").await.is_err());
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_becomes_a_supergroup_keeps_its_row() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    let receiving = colony.receive();
    let who = person_id(1, 0);
    let group = Group { title: "Team".into(), supergroup: false, ..Group::default() };
    let old = colony.sim.add_to_group(card.id, who, group).expect("a group");
    colony.until(ROWS, &["group Team writable"]).await;
    let since = colony.texts("select since from chats").await;
    colony.does(&card, who, Deed::Upgrade { group: old });
    colony.until(ROWS, &["supergroup Team writable"]).await;
    assert_eq!(colony.texts("select was from chats").await, [old.to_string()]);
    assert_eq!(colony.texts("select since from chats").await, since);
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_and_numbers_that_somebody_made_up_do_no_harm() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    let receiving = colony.receive();
    let joins = |id: i64, title: &str, supergroup: bool| {
        let group = Group { id, title: title.into(), supergroup, ..Group::default() };
        colony.sim.add_to_group(card.id, person_id(1, 0), group).expect("a group")
    };
    joins(-(1 << 52), "\u{202e}evil <script>alert(1)</script>", true);
    joins(-(1 << 33), "Robert'); drop table chats; --", false);
    joins(-7, "\u{3164}", false);
    // A number that no chat can have is no chat.
    let strange = serde_json::json!({"message_id": 1, "date": 0, "text": "x",
                                     "chat": {"id": i64::MIN, "type": "supergroup", "title": "x"}});
    colony.sim.inject(card.id, "message", -1, &strange).expect("an update").expect("wanted");
    colony.until("select count(*) from updates where applied_at is null", &["0"]).await;
    let titles = "select title from chats order by chat_id";
    let want = ["evil <script>alert(1)</script>", "Robert'); drop table chats; --", "#-7"];
    colony.until(titles, &want).await;
    assert_eq!(colony.texts("select count(*) from updates where refused is not null").await, ["0"]);
    receiving.stop().await;
}
