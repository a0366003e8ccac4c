//! What a month counts for a broadcast that was stopped, or whose bot went elsewhere.

use std::time::Duration;

use contract::{
    bots::{BotsApi, Relocate},
    broadcasts::BroadcastsApi,
};
use domain::{broadcast::Status, ids::WorkspaceId, rights::Role};
use sim::{Fault, Method, Trouble};
use tokio::time;
use uuid::Uuid;

use super::till::Till;
use crate::rig::Engine;

const MONTHS: &str = "select messages from message_months order by messages desc";
const SENT: &str = "select sent from broadcast_tallies";

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_after_a_cancel_is_counted_too() {
    let till = Till::new(40).await;
    let slow = Fault::new(Trouble::Stall { secs: 1.5 });
    till.rig.sim.add_fault(Fault { method: Some(Method::SendMessage), ..slow });
    let (id, version) = till.rig.draft("Hello").await;
    till.svc.send(&till.cx(), till.rig.slug(), id, &version).await.expect("sent");
    let engine = Engine::start(&till.svc);
    let open = "select count(*) from broadcast_intents";
    let until = async |sql: &str, done: fn(&str) -> bool| {
        for _ in 0..400 {
            if done(&till.texts(sql).await[0]) {
                return;
            }
            time::sleep(Duration::from_millis(25)).await;
        }
        panic!("it did not come to that: {sql}");
    };
    until(open, |n| n != "0").await;
    till.svc.cancel(&till.cx(), till.rig.slug(), id).await.expect("cancelled");
    assert_eq!(
        till.rig.look(id).await,
        (Status::Cancelled, Default::default()),
        "all are under way"
    );
    until(open, |n| n == "0").await;
    engine.stop().await;
    let (status, tally) = till.rig.look(id).await;
    assert_eq!(status, Status::Cancelled);
    assert!(tally.sent > 0, "they arrived all the same");
    assert_eq!(till.texts(MONTHS).await, [tally.sent.to_string()]);
    assert_eq!(till.texts("select counted from broadcasts").await, till.texts(SENT).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_moves_leaves_behind_what_it_has_sent_and_takes_along_what_it_will() {
    for is_cancelled in [false, true] {
        let till = Till::new(40).await;
        let acme = &till.rig.acme;
        let second = WorkspaceId::from(Uuid::now_v7());
        let admin = till.rig.db.superuser().await;
        let sql = format!("insert into workspaces (id, name) values ('{second}', 'Second')");
        admin.batch_execute(&sql).await.expect("founded");
        till.rig.db.member(second, &acme.owner, Role::Owner).await;
        let (id, version) = till.rig.draft("Hello").await;
        till.svc.send(&till.cx(), till.rig.slug(), id, &version).await.expect("sent");
        till.svc.pause(&till.cx(), till.rig.slug(), id).await.expect("paused");
        // Ten have got it.
        let sent = "insert into broadcast_tallies (workspace_id, bot_id, broadcast_id, sent)
                    select workspace_id, bot_id, id, 10 from broadcasts
                    on conflict (workspace_id, bot_id, broadcast_id) do update set sent = 10;
                    update broadcast_chunks set next = 10";
        admin.batch_execute(sent).await.expect("sent");
        assert_eq!(till.texts(MONTHS).await, ["40"]);

        let form = Relocate { workspace: second.to_string() };
        till.svc.relocate(&till.cx(), till.rig.slug(), form).await.expect("moved");
        let of = async |workspace: WorkspaceId| {
            let sql =
                format!("select messages from message_months where workspace_id = '{workspace}'");
            till.texts(&sql).await
        };
        assert_eq!(
            (of(acme.workspace).await, of(second).await),
            (vec!["10".into()], vec!["30".into()])
        );

        let mut there = till.cx();
        there.viewer.as_mut().expect("signed in").workspace = second;
        if is_cancelled {
            till.svc.cancel(&there, till.rig.slug(), id).await.expect("cancelled");
        } else {
            till.svc.resume(&there, till.rig.slug(), id).await.expect("on");
            let engine = Engine::start(&till.svc);
            let over = "select count(*) from broadcasts where status = 'done'";
            for _ in 0..400 {
                if till.texts(over).await == ["1"] {
                    break;
                }
                time::sleep(Duration::from_millis(25)).await;
            }
            engine.stop().await;
            assert_eq!(till.texts(SENT).await, ["40"]);
        }
        let rest = if is_cancelled { "0" } else { "30" };
        assert_eq!(
            (of(acme.workspace).await, of(second).await),
            (vec!["10".into()], vec![rest.into()])
        );
    }
}
