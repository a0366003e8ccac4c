//! `audit.retention`: two years, then gone as a month, and on record.

use adapters::anchors::Kept;
use services::audit::keep;
use store::{StoreError, audit};

use super::{Logs, note};

const DAY: i64 = 86_400;

async fn texts(logs: &Logs, sql: &str) -> Vec<String> {
    let rows = logs.db.superuser().await.query(sql, &[]).await.expect("rows");
    rows.iter().map(|row| row.get(0)).collect()
}

const MONTHS: &str =
    "select relname::text from pg_class where relispartition and relkind = 'r' order by 1";

#[tokio::test]
async fn this_month_and_three_more_are_there_whenever_somebody_looks() {
    let logs = Logs::new().await;
    let store = logs.db.store();
    keep(&store).await.expect("kept");
    let before = texts(&logs, MONTHS).await;
    store.shift_clock(93 * DAY);
    assert_eq!(keep(&store).await.expect("kept"), 0, "nothing is over");
    let after = texts(&logs, MONTHS).await;
    assert!((3..=4).contains(&(after.len() - before.len())), "{before:?} {after:?}");
    note(&store, &logs.acme.scope(), 1).await;
    let rest = texts(&logs, "select id::text from audit_log_rest").await;
    assert_eq!(rest, Vec::<String>::new(), "a line of that time has its month");
    keep(&store).await.expect("kept");
    assert_eq!(texts(&logs, MONTHS).await, after, "a repeat makes nothing");
}

#[tokio::test]
async fn lines_go_after_730_days_on_record_and_the_chain_holds() {
    let logs = Logs::new().await;
    let store = logs.db.store();
    // The last day on which some of the month may not have been kept for long enough.
    store.shift_clock(729 * DAY);
    assert_eq!(keep(&store).await.expect("kept"), 0);
    store.shift_clock(762 * DAY);
    let dropped = keep(&store).await.expect("kept");
    assert!(dropped >= 1, "at least the month of today");

    let log =
        "select concat_ws(' ', seq, kind, actor_name, details ->> 'lines', details ->> 'through')
               from audit_log order by workspace_id, seq";
    let want = "6 audit.expired retention 5 5";
    assert_eq!(texts(&logs, log).await, [want, want], "what is left, and what it says");
    let report = logs.verified().await;
    assert_eq!((report.lines, report.faults.len()), (2, 0), "{report:?}");
    assert_eq!(keep(&store).await.expect("kept"), 0, "a repeat drops nothing");
    note(&store, &logs.acme.scope(), 2).await;
    assert_eq!(logs.faults(&Kept::default()).await, [""; 0]);

    // Nobody can use this to drop more: the record is part of the chain.
    logs.tamper("delete from audit_log where workspace_id = ACME and seq = 6").await;
    assert_eq!(logs.faults(&Kept::default()).await, ["acme 1 missing"]);
}

#[tokio::test]
async fn a_crash_between_the_record_and_the_drop_costs_a_line_and_no_alarm() {
    let logs = Logs::new().await;
    let store = logs.db.store();
    store.shift_clock(762 * DAY);
    // Somebody reads for so long that the month cannot be locked.
    let reader = logs.db.superuser().await;
    reader.batch_execute("begin; select count(*) from audit_log").await.expect("reads");
    assert!(keep(&store).await.is_err());
    assert_eq!(logs.faults(&Kept::default()).await, [""; 0], "on record, and not gone yet");
    reader.batch_execute("commit").await.expect("has read");
    keep(&store).await.expect("kept");
    assert_eq!(logs.faults(&Kept::default()).await, [""; 0]);
}

#[tokio::test]
async fn lines_from_before_the_chain_go_as_well_and_their_number_stays_true() {
    let logs = Logs::new().await;
    logs.tamper(
        "delete from audit_log where workspace_id = ACME; delete from audit_heads where workspace_id = ACME;
         insert into audit_heads (workspace_id, unchained) values (ACME, 3);
         select audit_month((now() - interval '12 months')::date);
         insert into audit_log (workspace_id, id, at, actor_name, kind, details)
         select ACME, gen_random_uuid(), now() - n * interval '12 months', 'Ann', 'x', '{}'
         from unnest(array[0, 1, 1]) n",
    )
    .await;
    let store = logs.db.store();
    note(&store, &logs.acme.scope(), 1).await;
    assert_eq!(logs.verified().await.unchained, 3);
    assert_eq!(logs.faults(&Kept::default()).await, [""; 0]);
    store.shift_clock(400 * DAY);
    assert_eq!(keep(&store).await.expect("kept"), 1);
    assert_eq!(logs.verified().await.unchained, 1);
    assert_eq!(logs.faults(&Kept::default()).await, [""; 0]);
    let list = store
        .workspace(&logs.acme.scope(), async |tx| {
            Ok::<_, StoreError>(audit::list(tx, &audit::Filter::default(), 9).await?)
        })
        .await
        .expect("listed");
    assert_eq!(list[0].kind, "audit.expired", "it is in the log that its owner reads");
}
