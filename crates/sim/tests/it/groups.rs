//! Groups and channels: who may write there, and groups that become supergroups.

use frankenstein::{
    types::{ChatMember, Message},
    updates::{Update, UpdateContent},
};
use serde_json::json;
use sim::{Deed, Group, Limits, SimError, Standing};

use crate::support::{ANNA, Telegram};

fn old_group() -> Group {
    Group { title: "Allotment".into(), supergroup: false, ..Group::default() }
}

fn channel() -> Group {
    Group { title: "News".into(), channel: true, ..Group::default() }
}

impl Telegram {
    fn joins(&self, group: Group) -> i64 {
        self.sim.add_to_group(self.bot.id, ANNA, group).expect("Anna may")
    }

    /// What the bot was told to be, in order.
    async fn places(&self) -> Vec<ChatMember> {
        let changes = self.updates(0).await.into_iter().filter_map(|update| match update.content {
            UpdateContent::MyChatMember(change) => Some(change.new_chat_member),
            _ => None,
        });
        changes.collect()
    }
}

#[tokio::test]
async fn a_bot_that_may_not_write_is_told_so_in_telegrams_words() {
    let telegram = Telegram::unlimited().await;
    for (group, refusal) in [
        (old_group(), "Bad Request: not enough rights to send text messages to the chat"),
        (channel(), "Bad Request: need administrator rights in the channel chat"),
    ] {
        let id = telegram.joins(group);
        telegram.sent(id, "hello").await;
        telegram.does(ANNA, Deed::Mute { group: id, muted: true });
        assert_eq!(telegram.send(id, "x").await.refusal(), (400, refusal));
        let member = json!({"chat_id": id, "user_id": telegram.bot.id});
        let member: ChatMember = telegram.call("getChatMember", member).await.result();
        match member {
            ChatMember::Restricted(rights) => assert!(!rights.can_send_messages),
            ChatMember::Administrator(rights) => assert_eq!(rights.can_post_messages, Some(false)),
            other => panic!("{other:?}"),
        }
        telegram.does(ANNA, Deed::Mute { group: id, muted: false });
        telegram.sent(id, "hello again").await;
    }
}

#[tokio::test]
async fn every_change_of_the_bots_place_is_told() {
    let telegram = Telegram::unlimited().await;
    let group = telegram.joins(old_group());
    telegram.does(ANNA, Deed::Promote { group });
    telegram.does(ANNA, Deed::Demote { group });
    telegram.does(ANNA, Deed::Kick { group });
    let cannot = telegram.sim.person_does(telegram.bot.id, ANNA, &Deed::Promote { group });
    assert!(matches!(cannot, Err(SimError::CannotDo(_))), "{cannot:?}");
    let places = telegram.places().await;
    let [first, second, third, last] = places.as_slice() else { panic!("{places:?}") };
    assert!(matches!(first, ChatMember::Member(_)), "{first:?}");
    assert!(matches!(second, ChatMember::Administrator(_)), "{second:?}");
    assert!(matches!(third, ChatMember::Member(_)), "{third:?}");
    assert!(matches!(last, ChatMember::Kicked(_)), "{last:?}");
    assert_eq!(
        telegram.send(group, "x").await.refusal(),
        (403, "Forbidden: bot was kicked from the group chat")
    );
}

#[tokio::test]
async fn a_channel_speaks_in_its_own_name() {
    let telegram = Telegram::unlimited().await;
    let id = telegram.joins(channel());
    assert!(id < -1_000_000_000_000);
    let posted = telegram.call("sendMessage", json!({"chat_id": id, "text": "hi"})).await;
    let posted: Message = posted.result();
    assert!(posted.from.is_none());
    assert_eq!(posted.sender_chat.map(|chat| chat.id), Some(id));
    telegram.does(ANNA, Deed::Text { text: "by hand".into(), group: Some(id) });
    telegram.does(ANNA, Deed::Join { group: id });
    let updates = telegram.updates(0).await;
    let Some(Update { content: UpdateContent::ChannelPost(post), .. }) = updates.last() else {
        panic!("{updates:?}")
    };
    assert_eq!((post.text.as_deref(), post.chat.id), (Some("by hand"), id));
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_says_where_it_is() {
    let telegram = Telegram::unlimited().await;
    let old = telegram.joins(old_group());
    telegram.does(ANNA, Deed::Upgrade { group: old });
    let refused = telegram.send(old, "x").await;
    let why = "Bad Request: group chat was upgraded to a supergroup chat";
    assert_eq!(refused.refusal(), (400, why));
    let new = refused.json["parameters"]["migrate_to_chat_id"].as_i64().expect("its number");
    assert!(new < -1_000_000_000_000);
    assert!(refused.json["parameters"].get("retry_after").is_none());
    telegram.sent(new, "hello").await;
    let moves: Vec<_> = telegram
        .updates(0)
        .await
        .into_iter()
        .filter_map(|update| match update.content {
            UpdateContent::Message(message) => Some(message),
            _ => None,
        })
        .map(|message| (message.chat.id, message.migrate_to_chat_id, message.migrate_from_chat_id))
        .collect();
    assert_eq!(moves, [(old, Some(new), None), (new, None, Some(old))]);
    for deed in [Deed::Upgrade { group: old }, Deed::Upgrade { group: new }] {
        let cannot = telegram.sim.person_does(telegram.bot.id, ANNA, &deed);
        assert!(matches!(cannot, Err(SimError::CannotDo(_))), "{cannot:?}");
    }
    let silent = Deed::Text { text: "x".into(), group: Some(old) };
    let cannot = telegram.sim.person_does(telegram.bot.id, ANNA, &silent);
    assert!(matches!(cannot, Err(SimError::CannotDo(_))), "{cannot:?}");
}

#[tokio::test]
async fn a_channel_has_the_limit_of_a_group() {
    let telegram = Telegram::with(|config| config.limits = Limits::TELEGRAM).await;
    let id = telegram.joins(channel());
    for n in 0..20 {
        telegram.sent(id, &n.to_string()).await;
    }
    let refused = telegram.send(id, "one more").await;
    assert_eq!(refused.refusal().0, 429);
    let chat = telegram.sim.chat(telegram.bot.id, id).expect("a channel");
    assert_eq!(chat.standing, Standing::Active);
}
