//! Workspaces that their owners want gone.

use contract::{
    account::{AccountApi, Close},
    bots::BotsApi,
    team::{Closing, Founding, Keep, Switch, TeamApi},
};
use domain::{ids::WorkspaceId, rights::Role};
use futures::future::join_all;
use services::{account, team};

use super::{
    teaming::{ANN, BOB, is_conflict, is_refused, user},
    *,
};

const DAY: i64 = 24 * 60 * 60;
const CLEO: &str = "cleo@example.com";
const MAIL: &str = "A workspace of yours will be deleted";

fn at_work(cx: &RequestCx) -> WorkspaceId {
    cx.viewer.as_ref().expect("signed in").workspace
}

impl Instance {
    async fn delete(&self, cx: &RequestCx, typed: &str) -> Result<(), ClientError> {
        self.svc.close_workspace(cx, Closing { typed: typed.into() }).await
    }

    async fn keep(&self, cx: &RequestCx, which: &str) -> Result<WorkspaceId, ClientError> {
        self.svc.keep_workspace(cx, Keep { workspace: which.into() }).await
    }

    async fn ends(&self, workspace: WorkspaceId) -> Vec<String> {
        let of = format!("where workspace_id = '{workspace}' and kind like 'workspace.%'");
        self.texts(&format!("select kind from audit_log {of} order by at, id")).await
    }

    async fn told(&self, email: &str) -> usize {
        self.mails_to(email).await.iter().filter(|mail| mail.subject == MAIL).count()
    }

    /// The ids and days of the workspaces that `cx` sees.
    async fn sees(&self, cx: &RequestCx) -> Vec<(WorkspaceId, bool)> {
        let mine = self.svc.workspaces(cx).await.expect("a list");
        mine.into_iter().map(|one| (one.id, one.closes_at.is_some())).collect()
    }
}

/// Ann's workspace with Bob as its admin and Cleo as its second owner, and a bot.
async fn shared(gannet: &Instance) -> (RequestCx, RequestCx, RequestCx, String) {
    let ann = gannet.boss().await;
    let bob = gannet.joins(&ann, BOB, Role::Admin).await;
    let cleo = gannet.joins(&ann, CLEO, Role::Owner).await;
    let bot = gannet.db.bot(at_work(&ann), "acme_shop_bot").await;
    (ann, bob, cleo, bot.slug)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_lost_to_all_but_its_owners_when_one_means_it() {
    let gannet = Instance::new().await;
    let (ann, bob, cleo, slug) = shared(&gannet).await;
    let workspace = at_work(&ann);
    let open = gannet.ask_in(&ann, "dan@example.com", Role::Member, Vec::new()).await;
    let stale = RequestCx { proved_at: None, ..ann.clone() };
    assert_eq!(fields(gannet.delete(&stale, "Ann's workspace").await), ["again"]);
    let long = "x".repeat(10_000);
    for typed in
        ["", " ", "Ann", "Ann's workspace!", "a\0b", "\u{202e}", "'; drop table bots --", &long]
    {
        assert_eq!(fields(gannet.delete(&ann, typed).await), ["typed"], "{typed:.20?}");
    }
    assert!(is_refused(&gannet.delete(&bob, "Ann's workspace").await), "an admin does not own it");
    let ending = gannet.svc.ending(&ann).await.expect("a look");
    assert_eq!((ending.bots, ending.others), (vec![slug.clone()], 2));
    assert!(is_refused(&gannet.svc.ending(&bob).await));

    gannet.delete(&ann, " ann’s Workspace ").await.expect("marked");
    assert!(is_refused(&gannet.delete(&cleo, "Ann's workspace").await), "nobody works there");
    for cx in [&ann, &bob, &cleo] {
        assert!(is_refused(&gannet.svc.team(cx).await), "nothing is seen or done there");
        assert!(is_refused(&gannet.svc.matrix(cx).await));
        assert!(is_refused(&gannet.svc.view(cx, &slug).await.map(drop)));
        let there = Switch { workspace: workspace.to_string() };
        assert_eq!(fields(gannet.svc.choose(cx, there).await), [""]);
        assert_ne!(at_work(&gannet.here(user(cx), cx).await), workspace, "they work elsewhere");
    }
    assert!(gannet.sees(&bob).await.iter().all(|(one, _)| *one != workspace));
    for owner in [&ann, &cleo] {
        assert!(gannet.sees(owner).await.contains(&(workspace, true)));
    }
    assert_eq!(gannet.svc.welcome(&open).await, Ok(None));
    let dan = gannet.member("dan@example.com", "Dan").await;
    assert!(is_conflict(&gannet.join(&gannet.here(dan, &cx()).await, &open).await));
    let told = [gannet.told(ANN).await, gannet.told(BOB).await, gannet.told(CLEO).await];
    assert_eq!(told, [1, 0, 1]);
    let mail = gannet.mail_about(CLEO, MAIL).await;
    assert!(mail.text.contains("Ann's workspace") && mail.text.contains("Marked by: Ann"));
    assert_eq!(gannet.ends(workspace).await.last().map(String::as_str), Some("workspace.closing"));
    // Ann had no other one, and has a new one of her own.
    let anew = gannet.here(user(&ann), &ann).await;
    gannet.svc.found(&anew, Founding { called: "Second".into() }).await.expect("she goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_owner_keeps_it_and_then_everything_is_as_it_was() {
    let gannet = Instance::new().await;
    let (ann, bob, cleo, slug) = shared(&gannet).await;
    let workspace = at_work(&ann);
    let eve = gannet.member("eve@example.com", "Eve").await;
    let eve = gannet.here(eve, &cx()).await;
    gannet.delete(&ann, "Ann's workspace").await.expect("marked");
    let id = workspace.to_string();
    for (cx, which) in
        [(&bob, id.as_str()), (&eve, &id), (&ann, ""), (&ann, "x"), (&ann, "' or 1=1 --")]
    {
        assert_eq!(fields(gannet.keep(cx, which).await), [""], "{which}");
    }
    assert_eq!(fields(gannet.keep(&ann, &Uuid::now_v7().to_string()).await), [""]);
    assert_eq!(gannet.keep(&cx(), &id).await, Err(ClientError::Unauthenticated));
    assert_eq!(gannet.keep(&cleo, &id).await, Ok(workspace));
    for cx in [&ann, &bob, &cleo] {
        gannet.svc.team(cx).await.expect("at work again");
        gannet.svc.view(cx, &slug).await.expect("its bot");
    }
    assert_eq!(gannet.ends(workspace).await[1..], ["workspace.closing", "workspace.kept"]);
    gannet.at(60 * DAY);
    assert_eq!(team::remove_due(&gannet.svc).await.expect("a look"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_who_delete_and_keep_at_once_leave_one_truth() {
    let gannet = Instance::new().await;
    let (ann, _, cleo, _) = shared(&gannet).await;
    let (workspace, other) = (at_work(&ann), gannet.another().await);
    let name = || Closing { typed: "Ann's workspace".into() };
    let closings = join_all((0..32).map(|n| {
        let (svc, cx) = if n % 2 == 0 { (&gannet.svc, &ann) } else { (&other, &cleo) };
        svc.close_workspace(cx, name())
    }));
    let closed = closings.await;
    assert_eq!(closed.iter().filter(|one| one.is_ok()).count(), 1, "{closed:?}");
    assert_eq!((gannet.told(ANN).await, gannet.told(CLEO).await), (1, 1), "once each");
    let which = || Keep { workspace: workspace.to_string() };
    let keepings = join_all((0..32).map(|n| {
        let (svc, cx) = if n % 2 == 0 { (&gannet.svc, &ann) } else { (&other, &cleo) };
        svc.keep_workspace(cx, which())
    }));
    assert!(keepings.await.iter().all(|kept| kept.is_ok()), "twice is as good as once");
    assert_eq!(gannet.ends(workspace).await[1..], ["workspace.closing", "workspace.kept"]);

    // Both at once: whatever came last is in force, and each change is on record once.
    for _ in 0..8 {
        tokio::join!(async { drop(gannet.delete(&ann, "Ann's workspace").await) }, async {
            drop(gannet.keep(&cleo, &workspace.to_string()).await)
        },);
    }
    let log = gannet.ends(workspace).await;
    assert!(log[1..].chunks(2).all(|pair| pair[0] == "workspace.closing"), "{log:?}");
    assert!(log[1..].chunks(2).all(|pair| pair.get(1).is_none_or(|two| two == "workspace.kept")));
    let is_closing =
        gannet.texts("select id::text from workspaces where closes_at is not null").await;
    assert_eq!(is_closing.len(), (log.len() - 1) % 2, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_thirty_days_it_is_gone_and_its_log_says_so_last() {
    let gannet = Instance::new().await;
    let (ann, _, cleo, slug) = shared(&gannet).await;
    let (workspace, id) = (at_work(&ann), at_work(&ann).to_string());
    gannet.delete(&ann, "Ann's workspace").await.expect("marked");
    gannet.at(30 * DAY - 60);
    assert_eq!(team::remove_due(&gannet.svc).await.expect("a look"), 0);
    gannet.at(30 * DAY + 60);
    assert!(is_conflict(&gannet.keep(&cleo, &id).await), "its day has come");
    assert_eq!(team::remove_due(&gannet.svc).await.expect("a look"), 0, "Telegram is told first");
    let left = format!(
        "select slug from bots where disconnected_at is not null and workspace_id = '{id}'"
    );
    assert_eq!(gannet.texts(&left).await, [slug]);
    let jobs = format!("select kind from jobs where workspace_id = '{id}'");
    assert_eq!(gannet.texts(&jobs).await, ["leave_telegram"]);

    gannet.at(30 * DAY + 60 + 3_601);
    let other = gannet.another().await;
    other.store.shift_clock(30 * DAY + 60 + 3_601);
    let (one, two) = tokio::join!(team::remove_due(&gannet.svc), team::remove_due(&other));
    assert_eq!(one.expect("done") + two.expect("done"), 1, "two instances, once");
    assert_eq!(team::remove_due(&gannet.svc).await.expect("a look"), 0);
    for of in ["members", "bots", "directory", "jobs", "invitations"] {
        let left = format!("select 'left' from {of} where workspace_id = '{id}'");
        assert_eq!(gannet.texts(&left).await, Vec::<String>::new(), "{of}");
    }
    let log = gannet.ends(workspace).await;
    assert_eq!(log, ["workspace.created", "workspace.closing", "workspace.removed"]);
    let last =
        format!("select kind from audit_log where workspace_id = '{id}' order by seq desc limit 1");
    assert_eq!(gannet.texts(&last).await, ["workspace.removed"]);
    assert!(gannet.sees(&cleo).await.iter().all(|(one, _)| *one != workspace));
    let anew = gannet.here(user(&ann), &ann).await;
    assert_ne!(at_work(&anew), workspace, "an id with a log is nobody else's");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_a_workspace_of_their_own_never_gets_its_log_with_the_next() {
    let gannet = Instance::new().await;
    let ann = gannet.boss().await;
    // Each is the only one she has, and gone before she looks for the next.
    let mut had = vec![at_work(&ann)];
    let mut ann = ann;
    for n in 1..4 {
        let name = ann.viewer.as_ref().expect("signed in").workspace_name.clone();
        gannet.delete(&ann, &name).await.expect("marked");
        gannet.at(31 * DAY * n);
        assert_eq!(team::remove_due(&gannet.svc).await.expect("removed"), 1);
        ann = gannet.here(user(&ann), &ann).await;
        assert!(!had.contains(&at_work(&ann)), "{n}");
        had.push(at_work(&ann));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_is_killed_in_the_middle_leaves_all_and_is_done_later() {
    let gannet = Instance::new().await;
    let (ann, ..) = shared(&gannet).await;
    let (workspace, id) = (at_work(&ann), at_work(&ann).to_string());
    gannet.delete(&ann, "Ann's workspace").await.expect("marked");
    let gone = "update bots set disconnected_at = gannet_now() - interval '2 hours'";
    let admin = gannet.db.superuser().await;
    admin.batch_execute(gone).await.expect("left");
    gannet.at(31 * DAY);
    // The last of its rows is held, so that the removal stands in the middle.
    admin.batch_execute("begin; select from members for update").await.expect("held");
    let svc = gannet.svc.clone();
    let removal = tokio::spawn(async move { team::remove_due(&svc).await });
    let waits = "select 'waits' from pg_stat_activity where wait_event_type = 'Lock' and query like '%remove_workspace%'";
    for _ in 0..200 {
        if !gannet.texts(waits).await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(gannet.texts(waits).await, ["waits"]);
    removal.abort();
    removal.await.expect_err("killed");
    admin.batch_execute("rollback").await.expect("let go");
    let left = format!("select slug from bots where workspace_id = '{id}'");
    assert_eq!(gannet.texts(&left).await.len(), 1, "nothing is half gone");
    assert_eq!(gannet.ends(workspace).await.last().map(String::as_str), Some("workspace.closing"));

    assert_eq!(team::remove_due(&gannet.svc).await.expect("done"), 1);
    assert!(gannet.texts(&left).await.is_empty());
    let log = gannet.ends(workspace).await;
    assert_eq!(log.iter().filter(|kind| *kind == "workspace.removed").count(), 1, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_and_a_deleted_workspace_agree() {
    let gannet = Instance::new().await;
    let (ann, bob, cleo, _) = shared(&gannet).await;
    let bobs = gannet.here(user(&bob), &cx()).await;
    gannet.delete(&ann, "Ann's workspace").await.expect("marked");
    // It goes on its own day, and not with one of its two owners.
    let here = gannet.here(user(&cleo), &cx()).await;
    let leaving = gannet.svc.leaving(&here).await.expect("a look");
    let goes: Vec<_> = leaving.goes.iter().map(|going| going.name.as_str()).collect();
    assert_eq!((goes, leaving.stays), (vec!["cleo's workspace"], Vec::<String>::new()));
    gannet.svc.close(&here, Close { sure: "on".into() }).await.expect("closed");
    // Ann is the last one who owns it, and it is among what goes with her.
    let here = gannet.here(user(&ann), &cx()).await;
    let leaving = gannet.svc.leaving(&here).await.expect("a look");
    assert!(leaving.goes.iter().any(|going| going.name == "Ann's workspace" && going.others == 0));
    gannet.at(5 * DAY);
    gannet.svc.close(&here, Close { sure: "on".into() }).await.expect("closed");

    gannet.at(31 * DAY);
    assert_eq!(account::remove_due(&gannet.svc).await.expect("a look"), 1, "Cleo's account");
    let log = gannet.ends(at_work(&ann)).await;
    assert_eq!(log.last().map(String::as_str), Some("workspace.removed"), "on its own day");
    gannet.at(36 * DAY);
    assert_eq!(account::remove_due(&gannet.svc).await.expect("a look"), 1, "Ann's account");
    let left = gannet.texts("select id::text from workspaces").await;
    assert_eq!(left, [at_work(&bobs).to_string()]);
    let ends = gannet.texts("select kind from audit_log where kind = 'workspace.removed'").await;
    assert_eq!(ends.len(), 3, "the shared one, Cleo's, and Ann's new one");
}
