//! `data.stale-release`: who takes over, who is refused, and when a broadcast that nobody sends waits for a person.

use std::time::Duration;

use contract::broadcasts::BroadcastsApi;
use domain::{
    broadcast::{NOBODY_SENT_IT, Status},
    ids::{BroadcastId, InstanceId},
};
use services::{Services, access, engine::stale::Watch};
use store::{
    StoreError,
    leases::{self, Kind, LEASE_SECS},
};
use uuid::Uuid;

use crate::rig::{Engine, Rig};

const MINUTE: i64 = 60;

async fn begin(rig: &Rig) -> BroadcastId {
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    id
}

/// A look of somebody who believes the database at once.
async fn look(svc: &Services) -> usize {
    Watch::new(Duration::ZERO).look(svc).await.expect("a look")
}

async fn mails(rig: &Rig) -> Vec<String> {
    rig.texts("select recipient from mails where subject = 'A broadcast of yours is paused'").await
}

/// Waits until the sender says that it is at work, at least so many minutes from now by its clock.
async fn until_at_work(rig: &Rig, minutes: i64) {
    let said = format!("select at_work > now() + interval '{minutes} minutes' from leases");
    for _ in 0..400 {
        if rig.texts(&said).await == ["true"] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody is at work after {minutes} minutes");
}

async fn epoch(rig: &Rig) -> i64 {
    let epochs = rig.texts("select epoch from leases where kind = 'send'").await;
    epochs.first().map_or(0, |epoch| epoch.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_takes_over_once_the_lease_of_a_dead_one_has_lapsed() {
    let rig = Rig::new(600, 200).await;
    let id = begin(&rig).await;
    let first = Engine::start(&rig.svc);
    rig.until(id, |_, tally| tally.total() >= 100).await;
    first.kill();
    let before = epoch(&rig).await;

    // Within the lease nobody knows whether the first one lives.
    let other = rig.another_instance();
    let second = Engine::start(&other);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.sim.stats(rig.telegram_bot).expect("stats").accepted, stats.accepted);
    assert_eq!(epoch(&rig).await, before);

    other.store.shift_clock(i64::from(LEASE_SECS));
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    second.stop().await;
    assert_eq!(epoch(&rig).await, before + 1);
    assert_eq!(tally.total(), 600, "everybody has an outcome");
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!(stats.most_in_one_chat, 1, "nobody was written to twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_holder_writes_late_is_refused() {
    let rig = Rig::new(1, 1_000).await;
    let (store, workspace, bot) = (&rig.svc.store, rig.acme.workspace, rig.acme.bot.id);
    let scope = access::claimed(workspace, bot);
    let [old, new] = [(); 2].map(|()| InstanceId::from(Uuid::now_v7()));
    let claim = async |who| {
        store
            .system("claim in a test", async |tx| {
                Ok::<_, StoreError>(leases::claim(tx, workspace, bot, Kind::Send, who).await?)
            })
            .await
            .expect("an answer")
    };
    let holds = async |who, epoch| {
        store
            .bot(&scope, async |tx| {
                let plainly = leases::hold(tx, Kind::Send, who, epoch).await?;
                Ok::<_, StoreError>((plainly, leases::hold_at_work(tx, who, epoch).await?))
            })
            .await
            .expect("an answer")
    };
    let depose = async || {
        let idle = Duration::from_secs(600);
        store
            .bot(&scope, async |tx| Ok::<_, StoreError>(leases::depose(tx, idle).await?))
            .await
            .expect("an answer")
    };

    assert!(depose().await, "nobody ever sent for it");
    assert_eq!(claim(old).await, Some(1));
    assert_eq!(claim(new).await, None, "it is held");
    rig.expire_leases().await;
    assert_eq!(claim(new).await, Some(2));
    assert_eq!(holds(old, 1).await, (false, false), "taken over");
    assert_eq!(holds(new, 1).await, (false, false), "under another epoch");
    assert_eq!(holds(new, 2).await, (true, true));

    // Ten minutes of renewing without being at work.
    assert!(!depose().await, "it is at work");
    store.shift_clock(599);
    assert!(!depose().await);
    store.shift_clock(601);
    assert!(depose().await);
    store.shift_clock(0);
    assert_eq!(holds(new, 2).await, (false, false), "deposed");
    assert_eq!(claim(old).await, Some(4), "free again, under a higher epoch than any before");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_of_an_hour_is_never_released_while_its_sender_lives() {
    let rig = Rig::new(2_000, 80).await;
    let id = begin(&rig).await;
    let engine = Engine::start(&rig.svc);
    rig.until(id, |_, tally| tally.total() >= 20).await;
    for step in 1..=7 {
        // Each jump ends the lease; the sender takes it anew within a moment.
        let minutes = step * 9;
        rig.svc.store.shift_clock(minutes * MINUTE);
        assert_eq!(look(&rig.svc).await, 0, "nine minutes without a sign are not ten");
        until_at_work(&rig, minutes - 1).await;
        assert_eq!(look(&rig.svc).await, 0);
    }
    assert_eq!(rig.look(id).await.0, Status::Sending, "63 minutes by the database clock");
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    engine.stop().await;
    assert_eq!(tally.total(), 2_000);
    assert!(mails(&rig).await.is_empty());
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!(stats.most_in_one_chat, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_minutes_without_a_sender_it_is_paused_and_its_owner_told() {
    let rig = Rig::new(300, 200).await;
    let second = begin(&rig).await;
    rig.svc.pause(&rig.cx(), rig.slug(), second).await.expect("paused");
    let id = begin(&rig).await;
    rig.svc.resume(&rig.cx(), rig.slug(), second).await.expect("in line");
    let engine = Engine::start(&rig.svc);
    rig.until(id, |_, tally| tally.total() >= 20).await;
    engine.kill();
    let before = epoch(&rig).await;

    rig.svc.store.shift_clock(9 * MINUTE);
    assert_eq!(look(&rig.svc).await, 0);
    assert_eq!(rig.look(id).await.0, Status::Sending);

    rig.svc.store.shift_clock(11 * MINUTE);
    assert_eq!(look(&rig.svc).await, 1);
    assert_eq!(look(&rig.svc).await, 0, "once");
    for id in [id, second] {
        let progress = rig.svc.progress(&rig.cx(), rig.slug(), id).await.expect("progress");
        assert_eq!((progress.status, progress.in_line), (Status::Paused, false));
        assert_eq!(progress.waiting.as_deref(), Some(NOBODY_SENT_IT));
    }
    assert_eq!(mails(&rig).await, ["acme@example.org"]);
    let line = format!("paused a broadcast: {NOBODY_SENT_IT}");
    assert_eq!(rig.sentences().await[..2], [line.clone(), line]);
    assert!(epoch(&rig).await > before, "a late write of the dead would be refused");

    // Nobody is lost.
    let engine = Engine::start(&rig.another_instance());
    rig.svc.resume(&rig.cx(), rig.slug(), id).await.expect("resumed");
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    engine.stop().await;
    assert_eq!(tally.total(), 300);
    assert_eq!(rig.sim.stats(rig.telegram_bot).expect("stats").most_in_one_chat, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_fails_each_time_does_not_keep_a_broadcast_for_ever() {
    let rig = Rig::new(20, 1_000).await;
    let kept = rig.texts("select encode(sealed, 'hex') from bot_secrets").await.remove(0);
    let admin = rig.db.superuser().await;
    admin.batch_execute("update bot_secrets set sealed = 'lost'").await.expect("a lost key");
    let id = begin(&rig).await;
    let engine = Engine::start(&rig.svc);
    for _ in 0..200 {
        if epoch(&rig).await > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(look(&rig.svc).await, 0, "it has just begun");
    for minute in 1..=9 {
        rig.svc.store.shift_clock(minute * MINUTE);
        assert_eq!(look(&rig.svc).await, 0);
    }
    // It takes the lease again and again, and is never at work.
    rig.svc.store.shift_clock(11 * MINUTE);
    assert_eq!(look(&rig.svc).await, 1);
    assert_eq!(rig.look(id).await.0, Status::Paused);
    assert_eq!(mails(&rig).await.len(), 1);

    let mended = format!("update bot_secrets set sealed = decode('{kept}', 'hex')");
    admin.batch_execute(&mended).await.expect("mended");
    rig.svc.resume(&rig.cx(), rig.slug(), id).await.expect("resumed");
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    assert_eq!(tally.sent, 20);
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_night_without_power_whoever_can_send_goes_on_and_nothing_is_released() {
    let rig = Rig::new(100, 1_000).await;
    let id = begin(&rig).await;
    rig.svc.store.shift_clock(600 * MINUTE);
    // The watch looks before the sender has come up.
    let mut watch = Watch::new(Duration::from_secs(1));
    assert_eq!(watch.look(&rig.svc).await.expect("a look"), 0);
    let engine = Engine::start(&rig.svc);
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(watch.look(&rig.svc).await.expect("a look"), 0);
    assert_eq!(tally.sent, 100);
    assert!(mails(&rig).await.is_empty());
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_waits_for_telegram_is_at_work() {
    let rig = Rig::new(10, 1_000).await;
    rig.sim.add_fault(sim::Fault::new(sim::Trouble::TooMany { retry_after: 60 }));
    let id = begin(&rig).await;
    let engine = Engine::start(&rig.svc);
    let waits = async || {
        rig.svc.progress(&rig.cx(), rig.slug(), id).await.expect("progress").waiting.is_some()
    };
    for _ in 0..400 {
        if waits().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(waits().await, "it says why nothing moves");
    // Nothing is sent and nothing is written down, and all the while it says that it is there.
    let said = async || rig.texts("select at_work from leases").await.remove(0);
    for _ in 0..3 {
        let before = said().await;
        let mut now = before.clone();
        for _ in 0..400 {
            if now != before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            now = said().await;
        }
        assert_ne!(now, before);
    }
    assert_eq!(rig.look(id).await, (Status::Sending, Default::default()));
    engine.stop().await;
}
