//! A broadcast begins by itself at its time, once, or says why it did not.
//!
//! One piece: every test here sets a time, lets it come by shifting the database's clock, and looks.

use std::time::Duration;

use contract::{
    ClientError,
    approvals::{ApprovalsApi, Ask, Bound, Which},
    broadcasts::{BroadcastsApi, Draft, Progress, Schedule, Scheduled},
    cx::RequestCx,
};
use domain::{
    Timestamp,
    broadcast::{Manner, Status},
    ids::BroadcastId,
    rights::{Right, Role},
    schedule::Clock,
};
use futures::future::join_all;
use services::{Services, scheduler};
use sim::person_id;
use tokio_util::sync::CancellationToken;

use crate::rig::{Engine, Rig};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// The form for a moment so many seconds from now, by the clock of UTC.
fn from_now(secs: i64, version: &str) -> Schedule {
    let at = Timestamp::from_second(Timestamp::now().as_second() + secs).expect("a moment");
    let at = at.to_string();
    let (day, time) = at.trim_end_matches('Z').split_once('T').expect("two parts");
    Schedule {
        day: day.into(),
        time: time.into(),
        zone: "UTC".into(),
        if_unmodified_since: version.into(),
    }
}

/// The same by day, time and zone.
fn at(day: &str, time: &str, zone: &str, version: &str) -> Schedule {
    let [day, time, zone, if_unmodified_since] = [day, time, zone, version].map(str::to_owned);
    Schedule { day, time, zone, if_unmodified_since }
}

async fn schedule(rig: &Rig, id: BroadcastId, form: Schedule) -> Result<Scheduled, ClientError> {
    rig.svc.schedule(&rig.cx(), rig.slug(), id, form).await
}

/// A draft that begins in an hour.
async fn in_an_hour(rig: &Rig, text: &str) -> BroadcastId {
    let (id, version) = rig.draft(text).await;
    schedule(rig, id, from_now(HOUR, &version)).await.expect("scheduled");
    id
}

/// One look at the clock, `secs` from now.
async fn look(rig: &Rig, secs: i64) {
    rig.svc.store.shift_clock(secs);
    scheduler::turn(&rig.svc, &CancellationToken::new()).await.expect("a turn");
}

async fn progress(rig: &Rig, id: BroadcastId) -> Progress {
    rig.svc.progress(&rig.cx(), rig.slug(), id).await.expect("progress")
}

async fn version(rig: &Rig, id: BroadcastId) -> String {
    rig.svc.view(&rig.cx(), rig.slug(), id).await.expect("a view").version
}

/// Lines of the log about broadcasts, in their order.
async fn lines(rig: &Rig) -> Vec<String> {
    rig.texts("select kind from audit_log where kind like 'broadcast.%' order by seq").await
}

fn conflict<T>(answer: Result<T, ClientError>) -> String {
    match answer {
        Err(ClientError::Conflict { message }) => message,
        _ => String::new(),
    }
}

/// Fields that were complained about.
fn complaints<T>(answer: Result<T, ClientError>) -> Vec<String> {
    match answer {
        Err(ClientError::Invalid { fields }) => {
            fields.into_iter().map(|error| error.field).collect()
        }
        _ => Vec::new(),
    }
}

/// A member with these rights on the bot.
async fn member(rig: &Rig, name: &str, rights: &[Right]) -> RequestCx {
    let who = rig.db.person(name).await;
    rig.db.member(rig.acme.workspace, &who, Role::Member).await;
    rig.db.grant(rig.acme.workspace, &rig.acme.bot, &who, rights).await;
    rig.cx_of(&who)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_begins_at_its_time_for_those_who_are_subscribed_then() {
    let rig = Rig::new(20, 1_000).await;
    let manner = Draft {
        text: "Hello".into(),
        silent: "on".into(),
        protected: "on".into(),
        ..Draft::default()
    };
    let saved = rig.svc.save(&rig.cx(), rig.slug(), None, manner).await.expect("a draft");
    schedule(&rig, saved.id, from_now(HOUR, &saved.version)).await.expect("scheduled");
    let view = rig.svc.view(&rig.cx(), rig.slug(), saved.id).await.expect("a view");
    assert_eq!((view.status, view.active), (Status::Scheduled, Some(20)));
    assert_eq!(view.manner, Manner { silent: true, protected: true });
    assert_eq!(view.plan.expect("a plan").zone, "UTC");
    let row = &rig.svc.list(&rig.cx(), rig.slug(), "").await.expect("a list").rows[0];
    assert!(row.begins_at.is_some());

    look(&rig, HOUR - 60).await;
    assert_eq!(rig.look(saved.id).await.0, Status::Scheduled, "not before");
    // Two go and one comes back before the time has come.
    let chat = person_id(1, 19);
    rig.unsubscribe(person_id(1, 0)).await;
    rig.unsubscribe(chat).await;
    let back = format!("update subscribers set status = 'active' where chat_id = {chat}");
    rig.db.superuser().await.batch_execute(&back).await.expect("back");

    look(&rig, HOUR).await;
    assert_eq!(progress(&rig, saved.id).await.total, 19);
    let engine = Engine::start(&rig.svc);
    let (_, tally) = rig.until(saved.id, |status, _| status == Status::Done).await;
    assert_eq!((tally.sent, tally.total()), (19, 19));
    engine.stop().await;

    let seen = rig.sim.chat(rig.telegram_bot, chat).expect("a chat");
    let message = seen.messages.last().expect("a message");
    assert!(message.silent, "without sound");
    assert_eq!(message.message["has_protected_content"], true);
    let want = ["drafted", "scheduled", "sent", "finished"].map(|word| format!("broadcast.{word}"));
    assert_eq!(lines(&rig).await, want);
    let who = "select actor_name from audit_log where kind = 'broadcast.sent'";
    assert_eq!(rig.texts(who).await, ["Scheduler"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_arrives_with_sound_and_can_be_kept_unless_somebody_said_so() {
    let rig = Rig::new(1, 1_000).await;
    let id = in_an_hour(&rig, "Hello").await;
    look(&rig, HOUR).await;
    let engine = Engine::start(&rig.svc);
    rig.until(id, |status, _| status == Status::Done).await;
    engine.stop().await;
    let seen = rig.sim.chat(rig.telegram_bot, person_id(1, 0)).expect("a chat");
    let message = seen.messages.last().expect("a message");
    assert!(!message.silent && message.message.get("has_protected_content").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_jump_are_settled_and_said() {
    let rig = Rig::new(1, 1_000).await;
    let (id, mut token) = rig.draft("Hello").await;
    let mut cx = rig.cx();
    cx.now = "2027-01-15T12:00:00Z".parse().expect("a moment");
    let hour = Duration::from_secs(60 * 60);
    let cases = [
        (
            at("2027-03-28", "02:30", "Europe/Berlin", ""),
            "2027-03-28T01:30:00Z",
            Clock::Forward(hour),
        ),
        (
            at("2027-10-31", "02:30", "europe/berlin", ""),
            "2027-10-31T00:30:00Z",
            Clock::Twice(hour),
        ),
        (at("2027-06-01", "09:00:00", "Asia/Tokyo", ""), "2027-06-01T00:00:00Z", Clock::Even),
    ];
    for (form, want, clock) in cases {
        let form = Schedule { if_unmodified_since: token.clone(), ..form };
        let set = rig.svc.schedule(&cx, rig.slug(), id, form).await.expect("scheduled");
        assert_eq!((set.at, set.clock), (want.parse().expect("a moment"), clock));
        token = version(&rig, id).await;
    }
    let zones = "select zone from broadcasts";
    assert_eq!(rig.texts(zones).await, ["Asia/Tokyo"]);
    let log =
        "select details ->> 'at' from audit_log where kind = 'broadcast.scheduled' order by seq";
    let want = [
        "2027-03-28 03:30 Europe/Berlin (UTC+02:00)",
        "2027-10-31 02:30 Europe/Berlin (UTC+02:00)",
        "2027-06-01 09:00 Asia/Tokyo (UTC+09:00)",
    ];
    assert_eq!(rig.texts(log).await, want);
    let before = "select details ->> 'at_before' from audit_log where kind = 'broadcast.scheduled' order by seq";
    assert_eq!(rig.texts(before).await, ["null", want[0], want[1]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_time_is_said_at_its_field() {
    let rig = Rig::new(1, 1_000).await;
    let (id, token) = rig.draft("Hello").await;
    let mut cx = rig.cx();
    cx.now = "2027-01-15T12:00:00Z".parse().expect("a moment");
    let cases: [(&str, &str, &str, &[&str]); 8] = [
        ("", "", "", &["day", "time", "zone"]),
        ("2027-02-30", "25:00", "Mars/Olympus", &["day", "time", "zone"]),
        ("2027-01-15", "11:58", "UTC", &["time"]),
        ("2027-01-14", "12:00", "UTC", &["day"]),
        ("2028-01-16", "12:00", "UTC", &["day"]),
        ("9999-12-31", "23:59", "America/New_York", &["day"]),
        // A rule for a clock is no zone, and neither is a path.
        ("2027-02-01", "12:00", "EST5EDT,M3.2.0,M11.1.0", &["zone"]),
        ("2027-02-01", "12:00", "../../etc/localtime", &["zone"]),
    ];
    for (day, time, zone, want) in cases {
        let answer = rig.svc.schedule(&cx, rig.slug(), id, at(day, time, zone, &token)).await;
        assert_eq!(complaints(answer), want, "{day} {time} {zone}");
    }
    assert_eq!(rig.look(id).await.0, Status::Draft);
    let just_now = at("2027-01-15", "11:59", "UTC", &token);
    rig.svc.schedule(&cx, rig.slug(), id, just_now).await.expect("what has just passed is now");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_could_be_sent_is_given_a_time_and_only_by_who_may_send() {
    let rig = Rig::new(10, 1_000).await;
    let (empty, token) = rig.draft("").await;
    assert!(!conflict(schedule(&rig, empty, from_now(HOUR, &token)).await).is_empty());

    let (id, token) = rig.draft("Hello").await;
    let bob = member(&rig, "bob", &[Right::Edit]).await;
    let refused = rig.svc.schedule(&bob, rig.slug(), id, from_now(HOUR, &token)).await;
    assert_eq!(refused, Err(ClientError::Forbidden));
    assert!(conflict(schedule(&rig, id, from_now(HOUR, "1")).await).contains("after you looked"));
    let admin = rig.db.superuser().await;
    admin.batch_execute("update bots set read_only = true").await.expect("read-only");
    assert!(conflict(schedule(&rig, id, from_now(HOUR, &token)).await).contains("read-only"));
    admin.batch_execute("update bots set read_only = false").await.expect("open");
    schedule(&rig, id, from_now(HOUR, &token)).await.expect("scheduled");

    // What waits goes out by itself: whoever may not send changes nothing of it.
    let token = version(&rig, id).await;
    let other = |text: &str| Draft {
        text: text.into(),
        if_unmodified_since: token.clone(),
        ..Draft::default()
    };
    let refused = rig.svc.save(&bob, rig.slug(), Some(id), other("Mine")).await;
    assert_eq!(refused, Err(ClientError::Forbidden));
    assert_eq!(rig.svc.discard(&bob, rig.slug(), id).await, Err(ClientError::Forbidden));
    assert_eq!(rig.svc.unschedule(&bob, rig.slug(), id).await, Err(ClientError::Forbidden));
    // And no text is kept that could not be sent.
    let unsendable = rig.svc.save(&rig.cx(), rig.slug(), Some(id), other(" ")).await;
    assert_eq!(complaints(unsendable), ["text"]);
    rig.svc.save(&rig.cx(), rig.slug(), Some(id), other("Hello, all")).await.expect("changed");
    assert_eq!(rig.look(id).await.0, Status::Scheduled, "and it waits on");
    look(&rig, HOUR).await;
    let sent = "select message ->> 'text' from broadcasts where status = 'sending'";
    assert_eq!(rig.texts(sent).await, ["Hello, all"]);
    let late = rig.svc.save(&rig.cx(), rig.slug(), Some(id), other("Late")).await;
    assert!(conflict(late).contains("has been sent"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_edits_and_times_at_once_with_one_token_one_is_taken() {
    let rig = Rig::new(1, 1_000).await;
    let id = in_an_hour(&rig, "Hello").await;
    let token = version(&rig, id).await;
    let tries = (0..64).map(async |n| {
        if n % 2 == 0 {
            let form = from_now(HOUR + 60 * n, &token);
            schedule(&rig, id, form).await.map(|_| ())
        } else {
            let draft = Draft {
                text: format!("Number {n}"),
                if_unmodified_since: token.clone(),
                ..Draft::default()
            };
            rig.svc.save(&rig.cx(), rig.slug(), Some(id), draft).await.map(|_| ())
        }
    });
    let results = join_all(tries).await;
    let taken = results.iter().filter(|result| result.is_ok()).count();
    let moved =
        results.iter().filter(|result| matches!(result, Err(ClientError::Conflict { .. }))).count();
    assert_eq!((taken, moved), (1, 63), "{results:?}");
    assert_ne!(version(&rig, id).await, token);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_while_another_is_sent_waits_in_line() {
    let rig = Rig::new(30, 1_000).await;
    let second = in_an_hour(&rig, "Second").await;
    let third = {
        let (id, version) = rig.draft("Third").await;
        schedule(&rig, id, from_now(HOUR + 60, &version)).await.expect("scheduled");
        id
    };
    let (first, edition) = rig.draft("First").await;
    rig.svc.send(&rig.cx(), rig.slug(), first, &edition).await.expect("sent");
    look(&rig, 2 * HOUR).await;
    for id in [second, third] {
        let progress = progress(&rig, id).await;
        assert_eq!((progress.status, progress.in_line), (Status::Paused, true));
        assert_eq!(progress.total, 30, "frozen when it was due");
    }
    let line = "select source from broadcasts where queued_at is not null order by queued_at";
    assert_eq!(rig.texts(line).await, ["Second", "Third"], "in the order of their times");
    // Out of the line and to a draft again: the one behind it does not mind.
    rig.svc.unschedule(&rig.cx(), rig.slug(), second).await.expect("a draft again");
    assert!(
        rig.texts(&format!("select n from broadcast_chunks where broadcast_id = '{second}'"))
            .await
            .is_empty()
    );
    let engine = Engine::start(&rig.svc);
    for id in [first, third] {
        let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
        assert_eq!((tally.sent, tally.total()), (30, 30));
    }
    engine.stop().await;
    assert_eq!(rig.look(second).await.0, Status::Draft);
    assert_eq!(rig.sim.stats(rig.telegram_bot).expect("stats").accepted, 60);
    assert!(lines(&rig).await.contains(&"broadcast.queued".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stood_in_line_is_looked_at_once_more_when_its_turn_comes() {
    let rig = Rig::new(30, 1_000).await;
    let bob = member(&rig, "bob", &[Right::Edit, Right::Send]).await;
    let (second, token) = rig.draft("Second").await;
    rig.svc.schedule(&bob, rig.slug(), second, from_now(HOUR, &token)).await.expect("scheduled");
    let third = {
        let (id, version) = rig.draft("Third").await;
        schedule(&rig, id, from_now(HOUR + 60, &version)).await.expect("scheduled");
        id
    };
    let (first, edition) = rig.draft("First").await;
    rig.svc.send(&rig.cx(), rig.slug(), first, &edition).await.expect("sent");
    look(&rig, 2 * HOUR).await;
    assert!(progress(&rig, second).await.in_line);
    let revoked = "update bot_permissions set rights = '{edit}'";
    rig.db.superuser().await.batch_execute(revoked).await.expect("revoked");
    let engine = Engine::start(&rig.svc);
    rig.until(third, |status, _| status == Status::Done).await;
    engine.stop().await;
    let progress = progress(&rig, second).await;
    assert_eq!((progress.status, progress.in_line), (Status::Paused, false));
    let why = progress.waiting.expect("a reason");
    assert!(why.ends_with("who set its time, may not send any more"), "{why}");
    assert_eq!(rig.sim.stats(rig.telegram_bot).expect("stats").accepted, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_is_shut_when_the_time_has_come_pauses_it_and_says_why() {
    let gates = [
        ("update bots set read_only = true", "the bot was made read-only"),
        ("update bots set read_only = true; delete from bot_secrets", "the bot was made read-only"),
        ("delete from bot_secrets", "the bot has no token"),
        (
            "update workspaces set closes_at = now() + interval '30 days'",
            "its workspace is about to be deleted",
        ),
    ];
    for (shut, why) in gates {
        let rig = Rig::new(5, 1_000).await;
        let id = in_an_hour(&rig, "Hello").await;
        rig.db.superuser().await.batch_execute(shut).await.expect(shut);
        look(&rig, HOUR).await;
        let state = rig
            .texts(&format!(
                "select b.status || ': ' || t.waiting from broadcasts b
                 join broadcast_tallies t on t.broadcast_id = b.id where b.id = '{id}'"
            ))
            .await;
        assert_eq!(state, [format!("paused: {why}")], "{shut}");
        assert_eq!(lines(&rig).await.last().map(String::as_str), Some("broadcast.released"));
        assert_eq!(rig.sim.stats(rig.telegram_bot).expect("stats").accepted, 0, "{shut}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_begin_goes_on_by_hand_or_becomes_a_draft_again() {
    let rig = Rig::new(5, 1_000).await;
    let (one, other) = (in_an_hour(&rig, "One").await, in_an_hour(&rig, "Other").await);
    let admin = rig.db.superuser().await;
    admin.batch_execute("update bots set read_only = true").await.expect("read-only");
    look(&rig, HOUR).await;
    assert!(conflict(rig.svc.resume(&rig.cx(), rig.slug(), one).await).contains("read-only"));
    // Nothing of it has left, so that is always possible.
    rig.svc.unschedule(&rig.cx(), rig.slug(), other).await.expect("a draft again");
    admin.batch_execute("update bots set read_only = false").await.expect("open");
    look(&rig, 2 * HOUR).await;
    assert_eq!(rig.look(one).await.0, Status::Paused, "nothing goes on by itself");

    rig.svc.resume(&rig.cx(), rig.slug(), one).await.expect("resumed");
    let engine = Engine::start(&rig.svc);
    rig.until(one, |status, _| status == Status::Done).await;
    let gone = conflict(rig.svc.unschedule(&rig.cx(), rig.slug(), one).await);
    assert!(!gone.is_empty(), "what has arrived is no draft");
    let edition = rig.svc.view(&rig.cx(), rig.slug(), other).await.expect("a view").edition;
    rig.svc.send(&rig.cx(), rig.slug(), other, &edition).await.expect("sent as any draft");
    let (_, tally) = rig.until(other, |status, _| status == Status::Done).await;
    assert_eq!(tally.sent, 5);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paused_after_some_got_it_is_no_draft_again() {
    let rig = Rig::new(1_000, 100).await;
    let id = in_an_hour(&rig, "Hello").await;
    look(&rig, HOUR).await;
    let engine = Engine::start(&rig.svc);
    rig.until(id, |_, tally| tally.sent > 0).await;
    rig.svc.pause(&rig.cx(), rig.slug(), id).await.expect("paused");
    let refused = conflict(rig.svc.unschedule(&rig.cx(), rig.slug(), id).await);
    assert!(refused.contains("have got this already"), "{refused}");
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_due_while_nobody_looked_begins_late_and_a_day_later_not_by_itself() {
    for (late, want) in [(23 * HOUR, Status::Sending), (DAY + 60, Status::Paused)] {
        let rig = Rig::new(5, 1_000).await;
        let id = in_an_hour(&rig, "Hello").await;
        look(&rig, HOUR + late).await;
        let progress = progress(&rig, id).await;
        assert_eq!(progress.status, want, "{late} s late");
        let why = (want == Status::Paused).then(|| "its time was more than a day ago".to_owned());
        assert_eq!(progress.waiting, why);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nobody_to_send_to_it_is_done_with_nobody() {
    let rig = Rig::new(1, 1_000).await;
    let id = in_an_hour(&rig, "Hello").await;
    rig.unsubscribe(person_id(1, 0)).await;
    look(&rig, HOUR).await;
    let engine = Engine::start(&rig.svc);
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    assert_eq!(tally.total(), 0);
    engine.stop().await;
    assert!(rig.svc.view(&rig.cx(), rig.slug(), id).await.expect("a view").started_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_now_forgets_the_time() {
    let rig = Rig::new(5, 1_000).await;
    let id = in_an_hour(&rig, "Hello").await;
    let view = rig.svc.view(&rig.cx(), rig.slug(), id).await.expect("a view");
    assert_ne!(view.version, view.edition, "a time is no other message");
    rig.svc.send(&rig.cx(), rig.slug(), id, &view.edition).await.expect("sent");
    look(&rig, HOUR).await;
    assert_eq!(rig.texts("select scheduled_at from broadcasts").await, ["null"]);
    let engine = Engine::start(&rig.svc);
    rig.until(id, |status, _| status == Status::Done).await;
    engine.stop().await;
    assert_eq!(rig.sim.stats(rig.telegram_bot).expect("stats").accepted, 5);
}

/// Ten subscribers, and a second person above nine.
async fn careful() -> (Rig, RequestCx) {
    let rig = Rig::new(10, 1_000).await;
    rig.svc.set_bound(&rig.cx(), Bound { above: "9".into() }).await.expect("a bound");
    let bob = member(&rig, "bob", &[Right::Edit, Right::Send]).await;
    (rig, bob)
}

async fn ask(rig: &Rig, id: BroadcastId) {
    let version = rig.svc.view(&rig.cx(), rig.slug(), id).await.expect("a view").edition;
    rig.svc.ask(&rig.cx(), rig.slug(), id, Ask { version }).await.expect("asked");
}

async fn approve(rig: &Rig, who: &RequestCx, id: BroadcastId) {
    let standing = rig.svc.standing(who, rig.slug(), id).await.expect("a standing");
    let last = standing.last.expect("a request");
    let which = Which { request: last.id.to_string(), version: last.version };
    rig.svc.approve(who, rig.slug(), id, which).await.expect("approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_of_the_message_and_outlives_another_time() {
    let (rig, bob) = careful().await;
    let (id, token) = rig.draft("Hello").await;
    let refused = conflict(schedule(&rig, id, from_now(HOUR, &token)).await);
    assert!(refused.contains("second person"), "{refused}");
    ask(&rig, id).await;
    approve(&rig, &bob, id).await;
    for hours in [2, 1] {
        let token = version(&rig, id).await;
        schedule(&rig, id, from_now(hours * HOUR, &token)).await.expect("approved as it is");
    }
    rig.svc.unschedule(&rig.cx(), rig.slug(), id).await.expect("a draft again");
    let token = version(&rig, id).await;
    schedule(&rig, id, from_now(HOUR, &token)).await.expect("still the same message");
    look(&rig, HOUR).await;
    assert_eq!(rig.look(id).await.0, Status::Sending);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_approval_it_needs_it_does_not_begin_and_nobody_has_it_begin() {
    let (rig, bob) = careful().await;
    let (id, _) = rig.draft("Hello").await;
    ask(&rig, id).await;
    approve(&rig, &bob, id).await;
    let token = version(&rig, id).await;
    schedule(&rig, id, from_now(HOUR, &token)).await.expect("scheduled");
    // Without sound is another message as much as another text is.
    let draft = Draft {
        text: "Hello".into(),
        silent: "on".into(),
        if_unmodified_since: version(&rig, id).await,
        ..Draft::default()
    };
    rig.svc.save(&rig.cx(), rig.slug(), Some(id), draft).await.expect("changed");
    look(&rig, HOUR).await;
    let stopped = progress(&rig, id).await;
    assert_eq!(stopped.status, Status::Paused);
    assert_eq!(stopped.waiting.as_deref(), Some("a second person has to approve it first"));
    assert!(conflict(rig.svc.resume(&rig.cx(), rig.slug(), id).await).contains("second person"));

    // The way on: a draft again, asked for once more.
    rig.svc.unschedule(&rig.cx(), rig.slug(), id).await.expect("a draft again");
    ask(&rig, id).await;
    approve(&rig, &bob, id).await;
    let edition = rig.svc.view(&rig.cx(), rig.slug(), id).await.expect("a view").edition;
    rig.svc.send(&rig.cx(), rig.slug(), id, &edition).await.expect("sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_nobody_answered_is_over_when_it_begins_without() {
    let (rig, _) = careful().await;
    let (id, token) = rig.draft("Hello").await;
    ask(&rig, id).await;
    rig.unsubscribe(person_id(1, 0)).await;
    schedule(&rig, id, from_now(HOUR, &token)).await.expect("nine need no second person");
    look(&rig, HOUR).await;
    assert_eq!(rig.look(id).await.0, Status::Sending);
    assert_eq!(rig.texts("select state from approvals").await, ["voided"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_begin_for_somebody_who_may_not_send_any_more() {
    let rig = Rig::new(5, 1_000).await;
    let bob = member(&rig, "bob", &[Right::Edit, Right::Send]).await;
    let (id, token) = rig.draft("Hello").await;
    rig.svc.schedule(&bob, rig.slug(), id, from_now(HOUR, &token)).await.expect("scheduled");
    let revoked = "update bot_permissions set rights = '{edit}'";
    rig.db.superuser().await.batch_execute(revoked).await.expect("revoked");
    look(&rig, HOUR).await;
    let progress = progress(&rig, id).await;
    assert_eq!(progress.status, Status::Paused);
    let why = progress.waiting.expect("a reason");
    assert!(why.ends_with("who set its time, may not send any more"), "{why}");
}

/// Makes `count` bots in acme, each with one subscriber and a broadcast that has just become due.
async fn many_due(rig: &Rig, count: i64) {
    let sql = "
        with made as (
            insert into bots (workspace_id, id, telegram_id, username, slug, name, api, delivery, token_last4,
                              welcome, goodbye)
            select $1, gen_random_uuid(), 5000000 + n, 'bot_' || n, 'bot_' || n, 'bot_' || n, 'sandbox', 'polling',
                   'TEST', '', ''
            from generate_series(1, $3::bigint) n returning id
        ), keys as (
            insert into bot_secrets (workspace_id, bot_id, kind, sealed) select $1, id, 'token', 'TEST' from made
        ), people as (
            insert into subscribers (workspace_id, bot_id, chat_id, name, status)
            select $1, id, 7, 'Somebody', 'active' from made
        )
        insert into broadcasts (workspace_id, bot_id, id, author_id, author_name, source, status, scheduled_at, zone,
                                scheduled_by, scheduled_by_name)
        select $1, id, gen_random_uuid(), $2, 'Ann', 'Hello', 'scheduled', date_trunc('second', gannet_now()), 'UTC',
               $2, 'Ann'
        from made";
    let (workspace, owner) = (rig.acme.workspace.as_uuid(), rig.acme.owner.id.as_uuid());
    let admin = rig.db.superuser().await;
    admin.execute(sql, &[&workspace, &owner, &count]).await.expect("due");
}

/// Runs the scheduler of an instance until `stop`.
fn run(svc: &Services, stop: &CancellationToken) -> tokio::task::JoinHandle<()> {
    tokio::spawn(scheduler::run(svc.clone(), stop.clone()))
}

/// Waits until nothing is due any more, at most 60 s.
async fn until_none_is_due(rig: &Rig) {
    let left = "select count(*) from broadcasts where status = 'scheduled'";
    for _ in 0..600 {
        if rig.texts(left).await == ["0"] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{:?} are left", rig.texts(left).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_instances_each_broadcast_is_begun_by_one() {
    let rig = Rig::new(1, 1_000).await;
    many_due(&rig, 64).await;
    let other = rig.another_instance();
    let stop = CancellationToken::new();
    let both = [run(&rig.svc, &stop), run(&other, &stop)];
    until_none_is_due(&rig).await;
    stop.cancel();
    for one in both {
        one.await.expect("a clean end");
    }
    let begun = "select count(*) || ' of ' || count(distinct resource)
                 from audit_log where kind = 'broadcast.sent'";
    assert_eq!(rig.texts(begun).await, ["64 of 64"]);
    let frozen =
        "select count(*) || ' for ' || sum(total) from broadcasts where status = 'sending'";
    assert_eq!(rig.texts(frozen).await, ["64 for 64"]);
    assert_eq!(rig.texts("select count(*) from broadcast_chunks").await, ["64"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_that_are_due_at_once_begin_a_few_at_a_time() {
    let rig = Rig::new(1, 1_000).await;
    many_due(&rig, 300).await;
    // Whoever writes notes how many are at it.
    rig.db
        .superuser()
        .await
        .batch_execute(
            "create table at_once (n bigint);
             create function note_at_once() returns trigger language plpgsql security definer as $$
             begin
                 insert into at_once select count(distinct pid) from pg_locks
                 where relation = 'broadcasts'::regclass and mode = 'RowExclusiveLock' and granted
                   and database = (select oid from pg_database where datname = current_database());
                 return null;
             end $$;
             create trigger note after update on broadcasts
             for each row when (new.status = 'sending') execute function note_at_once();",
        )
        .await
        .expect("a trigger");
    look(&rig, 0).await;
    assert_eq!(
        rig.texts("select count(*) from broadcasts where status = 'sending'").await,
        ["300"],
        "one turn takes all pages"
    );
    let most: usize = rig.texts("select max(n) from at_once").await[0].parse().expect("a number");
    assert!((1..=scheduler::AT_ONCE).contains(&most), "{most} at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_middle_of_beginning_loses_nothing_and_repeats_nothing() {
    let rig = Rig::new(1, 1_000).await;
    many_due(&rig, 8).await;
    let admin = rig.db.superuser().await;
    admin
        .batch_execute(
            "create function dawdle() returns trigger language plpgsql as $$
             begin perform pg_sleep(1); return null; end $$;
             create trigger dawdle after update on broadcasts
             for each row when (new.status = 'sending') execute function dawdle();",
        )
        .await
        .expect("a trigger");
    let doomed = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let svc = rig.another_instance();
    doomed.spawn(scheduler::run(svc, CancellationToken::new()));
    // Some are in the middle of it.
    let held = "select count(*) from pg_locks
                where relation = 'broadcasts'::regclass and mode = 'RowExclusiveLock' and granted
                  and database = (select oid from pg_database where datname = current_database())";
    while rig.texts(held).await == ["0"] {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    doomed.shutdown_background();
    admin.batch_execute("alter table broadcasts disable trigger dawdle").await.expect("no more");

    let stop = CancellationToken::new();
    let scheduler = run(&rig.svc, &stop);
    until_none_is_due(&rig).await;
    stop.cancel();
    scheduler.await.expect("a clean end");
    let begun = "select count(*) || ' of ' || count(distinct resource)
                 from audit_log where kind = 'broadcast.sent'";
    assert_eq!(rig.texts(begun).await, ["8 of 8"]);
    assert_eq!(rig.texts("select count(*) from broadcast_chunks").await, ["8"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_begin_keeps_nothing_from_beginning() {
    let rig = Rig::new(1, 1_000).await;
    // More than a page of them fail each time, and were due first.
    many_due(&rig, 201).await;
    let admin = rig.db.superuser().await;
    admin
        .batch_execute(
            "update broadcasts set scheduled_at = scheduled_at - interval '1 minute';
             create function fail() returns trigger language plpgsql as $$
             begin raise exception 'TEST'; end $$;
             create trigger fail before update on broadcasts
             for each row when (old.author_name = 'Ann' and new.status <> old.status) execute function fail();",
        )
        .await
        .expect("a trigger");
    // One of its own bot as well.
    let (own, token) = rig.draft("Fails").await;
    schedule(&rig, own, from_now(-50, &token)).await.expect("at once");
    let ann = format!("update broadcasts set author_name = 'Ann' where id = '{own}'");
    admin.batch_execute(&ann).await.expect("Ann's");
    let (id, token) = rig.draft("Hello").await;
    schedule(&rig, id, from_now(-30, &token)).await.expect("at once");
    look(&rig, 0).await;
    assert_eq!(rig.look(own).await.0, Status::Scheduled, "and is tried again");
    assert_eq!(rig.look(id).await.0, Status::Sending);
}
