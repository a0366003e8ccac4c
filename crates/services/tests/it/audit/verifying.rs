//! `audit.immutable`: whatever a superuser does to the log is found, with its place.

use adapters::anchors::{Anchor, Kept};
use domain::audit::Event;
use services::audit::verify;
use store::{
    StoreError,
    audit::{Origin, chain::ChainKey, record},
};
use testdb::CHAIN_KEY;
use uuid::Uuid;

use super::{Logs, note};

#[tokio::test]
async fn a_log_that_nobody_touched_is_found_whole() {
    let logs = Logs::new().await;
    let report = logs.verified().await;
    assert_eq!((report.workspaces, report.lines, report.unchained), (2, 10, 0), "{report:?}");
    assert_eq!(report.faults, []);
    let (store, kept, acme) = (logs.db.store(), Kept::default(), logs.acme.workspace);
    let one = verify(&store, &[CHAIN_KEY], &kept, Some(acme)).await.expect("walked");
    assert_eq!((one.workspaces, one.lines), (1, 5));
}

#[tokio::test]
async fn every_change_to_a_line_is_found_with_its_place() {
    let logs = Logs::new().await;
    let changes = [
        "kind = 'x'",
        "actor_name = 'Eve'",
        "actor_id = gen_random_uuid()",
        "details = '{\"kind\": \"workspace.created\",\"name\":\"No 0\"}'",
        "at = at + interval '1 microsecond'",
        "id = gen_random_uuid()",
        "bot_slug = 'x'",
        "bot_id = gen_random_uuid()",
        "resource = ''",
        "ip = '192.0.2.9'",
        "user_agent = ''",
        "sealed = 'x'",
        "request_id = 'x'",
        "workspace_id = workspace_id, mac = sha256('x')",
    ];
    for change in changes {
        let save =
            "create table saved as select * from audit_log where workspace_id = ACME and seq = 3";
        logs.tamper(save).await;
        logs.tamper(&format!(
            "update audit_log set {change} where workspace_id = ACME and seq = 3"
        ))
        .await;
        let found = logs.faults(&Kept::default()).await;
        // Whoever changes a link breaks the one after it too.
        let want: &[&str] = if change.contains("mac") {
            &["acme 3 changed", "acme 4 changed"]
        } else {
            &["acme 3 changed"]
        };
        assert_eq!(found, want, "{change}");
        logs.tamper(
            "delete from audit_log where workspace_id = ACME and seq = 3;
             insert into audit_log select * from saved; drop table saved",
        )
        .await;
        assert_eq!(logs.faults(&Kept::default()).await, [""; 0], "mended after {change}");
    }
    let report = {
        logs.tamper("update audit_log set kind = 'x' where workspace_id = ACME and seq = 2").await;
        logs.verified().await
    };
    let fault = &report.faults[0];
    assert!(fault.line.is_some() && fault.at.is_some(), "{fault:?}");
    assert_eq!(fault.text, "line 2 was changed after it was written");
}

#[tokio::test]
async fn what_was_removed_inserted_or_cut_off_is_found_with_its_place() {
    let removed = "delete from audit_log where workspace_id = ACME and seq";
    let copy = |place: &str| {
        format!(
            "insert into audit_log select workspace_id, gen_random_uuid(), at, bot_id, bot_slug, actor_id,
                    actor_name, kind, resource, details, ip, user_agent, sealed,
                    request_id, {place}
             from audit_log where workspace_id = ACME and seq = 2"
        )
    };
    let cases: [(String, &[&str]); 12] = [
        (format!("{removed} = 3"), &["acme 3 missing"]),
        (format!("{removed} in (2, 3)"), &["acme 2 missing"]),
        (format!("{removed} = 1"), &["acme 1 missing"]),
        (format!("{removed} = 5"), &["acme 5 cut_off"]),
        // The head set back besides: only an anchor would tell.
        (
            format!(
                "{removed} = 5; update audit_heads set seq = 4, mac = (select mac from audit_log
                 where workspace_id = ACME and seq = 4) where workspace_id = ACME"
            ),
            &[],
        ),
        (copy("seq, mac, key_version"), &["acme 2 inserted"]),
        (copy("seq + 4, mac, key_version"), &["acme 6 changed", "acme 6 head"]),
        (copy("null, null, null"), &["acme  unchained"]),
        ("delete from audit_heads where workspace_id = ACME".into(), &["acme 5 head"]),
        (
            "update audit_heads set unchained = 1 where workspace_id = ACME".into(),
            &["acme 1 changed", "acme  unchained"],
        ),
        (
            "update audit_heads set mac = sha256('x') where workspace_id = ACME".into(),
            &["acme 5 head"],
        ),
        (
            "insert into audit_log (workspace_id, id, actor_name, kind, details)
             values (gen_random_uuid(), gen_random_uuid(), 'Eve', 'x', '{}')"
                .into(),
            &["other  unchained"],
        ),
    ];
    for (sql, want) in cases {
        let logs = Logs::new().await;
        logs.tamper(&sql).await;
        assert_eq!(logs.faults(&Kept::default()).await, want, "{sql}");
    }
}

#[tokio::test]
async fn an_end_that_was_cut_off_and_mended_is_found_by_its_anchor() {
    let logs = Logs::new().await;
    let mac = |seq: i64| {
        let sql = format!("select mac from audit_log where workspace_id = $1 and seq = {seq}");
        let (db, workspace) = (&logs.db, logs.acme.workspace.as_uuid());
        async move {
            let row = db.superuser().await.query_one(&sql, &[&workspace]).await.expect("a line");
            row.get::<_, Vec<u8>>(0).try_into().expect("32 bytes")
        }
    };
    let anchor = |seq: i64, mac: [u8; 32]| Anchor {
        day: "2026-11-26".parse().expect("a day"),
        workspace: logs.acme.workspace,
        seq,
        mac,
    };
    let kept =
        Kept { anchors: vec![anchor(3, mac(3).await), anchor(5, mac(5).await)], damaged: vec![] };
    assert_eq!(logs.faults(&kept).await, [""; 0]);
    assert_eq!(logs.verified_with(&kept).await.anchors, 2);

    logs.tamper(
        "delete from audit_log where workspace_id = ACME and seq = 5;
         update audit_heads set seq = 4, mac = (select mac from audit_log where workspace_id = ACME and seq = 4)
         where workspace_id = ACME",
    )
    .await;
    assert_eq!(logs.faults(&kept).await, ["acme 5 cut_off"]);
    // The log goes on as if nothing had been, with another line in that place.
    note(&logs.db.store(), &logs.acme.scope(), 1).await;
    assert_eq!(logs.faults(&kept).await, ["acme 5 anchor"]);
    logs.tamper("delete from audit_log where workspace_id = ACME; delete from audit_heads where workspace_id = ACME").await;
    assert_eq!(logs.faults(&kept).await, ["acme 3 cut_off", "acme 5 cut_off"]);
    let damaged = Kept { anchors: vec![], damaged: vec!["2026.txt:3".into()] };
    assert_eq!(logs.faults(&damaged).await, ["none  damaged"]);
}

#[tokio::test]
async fn whoever_has_no_key_cannot_mend_what_they_changed() {
    let logs = Logs::new().await;
    // Rebuilt from the first line to the last, with a key of their own.
    let forged = logs.db.store().chained([ChainKey::new(1, [9; 32])]);
    logs.tamper("delete from audit_log where workspace_id = ACME; delete from audit_heads where workspace_id = ACME").await;
    note(&forged, &logs.acme.scope(), 5).await;
    let want = [1, 2, 3, 4, 5].map(|seq| format!("acme {seq} changed"));
    assert_eq!(logs.faults(&Kept::default()).await, want);
}

#[tokio::test]
async fn a_chain_goes_on_under_a_new_key_and_needs_both() {
    let logs = Logs::new().await;
    let second = ChainKey::new(2, [2; 32]);
    note(&logs.db.store().chained([second.clone()]), &logs.acme.scope(), 2).await;
    let (store, keys, kept) = (logs.db.store(), [CHAIN_KEY, second], Kept::default());
    assert_eq!(verify(&store, &keys, &kept, None).await.expect("walked").faults, []);
    assert_eq!(logs.faults(&Kept::default()).await, ["acme 6 key", "acme 7 key"]);
}

#[tokio::test]
async fn lines_written_at_once_stand_in_one_chain_and_other_workspaces_wait_for_nobody() {
    let logs = Logs::new().await;
    let store = logs.db.store_with(8, 1);
    let at_once = (0..24).map(|_| {
        let (store, scope) = (store.clone(), logs.acme.scope());
        tokio::spawn(async move { note(&store, &scope, 3).await })
    });
    for one in at_once.collect::<Vec<_>>() {
        one.await.expect("written");
    }
    let report = logs.verified().await;
    assert_eq!((report.lines, report.faults.len()), (10 + 72, 0), "{report:?}");

    // While somebody sits on the end of acme's chain, acme's lines wait and nobody else's do.
    let sitting = logs.db.superuser().await;
    let lock = format!(
        "begin; select from audit_heads where workspace_id = '{}' for update",
        logs.acme.workspace
    );
    sitting.batch_execute(&lock).await.expect("locked");
    let waiting = {
        let (store, scope) = (store.clone(), logs.acme.scope());
        tokio::spawn(async move { note(&store, &scope, 1).await })
    };
    note(&store, &logs.other.scope(), 1).await;
    assert!(!waiting.is_finished());
    sitting.batch_execute("commit").await.expect("let go");
    waiting.await.expect("written");
    assert_eq!(logs.verified().await.lines, 10 + 72 + 2);
}

#[tokio::test]
async fn a_transaction_that_fails_leaves_no_line_and_no_gap() {
    let logs = Logs::new().await;
    let failed = logs
        .db
        .store()
        .workspace(&logs.acme.scope(), async |tx| {
            record(tx, &Origin::system("test"), &Event::BotRepaired).await?;
            Err::<(), _>(StoreError::Refused { constraint: "none".into() })
        })
        .await;
    assert!(failed.is_err());
    note(&logs.db.store(), &logs.acme.scope(), 1).await;
    let report = logs.verified().await;
    assert_eq!((report.lines, report.faults.len()), (11, 0), "{report:?}");
}

#[tokio::test]
async fn a_line_without_a_key_is_refused_and_its_change_with_it() {
    use store::{Store, scope::StoreConfig};
    let logs = Logs::new().await;
    let keyless = Store::new(&StoreConfig {
        app_url: logs.db.app_url(),
        worker_url: logs.db.worker_url(),
        owner_url: logs.db.owner_url(),
        app_connections: 1,
        worker_connections: 1,
    });
    let refused = keyless
        .workspace(&logs.acme.scope(), async |tx| {
            store::members::add(tx, logs.other.owner.id, domain::rights::Role::Member).await?;
            Ok::<_, StoreError>(record(tx, &Origin::system("test"), &Event::BotRepaired).await?)
        })
        .await;
    assert!(refused.is_err());
    let members = "select count(*) from members where workspace_id = $1";
    let admin = logs.db.superuser().await;
    let workspace: Uuid = logs.acme.workspace.as_uuid();
    assert_eq!(admin.query_one(members, &[&workspace]).await.expect("counted").get::<_, i64>(0), 1);
}
