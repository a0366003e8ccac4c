//! Every table stands behind the fence, and a new one that does not is found.

use testdb::TestDb;

use crate::support::{
    rules::{GLOBAL, WORKSPACE_LEVEL, complaints},
    texts,
};

#[tokio::test]
async fn every_table_stands_behind_the_fence() {
    let db = TestDb::new().await;
    assert_eq!(complaints(&db.superuser().await).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_lists_of_exceptions_name_tables_that_exist() {
    let db = TestDb::new().await;
    let tables = texts(
        &db.superuser().await,
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')",
    )
    .await;
    for name in GLOBAL.iter().chain(&WORKSPACE_LEVEL) {
        assert!(tables.iter().any(|table| table == name), "{name} is gone: take it off its list");
    }
}

/// A table as it should be, to be spoilt.
const GOOD: &str = "
    create table notes (
        workspace_id uuid not null, bot_id uuid not null, id uuid not null, text text,
        primary key (workspace_id, bot_id, id),
        foreign key (workspace_id, bot_id) references bots (workspace_id, id) on update cascade
    );
    alter table notes enable row level security;
    alter table notes force row level security;
    create policy tenant on notes to gannet_app
        using (workspace_id = fence_workspace() and bot_id = fence_bot())
        with check (workspace_id = fence_workspace() and bot_id = fence_bot());
    grant select, insert on notes to gannet_app;";

#[tokio::test]
async fn a_new_table_without_a_fence_is_found_and_one_with_a_fence_is_welcome() {
    let db = TestDb::new().await;
    let admin = db.superuser().await;
    // `set role` last of all: what a migration makes belongs to the owner.
    admin.batch_execute("begin; set local role gannet_owner").await.expect("begun");
    admin.batch_execute(GOOD).await.expect("made");
    assert_eq!(complaints(&admin).await, Vec::<String>::new());
    admin.batch_execute("rollback").await.expect("forgotten");

    let spoilt = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        GOOD.replace(from, to)
    };
    let more = |sql: &str| format!("{GOOD}\n{sql}");
    let using = "using (workspace_id = fence_workspace() and bot_id = fence_bot())";
    let cases = [
        (
            "create table notes (id uuid primary key);".to_owned(),
            "notes has no column workspace_id",
        ),
        (
            "create table notes (id uuid primary key);".to_owned(),
            "notes: row-level security is not enabled",
        ),
        (
            "create table notes (id uuid primary key);".to_owned(),
            "notes has no policy for gannet_app",
        ),
        (
            spoilt("bot_id uuid not null", "bot_id uuid")
                .replace("(workspace_id, bot_id, id)", "(workspace_id, id)"),
            "notes has no column bot_id that is never null",
        ),
        (
            spoilt("alter table notes force row level security;", ""),
            "row-level security is not enabled and forced",
        ),
        (
            spoilt("alter table notes enable row level security;", ""),
            "row-level security is not enabled and forced",
        ),
        (spoilt(using, "using (true)"), "policy tenant on notes does not begin with the workspace"),
        (
            spoilt(
                using,
                "using (workspace_id = fence_workspace() and bot_id = fence_bot() or text = 'x')",
            ),
            "policy tenant on notes does not begin with the workspace",
        ),
        (
            spoilt(using, "using (workspace_id = fence_workspace())"),
            "policy tenant on notes does not keep bots apart",
        ),
        (
            spoilt("with check (workspace_id = fence_workspace() and", "with check (true and"),
            "policy tenant on notes does not begin with the workspace",
        ),
        (
            more("create policy second on notes using (bot_id = fence_bot());"),
            "policy second on notes does not begin with the workspace",
        ),
        (
            spoilt("primary key (workspace_id, bot_id, id)", "primary key (id)"),
            "unique index notes_pkey on notes",
        ),
        (spoilt("primary key (workspace_id, bot_id, id),", ""), "notes has no primary key"),
        (more("create unique index on notes (text);"), "unique index notes_text_idx on notes"),
        (
            spoilt(
                "foreign key (workspace_id, bot_id) references bots (workspace_id, id) on update cascade",
                "check (true)",
            ),
            "notes.bot_id is no foreign key",
        ),
        (spoilt(" on update cascade", ""), "does not follow a bot to another workspace"),
        (
            more(
                "create table marks (note_bot uuid, workspace uuid,
                   foreign key (note_bot, workspace) references bots (id, workspace_id));",
            ),
            "foreign key marks_note_bot_workspace_fkey on marks does not begin with the workspace",
        ),
        (more("grant truncate on notes to gannet_worker;"), "gannet_worker may TRUNCATE notes"),
        (more("grant select on notes to public;"), "may SELECT notes"),
        (
            more("create view all_notes as select * from notes;"),
            "all_notes is a view without security_invoker",
        ),
        (
            more("create materialized view all_notes as select * from notes;"),
            "all_notes is a view without",
        ),
        (
            more(
                "create function peek() returns bigint language sql security definer as 'select count(*) from notes';",
            ),
            "function peek() runs with its owner's rights",
        ),
        (
            more("grant execute on function remove_workspace to gannet_worker;"),
            "function remove_workspace() is open to more than requests",
        ),
        (
            more("alter function move_bot reset all;"),
            "function move_bot(uuid) is open to more than requests, or to a search path",
        ),
        ("reset role; create schema annex;".to_owned(), "the schema annex is none of ours"),
        ("reset role; alter role gannet_app bypassrls;".to_owned(), "gannet_app is too powerful"),
        ("reset role; grant gannet_owner to gannet_app;".to_owned(), "gannet_app is too powerful"),
    ];
    for (sql, want) in cases {
        admin.batch_execute("begin; set local role gannet_owner").await.expect("begun");
        let found = match admin.batch_execute(&sql).await {
            Ok(()) => complaints(&admin).await,
            Err(err) => vec![
                err.as_db_error().map_or(err.to_string(), |refused| refused.message().to_owned()),
            ],
        };
        admin.batch_execute("rollback").await.expect("forgotten");
        assert!(
            found.iter().any(|line| line.contains(want)),
            "{sql}\nis not refused with {want:?}, but {found:#?}"
        );
    }
}
