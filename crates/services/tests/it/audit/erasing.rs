//! Where somebody was is readable for as long as their account is there, and for nobody after it.

use domain::audit::Actor;
use store::{WorkspaceTx, audit};

use super::*;

fn by(tenant: &Tenant, ip: &str) -> Origin {
    Origin {
        actor: Actor::User(tenant.owner.id),
        ip: Some(ip.to_owned()),
        user_agent: Some("Mallory's own browser".to_owned()),
        ..Origin::system("test")
    }
}

async fn act(logs: &Logs, origin: &Origin) {
    logs.db
        .store()
        .workspace(&logs.acme.scope(), async |tx| {
            let event = Event::WorkspaceCreated { name: "Acme".into() };
            Ok::<_, StoreError>(record(tx, origin, &event).await?)
        })
        .await
        .expect("written");
}

/// What the log says of where its lines came from, the newest first.
async fn whereabouts(logs: &Logs, store: &Store) -> Vec<Option<String>> {
    let read = async |tx: &mut WorkspaceTx<'_>| {
        Ok::<_, StoreError>(audit::list(tx, &audit::Filter::default(), 2).await?)
    };
    let lines = store.workspace(&logs.acme.scope(), read).await.expect("read");
    let said = lines.into_iter().map(|line| {
        let there = line.whereabouts(store.chain())?;
        Some(format!("{} {}", there.ip.unwrap_or_default(), there.user_agent.unwrap_or_default()))
    });
    said.collect()
}

#[tokio::test]
async fn with_the_account_goes_what_says_where_somebody_was_and_the_chain_holds() {
    let logs = Logs::new().await;
    let store = logs.db.store();
    act(&logs, &by(&logs.acme, "192.0.2.77")).await;
    act(&logs, &by(&logs.acme, "2001:db8::77")).await;
    let there = |ip: &str| Some(format!("{ip} Mallory's own browser"));
    assert_eq!(whereabouts(&logs, &store).await, [there("2001:db8::77"), there("192.0.2.77")]);

    let admin = logs.db.superuser().await;
    let dump = "select string_agg(l::text, ' ') from audit_log l";
    let dump: String = admin.query_one(dump, &[]).await.expect("read").get(0);
    assert!(
        !dump.contains("192.0.2.77") && !dump.contains("Mallory"),
        "nothing of it as text: {dump}"
    );

    // Who has the database and not the keys learns as little as who has other keys.
    let elsewhere = logs.db.store().chained([store::audit::chain::ChainKey::new(1, [9; 32])]);
    assert_eq!(whereabouts(&logs, &elsewhere).await, [None, None]);

    let gone = "delete from users where id = $1";
    admin.execute(gone, &[&logs.acme.owner.id.as_uuid()]).await.expect("the account goes");
    let salts: i64 =
        admin.query_one("select count(*) from person_salts", &[]).await.expect("read").get(0);
    assert_eq!(salts, 0);
    assert_eq!(whereabouts(&logs, &store).await, [None, None], "nobody can read it any more");
    let report = logs.verified().await;
    assert_eq!(report.faults, [], "and every link holds");
}

#[tokio::test]
async fn of_a_part_of_gannet_and_of_who_has_no_account_nothing_is_sealed() {
    let logs = Logs::new().await;
    act(&logs, &Origin { ip: Some("192.0.2.1".into()), ..Origin::system("visitor") }).await;
    let nobody = uuid::Uuid::now_v7().into();
    act(&logs, &Origin { actor: Actor::User(nobody), ..by(&logs.acme, "192.0.2.2") }).await;
    let said = whereabouts(&logs, &logs.db.store()).await;
    let want = [Some("192.0.2.2 Mallory's own browser".into()), Some("192.0.2.1 ".into())];
    assert_eq!(said, want);
    assert_eq!(logs.verified().await.faults, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_first_lines_at_once_all_are_under_one_salt() {
    let logs = Logs::new().await;
    let origin = by(&logs.acme, "192.0.2.77");
    futures::future::join_all((0..64).map(|_| act(&logs, &origin))).await;
    let salts = "select count(*) from person_salts";
    let salts: i64 = logs.db.superuser().await.query_one(salts, &[]).await.expect("read").get(0);
    assert_eq!(salts, 1);
    let said = whereabouts(&logs, &logs.db.store()).await;
    assert!(said.iter().all(Option::is_some), "{said:?}");
    assert_eq!(logs.verified().await.faults, []);
}
