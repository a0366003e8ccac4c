//! Once a day it is written down outside the database where every chain stands.

use std::sync::Arc;

use adapters::anchors::Anchors;
use services::audit::{anchor, read_anchors};

use super::{Logs, note};

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_chain_is_anchored_once_a_day_if_it_has_grown() {
    let logs = Logs::new().await;
    let store = logs.db.store();
    let dir = tempfile::tempdir().expect("a folder");
    let anchors = Arc::new(Anchors::at(dir.path().join("anchors")));

    assert_eq!(anchor(&store, &anchors).await.expect("anchored"), 2);
    note(&store, &logs.acme.scope(), 1).await;
    assert_eq!(anchor(&store, &anchors).await.expect("asked"), 0, "once a day");
    store.shift_clock(DAY);
    assert_eq!(anchor(&store, &anchors).await.expect("anchored"), 1, "the other has not grown");

    let kept = read_anchors(&anchors).await.expect("read");
    let places: Vec<i64> = kept.anchors.iter().map(|anchor| anchor.seq).collect();
    assert_eq!((places.as_slice(), kept.damaged.len()), ([5, 5, 6].as_slice(), 0));
    assert_eq!(logs.faults(&kept).await, [""; 0]);
    logs.tamper("delete from audit_log where workspace_id = ACME and seq > 3").await;
    logs.tamper("update audit_heads h set seq = 3, mac = l.mac from audit_log l where l.workspace_id = ACME and l.seq = 3 and h.workspace_id = ACME").await;
    assert_eq!(logs.faults(&kept).await, ["acme 5 cut_off", "acme 6 cut_off"]);
}
