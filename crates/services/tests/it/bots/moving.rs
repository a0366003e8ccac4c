//! A bot goes to another workspace of its owner.

use std::time::Duration;

use contract::{
    ClientError, audit,
    bots::{BotsApi, Relocate, Texts},
    broadcasts::{self, Draft},
    cx::RequestCx,
    team::TeamApi,
};
use domain::{
    ids::WorkspaceId,
    rights::{Right, Role},
};
use futures::future::join_all;
use services::{
    access, credentials,
    ingest::{Accepted, IngestError},
};
use sim::person_id;
use testdb::Person;
use uuid::Uuid;

use crate::colony::{Colony, complaint};

const SLUG: &str = "acme_bot";

fn to(workspace: WorkspaceId) -> Relocate {
    Relocate { workspace: workspace.to_string() }
}

fn at_work(cx: &RequestCx) -> WorkspaceId {
    cx.viewer.as_ref().expect("signed in").workspace
}

/// The same person at work in another workspace.
fn over_there(cx: &RequestCx, workspace: WorkspaceId) -> RequestCx {
    let mut there = cx.clone();
    there.viewer.as_mut().expect("signed in").workspace = workspace;
    there
}

impl Colony {
    /// Another workspace in which whoever asks is `role`.
    async fn another(&self, cx: &RequestCx, role: Role) -> WorkspaceId {
        let workspace = WorkspaceId::from(Uuid::now_v7());
        let sql = format!("insert into workspaces (id, name) values ('{workspace}', 'Second')");
        self.db.superuser().await.batch_execute(&sql).await.expect("founded");
        let viewer = cx.viewer.as_ref().expect("signed in");
        let person = Person { id: viewer.user, email: viewer.email.clone() };
        self.db.member(workspace, &person, role).await;
        workspace
    }

    async fn log_of(&self, workspace: WorkspaceId) -> Vec<String> {
        let of = format!("where workspace_id = '{workspace}' order by seq");
        self.texts(&format!("select kind from audit_log {of}")).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_along_and_telegram_and_subscribers_notice_nothing() {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let second = colony.another(&ann, Role::Owner).await;
    let card = colony.connected(&ann, SLUG).await;
    let receiving = colony.receive();
    for n in 0..3 {
        colony.starts(&card, person_id(1, n), "spring");
    }
    colony.until("select count(*) from subscribers", &["3"]).await;
    let bob = colony.member(&ann, "bob", SLUG, &[Right::View, Right::Send]).await;
    colony.svc.view(&bob, SLUG).await.expect("granted");
    let version = colony.svc.view(&ann, SLUG).await.expect("a view").version;
    let texts = Texts { welcome: "Hi".into(), goodbye: "Bye".into(), if_unmodified_since: version };
    colony.svc.set_texts(&ann, SLUG, texts).await.expect("saved");
    let draft = Draft { text: "Hello".into(), ..Draft::default() };
    let draft = broadcasts::BroadcastsApi::save(&colony.svc, &ann, SLUG, None, draft)
        .await
        .expect("a draft")
        .id;
    let (hook, sealed) = ("select hook from directory", "select sealed from bot_secrets");
    let before = (colony.texts(hook).await, colony.texts(sealed).await);
    let names: Vec<_> = colony.svc.destinations(&ann, SLUG).await.expect("a list");
    assert_eq!(names.iter().map(|one| one.id).collect::<Vec<_>>(), [second]);
    assert!(colony.svc.destinations(&bob, SLUG).await.expect("a list").is_empty());

    assert_eq!(colony.svc.relocate(&ann, SLUG, to(second)).await, Ok(second));
    let there = over_there(&ann, second);
    assert_eq!(colony.whose(SLUG).await.workspace, second);
    assert!(colony.svc.list(&ann).await.expect("a list").is_empty());
    let view = colony.svc.view(&there, SLUG).await.expect("a view");
    assert_eq!((view.counts.active, view.welcome.as_str()), (3, "Hi"));
    assert_eq!(view.sources, [("spring".to_owned(), 3)]);
    broadcasts::BroadcastsApi::view(&colony.svc, &there, SLUG, draft).await.expect("the draft");
    assert_eq!(colony.svc.view(&bob, SLUG).await.map(drop), Err(ClientError::Forbidden));
    assert!(colony.texts("select user_id from bot_permissions").await.is_empty());
    let here = at_work(&ann);
    assert_eq!(colony.log_of(here).await.last().map(String::as_str), Some("bot.moved_out"));
    assert_eq!(colony.log_of(second).await, ["bot.moved_in"]);

    // The same webhook; the same token, sealed anew for where it is.
    let after = (colony.texts(hook).await, colony.texts(sealed).await);
    assert_eq!(before.0, after.0);
    assert_ne!(before.1, after.1);
    let of = colony.whose(SLUG).await;
    let scope = access::claimed(of.workspace, of.bot);
    let held = credentials::open(&colony.svc, &scope, "test").await.expect("opens").expect("there");
    assert_eq!(held, colony.credentials(&card));
    let admin = colony.db.superuser().await;
    let old = format!("update bot_secrets set sealed = '{}'", before.1[0]);
    admin.batch_execute(&old).await.expect("put back");
    assert!(credentials::open(&colony.svc, &scope, "test").await.is_err(), "bound to its place");
    admin
        .batch_execute(&format!("update bot_secrets set sealed = '{}'", after.1[0]))
        .await
        .expect("put back");
    colony.starts(&card, person_id(1, 7), "");
    colony.until("select count(*) from subscribers", &["4"]).await;
    let elsewhere = format!("select 'left' from updates where workspace_id <> '{second}'");
    assert!(colony.texts(&elsewhere).await.is_empty());
    colony.svc.repair(&there, SLUG).await.expect("its token is in force");
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_of_both_moves_it_and_never_in_the_middle_of_something() {
    let colony = Colony::public().await;
    let (ann, eve) = (colony.owner("ann").await, colony.owner("eve").await);
    let (second, as_admin) =
        (colony.another(&ann, Role::Owner).await, colony.another(&ann, Role::Admin).await);
    let closing = colony.another(&ann, Role::Owner).await;
    let admin = colony.db.superuser().await;
    let close = format!("update workspaces set closes_at = gannet_now() where id = '{closing}'");
    admin.batch_execute(&close).await.expect("marked");
    colony.connected(&ann, SLUG).await;
    let refused = async |which: &str| {
        let form = Relocate { workspace: which.into() };
        complaint(colony.svc.relocate(&ann, SLUG, form).await)
    };
    let foreign = refused(&at_work(&eve).to_string()).await;
    assert_eq!(foreign.0, "workspace");
    let own = at_work(&ann).to_string();
    for which in [
        &as_admin.to_string(),
        &closing.to_string(),
        &own,
        &Uuid::now_v7().to_string(),
        "",
        "x",
        "'--",
    ] {
        assert_eq!(refused(which).await, foreign, "{which}: alike");
    }
    let stale = RequestCx { proved_at: None, ..ann.clone() };
    assert_eq!(complaint(colony.svc.relocate(&stale, SLUG, to(second)).await).0, "again");
    let bob = colony.member(&ann, "bob", SLUG, &[Right::Manage]).await;
    for (cx, slug) in [(&bob, SLUG), (&eve, SLUG), (&ann, "no_such_bot"), (&ann, "../x")] {
        let refused = colony.svc.relocate(cx, slug, to(second)).await;
        assert_eq!(refused, Err(ClientError::Forbidden), "{slug}");
    }

    let states = [
        "insert into broadcasts (workspace_id, bot_id, id, author_id, author_name, source, status, message)
         select workspace_id, id, id, id, 'Ann', 'Hello', 'sending', '{}' from bots",
        "delete from broadcasts; update bots set changing_until = gannet_now() + interval '1 minute'",
        "update bots set changing_until = null;
         insert into bot_changes (workspace_id, bot_id, delivery, event)
         select workspace_id, id, 'polling', '{\"kind\": \"bot.repaired\"}' from bots",
    ];
    for state in states {
        admin.batch_execute(state).await.expect("set");
        let refused = colony.svc.relocate(&ann, SLUG, to(second)).await;
        let Err(ClientError::Conflict { message }) = refused else {
            panic!("{state}: {refused:?}")
        };
        assert_eq!(message.contains("broadcast"), state.contains("'sending'"), "{message}");
    }
    assert_eq!(colony.whose(SLUG).await.workspace, at_work(&ann), "nothing has moved");
    assert_eq!(colony.log_of(at_work(&ann)).await, ["bot.connected"]);
    admin.batch_execute("delete from bot_changes").await.expect("settled");
    let both = join_all((0..16).map(|_| colony.svc.relocate(&ann, SLUG, to(second)))).await;
    assert_eq!(both.iter().filter(|moved| moved.is_ok()).count(), 1, "{both:?}");
    assert_eq!(colony.log_of(second).await, ["bot.moved_in"]);
    assert_eq!(colony.svc.team(&over_there(&ann, second)).await.expect("a team").members.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_that_arrive_while_it_moves_are_neither_lost_nor_misfiled() {
    const PEOPLE: u32 = 300;
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let second = colony.another(&ann, Role::Owner).await;
    let card = colony.connected(&ann, SLUG).await;
    // A neighbour in the first workspace, who must not wait.
    let neighbour = colony.connected(&ann, "neighbour_bot").await;
    let receiving = colony.receive();
    let arrive = async {
        for n in 0..PEOPLE {
            colony.starts(&card, person_id(1, n), "spring");
            colony.starts(&neighbour, person_id(2, n), "");
            if n % 10 == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    let first = at_work(&ann);
    let moves = async {
        let mut moved = 0;
        for n in 0..10 {
            let (here, there) = if n % 2 == 0 { (first, second) } else { (second, first) };
            let done = colony.svc.relocate(&over_there(&ann, here), SLUG, to(there)).await;
            done.expect("moved");
            moved += 1;
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        moved
    };
    let ((), moved) = tokio::join!(arrive, moves);
    assert_eq!(moved, 10);
    let bot = colony.whose(SLUG).await;
    let all = PEOPLE.to_string();
    let once = std::slice::from_ref(&all);
    let of = |what: &str, rest: &str| {
        format!("select count(*) from {what} where bot_id = '{}' {rest}", bot.bot)
    };
    colony.until(&of("updates", "and applied_at is not null and refused is null"), &[&all]).await;
    assert_eq!(colony.texts(&of("subscribers", "and source = 'spring'")).await, once);
    let joined = format!("select sum(joined) from bot_days where bot_id = '{}'", bot.bot);
    assert_eq!(colony.texts(&joined).await, once, "each is counted once");
    for table in ["updates", "subscribers", "replies", "bot_counters", "bot_days", "bot_sources"] {
        let misfiled = of(table, &format!("and workspace_id <> '{}'", bot.workspace));
        assert_eq!(colony.texts(&misfiled).await, ["0"], "{table}");
    }
    let theirs = colony.whose("neighbour_bot").await;
    assert_eq!(theirs.workspace, first);
    let theirs = format!("select count(*) from subscribers where bot_id = '{}'", theirs.bot);
    colony.until(&theirs, &[&all]).await;
    receiving.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_bot_moves_its_updates_are_sent_back_at_once_and_nobody_elses_wait() {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let second = colony.another(&ann, Role::Owner).await;
    let card = colony.connected(&ann, SLUG).await;
    colony.connected(&ann, "neighbour_bot").await;
    let (bot, neighbour) = (colony.whose(SLUG).await, colony.whose("neighbour_bot").await);
    let receiving = colony.receive();
    colony.starts(&card, person_id(1, 0), "");
    colony.until("select count(*) from updates where applied_at is not null", &["1"]).await;
    receiving.stop().await;
    // One of its rows is held, so that the move stands in the middle.
    let admin = colony.db.superuser().await;
    admin.batch_execute("begin; select from subscribers for update").await.expect("held");
    let (svc, cx) = (colony.svc.clone(), ann.clone());
    let moving = tokio::spawn(async move { svc.relocate(&cx, SLUG, to(second)).await });
    let waits = "select 'waits' from pg_stat_activity
                 where wait_event_type = 'Lock' and query like '%move_bot%'";
    colony.until(waits, &["waits"]).await;

    let take = async |of: Accepted, id: i64| {
        let body = format!(r#"{{"update_id":{id}}}"#);
        colony.ingest.take(of, body.into()).await
    };
    let both = async { tokio::join!(take(bot, 900_001), take(neighbour, 900_002)) };
    let both = tokio::time::timeout(Duration::from_secs(2), both).await.expect("nobody waits");
    assert_eq!(both, (Err(IngestError::Away), Ok(())));
    admin.batch_execute("rollback").await.expect("let go");
    assert_eq!(moving.await.expect("ran"), Ok(second));
    assert_eq!(take(bot, 900_001).await, Err(IngestError::Away), "it is not there any more");
    assert_eq!(take(Accepted { workspace: second, ..bot }, 900_001).await, Ok(()), "but here");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_yes_from_the_old_workspace_counts_in_the_new_one() {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    colony.connected(&ann, SLUG).await;
    let there = colony.another(&ann, Role::Owner).await;
    let draft = Draft { text: "Hello".into(), ..Draft::default() };
    let saved = broadcasts::BroadcastsApi::save(&colony.svc, &ann, SLUG, None, draft).await;
    let saved = saved.expect("saved");
    let bob = colony.db.person("bob").await;
    colony.db.member(at_work(&ann), &bob, Role::Admin).await;
    let sql = format!(
        "insert into approvals (workspace_id, bot_id, broadcast_id, id, version, audience, asked_by, asked_by_name,
                                state, decided_by, decided_by_name, decided_at)
         select workspace_id, bot_id, id, gen_random_uuid(), updated_at, 5, author_id, author_name,
                'approved', '{}', 'bob', now()
         from broadcasts where id = '{}'",
        bob.id, saved.id
    );
    colony.db.superuser().await.batch_execute(&sql).await.expect("approved");
    let fresh = RequestCx { proved_at: Some(domain::Timestamp::now()), ..ann.clone() };
    colony.svc.relocate(&fresh, SLUG, to(there)).await.expect("moved");
    assert_eq!(colony.texts("select state from approvals").await, ["voided"]);
    assert!(colony.log_of(at_work(&ann)).await.contains(&"approval.voided".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_before_a_move_is_not_for_those_who_look_after_the_bot_now() {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    colony.connected(&ann, SLUG).await;
    let (here, there) = (at_work(&ann), colony.another(&ann, Role::Owner).await);
    // A member without any right where the bot was, and an admin where it goes.
    let bob = colony.db.person("bob").await;
    colony.db.member(here, &bob, Role::Member).await;
    colony.db.member(there, &bob, Role::Admin).await;
    let fresh = RequestCx { proved_at: Some(domain::Timestamp::now()), ..ann.clone() };
    colony.svc.relocate(&fresh, SLUG, to(there)).await.expect("moved");
    let mut his = ann.clone();
    let viewer = his.viewer.as_mut().expect("signed in");
    (viewer.user, viewer.role) = (bob.id, Role::Member);
    let of_the_bot = audit::Filter { bot: SLUG.into(), ..audit::Filter::default() };
    let read = async |cx: &RequestCx| {
        audit::AuditApi::list(&colony.svc, cx, &of_the_bot).await.map(|page| page.rows.len())
    };
    assert_eq!(read(&his).await, Err(ClientError::Forbidden), "nor with the bot's new rights");
    assert_eq!(read(&over_there(&his, there)).await, Ok(1), "there he reads what was done there");
}
