//! Workspaces whose owners are gone.

use contract::{
    account::{AccountApi, Close},
    instance::{GiveOwner, InstanceApi, Ownerless},
    team::{Closing, TeamApi},
};
use domain::{ids::WorkspaceId, rights::Role};
use futures::future::join_all;
use services::{account, instance};
use store::audit::Origin;

use super::{
    teaming::{ANN, BOB, is_conflict, is_refused, user},
    *,
};

const DAY: i64 = 24 * 60 * 60;
const CLEO: &str = "cleo@example.com";

/// Ann owned a workspace and has closed her account; Bob is its admin and Cleo a member. Dan looks after the
/// instance.
struct Orphan {
    gannet: Instance,
    workspace: WorkspaceId,
    bob: RequestCx,
    cleo: RequestCx,
    dan: RequestCx,
}

impl Orphan {
    async fn new() -> Self {
        let gannet = Instance::new().await;
        let ann = gannet.boss().await;
        let workspace = ann.viewer.as_ref().expect("signed in").workspace;
        let bob = gannet.joins(&ann, BOB, Role::Admin).await;
        let cleo = gannet.joins(&ann, CLEO, Role::Member).await;
        let dan = gannet.member("dan@example.com", "Dan").await;
        let admin = "update users set instance_admin = true where email_key = 'dan@example.com'";
        gannet.db.superuser().await.batch_execute(admin).await.expect("an admin");
        let dan = gannet.here(dan, &cx()).await;
        assert_eq!(gannet.svc.ownerless(&dan).await, Ok(Vec::new()));
        gannet.svc.close(&ann, Close { sure: "on".into() }).await.expect("closed");
        Self { gannet, workspace, bob, cleo, dan }
    }

    async fn give(&self, user: &str, email: &str) -> Result<(), ClientError> {
        let form = GiveOwner {
            workspace: self.workspace.to_string(),
            user: user.into(),
            email: email.into(),
        };
        self.gannet.svc.give_owner(&self.dan, form).await
    }

    async fn list(&self) -> Vec<Ownerless> {
        self.gannet.svc.ownerless(&self.dan).await.expect("a list")
    }

    async fn owners(&self) -> Vec<String> {
        let sql = "select u.email_key from members m join users u on u.id = m.user_id
                   where m.role = 'owner' and u.closes_at is null and m.workspace_id = ";
        self.gannet.texts(&format!("{sql} '{}' order by 1", self.workspace)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_becomes_the_owner_and_everybody_it_concerns_is_told() {
    let orphan = Orphan::new().await;
    let gannet = &orphan.gannet;
    for email in [BOB, CLEO] {
        let mail = gannet.mail_about(email, "A workspace of yours loses its owner").await;
        assert!(mail.text.contains("Ann's workspace"), "{}", mail.text);
    }
    let list = orphan.list().await;
    let people: Vec<_> = list[0].people.iter().map(|heir| heir.name.as_str()).collect();
    assert_eq!((list.len(), list[0].id, people), (1, orphan.workspace, vec!["bob", "cleo"]));
    let cleo = user(&orphan.cleo).to_string();
    let form = || GiveOwner {
        workspace: orphan.workspace.to_string(),
        user: cleo.clone(),
        email: String::new(),
    };
    let stale = RequestCx { proved_at: None, ..orphan.dan.clone() };
    assert_eq!(fields(gannet.svc.give_owner(&stale, form()).await), ["again"]);
    for cx in [&orphan.bob, &orphan.cleo] {
        assert!(is_refused(&gannet.svc.ownerless(cx).await));
        assert!(is_refused(&gannet.svc.give_owner(cx, form()).await), "an admin there, not here");
    }

    let gifts = join_all((0..16).map(|_| gannet.svc.give_owner(&orphan.dan, form()))).await;
    assert_eq!(gifts.iter().filter(|gift| gift.is_ok()).count(), 1, "{gifts:?}");
    assert!(gifts.iter().all(|gift| gift.is_ok() || is_conflict(gift)));
    assert_eq!((orphan.owners().await, orphan.list().await), (vec![CLEO.to_owned()], Vec::new()));
    let line = "select actor_name || ': ' || (details->>'name') || ', ' || (details->>'from')
                from audit_log where kind = 'workspace.owner_given'";
    assert_eq!(gannet.texts(line).await, ["Dan: cleo, member"]);
    gannet.mail_about(CLEO, "You own a workspace on Gannet").await;
    let told = gannet.mail_about(BOB, "A workspace of yours has a new owner").await;
    assert!(told.text.contains("New owner: cleo"), "{}", told.text);
    let hers = gannet.here(user(&orphan.cleo), &orphan.cleo).await;
    gannet.svc.ending(&hers).await.expect("it is hers");

    // The account of the old owner goes, and the workspace stays.
    gannet.at(31 * DAY);
    assert_eq!(account::remove_due(&gannet.svc).await.expect("removed"), 1);
    assert_eq!(gannet.svc.team(&hers).await.expect("a team").members.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_from_outside_may_own_it_but_not_whoever_gives_it() {
    let orphan = Orphan::new().await;
    let gannet = &orphan.gannet;
    let eve = gannet.member("eve@example.com", "Eve").await;
    gannet.register("fay@example.com", PASSWORD, "Fay").await.expect("signed up, not verified");
    let gone = gannet.member("gus@example.com", "Gus").await;
    let gone = gannet.here(gone, &cx()).await;
    gannet.svc.close(&gone, Close { sure: "on".into() }).await.expect("closed");
    for email in [
        "",
        "eve",
        "nobody@example.com",
        "fay@example.com",
        "gus@example.com",
        ANN,
        "a@b.c\r\nBcc: x@y.z",
    ] {
        assert_eq!(fields(orphan.give("address", email).await), ["email"], "{email:?}");
    }
    assert!(is_conflict(&orphan.give("address", "dan@example.com").await), "not to oneself");
    for odd in ["x", &Uuid::now_v7().to_string(), &user(&orphan.dan).to_string(), &eve.to_string()]
    {
        assert!(is_conflict(&orphan.give(odd, "").await), "{odd} is no member");
    }
    orphan.give("address", "EVE@example.com").await.expect("given");
    assert_eq!(orphan.owners().await, ["eve@example.com"]);
    let line = "select coalesce(details->>'from', 'from outside') from audit_log where kind = 'workspace.owner_given'";
    assert_eq!(gannet.texts(line).await, ["from outside"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_an_owner_or_nobody_left_is_given_to_nobody() {
    let orphan = Orphan::new().await;
    let gannet = &orphan.gannet;
    let bob = user(&orphan.bob).to_string();
    let own = gannet.here(user(&orphan.cleo), &cx()).await;
    let foreign = own.viewer.as_ref().expect("signed in").workspace.to_string();
    for workspace in ["", "x", &foreign, &Uuid::now_v7().to_string()] {
        let form =
            GiveOwner { workspace: workspace.into(), user: bob.clone(), email: String::new() };
        assert!(is_conflict(&gannet.svc.give_owner(&orphan.dan, form).await), "{workspace}");
    }
    // Ann comes back.
    let back = gannet.login(ANN, PASSWORD).await;
    assert_eq!(whose(back).map(|(how, _)| how), Some("kept"));
    assert!(orphan.list().await.is_empty());
    assert!(is_conflict(&orphan.give(&bob, "").await));
    // One that she wants gone is nobody's to give away, and neither is one that all have left.
    let ann = gannet.login(ANN, PASSWORD).await;
    let ann = gannet.here(whose(ann).expect("in").1, &orphan.bob).await;
    let typed = "Ann's workspace".to_owned();
    gannet.svc.close_workspace(&ann, Closing { typed }).await.expect("marked");
    let ann = gannet.here(user(&ann), &cx()).await;
    gannet.svc.close(&ann, Close { sure: "on".into() }).await.expect("closed");
    assert!(orphan.list().await.is_empty());
    assert!(is_conflict(&orphan.give(&bob, "").await));
    let open = "update workspaces set closes_at = null";
    gannet.db.superuser().await.batch_execute(open).await.expect("open");
    assert_eq!(orphan.list().await.len(), 1);
    for cx in [&orphan.bob, &orphan.cleo] {
        gannet.svc.close(cx, Close { sure: "on".into() }).await.expect("closed");
    }
    assert!(orphan.list().await.is_empty(), "nobody works there");
    assert!(is_conflict(&orphan.give(&bob, "").await));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_gives_it_too_and_says_so() {
    let orphan = Orphan::new().await;
    let gannet = &orphan.gannet;
    let all = services::admin::workspaces(&gannet.svc.store, None, false).await.expect("a page");
    assert_eq!((all.workspaces.len(), all.next), (4, None));
    let some = services::admin::workspaces(&gannet.svc.store, None, true).await.expect("a page");
    let [one] = &some.workspaces[..] else { panic!("{some:?}") };
    assert_eq!((one.id, one.ownerless, one.people), (orphan.workspace, true, 3));
    let give = async |workspace: WorkspaceId, email: &str| {
        let to = (workspace, email.parse().expect("an address"));
        let origin = Origin::system("command line");
        instance::give_by_hand(
            &gannet.svc.store,
            &gannet.svc.vault,
            "https://gannet.example",
            to,
            origin,
        )
        .await
    };
    assert!(give(orphan.workspace, "nobody@example.com").await.is_err());
    assert!(give(Uuid::now_v7().into(), BOB).await.is_err());
    assert_eq!(give(orphan.workspace, BOB).await.expect("given"), "bob");
    assert!(give(orphan.workspace, CLEO).await.is_err(), "it has an owner");
    let line = "select actor_name from audit_log where kind = 'workspace.owner_given'";
    assert_eq!(gannet.texts(line).await, ["command line"]);
    assert_eq!(orphan.owners().await, [BOB]);
}
