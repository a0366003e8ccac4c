use std::collections::HashSet;

use adapters::stripe::Event;
use contract::billing::Overview;
use futures::future::join_all;
use serde_json::json;
use sim::stripe::{Trouble, What};
use tokio_util::sync::CancellationToken;

use super::till::{GOOD, Till, read};

/// All orders of five.
fn orders() -> Vec<[usize; 5]> {
    let mut all = Vec::new();
    for code in 0..5_usize.pow(5) {
        let order = [code % 5, code / 5 % 5, code / 25 % 5, code / 125 % 5, code / 625];
        if order.iter().collect::<HashSet<_>>().len() == 5 {
            all.push(order);
        }
    }
    all
}

/// As if nothing had ever been told.
async fn forget(till: &Till) {
    let admin = till.rig.db.superuser().await;
    let sql = "delete from stripe_events; update billing set facts = '{\"subscriptions\": [], \"invoices\": [], \
               \"refunds\": [], \"disputes\": [], \"email\": null}', facts_at = null, looks_begun = 0, look_written = 0";
    admin.batch_execute(sql).await.expect("forgotten");
}

/// What does not depend on when it was looked at, or how often something was reported.
fn lasting(overview: Overview) -> Overview {
    let stripe = overview.stripe.map(|mut stripe| {
        (stripe.looked_at, stripe.history) = (None, Vec::new());
        stripe
    });
    Overview { stripe, ..overview }
}

/// Five events of a life with a payment, a refund, and an end that was asked for.
async fn five(till: &Till) -> Vec<Event> {
    till.subscribe("team", GOOD).await;
    let charge = till.stripe.objects("charge")[0]["id"].as_str().expect("an id").to_owned();
    till.stripe.refund(&charge, Some(500)).expect("refunded");
    till.stripe.open_dispute(&charge, "fraudulent").expect("disputed");
    let kinds = [
        "customer.subscription.created",
        "invoice.paid",
        "checkout.session.completed",
        "charge.refunded",
        "charge.dispute.created",
    ];
    let events = till.events();
    kinds.map(|kind| events.iter().find(|one| one.kind == kind).expect(kind).clone()).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_of_five_events_ends_in_the_same_state() {
    let till = Till::new(1).await;
    let five = five(&till).await;
    till.tell_all().await;
    let want = lasting(till.overview().await);
    assert_eq!(want.plan, "Team");
    assert_eq!(want.stripe.as_ref().map(|stripe| stripe.returns.len()), Some(2));

    let orders = orders();
    assert_eq!(orders.len(), 120);
    for (n, order) in orders.into_iter().enumerate() {
        forget(&till).await;
        if n % 10 == 0 {
            // Away for long enough that the client gives up, and the event waits.
            till.stripe.add_trouble(Trouble::times(What::Down, 12));
        }
        for at in order {
            till.take(&five[at]).await;
            till.take(&five[at]).await;
            if n % 2 == 0 {
                till.apply().await;
            }
        }
        till.take(&five[order[0]]).await;
        till.apply().await;
        if n % 10 == 0 {
            till.stripe.clear_troubles();
            till.svc.store.shift_clock(3_600);
            till.apply().await;
            till.svc.store.shift_clock(0);
        }
        assert_eq!(lasting(till.overview().await), want, "{order:?}");
        let open = till.texts("select count(*) from stripe_events where settled_at is null").await;
        assert_eq!(open, ["0"], "{order:?}");
    }
    let kept = till.texts("select count(*) from stripe_events").await;
    assert_eq!(kept, ["5"], "each is there once");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_at_once_on_two_instances_end_in_the_same_state_too() {
    let till = Till::new(1).await;
    let five = five(&till).await;
    till.tell_all().await;
    let want = lasting(till.overview().await);
    let other =
        services::Services { billing: till.svc.billing.clone(), ..till.rig.another_instance() };
    for _ in 0..5 {
        forget(&till).await;
        join_all(five.iter().chain(&five).map(|event| till.take(event))).await;
        let turns = (0..8).map(|n| {
            let svc = if n % 2 == 0 { till.svc.clone() } else { other.clone() };
            let stop = CancellationToken::new();
            async move { services::billing::events::turn(&svc, &stop).await.expect("a turn") }
        });
        let done: usize = join_all(turns).await.into_iter().sum();
        assert_eq!(done, 5);
        assert_eq!(lasting(till.overview().await), want);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_concerns_nobody_changes_nothing() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    let want = lasting(till.overview().await);
    till.stripe.forget_requests();
    let subscription = till.stripe.object(&till.subscription()).expect("a subscription");
    let event = |kind: &str, object: serde_json::Value, live: bool| {
        let id = till.stripe.make_event(kind, &object, live);
        read(&till.stripe.object(&id).expect("an event"))
    };
    let customer = json!({"object": "customer", "id": "cus_somebody"});
    let strange = event("customer.updated", customer, false);
    let odd = event("tomorrow.invented", json!({"object": "tomorrow", "id": "tm_TEST"}), false);
    let live = event("customer.subscription.updated", subscription, true);
    for one in [&strange, &odd, &live] {
        till.take(one).await;
    }
    till.apply().await;
    let outcome = async |event: &Event| {
        till.texts(&format!("select outcome from stripe_events where id = '{}'", event.id))
            .await
            .remove(0)
    };
    assert_eq!(outcome(&odd).await, "ignored");
    assert_eq!(outcome(&live).await, "other_mode");
    // A customer is written down a moment after it is made: for an hour it may still become somebody's.
    assert_eq!(outcome(&strange).await, "null");
    till.svc.store.shift_clock(2 * 3_600);
    till.apply().await;
    assert_eq!(outcome(&strange).await, "unknown_customer");
    till.svc.store.shift_clock(0);
    assert_eq!(lasting(till.overview().await), want);
    assert!(!till.stripe.requests().iter().any(|one| one.path.contains("cus_somebody")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_overtakes_its_customer_takes_effect_once_that_is_known() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    let admin = till.rig.db.superuser().await;
    let row = admin
        .query_one("delete from stripe_customers returning customer_id, workspace_id", &[])
        .await;
    let (customer, workspace) = {
        let row = row.expect("a customer");
        (row.get::<_, String>(0), row.get::<_, uuid::Uuid>(1))
    };
    till.stripe.cancel_subscription(&till.subscription()).expect("ended");
    till.tell_all().await;
    assert_eq!(till.overview().await.plan, "Team");
    admin
        .execute("insert into stripe_customers (customer_id, workspace_id, livemode) values ($1, $2, false)", &[&customer, &workspace])
        .await
        .expect("known");
    till.svc.store.shift_clock(60);
    till.apply().await;
    assert_eq!(till.overview().await.plan, "Free");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_card_is_anywhere() {
    let till = Till::new(1).await;
    five(&till).await;
    till.tell_all().await;
    let charge = till.stripe.objects("charge").remove(0).to_string();
    let card = &till.stripe.objects("payment_method")[0]["card"];
    let fingerprint = card["fingerprint"].as_str().expect("a fingerprint").to_owned();
    let marks = ["4242", "visa", "exp_month", "pm_", "billing_details", &fingerprint];
    assert!(
        charge.contains("4242") && charge.contains("exp_month"),
        "the Stripe here tells of cards: {charge}"
    );

    let tables = till
        .texts("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'")
        .await;
    for table in tables {
        for row in till.texts(&format!("select x::text from {table} x")).await {
            for mark in marks {
                // Ids may hold any digits; a card's would stand by themselves.
                let has = match mark {
                    "4242" => row.contains("\"4242\"") || row.contains(",4242,"),
                    mark => row.contains(mark),
                };
                assert!(!has, "{mark} in {table}: {row}");
            }
        }
    }
    let columns = till
        .texts(
            "select column_name::text from information_schema.columns where table_schema = 'public'
                and column_name ~ '(card|last4|exp_|cvc|pan|iban)'",
        )
        .await;
    assert_eq!(columns, ["token_last4"], "the last characters of a bot's token");
}
