//! Broadcasts that go faster for Stars: never for more than was typed, and for free where there are none.

use std::{sync::Arc, time::Instant};

use contract::{
    ClientError,
    broadcasts::{BroadcastsApi, Paid, Pay, View},
};
use domain::{broadcast::Status, ids::BroadcastId, paid::Offer};
use services::{Services, Settings};
use sim::Limits;

use crate::rig::{Engine, Rig};

/// As Telegram has it, but for a rate that a test can wait for.
const OFFER: Offer = Offer { rate: 300, price: 100 };

impl Rig {
    /// People, Telegram's limits (but that of a chat, which does not matter here), and an instance that offers to pay.
    async fn that_pays(people: u32) -> Self {
        let mut rig = Self::new(people, 30).await;
        rig.sim.set_limits(Limits { chat: None, ..Limits::TELEGRAM });
        let settings = Settings::clone(&rig.svc.settings);
        rig.svc.settings = Arc::new(Settings { paid: Some(OFFER), ..settings });
        rig
    }

    async fn looks(&self, id: BroadcastId) -> View {
        BroadcastsApi::view(&self.svc, &self.cx(), self.slug(), id).await.expect("a view")
    }

    async fn pays(&self, svc: &Services, id: BroadcastId, stars: &str) -> Result<(), ClientError> {
        let version = self.looks(id).await.version;
        let form = Pay { stars: stars.into(), if_unmodified_since: version };
        svc.pay(&self.cx(), self.slug(), id, &form).await
    }

    async fn begins_for(&self, stars: &str) -> BroadcastId {
        let (id, _) = self.draft("Hello").await;
        self.pays(&self.svc, id, stars).await.expect("saved");
        let edition = self.looks(id).await.edition;
        self.svc.send(&self.cx(), self.slug(), id, &edition).await.expect("sent");
        id
    }

    /// How many messages the bot has been charged for.
    fn charged(&self, given: u64) -> u64 {
        (given - self.sim.give_stars(self.telegram_bot, 0).expect("a balance")) / 100
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paid_for_goes_fast_and_costs_no_more_than_was_counted() {
    let rig = Rig::that_pays(900).await;
    rig.sim.give_stars(rig.telegram_bot, 1_000_000).expect("given");
    let engine = Engine::start(&rig.svc);
    let began = Instant::now();
    let id = rig.begins_for("1000").await;
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    let took = began.elapsed();
    engine.stop().await;
    assert_eq!((tally.sent, tally.total()), (900, 900));
    assert!(took.as_secs() < 15, "900 take 30 s for free, and took {took:?}");
    let paid = rig.looks(id).await.paid.expect("paid");
    assert_eq!((paid.so_far, paid.unpaid_because), (90_000, None));
    assert!(rig.charged(1_000_000) <= 900);
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!((stats.accepted, stats.most_in_one_chat), (900, 1));
    let log = rig.sentences().await;
    assert!(
        log.contains(&"finished a broadcast: 900 of 900 sent, for 90 Stars at the most".into()),
        "{log:?}"
    );
    assert!(log.contains(&"let a broadcast cost up to 1000 Stars to go faster".into()), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_its_cap_it_goes_on_for_free_and_says_so() {
    let rig = Rig::that_pays(120).await;
    rig.sim.give_stars(rig.telegram_bot, 1_000_000).expect("given");
    let engine = Engine::start(&rig.svc);
    // Seven Stars are seventy messages.
    let id = rig.begins_for("7").await;
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    engine.stop().await;
    assert_eq!((tally.sent, tally.total()), (120, 120));
    let why = Some("as many Stars as it may cost are used up".to_owned());
    let paid = Paid { cap: 7, so_far: 7_000, unpaid_because: why };
    assert_eq!(rig.looks(id).await.paid, Some(paid));
    assert!(rig.charged(1_000_000) <= 70);
    let lines = "select count(*) from audit_log where kind = 'broadcast.unpaid'";
    assert_eq!(rig.texts(lines).await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_stars_it_goes_for_free_and_nobody_is_lost() {
    let rig = Rig::that_pays(60).await;
    // Enough for five, and then none.
    rig.sim.give_stars(rig.telegram_bot, 500).expect("given");
    let engine = Engine::start(&rig.svc);
    let id = rig.begins_for("1000").await;
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    engine.stop().await;
    assert_eq!((tally.sent, tally.total()), (60, 60));
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    assert_eq!((stats.accepted, stats.most_in_one_chat), (60, 1));
    let paid = rig.looks(id).await.paid.expect("paid");
    let why = paid.unpaid_because.clone().expect("a reason");
    assert!(why.contains("no Stars left"), "{why}");
    // Whoever was surely not written to was given back.
    assert!(paid.so_far <= 6_000 && paid.so_far >= rig.charged(500) * 100, "{paid:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_counts_what_may_have_been_paid_and_never_goes_beyond_the_cap() {
    let rig = Rig::that_pays(600).await;
    rig.sim.give_stars(rig.telegram_bot, 1_000_000).expect("given");
    let id = rig.begins_for("40").await;
    let first = Engine::start(&rig.another_instance());
    rig.until(id, |_, tally| tally.sent >= 100).await;
    first.kill();
    rig.expire_leases().await;
    let second = Engine::start(&rig.another_instance());
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    second.stop().await;
    assert_eq!(tally.total(), 600);
    let paid = rig.looks(id).await.paid.expect("paid");
    assert!(paid.so_far <= 40_000, "{paid:?}");
    assert!(rig.charged(1_000_000) * 100 <= paid.so_far, "{paid:?}");
    assert_eq!(rig.sim.stats(rig.telegram_bot).expect("stats").most_in_one_chat, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_was_asked_to_be_slow_is_so_at_any_price() {
    let rig = Rig::that_pays(20).await;
    rig.sim.give_stars(rig.telegram_bot, 1_000_000).expect("given");
    let admin = rig.db.superuser().await;
    admin.batch_execute("update bots set rate = 10").await.expect("slow");
    let (draft, _) = rig.draft("Hello").await;
    let estimate = rig.svc.estimate(&rig.cx(), rig.slug(), draft).await.expect("an estimate");
    assert_eq!((estimate.rate, estimate.faster), (10, None));
    let engine = Engine::start(&rig.svc);
    let began = Instant::now();
    let id = rig.begins_for("10").await;
    rig.until(id, |status, _| status == Status::Done).await;
    engine.stop().await;
    assert!(began.elapsed().as_millis() >= 1_800, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_may_cost_is_typed_by_whoever_sends_and_nothing_else() {
    let rig = Rig::that_pays(3_000).await;
    let (id, _) = rig.draft("Hello").await;
    for typed in ["0", "-5", "1.5", "1000001", "5e3", "\u{202e}5", "99999999999999999999", "Stars"]
    {
        let refused = rig.pays(&rig.svc, id, typed).await;
        assert!(matches!(refused, Err(ClientError::Invalid { .. })), "{typed:?} {refused:?}");
    }
    let estimate = rig.svc.estimate(&rig.cx(), rig.slug(), id).await.expect("an estimate");
    let faster = estimate.faster.expect("an offer");
    assert_eq!((faster.rate, faster.stars, faster.secs, faster.free_secs), (300, 300, 10, 100));
    let tries = (0..64).map(async |_| rig.pays(&rig.svc, id, "150").await.is_ok());
    assert!(futures::future::join_all(tries).await.into_iter().any(|won| won));
    let lines = "select count(*) from audit_log where kind = 'broadcast.paid'";
    assert_eq!(rig.texts(lines).await, ["1"]);
    let estimate = rig.svc.estimate(&rig.cx(), rig.slug(), id).await.expect("an estimate");
    assert_eq!(estimate.secs, 5 + 50, "half of them fast");

    // Where it is not offered nobody pays, whatever a draft says.
    let mut elsewhere = rig.another_instance();
    let settings = Settings::clone(&rig.svc.settings);
    elsewhere.settings = Arc::new(Settings { paid: None, ..settings });
    let refused = rig.pays(&elsewhere, id, "151").await;
    assert!(matches!(refused, Err(ClientError::Conflict { .. })), "{refused:?}");
    rig.pays(&elsewhere, id, "").await.expect("for free may be said anywhere");
    assert_eq!(rig.looks(id).await.paid, None);
}
