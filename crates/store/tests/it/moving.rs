//! A bot that moves takes along all that is its own, and nothing else moves.

use domain::{audit::Event, ids::WorkspaceId, rights::Role};
use store::{
    BotTx, StoreError,
    audit::{self, Origin},
    moving,
};
use testdb::{Person, Tenant, TestDb};
use uuid::Uuid;

use crate::support::{is_forbidden, number, rows, texts};

/// Another workspace in which `person` is `role`, with the same bot in sight of the tests.
async fn another(db: &TestDb, of: &Tenant, person: &Person, role: Role) -> Tenant {
    let workspace = WorkspaceId::from(Uuid::now_v7());
    let sql = format!("insert into workspaces (id, name) values ('{workspace}', 'another')");
    db.superuser().await.batch_execute(&sql).await.expect("founded");
    db.member(workspace, person, role).await;
    Tenant { workspace, owner: person.clone(), bot: of.bot.clone() }
}

/// A workspace with a row of every kind, whose broadcast is not being sent.
async fn filled(db: &TestDb) -> Tenant {
    let acme = db.tenant("acme").await;
    rows::fill(db, acme.workspace, &acme.bot, &acme.owner).await;
    let paused = "update broadcasts set status = 'paused'; delete from bot_changes;
                  insert into bot_sources (workspace_id, bot_id, source, slot, joined)
                  select workspace_id, id, 'flyer', 0, 5 from bots;";
    db.superuser().await.batch_execute(paused).await.expect("paused");
    acme
}

async fn relocate(db: &TestDb, from: &Tenant, to: &Tenant) -> Result<bool, StoreError> {
    let mut moved = false;
    let origin = Origin::system("test");
    let slug = from.bot.slug.parse().expect("a slug");
    let admit = async |_: &mut BotTx<'_>| Ok::<_, StoreError>(());
    db.store()
        .relocate(&from.bot_scope(), &to.scope(), &origin, admit, async |tx: &mut BotTx<'_>| {
            moving::stop_work(tx).await?;
            moving::leave_people_behind(tx, from.owner.id).await?;
            let event = Event::BotMovedOut { bot: from.bot.slug.parse().expect("a slug") };
            audit::record(tx, &origin, &event).await?;
            moved = moving::carry(tx, to.workspace).await?;
            Ok::<_, StoreError>(Event::BotMovedIn { bot: slug })
        })
        .await?;
    Ok(moved)
}

#[tokio::test]
async fn every_row_of_a_bot_moves_with_it_and_none_is_left() {
    let db = TestDb::new().await;
    let acme = filled(&db).await;
    let second = another(&db, &acme, &acme.owner, Role::Owner).await;
    // A neighbour with rows of every kind, who stays.
    let sibling = db.bot(acme.workspace, "acme_second_bot").await;
    rows::fill(&db, acme.workspace, &sibling, &acme.owner).await;
    let admin = db.superuser().await;
    let mut tables = rows::bot_tables(&admin).await;
    tables.extend(["directory".to_owned(), "bots".to_owned()]);
    let count = async |table: &str, workspace: WorkspaceId, bot: &testdb::Bot| {
        let key = if table == "bots" { "id" } else { "bot_id" };
        let sql = format!(
            "select count(*) from {table} where workspace_id = '{workspace}' and {key} = '{}'",
            bot.id
        );
        number(&admin, &sql).await
    };
    let mut before = Vec::new();
    for table in &tables {
        before.push((
            count(table, acme.workspace, &acme.bot).await,
            count(table, acme.workspace, &sibling).await,
        ));
    }
    let sums = "select sum(active)::bigint from bot_counters";
    let counted = number(&admin, sums).await;

    assert!(relocate(&db, &acme, &second).await.expect("moved"));
    for (table, (mine, theirs)) in tables.iter().zip(before) {
        let (old, new) = (
            count(table, acme.workspace, &acme.bot).await,
            count(table, second.workspace, &acme.bot).await,
        );
        match table.as_str() {
            // What happened stays where it happened, and each log has a line more.
            "audit_log" => assert_eq!((old, new), (mine + 1, 1)),
            // Done away with before: it names people of the old workspace.
            "bot_permissions" => assert_eq!((mine, old, new), (1, 0, 0)),
            // Emptied by the test itself: nobody moves a bot whose connection is being changed.
            "bot_changes" => assert_eq!((old, new), (0, 0)),
            _ => assert!(
                mine > 0 && (old, new) == (0, mine),
                "{table}: {mine} became {old} and {new}"
            ),
        }
        assert_eq!(count(table, acme.workspace, &sibling).await, theirs, "{table} of a neighbour");
    }
    assert_eq!(number(&admin, sums).await, counted, "nobody came or went");
    let log = "select kind from audit_log where kind like 'bot.moved%' order by kind";
    assert_eq!(texts(&admin, log).await, ["bot.moved_in", "bot.moved_out"]);
    assert_eq!(
        number(&admin, "select count(*) from leases where until > gannet_now()").await,
        1,
        "the neighbour's"
    );
    assert!(relocate(&db, &second, &acme).await.expect("and back"));
}

/// Envelopes are bound to their workspace ([`docs/envelope.md`]): a new one must be sealed anew when its bot
/// moves, in `services::bots::relocate`.
#[tokio::test]
async fn what_is_sealed_of_a_bot_is_on_this_list() {
    let db = TestDb::new().await;
    let bytes = texts(
        &db.superuser().await,
        "select distinct c.relname || '.' || a.attname
         from pg_class c join pg_attribute a on a.attrelid = c.oid and a.atttypid = 'bytea'::regtype and a.attnum > 0
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
           and exists (select from pg_attribute b where b.attrelid = c.oid and b.attname = 'bot_id') order by 1",
    )
    .await;
    let known = [
        "audit_log.mac",
        "audit_log.sealed",
        "bot_changes.hook_hash",
        // There is none while a bot moves.
        "bot_changes.token",
        // Sealed anew.
        "bot_secrets.sealed",
        "directory.hook_hash",
        "updates.body",
    ];
    assert_eq!(bytes, known);
}

#[tokio::test]
async fn a_bot_moves_between_two_workspaces_of_one_owner_and_no_others() {
    let db = TestDb::new().await;
    let (acme, mallory) = (filled(&db).await, db.tenant("mallory").await);
    let as_admin = another(&db, &acme, &acme.owner, Role::Admin).await;
    let closing = another(&db, &acme, &acme.owner, Role::Owner).await;
    let fine = another(&db, &acme, &acme.owner, Role::Owner).await;
    let admin = db.superuser().await;
    let close = format!(
        "update workspaces set closes_at = gannet_now() where id = '{}'; delete from bot_permissions;",
        closing.workspace
    );
    admin.batch_execute(&close).await.expect("marked");
    let app = db.app().await;
    let begin = async |workspace: WorkspaceId, user: &Person| {
        app.batch_execute(&format!(
            "rollback; begin; select set_config('app.workspace_id', '{workspace}', true),
             set_config('app.bot_id', '{}', true), set_config('app.user_id', '{}', true)",
            acme.bot.id, user.id
        ))
        .await
        .expect("begun");
    };
    app.batch_execute("begin").await.expect("begun");
    let carry = async |to: WorkspaceId| {
        app.query_one(&format!("select move_bot('{to}')"), &[])
            .await
            .map(|row| row.get::<_, bool>(0))
    };
    for to in [
        mallory.workspace,
        as_admin.workspace,
        closing.workspace,
        acme.workspace,
        Uuid::now_v7().into(),
    ] {
        begin(acme.workspace, &acme.owner).await;
        let refused = carry(to).await.expect_err("no owner of both");
        assert!(is_forbidden(&refused), "{refused:?}");
    }
    for (here, user) in [(acme.workspace, &mallory.owner), (mallory.workspace, &acme.owner)] {
        begin(here, user).await;
        let refused = carry(fine.workspace).await.expect_err("not theirs");
        assert!(is_forbidden(&refused), "{refused:?}");
    }
    // From a workspace of one's own in which the bot is not.
    begin(fine.workspace, &acme.owner).await;
    assert!(!carry(acme.workspace).await.expect("asked"));
    // One that sends, one that left.
    for (state, back) in [
        ("update broadcasts set status = 'sending'", "update broadcasts set status = 'paused'"),
        ("update bots set disconnected_at = now()", "update bots set disconnected_at = null"),
    ] {
        admin.batch_execute(state).await.expect("set");
        begin(acme.workspace, &acme.owner).await;
        assert!(!carry(fine.workspace).await.expect("asked"), "{state}");
        app.batch_execute("rollback").await.expect("ended");
        admin.batch_execute(back).await.expect("set back");
    }
    // As long as somebody's rights are left it does not go.
    db.grant(acme.workspace, &acme.bot, &acme.owner, &[domain::rights::Right::View]).await;
    begin(acme.workspace, &acme.owner).await;
    carry(fine.workspace).await.expect_err("rights are left");
    app.batch_execute("rollback").await.expect("ended");
    admin.batch_execute("delete from bot_permissions").await.expect("taken");
    begin(acme.workspace, &acme.owner).await;
    assert!(carry(fine.workspace).await.expect("moved"));
}
