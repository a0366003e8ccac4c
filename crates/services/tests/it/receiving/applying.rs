//! What updates do to subscribers.

use contract::{
    bots::{BotsApi, ReadOnly},
    broadcasts::{BroadcastsApi, TestRecipient},
    cx::RequestCx,
};
use services::ingest::Accepted;
use sim::{BotCard, Deed, Group, Profile, person_id};

use crate::colony::{Colony, Receiving};

const SLUG: &str = "acme_bot";
const STATUS: &str = "select status from subscribers";

async fn receiving() -> (Colony, RequestCx, BotCard, Receiving) {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    let receiving = colony.receive();
    (colony, ann, card, receiving)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_comes_goes_and_comes_back() {
    let (colony, _, card, receiving) = receiving().await;
    let ann = person_id(1, 0);
    colony.writes_before_start(&card, ann);
    colony.starts(&card, ann, "spring");
    colony.until(STATUS, &["active"]).await;
    colony.writes(&card, ann, "/stop");
    colony.until(STATUS, &["unsubscribed"]).await;
    let applied = "select count(*) from updates where applied_at is not null";
    let before: u32 = colony.texts(applied).await[0].parse().expect("a number");
    colony.does(&card, ann, Deed::Block);
    colony.does(&card, ann, Deed::Unblock);
    colony.until(applied, &[&(before + 2).to_string()]).await;
    assert_eq!(colony.texts(STATUS).await, ["unsubscribed"], "only a Start undoes a /stop");
    colony.starts(&card, ann, "autumn");
    colony.until(STATUS, &["active"]).await;
    colony.does(&card, ann, Deed::Block);
    colony.until(STATUS, &["blocked"]).await;
    colony.does(&card, ann, Deed::Unblock);
    colony.until(STATUS, &["active"]).await;
    colony.until("select count(*) from updates where applied_at is null", &["0"]).await;
    assert_eq!(
        colony.texts("select source from subscribers").await,
        ["spring"],
        "the first payload is kept"
    );
    assert_eq!(colony.texts("select joined from bot_days").await, ["1"]);

    let said = colony.texts("select message ->> 'text' from replies order by id").await;
    assert!(
        said[0].starts_with("Welcome!")
            && said.iter().any(|text| text.contains("/start if you change")),
        "{said:?}"
    );
    receiving.stop().await;
}

impl Colony {
    /// Somebody blocks and unblocks a bot to which they never said a word: nobody's subscriber.
    fn writes_before_start(&self, card: &BotCard, person: i64) {
        let member = serde_json::json!({
            "chat": {"id": person, "type": "private", "first_name": "Ann"}, "date": 0,
            "from": {"id": person, "is_bot": false, "first_name": "Ann"},
            "old_chat_member": {"status": "member", "user": {"id": card.id, "is_bot": true, "first_name": "Acme"}},
            "new_chat_member": {"status": "kicked", "until_date": 0,
                                "user": {"id": card.id, "is_bot": true, "first_name": "Acme"}},
        });
        self.sim
            .inject(card.id, "my_chat_member", person, &member)
            .expect("an update")
            .expect("wanted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_nobodys_subscribers() {
    let (colony, _, card, receiving) = receiving().await;
    let ann = person_id(1, 0);
    let group = colony
        .sim
        .add_to_group(card.id, ann, Group { title: "Team".into(), ..Group::default() })
        .expect("a group");
    colony.does(&card, ann, Deed::Text { text: "/start spring".into(), group: Some(group) });
    colony.starts(&card, person_id(1, 1), "");
    colony.until("select count(*) from subscribers", &["1"]).await;
    assert_eq!(
        colony.texts("select chat_id from subscribers").await,
        [person_id(1, 1).to_string()]
    );
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_stored_harmless() {
    let (colony, _, card, receiving) = receiving().await;
    let hostile = [
        ("\u{202e}gpj.exe", None, "gpj.exe"),
        ("Robert'); drop table subscribers; --", None, "Robert'); drop table subscribers; --"),
        ("a\u{0}b\u{1b}[31m", Some("\u{2066}c"), "ab[31m c"),
        ("\u{3164}", None, "ann_lee"),
    ];
    for (index, (first, last, _)) in hostile.into_iter().enumerate() {
        let person = person_id(1, index as u32);
        let profile = Profile {
            first_name: first.into(),
            last_name: last.map(Into::into),
            username: Some("ann_lee".into()),
            language_code: Some("en".into()),
        };
        colony.sim.name_person(person, profile);
        colony.starts(&card, person, "");
    }
    colony.until("select count(*) from subscribers", &["4"]).await;
    let names = colony.texts("select name from subscribers order by chat_id").await;
    assert_eq!(names, hostile.map(|(_, _, want)| want));
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_understood_stops_nothing() {
    let (colony, _, card, receiving) = receiving().await;
    let bad = serde_json::json!({"message_id": 1, "chat": {"id": "seven"}});
    for n in 0..5 {
        colony.sim.inject(card.id, "message", 7, &bad).expect("an update").expect("wanted");
        colony.starts(&card, person_id(1, n), "");
    }
    colony.until("select count(*) from subscribers", &["5"]).await;
    colony
        .until(
            "select distinct refused from updates where refused is not null",
            &["not as the Bot API describes an update"],
        )
        .await;
    assert_eq!(colony.texts("select count(*) from updates where refused is not null").await, ["5"]);
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_stops_nothing() {
    let (colony, _, _, receiving) = receiving().await;
    let to = colony.whose(SLUG).await;
    // A rule that only this person's row breaks stands in for a mistake of ours.
    let admin = colony.db.superuser().await;
    admin
        .batch_execute("alter table subscribers add check (chat_id <> 13)")
        .await
        .expect("a constraint");
    for id in 1..=30 {
        colony.ingest.take(to, start(id, id)).await.expect("taken in");
    }
    colony.until("select count(*) from updates where applied_at is null", &["0"]).await;
    assert_eq!(colony.texts("select count(*) from subscribers").await, ["29"]);
    assert_eq!(
        colony.texts("select update_id from updates where refused = 'could not be applied'").await,
        ["13"]
    );
    receiving.stop().await;
}

fn start(id: i64, person: i64) -> bytes::Bytes {
    talk(id, person, "/start")
}

fn talk(id: i64, person: i64, text: &str) -> bytes::Bytes {
    serde_json::json!({
        "update_id": id,
        "message": {
            "message_id": id, "date": 0, "text": text,
            "chat": {"id": person, "type": "private", "first_name": "Ann"},
            "from": {"id": person, "is_bot": false, "first_name": "Ann"},
        },
    })
    .to_string()
    .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_take_effect_in_telegrams_order() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    colony.connected(&ann, SLUG).await;
    let to: Accepted = colony.whose(SLUG).await;
    // They arrive in reverse, over more than two batches, and the last word counts.
    let all = (1..=504).rev().map(|id| {
        let text = if id % 2 == 0 { "/start" } else { "/stop" };
        colony.ingest.take(to, talk(id, 1 + id % 3, text))
    });
    assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
    let receiving = colony.receive();
    colony.until("select count(*) from updates where applied_at is null", &["0"]).await;
    // Everybody's last word (502, 503, 504) is the opposite of their first (1, 2, 3).
    let statuses =
        colony.texts("select chat_id || ' ' || status from subscribers order by 1").await;
    assert_eq!(statuses, ["1 active", "2 active", "3 unsubscribed"]);
    let counted = "select sum(active) || ' ' || sum(unsubscribed) from bot_counters";
    assert_eq!(colony.texts(counted).await, ["2 1"]);
    let replies: i64 =
        colony.texts("select count(*) from replies").await[0].parse().expect("a number");
    assert!((3..=12).contains(&replies), "one answer a person and batch: {replies}");
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_code_makes_the_member_a_test_recipient() {
    let (colony, ann, card, receiving) = receiving().await;
    let TestRecipient::Unlinked { link, .. } =
        colony.svc.test_recipient(&ann, SLUG).await.expect("a link")
    else {
        panic!("nobody is linked yet");
    };
    let code = link.rsplit('=').next().expect("a code").to_owned();
    let again = colony.svc.test_recipient(&ann, SLUG).await.expect("a link");
    assert!(
        matches!(again, TestRecipient::Unlinked { link: same, .. } if same == link),
        "the link stays until it is used"
    );

    colony.starts(&card, person_id(1, 0), &code);
    colony.until("select chat_id from test_recipients", &[&person_id(1, 0).to_string()]).await;
    let linked = colony.svc.test_recipient(&ann, SLUG).await.expect("linked");
    assert!(matches!(linked, TestRecipient::Linked { .. }), "{linked:?}");
    assert_eq!(
        colony.texts("select source from subscribers").await,
        ["null"],
        "a code is no source"
    );
    assert_eq!(colony.log().await, ["bot.connected", "bot.test_recipient_linked"]);
    assert_eq!(
        colony.texts("select actor_name from audit_log order by id desc limit 1").await,
        ["ann"]
    );

    // Used once: whoever follows it later is a subscriber and nothing else.
    colony.starts(&card, person_id(1, 1), &code);
    colony.until("select count(*) from subscribers", &["2"]).await;
    assert_eq!(
        colony.texts("select chat_id from test_recipients").await,
        [person_id(1, 0).to_string()]
    );
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_texts_are_not_said() {
    let (colony, ann, card, receiving) = receiving().await;
    use contract::bots::{BotsApi, Texts};
    let version = BotsApi::view(&colony.svc, &ann, SLUG).await.expect("a view").version;
    let texts =
        Texts { welcome: String::new(), goodbye: "**Bye**".into(), if_unmodified_since: version };
    colony.svc.set_texts(&ann, SLUG, texts).await.expect("saved");
    colony.starts(&card, person_id(1, 0), "");
    colony.until(STATUS, &["active"]).await;
    colony.writes(&card, person_id(1, 0), "/stop");
    colony.until(STATUS, &["unsubscribed"]).await;
    let said = colony.texts("select message from replies").await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("\"Bye\"") && said[0].contains("\"bold\""), "{said:?}");
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_bot_notes_who_comes_and_goes_and_answers_nobody() {
    let (colony, cx, card, receiving) = receiving().await;
    let ann = person_id(1, 0);
    let form = ReadOnly { read_only: ReadOnly::ON.into() };
    colony.svc.set_read_only(&cx, SLUG, form).await.expect("read-only");
    colony.starts(&card, ann, "spring");
    colony.until(STATUS, &["active"]).await;
    colony.writes(&card, ann, "/stop");
    colony.until(STATUS, &["unsubscribed"]).await;
    colony.until("select count(*) from updates where applied_at is null", &["0"]).await;
    assert_eq!(colony.texts("select count(*) from replies").await, ["0"]);
    receiving.stop().await;
}
