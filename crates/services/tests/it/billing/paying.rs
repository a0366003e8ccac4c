use contract::{
    ClientError,
    billing::{BillingApi, Changed, Confirmed, Errand},
};
use domain::{
    billing::{plan::Interval, standing::Phase},
    rights::Role,
};
use futures::future::join_all;
use sim::stripe::{Trouble, What};

use super::till::{ASKS, DAY, GOOD, Till, choice, refused};

fn confirmed(plan: &str, at: i64) -> Confirmed {
    Confirmed { plan: plan.into(), every: "month".into(), at: at.to_string() }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_pays_on_stripes_page_has_the_plan_once_stripe_says_so() {
    let till = Till::new(1).await;
    let before = till.overview().await;
    assert_eq!((before.plan.as_str(), before.phase), ("Free", Phase::Free));
    assert_eq!(before.plans[1].prices[0].amount.as_ref().map(|one| one.amount), Some(1_900));

    let url = till.checkout("team").await.expect("a page of payment");
    assert!(url.starts_with(&till.stripe.base_url()), "{url}");
    till.stripe.pay_session(&Till::session(&url), GOOD).expect("paid");
    // Only Stripe's word counts, never that somebody came back.
    assert_eq!(till.overview().await.phase, Phase::Free);
    till.tell_all().await;

    let after = till.overview().await;
    assert_eq!((after.plan.as_str(), after.every), ("Team", Some(Interval::Month)));
    assert!(matches!(after.phase, Phase::Active { .. }), "{:?}", after.phase);
    let stripe = after.stripe.expect("sold here");
    assert!(stripe.is_test && stripe.is_customer);
    assert_eq!(stripe.email.as_deref(), Some(till.rig.acme.owner.email.as_str()));
    assert_eq!(stripe.invoices.len(), 1);
    assert!(stripe.invoices[0].page.is_some());
    assert_eq!(stripe.history.len(), 1, "{:?}", stripe.history);
    assert!(stripe.history[0].1.starts_with("Stripe reported the plan Team (monthly), paid"));
    refused(till.checkout("scale").await, "has a subscription already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_and_two_owners_at_once_lead_to_one_page() {
    let till = Till::new(1).await;
    let urls = join_all((0..16).map(|_| till.checkout("team"))).await;
    let urls: std::collections::HashSet<_> =
        urls.into_iter().map(|url| url.expect("a page")).collect();
    assert_eq!(urls.len(), 1, "{urls:?}");
    assert_eq!(till.stripe.objects("customer").len(), 1);

    let other = till.rig.db.person("other").await;
    till.rig.db.member(till.rig.acme.workspace, &other, Role::Owner).await;
    let theirs = till.rig.cx_of(&other);
    let (mine, yours) =
        tokio::join!(till.checkout("team"), till.svc.checkout(&theirs, choice("scale", "year")),);
    // Whoever was later has the page; of the two at most one can be paid.
    assert!(mine.is_ok() || yours.is_ok(), "{mine:?} {yours:?}");
    let sessions = till.stripe.objects("checkout.session");
    let open = sessions.iter().filter(|session| session["status"] == "open").count();
    assert_eq!(open, 1, "{sessions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_is_had_once() {
    let till = Till::new(1).await;
    assert_eq!(till.overview().await.plans[2].trial_days, Some(14));
    till.subscribe("scale", GOOD).await;
    let overview = till.overview().await;
    assert!(matches!(overview.phase, Phase::Trialing { .. }), "{:?}", overview.phase);
    till.stripe.cancel_subscription(&till.subscription()).expect("ended");
    till.tell_all().await;
    let overview = till.overview().await;
    assert_eq!(overview.phase, Phase::Free);
    assert_eq!(overview.plans[2].trial_days, None);
    till.subscribe("scale", GOOD).await;
    assert!(matches!(till.overview().await.phase, Phase::Active { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_trial_another_plan_costs_nothing_yet() {
    let till = Till::new(1).await;
    till.subscribe("scale", GOOD).await;
    let Phase::Trialing { until } = till.overview().await.phase else { panic!("a trial") };
    let paid = || till.stripe.objects("charge").len();
    let before = paid();
    let quote = till.svc.quote(&till.cx(), choice("scale", "year")).await.expect("a quote");
    assert_eq!((quote.now.amount, quote.first_payment), (0, Some(until)));
    assert_eq!(quote.lines, []);
    assert_eq!(quote.then.as_ref().map(|then| then.amount), Some(79_000));
    let done = till
        .svc
        .change(&till.cx(), Confirmed { every: "year".into(), ..confirmed("scale", quote.at) })
        .await;
    assert_eq!(done, Ok(Changed::Done));
    let after = till.overview().await;
    assert_eq!((after.plan.as_str(), after.phase), ("Scale", Phase::Trialing { until }));
    assert_eq!(paid(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_plan_costs_what_was_shown() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    till.advance(10 * DAY);
    let quote = till.svc.quote(&till.cx_then(), choice("scale", "month")).await.expect("a quote");
    assert_eq!((quote.from.as_str(), quote.to.name.as_str()), ("Team", "Scale"));
    assert!(quote.now.amount > 0 && quote.now.amount < 7_900 - 1_000, "{:?}", quote.now);
    assert_eq!(quote.then.as_ref().map(|then| then.amount), Some(7_900));
    assert!(quote.lines.len() >= 2, "{:?}", quote.lines);
    assert_eq!(quote.lines.iter().map(|(_, one)| one.amount).sum::<i64>(), quote.now.amount);
    let changes = || {
        till.stripe.requests().iter().filter(|one| one.path.contains("/subscriptions/sub")).count()
    };
    assert_eq!(changes(), 0, "nothing is changed by looking");

    let done = till.svc.change(&till.cx_then(), confirmed("scale", quote.at)).await;
    assert_eq!(done, Ok(Changed::Done));
    let overview = till.overview().await;
    assert_eq!(overview.plan, "Scale");
    let invoices = overview.stripe.expect("sold here").invoices;
    assert_eq!(invoices[0].total.amount, quote.now.amount, "{invoices:?}");
    refused(
        till.svc.change(&till.cx_then(), confirmed("scale", quote.at)).await,
        "the plan this workspace has",
    );

    // Back again: what was paid for nothing is credit.
    let quote = till.svc.quote(&till.cx_then(), choice("team", "month")).await.expect("a quote");
    assert!(quote.now.amount < 0, "{:?}", quote.now);
    let old = confirmed("team", quote.at - 3_600);
    refused(till.svc.change(&till.cx_then(), old).await, "worked out a while ago");
    let ahead = confirmed("team", quote.at + 3_600);
    refused(till.svc.change(&till.cx_then(), ahead).await, "worked out a while ago");
    let done = till.svc.change(&till.cx_then(), confirmed("team", quote.at)).await;
    assert_eq!(done, Ok(Changed::Done));
    assert_eq!(till.overview().await.plan, "Team");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_cannot_be_paid_changes_nothing() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    till.stripe.decline_next(&till.customer(), "generic_decline", 1).expect("declined");
    let quote = till.svc.quote(&till.cx(), choice("scale", "month")).await.expect("a quote");
    let refusal = till.svc.change(&till.cx(), confirmed("scale", quote.at)).await;
    refused(refusal, "The payment did not go through, and nothing was changed");
    till.tell_all().await;
    let overview = till.overview().await;
    assert_eq!(overview.plan, "Team");
    assert!(matches!(overview.phase, Phase::Active { .. }), "{:?}", overview.phase);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_has_to_be_confirmed_leads_to_where_that_is_done() {
    let till = Till::new(1).await;
    till.subscribe("team", ASKS).await;
    assert_eq!(till.overview().await.plan, "Team");
    let quote = till.svc.quote(&till.cx(), choice("scale", "month")).await.expect("a quote");
    let changed = till.svc.change(&till.cx(), confirmed("scale", quote.at)).await;
    let Ok(Changed::Confirm(url)) = changed else { panic!("{changed:?}") };
    assert!(url.starts_with(&till.stripe.base_url()), "{url}");
    till.tell_all().await;
    assert_eq!(till.overview().await.plan, "Team", "nothing is had before it is paid");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_is_for_ones_own_customer_whatever_a_form_says() {
    let till = Till::new(1).await;
    let errand = |errand: &str| Errand { errand: errand.into() };
    refused(till.svc.portal(&till.cx(), errand("")).await, "nothing to manage yet");
    till.subscribe("team", GOOD).await;
    till.stripe.forget_requests();
    for form in ["", "payment", "cancel", "cus_somebody_else"] {
        let url = till.svc.portal(&till.cx(), errand(form)).await.expect("a way in");
        assert!(url.starts_with(&till.stripe.base_url()), "{url}");
    }
    let customer = till.customer();
    let asked = till.stripe.requests();
    let asked: Vec<_> =
        asked.iter().filter(|one| one.path.ends_with("/billing_portal/sessions")).collect();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|one| one.params["customer"] == customer.as_str()), "{asked:?}");

    // Members and admins do not get in, and learn nothing.
    let member = till.rig.db.person("member").await;
    till.rig.db.member(till.rig.acme.workspace, &member, Role::Admin).await;
    let cx = till.rig.cx_of(&member);
    assert_eq!(till.svc.portal(&cx, errand("")).await, Err(ClientError::Forbidden));
    assert_eq!(till.svc.overview(&cx).await, Err(ClientError::Forbidden));
    assert_eq!(till.svc.checkout(&cx, choice("team", "month")).await, Err(ClientError::Forbidden));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_bought_is_not_asked_for() {
    let till = Till::new(1).await;
    for (plan, every) in [
        ("free", "month"),
        ("gold", "month"),
        ("team", "week"),
        ("", ""),
        ("price_sim_team_month", "month"),
    ] {
        let refusal = till.svc.checkout(&till.cx(), choice(plan, every)).await;
        assert!(matches!(refusal, Err(ClientError::Invalid { .. })), "{plan} {every}: {refusal:?}");
    }
    assert!(till.stripe.requests().is_empty());
    refused(till.svc.quote(&till.cx(), choice("team", "month")).await, "no subscription yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_stripe_is_away_nothing_changes_and_that_is_said() {
    let till = Till::new(1).await;
    till.stripe.add_trouble(Trouble::new(What::Down));
    let away = till.checkout("team").await;
    assert!(
        matches!(&away, Err(ClientError::Unavailable { message }) if message.contains("Nothing was changed")),
        "{away:?}"
    );
    // The page is there all the same, with what was seen last.
    let overview = till.overview().await;
    assert_eq!(overview.plan, "Free");
    assert_eq!(overview.plans[1].prices[0].amount, None);
    till.stripe.clear_troubles();
    // An answer that is lost is asked for once more, and makes nothing twice.
    till.stripe.add_trouble(Trouble::times(What::ClosedAfter, 2));
    till.subscribe("team", GOOD).await;
    assert_eq!(till.overview().await.plan, "Team");
    assert_eq!(till.stripe.objects("customer").len(), 1);
    assert_eq!(till.stripe.objects("checkout.session").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_who_begin_at_once_are_one_customer() {
    let till = Till::new(1).await;
    let other = till.rig.db.person("other").await;
    till.rig.db.member(till.rig.acme.workspace, &other, Role::Owner).await;
    let theirs = till.rig.cx_of(&other);
    let mine = (0..8).map(|_| till.checkout("team"));
    let yours = (0..8).map(|_| till.svc.checkout(&theirs, choice("team", "month")));
    let (mine, yours) = tokio::join!(join_all(mine), join_all(yours));
    assert!(mine.iter().chain(&yours).any(Result::is_ok), "{mine:?} {yours:?}");
    assert_eq!(till.stripe.objects("customer").len(), 1);
    let here = till.texts("select customer_id from billing").await;
    assert_eq!(till.texts("select customer_id from stripe_customers").await, here);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_is_not_carried_to_a_plan_that_has_none() {
    let till = Till::new(1).await;
    till.subscribe("scale", GOOD).await;
    let quote = till.svc.quote(&till.cx(), choice("team", "month")).await.expect("a quote");
    assert_eq!((quote.now.amount, quote.ends_trial), (1_900, true), "{quote:?}");
    let done = till.svc.change(&till.cx(), confirmed("team", quote.at)).await;
    assert_eq!(done, Ok(Changed::Done));
    let overview = till.overview().await;
    assert_eq!(overview.plan, "Team");
    assert!(matches!(overview.phase, Phase::Active { .. }), "{:?}", overview.phase);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_with_a_larger_plan_is_not_given_back_with_a_smaller_one() {
    let till = Till::new(1).await;
    till.subscribe("scale", GOOD).await;
    till.advance(15 * DAY);
    till.advance(DAY);
    till.tell_all().await;
    let admin = till.rig.db.superuser().await;
    let sql = "insert into message_months (workspace_id, month, messages)
               select workspace_id, date_trunc('month', at at time zone 'UTC')::date, 10000
               from billing, to_timestamp($1) as at";
    let now = till.stripe.now() as f64;
    admin.execute(sql, &[&now]).await.expect("used");
    let quote = till.svc.quote(&till.cx_then(), choice("team", "month")).await.expect("a quote");
    assert!(quote.without_credit && quote.now.amount >= 0, "{quote:?}");
    assert!(quote.over.iter().all(|one| one.limit.is_some()));
    let done = till.svc.change(&till.cx_then(), confirmed("team", quote.at)).await;
    assert_eq!(done, Ok(Changed::Done));
    assert_eq!(till.svc.overview(&till.cx_then()).await.expect("an overview").plan, "Team");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_stripes_does_not_stand_in_the_way_of_the_next_try() {
    let till = Till::new(1).await;
    let path = Some("/v1/checkout/sessions".to_owned());
    till.stripe.add_trouble(Trouble { path, ..Trouble::times(What::Status(400), 1) });
    assert!(till.checkout("team").await.is_err());
    till.subscribe("team", GOOD).await;
    assert_eq!(till.overview().await.plan, "Team");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_look_fails_is_a_change_all_the_same() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    let quote = till.svc.quote(&till.cx(), choice("scale", "month")).await.expect("a quote");
    // The first look is before it, the second after.
    let lists = till.stripe.requests().iter().filter(|one| one.path == "/v1/charges").count();
    assert!(lists > 0);
    let path = Some("/v1/subscriptions/".to_owned() + &till.subscription());
    till.stripe.add_trouble(Trouble { path, ..Trouble::times(What::ClosedAfter, 9) });
    let answer = till.svc.change(&till.cx(), confirmed("scale", quote.at)).await;
    assert!(
        matches!(&answer, Err(ClientError::Unavailable { message }) if message.contains("not known yet")),
        "{answer:?}"
    );
    till.stripe.clear_troubles();
    till.tell_all().await;
    assert_eq!(till.overview().await.plan, "Scale", "and it shows");
}
