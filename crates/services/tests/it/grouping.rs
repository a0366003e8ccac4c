//! Broadcasts to groups and channels: as exact as those to people, wherever a group moves meanwhile.

use std::time::Duration;

use contract::{
    ClientError,
    approvals::{ApprovalsApi, Bound},
    broadcasts::{Address, Again, BroadcastsApi, Repeats, View},
};
use domain::{
    broadcast::{Audience, Status},
    ids::{BroadcastId, ChatId},
};
use sim::{Deed, Fault, Group, Trouble, person_id};

use crate::rig::{Engine, Rig};

/// A group of the old kind.
fn old(title: &str) -> Group {
    Group { title: title.into(), supergroup: false, ..Group::default() }
}

fn supergroup(title: &str) -> Group {
    Group { title: title.into(), ..Group::default() }
}

fn channel(title: &str) -> Group {
    Group { title: title.into(), channel: true, ..Group::default() }
}

impl Rig {
    /// Somebody adds the bot to a group or channel, which is known then.
    async fn joins(&self, group: Group) -> ChatId {
        let kind = match (group.channel, group.supergroup) {
            (true, _) => "channel",
            (false, true) => "supergroup",
            (false, false) => "group",
        };
        let title = group.title.clone();
        let chat = self.sim.add_to_group(self.telegram_bot, person_id(2, 0), group);
        let chat = chat.expect("a group");
        self.knows(chat, kind, &title).await;
        chat
    }

    /// The bot has heard of a chat.
    async fn knows(&self, chat: ChatId, kind: &str, title: &str) {
        let sql = "insert into chats (workspace_id, bot_id, chat_id, kind, title, standing)
                   values ($1, $2, $3, $4, $5, 'writable')";
        let (workspace, bot) = (self.acme.workspace.as_uuid(), self.acme.bot.id.as_uuid());
        let admin = self.db.superuser().await;
        admin.execute(sql, &[&workspace, &bot, &chat, &kind, &title]).await.expect("known");
    }

    fn group_does(&self, deed: Deed) {
        self.sim.person_does(self.telegram_bot, person_id(2, 0), &deed).expect("done");
    }

    async fn view(&self, id: BroadcastId) -> View {
        BroadcastsApi::view(&self.svc, &self.cx(), self.slug(), id).await.expect("a view")
    }

    async fn address(
        &self,
        id: BroadcastId,
        audience: &str,
        chosen: &[ChatId],
    ) -> Result<(), ClientError> {
        let form = Address {
            audience: audience.into(),
            chosen: chosen.to_vec(),
            if_unmodified_since: self.view(id).await.version,
        };
        self.svc.address(&self.cx(), self.slug(), id, &form).await
    }

    /// A broadcast that is on its way to `audience`.
    async fn begins(&self, audience: Audience, chosen: &[ChatId]) -> BroadcastId {
        let (id, _) = self.draft("Hello").await;
        self.address(id, audience.as_str(), chosen).await.expect("addressed");
        let edition = self.view(id).await.edition;
        self.svc.send(&self.cx(), self.slug(), id, &edition).await.expect("sent");
        id
    }

    /// How many messages a chat got.
    fn got(&self, chat: ChatId) -> u32 {
        self.sim
            .per_chat(self.telegram_bot)
            .expect("counts")
            .get(&chat)
            .copied()
            .unwrap_or_default()
    }

    async fn chats(&self) -> Vec<String> {
        self.texts(
            "select concat_ws(' ', chat_id, was, kind, standing, reason) from chats order by chat_id",
        )
        .await
    }

    /// The supergroup that an old group is by now, as Telegram alone knows.
    fn moves(&self, group: ChatId) -> ChatId {
        self.group_does(Deed::Upgrade { group });
        let chats = self.sim.chats(self.telegram_bot, i64::MIN, 1_000).expect("chats");
        let there = |chat: ChatId| {
            let kept = self.sim.chat(self.telegram_bot, chat).expect("a chat").messages;
            kept.iter().any(|seen| seen.message["migrate_from_chat_id"] == group)
        };
        chats.into_iter().map(|chat| chat.id).find(|&chat| there(chat)).expect("a supergroup")
    }
}

async fn is_done(rig: &Rig, id: BroadcastId) -> domain::broadcast::Tally {
    rig.until(id, |status, _| status == Status::Done).await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn each_audience_gets_it_once_and_nobody_else() {
    let rig = Rig::new(5, 1_000).await;
    let far = Group { id: -(1 << 51) - 7, ..supergroup("Far") };
    let groups = [
        rig.joins(old("Team")).await,
        rig.joins(Group { id: -(1 << 33), ..old("Beyond 32 bits") }).await,
        rig.joins(far).await,
        rig.joins(channel("News")).await,
    ];
    let engine = Engine::start(&rig.svc);
    let cases: [(Audience, &[ChatId], u64); 4] = [
        (Audience::Subscribers, &[], 5),
        (Audience::Chats, &[], 4),
        (Audience::Both, &[], 9),
        (Audience::Chosen, &groups[1..3], 2),
    ];
    for (audience, chosen, want) in cases {
        let id = rig.begins(audience, chosen).await;
        let tally = is_done(&rig, id).await;
        assert_eq!((tally.sent, tally.total()), (want, want), "{audience}");
        let rows = format!("select count(*) from deliveries where broadcast_id = '{id}'");
        assert_eq!(rig.texts(&rows).await, [want.to_string()], "{audience}");
    }
    engine.stop().await;
    assert_eq!(groups.map(|chat| rig.got(chat)), [2, 3, 3, 2]);
    let log = rig.sentences().await;
    assert!(
        log.contains(&"addressed a broadcast to every group and channel".to_owned()),
        "{log:?}"
    );
    assert!(log.contains(&"addressed a broadcast to 2 groups and channels".to_owned()), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_moves_in_the_middle_gets_it_once_under_its_new_number() {
    let rig = Rig::new(50, 1_000).await;
    let (team, news) = (rig.joins(old("Team")).await, rig.joins(channel("News")).await);
    let id = rig.begins(Audience::Both, &[]).await;
    let moved = rig.moves(team);
    let engine = Engine::start(&rig.svc);
    let tally = is_done(&rig, id).await;
    engine.stop().await;
    assert_eq!((tally.sent, tally.total()), (52, 52));
    assert_eq!((rig.got(team), rig.got(moved), rig.got(news)), (0, 1, 1));
    let rows = rig.chats().await;
    assert!(rows.contains(&format!("{moved} {team} supergroup writable")), "{rows:?}");
    assert_eq!(rows.len(), 2);
    // The outcome stands under the number it was frozen with, and is called as the group is.
    let filter = Default::default();
    let page = rig.svc.deliveries(&rig.cx(), rig.slug(), id, &filter).await.expect("results");
    let line = page.rows.iter().find(|line| line.chat == team).expect("a line");
    assert_eq!(line.name, "Team");
    assert_eq!(page.rows.iter().filter(|line| line.chat < 0).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_the_new_number_is_on_record_leaves_it_unknown_and_asked_for_it_gets_it_once()
 {
    let rig = Rig::new(3, 1_000).await;
    let team = rig.joins(old("Team")).await;
    let id = rig.begins(Audience::Both, &[]).await;
    let moved = rig.moves(team);
    // Telegram says where the group is, and nobody is there any more to hear it.
    rig.sim.add_fault(Fault { chat: Some(team), ..Fault::new(Trouble::Stall { secs: 4.0 }) });
    let first = Engine::start(&rig.another_instance());
    rig.until_accepted(3).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    first.kill();
    rig.sim.clear_faults();
    rig.expire_leases().await;
    let second = Engine::start(&rig.another_instance());
    let tally = is_done(&rig, id).await;
    assert_eq!(tally.total(), 4);
    assert!(tally.unknown >= 1, "{tally:?}");
    assert_eq!(rig.got(moved), 0, "nobody is written to again by itself");

    let all = Again { all: true, ..Again::default() };
    let repeats = rig.svc.repeats(&rig.cx(), rig.slug(), id, &all).await.expect("a look");
    assert_eq!(repeats.people, tally.unknown);
    let again = Again { until: repeats.until, chats: vec![team], all: false };
    rig.svc.send_again(&rig.cx(), rig.slug(), id, &again).await.expect("in line");
    rig.until(id, |status, now| status == Status::Done && now.unknown < tally.unknown).await;
    second.stop().await;
    assert_eq!((rig.got(team), rig.got(moved)), (0, 1));
    let attempts = "select concat_ws(' ', attempt, outcome) from deliveries where chat_id < 0 order by attempt";
    assert_eq!(rig.texts(attempts).await, ["1 unknown", "2 sent"]);
    let left = rig.svc.repeats(&rig.cx(), rig.slug(), id, &again).await.expect("a look");
    assert_eq!(left.people, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_after_the_message_left_for_the_new_number_never_repeats_it() {
    let rig = Rig::new(3, 1_000).await;
    let team = rig.joins(old("Team")).await;
    let id = rig.begins(Audience::Chats, &[]).await;
    let moved = rig.moves(team);
    rig.sim.add_fault(Fault { chat: Some(moved), ..Fault::new(Trouble::Stall { secs: 30.0 }) });
    let first = Engine::start(&rig.another_instance());
    rig.until_accepted(1).await;
    first.kill();
    rig.sim.clear_faults();
    rig.expire_leases().await;
    let second = Engine::start(&rig.another_instance());
    let tally = is_done(&rig, id).await;
    assert_eq!((tally.unknown, tally.total()), (1, 1));
    assert_eq!(rig.got(moved), 1);
    // It is known under the number that it was frozen with, and a person may say so.
    let all = Again { all: true, ..Again::default() };
    let Repeats { people, until, .. } =
        rig.svc.repeats(&rig.cx(), rig.slug(), id, &all).await.expect("a look");
    assert_eq!(people, 1);
    let all = Again { until, ..all };
    rig.svc.send_again(&rig.cx(), rig.slug(), id, &all).await.expect("in line");
    let (_, tally) = rig.until(id, |status, now| status == Status::Done && now.sent == 1).await;
    assert_eq!((tally.unknown, tally.total(), rig.got(moved)), (0, 1, 2));
    second.stop().await;
    assert_eq!(rig.chats().await, [format!("{moved} {team} supergroup writable")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_was_frozen_under_both_its_numbers_gets_it_once() {
    let rig = Rig::new(1, 1_000).await;
    let team = rig.joins(old("Team")).await;
    let moved = rig.moves(team);
    rig.knows(moved, "supergroup", "Team").await;
    let id = rig.begins(Audience::Chats, &[]).await;
    let engine = Engine::start(&rig.svc);
    let tally = is_done(&rig, id).await;
    engine.stop().await;
    assert_eq!((tally.sent, tally.skipped, tally.total()), (1, 1, 2));
    assert_eq!((rig.got(team), rig.got(moved)), (0, 1));
    assert_eq!(rig.chats().await, [format!("{moved} {team} supergroup writable")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_put_out_or_may_not_write_is_left_out_from_then_on() {
    let rig = Rig::new(1, 1_000).await;
    let team = rig.joins(old("Team")).await;
    let (friends, news) =
        (rig.joins(supergroup("Friends")).await, rig.joins(channel("News")).await);
    rig.group_does(Deed::Kick { group: team });
    rig.group_does(Deed::Mute { group: friends, muted: true });
    rig.group_does(Deed::Mute { group: news, muted: true });
    let engine = Engine::start(&rig.svc);
    let id = rig.begins(Audience::Chats, &[]).await;
    let tally = is_done(&rig, id).await;
    assert_eq!((tally.blocked, tally.total()), (3, 3));
    let rows = rig.chats().await;
    let says = |words: &str| rows.iter().any(|row| row.ends_with(words));
    assert!(says("group gone"), "{rows:?}");
    assert!(
        says("muted Bad Request: not enough rights to send text messages to the chat"),
        "{rows:?}"
    );
    assert!(says("muted Bad Request: need administrator rights in the channel chat"), "{rows:?}");

    let (draft, _) = rig.draft("Once more").await;
    rig.address(draft, "chats", &[]).await.expect("addressed");
    let estimate = rig.svc.estimate(&rig.cx(), rig.slug(), draft).await.expect("an estimate");
    assert_eq!(estimate.audience, 0);
    let edition = rig.view(draft).await.edition;
    let sent = rig.svc.send(&rig.cx(), rig.slug(), draft, &edition).await;
    assert!(matches!(sent, Err(ClientError::Conflict { .. })), "{sent:?}");

    // Chosen by name it is tried once more, and what gets through counts.
    rig.group_does(Deed::Mute { group: friends, muted: false });
    let id = rig.begins(Audience::Chosen, &[friends, news]).await;
    let tally = is_done(&rig, id).await;
    assert_eq!((tally.sent, tally.blocked), (1, 1));
    let rows = rig.chats().await;
    assert!(rows.contains(&format!("{friends} supergroup writable")), "{rows:?}");
    // Whoever put the bot out cannot be chosen.
    let (draft, _) = rig.draft("Not there").await;
    let gone = rig.address(draft, "chosen", &[team]).await;
    assert!(matches!(gone, Err(ClientError::Conflict { .. })), "{gone:?}");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_channel_gets_no_more_than_telegram_allows() {
    let rig = Rig::new(1, 30).await;
    let news = rig.joins(channel("News")).await;
    let engine = Engine::start(&rig.svc);
    for _ in 0..3 {
        let id = rig.begins(Audience::Chosen, &[news]).await;
        is_done(&rig, id).await;
    }
    engine.stop().await;
    let ledger = rig.sim.ledger(rig.telegram_bot, 0, 10).expect("a ledger");
    let at: Vec<u64> = ledger.iter().map(|entry| entry.at.0 / 1_000).collect();
    for pair in at.windows(2) {
        assert!(pair[1] - pair[0] >= 2_950, "{at:?}");
    }
    assert_eq!(at.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_it_goes_to_is_chosen_as_carefully_as_what_it_says() {
    let rig = Rig::new(5, 1_000).await;
    let team = rig.joins(old("Team")).await;
    let (id, _) = rig.draft("Hello").await;
    let many: Vec<ChatId> = (1..=201).map(|n| -n).collect();
    let wrong: [(&str, &[ChatId]); 5] =
        [("", &[]), ("everybody", &[]), ("\u{202e}chats", &[]), ("chosen", &[]), ("chosen", &many)];
    for (audience, chosen) in wrong {
        let refused = rig.address(id, audience, chosen).await;
        assert!(matches!(refused, Err(ClientError::Invalid { .. })), "{audience:?} {refused:?}");
    }
    for chosen in [-99_999, 7, 0, i64::MIN, i64::MAX] {
        let refused = rig.address(id, "chosen", &[team, chosen]).await;
        assert!(matches!(refused, Err(ClientError::Conflict { .. })), "{chosen} {refused:?}");
    }
    assert_eq!(rig.view(id).await.to.audience, Audience::Subscribers);

    // Many at once: one is written, and the others find it so.
    let tries = (0..64).map(async |_| rig.address(id, "chosen", &[team, team]).await.is_ok());
    let won = futures::future::join_all(tries).await.into_iter().filter(|won| *won).count();
    assert!(won >= 1);
    let lines = "select count(*) from audit_log where kind = 'broadcast.addressed'";
    assert_eq!(rig.texts(lines).await, ["1"]);
    assert_eq!(rig.view(id).await.to.chosen, [team]);

    // Another audience is another edition: what was confirmed before is not sent.
    let before = rig.view(id).await;
    rig.address(id, "both", &[]).await.expect("addressed");
    let sent = rig.svc.send(&rig.cx(), rig.slug(), id, &before.edition).await;
    assert!(matches!(sent, Err(ClientError::Conflict { .. })), "{sent:?}");
    let late =
        Address { audience: "chats".into(), chosen: vec![], if_unmodified_since: before.version };
    let moved = rig.svc.address(&rig.cx(), rig.slug(), id, &late).await;
    assert!(matches!(moved, Err(ClientError::Conflict { .. })), "{moved:?}");
    let edition = rig.view(id).await.edition;
    rig.svc.send(&rig.cx(), rig.slug(), id, &edition).await.expect("sent");
    let late = rig.address(id, "chats", &[]).await;
    assert!(matches!(late, Err(ClientError::Conflict { .. })), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_always_take_a_second_person_where_one_is_asked_for_at_all() {
    let rig = Rig::new(1, 1_000).await;
    rig.joins(channel("News")).await;
    let (id, _) = rig.draft("Hello").await;
    rig.address(id, "chats", &[]).await.expect("addressed");
    rig.svc.set_bound(&rig.cx(), Bound { above: "1000".into() }).await.expect("set");
    let edition = rig.view(id).await.edition;
    let sent = rig.svc.send(&rig.cx(), rig.slug(), id, &edition).await;
    let Err(ClientError::Conflict { message, .. }) = &sent else { panic!("{sent:?}") };
    assert!(message.contains("groups or channels"), "{message}");
    rig.address(id, "subscribers", &[]).await.expect("addressed");
    let edition = rig.view(id).await.edition;
    rig.svc.send(&rig.cx(), rig.slug(), id, &edition).await.expect("one person decides alone");
}
