use contract::{
    broadcasts::{BroadcastsApi, Draft},
    team::{Invite, OnBots, TeamApi},
};
use domain::{billing::usage::Meter, broadcast::Status};
use futures::future::join_all;
use services::billing::reconcile;

use super::till::{GOOD, Till, refused};
use crate::rig::Engine;

async fn draft(till: &Till) -> (domain::ids::BroadcastId, String) {
    let draft = Draft { text: "Hello".into(), ..Draft::default() };
    let saved = till.svc.save(&till.cx(), till.rig.slug(), None, draft).await.expect("a draft");
    (saved.id, saved.version)
}

async fn used(till: &Till, meter: Meter) -> u64 {
    let usage = till.overview().await.usage;
    usage.iter().find(|one| one.meter == meter).map(|one| one.used).expect("counted")
}

fn mails(subject: &str) -> String {
    format!("select count(*) from mails where subject = '{subject}'")
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_counted_by_the_month_and_what_is_too_much_waits() {
    // Forty people, and a hundred messages a month.
    let till = Till::new(40).await;
    let engine = Engine::start(&till.svc);
    for (n, want) in [(1, 40), (2, 80)] {
        let (id, version) = draft(&till).await;
        till.svc.send(&till.cx(), till.rig.slug(), id, &version).await.expect("sent");
        till.rig.until(id, |status, _| status == Status::Done).await;
        assert_eq!(used(&till, Meter::Messages).await, want, "{n}");
    }
    assert_eq!(till.texts(&mails("Most of your plan is used")).await, ["1"]);
    let (id, version) = draft(&till).await;
    refused(
        till.svc.send(&till.cx(), till.rig.slug(), id, &version).await,
        "This would take 40 messages; 80 of 100 are used this month",
    );
    assert_eq!(used(&till, Meter::Messages).await, 80, "what was refused is not counted");

    // With a larger plan it goes out.
    till.subscribe("team", GOOD).await;
    till.svc.send(&till.cx(), till.rig.slug(), id, &version).await.expect("sent");
    till.rig.until(id, |status, _| status == Status::Done).await;
    engine.stop().await;
    assert_eq!(used(&till, Meter::Messages).await, 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_arrived_is_counted_in_the_end() {
    let till = Till::new(40).await;
    let who = sim::person_id(1, 3);
    till.rig.sim.person_does(till.rig.telegram_bot, who, &sim::Deed::Block).expect("blocked");
    let (id, version) = draft(&till).await;
    till.svc.send(&till.cx(), till.rig.slug(), id, &version).await.expect("sent");
    // The whole audience from the beginning on, so that nobody else uses the same room.
    assert_eq!(used(&till, Meter::Messages).await, 40);
    let engine = Engine::start(&till.svc);
    till.rig.until(id, |status, _| status == Status::Done).await;
    engine.stop().await;
    assert_eq!(used(&till, Meter::Messages).await, 39);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_stays_and_is_answered_but_gets_nothing_new_over_the_limit() {
    let till = Till::new(3).await;
    let admin = till.rig.db.superuser().await;
    let key = (till.rig.acme.workspace.as_uuid(), till.rig.acme.bot.id.as_uuid());
    admin
        .execute(
            "insert into subscribers (workspace_id, bot_id, chat_id, name, status)
             select $1, $2, 9000000 + n, 'Somebody', 'active' from generate_series(1, 998) n",
            &[&key.0, &key.1],
        )
        .await
        .expect("more people");
    let (id, version) = draft(&till).await;
    refused(
        till.svc.send(&till.cx(), till.rig.slug(), id, &version).await,
        "There are 1001 active subscribers, and the plan is for 1000",
    );
    reconcile::look_at_limits(&till.svc).await.expect("looked");
    reconcile::look_at_limits(&till.svc).await.expect("looked");
    assert_eq!(till.texts(&mails("A limit of your plan is reached")).await, ["1"], "once");
    assert_eq!(
        till.texts("select count(*) from subscribers where status = 'active'").await,
        ["1001"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_the_last_place_one_gets_it() {
    // Three members in all: the owner, one who was invited before, and one place.
    let till = Till::new(1).await;
    let invite = async |n: usize| {
        let form = Invite { email: format!("p{n}@example.org"), role: "admin".into() };
        till.svc.invite(&till.cx(), form, OnBots::default()).await.map(drop)
    };
    invite(0).await.expect("room for one");
    let answers = join_all((1..33).map(invite)).await;
    let taken = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(taken, 1, "{answers:?}");
    for answer in answers.into_iter().filter(Result::is_err) {
        refused(answer, "The plan has room for 3 members");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_over_the_limit_waits_for_a_person_and_says_why() {
    let till = Till::new(101).await;
    let (id, version) = draft(&till).await;
    let admin = till.rig.db.superuser().await;
    admin
        .execute(
            "update broadcasts set status = 'scheduled', scheduled_at = now() - interval '1 minute', zone = 'UTC',
                    scheduled_by = $1, scheduled_by_name = 'Ann' where id = $2",
            &[&till.rig.acme.owner.id.as_uuid(), &id.as_uuid()],
        )
        .await
        .expect("scheduled");
    let stop = tokio_util::sync::CancellationToken::new();
    services::scheduler::turn(&till.svc, &stop).await.expect("a turn");
    let (status, _) = till.rig.look(id).await;
    assert_eq!(status, Status::Paused, "{version}");
    let waiting = till.texts("select waiting from broadcast_tallies").await;
    assert_eq!(waiting, ["it would take 101 messages, and 0 of the plan’s 100 a month are used"]);
    assert_eq!(used(&till, Meter::Messages).await, 0);
}
