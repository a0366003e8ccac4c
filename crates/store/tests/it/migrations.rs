//! The way up, the way down, and up again.

use store::migrate;
use testdb::TestDb;

use crate::support::{shape, texts};

#[tokio::test(flavor = "multi_thread")]
async fn up_down_up_makes_an_identical_schema_and_down_leaves_nothing() {
    let db = TestDb::empty().await;
    let admin = db.superuser().await;
    let before = shape::of(&admin).await;

    let ran = migrate::run(&db.owner_url()).await.expect("up");
    let first = shape::of(&admin).await;
    assert!(first.len() > before.len() + ran.len());

    migrate::revert_all(&db.owner_url()).await.expect("down");
    shape::assert_same(&before, &shape::of(&admin).await, "down");

    assert_eq!(migrate::run(&db.owner_url()).await.expect("up again"), ran);
    shape::assert_same(&first, &shape::of(&admin).await, "up, down, up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_and_one_beside_it_change_nothing() {
    let db = TestDb::empty().await;
    let (one, two) = (db.owner_url(), db.owner_url());
    let (one, two) = tokio::join!(migrate::run(&one), migrate::run(&two));
    let mut counts = [one.expect("one of them").len(), two.expect("the other").len()];
    counts.sort_unstable();
    assert_eq!(counts[0], 0, "one ran them all and the other none");
    assert!(counts[1] > 0);
    assert_eq!(migrate::pending(&db.owner_url()).await.expect("asked"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_gannet_is_left_alone() {
    let db = TestDb::new().await;
    let admin = db.superuser().await;
    admin
        .batch_execute("insert into __diesel_schema_migrations (version) values ('99990101000000')")
        .await
        .expect("written");
    for refused in [migrate::run(&db.owner_url()).await, migrate::pending(&db.owner_url()).await] {
        let refusal = refused.expect_err("the schema is ahead").to_string();
        assert!(
            refusal.contains("newer gannet") && refusal.contains("99990101000000"),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn every_table_and_function_says_what_it_is() {
    let db = TestDb::new().await;
    let silent = db
        .superuser()
        .await
        .query(
            "select 'table ' || relname from pg_class
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
               and relname <> '__diesel_schema_migrations' and obj_description(oid, 'pg_class') is null
             union all
             select 'function ' || proname from pg_proc
             where pronamespace = 'public'::regnamespace and obj_description(oid, 'pg_proc') is null",
            &[],
        )
        .await
        .expect("asked");
    let silent: Vec<String> = silent.iter().map(|row| row.get(0)).collect();
    assert_eq!(silent, Vec::<String>::new(), "without a comment");
}

/// What `up.sql` does in each migration, in their order.
fn steps() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .expect("the migrations")
        .map(|entry| entry.expect("a folder"))
        .map(|entry| {
            let sql = std::fs::read_to_string(entry.path().join("up.sql")).expect("a way up");
            (entry.file_name().into_string().expect("a name"), sql)
        })
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn what_was_sent_and_who_left_before_there_were_plans_is_counted() {
    let db = TestDb::empty().await;
    let (owner, admin) = (db.owner().await, db.superuser().await);
    let is_before = |name: &str| name < "20261130000100";
    for (name, sql) in steps().iter().filter(|(name, _)| is_before(name)) {
        owner.batch_execute(sql).await.unwrap_or_else(|err| panic!("{name}: {err:?}"));
    }
    let acme = db.tenant("acme").await;
    let gone = db.bot(acme.workspace, "gone_bot").await;
    // This month one is done of which seven of ten arrived, and one goes on; and one of long ago.
    let key = format!("'{}', '{}'", acme.workspace, acme.bot.id);
    let rows = format!(
        "insert into broadcasts (workspace_id, bot_id, id, author_id, author_name, source, message, total, status,
                                 started_at, finished_at)
         select {key}, gen_random_uuid(), gen_random_uuid(), 'Ada', 'Hello', '{{}}', 10, status, at,
                case when status = 'done' then gannet_now() end
         from (values ('done', gannet_now()), ('sending', gannet_now()), ('done', '2020-01-01')) b (status, at);
         insert into broadcast_tallies (workspace_id, bot_id, broadcast_id, sent)
         select workspace_id, bot_id, id, 7 from broadcasts;
         update bots set disconnected_at = gannet_now() where id = '{}'",
        gone.id
    );
    admin.batch_execute(&rows).await.expect("sent");
    for (name, sql) in steps().iter().filter(|(name, _)| !is_before(name)) {
        owner.batch_execute(sql).await.unwrap_or_else(|err| panic!("{name}: {err:?}"));
    }
    assert_eq!(texts(&admin, "select messages::text from message_months").await, ["17"]);
    assert_eq!(texts(&admin, "select slug from directory where connected").await, ["acme_bot"]);
}
