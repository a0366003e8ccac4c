//! Many customers' events at once, and jobs that one run does for.

use std::time::{Duration, Instant};

use contract::{
    billing::BillingApi,
    cx::RequestCx,
    team::{Change, TeamApi},
};
use domain::{ids::WorkspaceId, rights::Role};
use futures::future::join_all;
use serde_json::json;
use services::{billing::events, jobs};
use sim::stripe::{Trouble, What};
use tokio::time;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::till::{GOOD, Till, choice, read};

const WAITING: &str = "select count(*) from stripe_events where settled_at is null";

/// Customers of as many workspaces, all of one owner's.
async fn customers(till: &Till, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    for n in 0..count {
        let workspace = WorkspaceId::from(Uuid::now_v7());
        let sql = format!("insert into workspaces (id, name) values ('{workspace}', 'Number {n}')");
        till.rig.db.superuser().await.batch_execute(&sql).await.expect("founded");
        till.rig.db.member(workspace, &till.rig.acme.owner, Role::Owner).await;
        let mut cx: RequestCx = till.cx();
        cx.viewer.as_mut().expect("signed in").workspace = workspace;
        till.svc.checkout(&cx, choice("team", "month")).await.expect("a page of payment");
        let of = format!("select customer_id from billing where workspace_id = '{workspace}'");
        all.push(till.texts(&of).await.remove(0));
    }
    all
}

/// Has Stripe tell that something about a customer changed.
async fn tell(till: &Till, customer: &str) {
    let id = till.stripe.make_event(
        "customer.updated",
        &json!({"object": "customer", "id": customer}),
        false,
    );
    till.take(&read(&till.stripe.object(&id).expect("an event"))).await;
}

/// How often the customer was looked at.
fn looks(till: &Till, customer: &str) -> usize {
    let path = format!("/v1/customers/{customer}");
    let asked = till.stripe.requests();
    asked.iter().filter(|one| one.verb == "GET" && one.path == path).count()
}

async fn turn(till: &Till) -> usize {
    events::turn(&till.svc, &CancellationToken::new()).await.expect("a turn")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_customers_one_that_fails_holds_nobody_up() {
    let till = Till::new(1).await;
    let customers = customers(&till, 50).await;
    let unlucky = &customers[7];
    for customer in customers.iter().chain(&customers) {
        tell(&till, customer).await;
    }
    till.stripe.forget_requests();
    // Each request takes its time, and those about one customer never end well.
    till.stripe.add_trouble(Trouble {
        path: Some(format!("/v1/customers/{unlucky}")),
        ..Trouble::new(What::Down)
    });
    till.stripe.add_trouble(Trouble {
        path: Some("/v1/subscriptions".into()),
        ..Trouble::new(What::SlowMs(300))
    });
    let began = Instant::now();
    assert_eq!(turn(&till).await, 100);
    // One after the other they would take 15 s.
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    let left = "select customer_id from stripe_events where settled_at is null";
    assert_eq!(till.texts(left).await, [unlucky.clone(), unlucky.clone()]);
    for customer in customers.iter().filter(|one| *one != unlucky) {
        assert_eq!(looks(&till, customer), 1, "both events lead to one look");
    }
    // It waits for its next try and no longer; whoever is told of anew is looked at meanwhile.
    tell(&till, &customers[8]).await;
    assert_eq!(turn(&till).await, 1);
    till.stripe.clear_troubles();
    till.svc.store.shift_clock(3_600);
    assert_eq!(turn(&till).await, 2);
    assert_eq!(till.texts(WAITING).await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_settles_what_was_told_before_it_and_nothing_after() {
    let till = Till::new(1).await;
    let customer = customers(&till, 1).await.remove(0);
    for _ in 0..3 {
        tell(&till, &customer).await;
    }
    // One was claimed by somebody who died; one comes in while the customer is looked at.
    let admin = till.rig.db.superuser().await;
    let states = "update stripe_events set try_at = gannet_now() + interval '50 s'
                  where id = (select min(id) from stripe_events);
                  update stripe_events set received_at = gannet_now() + interval '20 s',
                                           try_at = gannet_now() + interval '20 s'
                  where id = (select max(id) from stripe_events)";
    admin.batch_execute(states).await.expect("set");
    assert_eq!(turn(&till).await, 1);
    let settled = "select settled_at is not null from stripe_events order by id";
    assert_eq!(till.texts(settled).await, ["true", "true", "false"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_to_stop_claims_no_more() {
    let till = Till::new(1).await;
    for customer in customers(&till, 20).await {
        tell(&till, &customer).await;
    }
    let stop = CancellationToken::new();
    till.stripe.add_trouble(Trouble {
        path: Some("/v1/subscriptions".into()),
        ..Trouble::new(What::SlowMs(500))
    });
    let ends = async {
        time::sleep(Duration::from_millis(250)).await;
        stop.cancel();
    };
    let (done, ()) = tokio::join!(events::turn(&till.svc, &stop), ends);
    let done = done.expect("a turn");
    assert!((1..=8).contains(&done), "{done} were begun, and brought to their end");
    assert_eq!(till.texts(WAITING).await, [(20 - done).to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_changes_of_roles_lead_to_one_comparison() {
    let till = Till::new(1).await;
    till.subscribe("team", GOOD).await;
    let bob = till.rig.db.person("bob").await;
    till.rig.db.member(till.rig.acme.workspace, &bob, Role::Admin).await;
    let customer = till.customer();
    // A comparison that was tried before, in vain, is among them.
    let admin = till.rig.db.superuser().await;
    let old = format!(
        "insert into jobs (workspace_id, id, kind, payload, attempts, run_at)
         values ('{}', gen_random_uuid(), 'billing.reconcile', '{{}}', 3, gannet_now() + interval '1 hour')",
        till.rig.acme.workspace
    );
    admin.batch_execute(&old).await.expect("there");
    for n in 0..10 {
        let role = if n % 2 == 0 { "owner" } else { "admin" };
        let form = Change { user: bob.id.to_string(), role: role.into() };
        till.svc.set_role(&till.cx(), form).await.expect("set");
    }
    till.stripe.forget_requests();
    let stop = CancellationToken::new();
    // On two instances at once.
    let workers = [till.svc.clone(), till.rig.another_instance()].map(|svc| {
        let svc = services::Services { billing: till.svc.billing.clone(), ..svc };
        tokio::spawn(jobs::run(svc, stop.clone()))
    });
    let left = "select count(*) from jobs";
    for _ in 0..400 {
        if till.texts(left).await == ["0"] {
            break;
        }
        time::sleep(Duration::from_millis(25)).await;
    }
    stop.cancel();
    for ended in join_all(workers).await {
        ended.expect("a clean end");
    }
    assert_eq!(till.texts(left).await, ["0"]);
    let looks = looks(&till, &customer);
    assert!(
        (1..=2).contains(&looks),
        "{looks} looks: one, and one more on another instance at most"
    );
}
