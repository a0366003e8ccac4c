use contract::{
    billing::{BillingApi, Errand},
    broadcasts::{BroadcastsApi, Draft},
    team::{Closing, Keep, TeamApi},
};
use domain::{
    billing::{notice::Kind, standing::Phase},
    broadcast::Status,
    rights::Role,
};
use services::billing::reconcile;
use sim::stripe::{AfterRetries, Setup, Trouble, What};

use super::till::{DAY, DECLINED_LATER, GOOD, MONTH, Till, refused};
use crate::rig::Engine;

async fn reconciled(till: &Till) -> Vec<String> {
    reconcile::reconcile(&till.svc, till.rig.acme.workspace).await.expect("compared")
}

fn mails(subject: &str) -> String {
    format!("select count(*) from mails where subject = '{subject}'")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overdue_payment_changes_nothing_for_14_days_and_then_nothing_new_is_done() {
    let setup = Setup { after_retries: AfterRetries::MarkUnpaid, ..Setup::plans() };
    let till = Till::with(3, setup).await;
    // The trial begins with a card that is declined when it is charged.
    till.subscribe("scale", DECLINED_LATER).await;
    till.advance(15 * DAY);
    till.tell_all().await;
    let overview = till.svc.overview(&till.cx_then()).await.expect("an overview");
    assert!(matches!(overview.phase, Phase::PastDue { .. }), "{:?}", overview.phase);
    assert_eq!(overview.plan, "Scale");
    assert!(overview.stripe.expect("sold here").page_to_pay.is_some());
    let told = till.svc.told(&till.cx_then()).await;
    assert_eq!(told.iter().map(|one| one.notice.kind).collect::<Vec<_>>(), [Kind::PastDue]);
    assert_eq!(till.texts(&mails("A payment for your workspace failed")).await, ["1"]);

    // A send that begins now is sent to its end, whatever comes.
    let draft = Draft { text: "Hello".into(), ..Draft::default() };
    let saved = till
        .svc
        .save(&till.cx_then(), till.rig.slug(), None, draft.clone())
        .await
        .expect("a draft");
    till.svc.send(&till.cx_then(), till.rig.slug(), saved.id, &saved.version).await.expect("sent");

    for days in [3, 4, 5] {
        till.advance(days * DAY);
        reconcile::look_at_limits(&till.svc).await.expect("looked");
    }
    assert_eq!(
        till.texts(&mails("A payment for your workspace failed")).await,
        ["4"],
        "days 0, 3, 7 and 12"
    );
    till.advance(3 * DAY);
    reconcile::look_at_limits(&till.svc).await.expect("looked");
    let overview = till.svc.overview(&till.cx_then()).await.expect("an overview");
    assert!(matches!(overview.phase, Phase::ReadOnly { .. }), "{:?}", overview.phase);
    assert_eq!(till.texts(&mails("Your workspace is read-only")).await, ["1"]);

    let words = "read-only until its overdue payment";
    refused(till.svc.save(&till.cx_then(), till.rig.slug(), None, draft.clone()).await, words);
    let engine = Engine::start(&till.svc);
    till.rig.until(saved.id, |status, _| status == Status::Done).await;
    engine.stop().await;
    // Paying, exporting and leaving are never shut.
    let errand = Errand { errand: "payment".into() };
    till.svc.portal(&till.cx_then(), errand).await.expect("a way to pay");

    // A subscription that ends leaves nothing overdue, and everything goes on.
    till.stripe.cancel_subscription(&till.subscription()).expect("ended");
    till.tell_all().await;
    till.svc.save(&till.cx_then(), till.rig.slug(), None, draft).await.expect("a draft");
    assert!(
        till.svc.told(&till.cx_then()).await.iter().all(|one| one.notice.kind != Kind::ReadOnly)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_lasts_to_the_end_of_the_period() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    let stripe = till.svc.billing.stripe.clone().expect("a Stripe");
    stripe.end_with_period(&till.subscription(), true, "TEST-1").await.expect("to end");
    till.tell_all().await;
    let overview = till.overview().await;
    assert!(matches!(overview.phase, Phase::Ending { .. }), "{:?}", overview.phase);
    assert_eq!(overview.plan, "Team");
    till.advance(MONTH);
    till.tell_all().await;
    let overview = till.svc.overview(&till.cx_then()).await.expect("an overview");
    assert_eq!((overview.plan.as_str(), overview.phase), ("Free", Phase::Free));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_round_finds_what_nobody_told() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    assert!(reconciled(&till).await.is_empty(), "all is well");
    till.stripe.cancel_subscription(&till.subscription()).expect("ended");
    assert_eq!(till.overview().await.plan, "Team", "no event came");
    till.svc.store.shift_clock(2 * 24 * 3_600);
    assert_eq!(reconcile::turn(&till.svc).await.expect("a round"), 1);
    assert_eq!(reconcile::turn(&till.svc).await.expect("a round"), 0, "once a day");
    till.svc.store.shift_clock(0);
    let overview = till.overview().await;
    assert_eq!(overview.plan, "Free");
    let history = overview.stripe.expect("sold here").history;
    assert!(history[0].1.starts_with("Billing reconciler reported the plan Free"), "{history:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_is_about_to_go_pays_no_more() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    let closing = Closing { typed: "acme".into() };
    till.svc.close_workspace(&till.cx(), closing).await.expect("closing");
    let jobs = till.texts("select kind from jobs where kind = 'billing.reconcile'").await;
    assert_eq!(jobs.len(), 1, "it is seen to without anybody's doing");
    assert_eq!(reconciled(&till).await, ["its subscription ends"]);
    let is_ending =
        || till.stripe.object(&till.subscription()).expect("one")["cancel_at_period_end"].clone();
    assert_eq!(is_ending(), true);
    assert!(reconciled(&till).await.is_empty(), "once is enough");

    let keep = Keep { workspace: till.rig.acme.workspace.to_string() };
    till.svc.keep_workspace(&till.cx(), keep).await.expect("kept");
    assert_eq!(reconciled(&till).await, ["its subscription goes on"]);
    assert_eq!(is_ending(), false);

    // What an owner has cancelled stays so.
    let stripe = till.svc.billing.stripe.clone().expect("a Stripe");
    stripe.end_with_period(&till.subscription(), true, "TEST-1").await.expect("to end");
    assert_eq!(reconciled(&till).await, ["how it stands with Stripe"]);
    assert_eq!(is_ending(), true);
}

#[tokio::test(flavor = "multi_thread")]
async fn stripes_mail_follows_whoever_owns_the_workspace() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    let email = || till.stripe.object(&till.customer()).expect("one")["email"].clone();
    assert_eq!(email(), till.rig.acme.owner.email.as_str());
    let heir = till.rig.db.person("heir").await;
    till.rig.db.member(till.rig.acme.workspace, &heir, Role::Owner).await;
    assert!(reconciled(&till).await.is_empty(), "whoever began it goes on getting it");
    let admin = till.rig.db.superuser().await;
    let sql = "update members set role = 'admin' where user_id = $1";
    admin.execute(sql, &[&till.rig.acme.owner.id.as_uuid()]).await.expect("handed over");
    assert_eq!(reconciled(&till).await, ["where Stripe’s mail goes"]);
    assert_eq!(email(), heir.email.as_str());
    assert!(reconciled(&till).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_is_deleted_at_stripe_is_made_anew() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    till.stripe.delete_customer(&till.customer()).expect("deleted");
    till.tell_all().await;
    assert_eq!(till.overview().await.plan, "Free");
    till.subscribe("team", GOOD).await;
    assert_eq!(till.overview().await.plan, "Team");
    assert_eq!(till.texts("select count(*) from stripe_customers").await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_goes_for_good_only_when_it_pays_no_more() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    let closing = Closing { typed: "acme".into() };
    till.svc.close_workspace(&till.cx(), closing).await.expect("closing");
    let ending = till.stripe.object(&till.subscription()).expect("one");
    assert_eq!(ending["status"], "active", "nobody has compared yet");
    let gone =
        async || till.texts("select count(*) from workspaces where name = 'acme'").await == ["0"];
    till.svc.store.shift_clock(31 * 24 * 3_600);
    till.stripe.add_trouble(Trouble::new(What::Down));
    services::team::remove_due(&till.svc).await.expect("a round");
    till.svc.store.shift_clock(32 * 24 * 3_600);
    services::team::remove_due(&till.svc).await.expect("a round");
    assert!(!gone().await, "Stripe does not say that nothing is paid any more");
    till.stripe.clear_troubles();
    services::team::remove_due(&till.svc).await.expect("a round");
    let ended = till.stripe.object(&till.subscription()).expect("one");
    assert_eq!(ended["status"], "canceled");
    assert!(gone().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_ended_for_a_workspace_goes_on_though_the_answer_was_lost() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    let closing = Closing { typed: "acme".into() };
    till.svc.close_workspace(&till.cx(), closing).await.expect("closing");
    let path = Some(format!("/v1/subscriptions/{}", till.subscription()));
    till.stripe.add_trouble(Trouble { path, ..Trouble::times(What::ClosedAfter, 9) });
    reconcile::reconcile(&till.svc, till.rig.acme.workspace).await.expect_err("lost");
    till.stripe.clear_troubles();
    let keep = Keep { workspace: till.rig.acme.workspace.to_string() };
    till.svc.keep_workspace(&till.cx(), keep).await.expect("kept");
    assert!(reconciled(&till).await.contains(&"its subscription goes on".to_owned()));
    let kept = till.stripe.object(&till.subscription()).expect("one");
    assert_eq!(kept["cancel_at_period_end"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_binds_nobody_where_nothing_is_sold_any_more() {
    let setup = Setup { after_retries: AfterRetries::MarkUnpaid, ..Setup::plans() };
    let till = Till::with(3, setup).await;
    till.subscribe("scale", DECLINED_LATER).await;
    for _ in 0..3 {
        till.advance(15 * DAY);
    }
    till.tell_all().await;
    let draft = Draft { text: "Hello".into(), ..Draft::default() };
    let refusal = till.svc.save(&till.cx_then(), till.rig.slug(), None, draft.clone()).await;
    refused(refusal, "read-only until its overdue payment");
    let options = adapters::stripe::CheckoutOptions::default();
    let unsold = services::billing::Billing::new(None, super::till::plans(), options);
    let svc = services::Services { billing: std::sync::Arc::new(unsold), ..till.svc.clone() };
    svc.save(&till.cx_then(), till.rig.slug(), None, draft).await.expect("a draft");
}
