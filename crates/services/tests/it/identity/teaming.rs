//! Workspaces and their people.

use contract::{
    account::{AccountApi, SignedIn},
    team::{
        Change, Founding, Grant, Invite, Join, Member, Naming, OnBots, Switch, TeamApi, Welcome,
        Which,
    },
};
use domain::{
    ids::WorkspaceId,
    rights::{Preset, Rights, Role},
};
use futures::future::join_all;

use super::*;

pub(super) const ANN: &str = "ann@example.com";
pub(super) const BOB: &str = "bob@example.com";

impl Instance {
    /// A fresh request of `user`, who works in the workspace of `like` if they belong to it.
    pub(super) async fn here(&self, user: UserId, like: &RequestCx) -> RequestCx {
        let workspace = like.viewer.as_ref().map(|viewer| viewer.workspace);
        let session = SignedIn { user, workspace };
        let viewer = self.svc.viewer(session).await.expect("an answer");
        RequestCx { viewer, proved_at: Some(Timestamp::now()), ..cx() }
    }

    /// Ann at work in her workspace.
    pub(super) async fn boss(&self) -> RequestCx {
        let user = self.member(ANN, "Ann").await;
        self.here(user, &cx()).await
    }

    /// Invites somebody; gives the link's token.
    pub(super) async fn ask_in(
        &self,
        boss: &RequestCx,
        email: &str,
        role: Role,
        on: OnBots,
    ) -> String {
        let form = Invite { email: email.into(), role: role.as_str().into() };
        let link = self.svc.invite(boss, form, on).await.expect("invited");
        link.url.split_once("/join?token=").expect("a link").1.to_owned()
    }

    pub(super) async fn join(
        &self,
        cx: &RequestCx,
        token: &str,
    ) -> Result<WorkspaceId, ClientError> {
        TeamApi::join(&self.svc, cx, Join { token: token.into() }).await
    }

    /// Somebody new, who joins the workspace of `boss`; at work there.
    pub(super) async fn joins(&self, boss: &RequestCx, email: &str, role: Role) -> RequestCx {
        let user = self.member(email, email.split('@').next().expect("a name")).await;
        let token = self.ask_in(boss, email, role, Vec::new()).await;
        self.join(&self.here(user, &cx()).await, &token).await.expect("joined");
        self.here(user, boss).await
    }

    pub(super) async fn members_of(&self, cx: &RequestCx) -> Vec<(String, Role)> {
        let team = self.svc.team(cx).await.expect("a team");
        team.members.into_iter().map(|Member { name, role, .. }| (name, role)).collect()
    }

    pub(super) async fn set(
        &self,
        by: &RequestCx,
        who: &RequestCx,
        role: Role,
    ) -> Result<(), ClientError> {
        let form = Change { user: user(who).to_string(), role: role.as_str().into() };
        self.svc.set_role(by, form).await
    }

    pub(super) async fn put_out(&self, by: &RequestCx, who: &RequestCx) -> Result<(), ClientError> {
        let form = Change { user: user(who).to_string(), role: String::new() };
        self.svc.remove(by, form).await
    }

    async fn kinds(&self) -> Vec<String> {
        self.texts("select kind from audit_log where kind like 'member.%' order by id").await
    }
}

pub(super) fn user(cx: &RequestCx) -> UserId {
    cx.viewer.as_ref().expect("signed in").user
}

pub(super) fn is_conflict<T>(result: &Result<T, ClientError>) -> bool {
    matches!(result, Err(ClientError::Conflict { .. }))
}

pub(super) fn is_refused<T>(result: &Result<T, ClientError>) -> bool {
    matches!(result, Err(ClientError::Forbidden))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_lets_its_address_in_once_and_it_is_on_record() {
    let gannet = Instance::new().await;
    let ann = gannet.boss().await;
    let bob = gannet.member(BOB, "Bob").await;
    let eve = gannet.member("eve@example.com", "Eve").await;
    let (bob, eve) = (gannet.here(bob, &cx()).await, gannet.here(eve, &cx()).await);
    let token = gannet.ask_in(&ann, "BOB@example.com", Role::Member, Vec::new()).await;
    let welcome = gannet.svc.welcome(&token).await.expect("an answer").expect("open");
    let workspace = "Ann's workspace".to_owned();
    let email = Some("BOB@example.com".to_owned());
    assert_eq!(welcome, Welcome { workspace, role: Role::Member, email });
    let mail = gannet.mail_about("BOB@example.com", "You are invited to a team on Gannet").await;
    assert!(mail.text.contains(&token) && !mail.text.contains("Ann"), "{}", mail.text);

    assert!(is_conflict(&gannet.join(&eve, &token).await), "it is for another address");
    let joins = join_all((0..64).map(|_| gannet.join(&bob, &token))).await;
    assert_eq!(joins.iter().filter(|joined| joined.is_ok()).count(), 1, "once");
    assert!(is_conflict(&gannet.join(&bob, &token).await));
    assert_eq!(gannet.svc.welcome(&token).await, Ok(None));
    let people = [("Ann".to_owned(), Role::Owner), ("Bob".to_owned(), Role::Member)];
    assert_eq!(gannet.members_of(&ann).await, people);
    assert_eq!(gannet.kinds().await, ["member.invited", "member.joined"]);
    let dump = gannet.texts("select i::text from invitations i").await.concat();
    assert!(!dump.contains(&token[37..]), "the database opens no door");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_void_wrong_or_ones_own_lead_nowhere() {
    let gannet = Instance::new().await;
    let ann = gannet.boss().await;
    let bob = gannet.member(BOB, "Bob").await;
    let bob = gannet.here(bob, &cx()).await;
    let link = gannet.ask_in(&ann, "", Role::Member, Vec::new()).await;
    assert!(is_conflict(&gannet.join(&ann, &link).await), "her own workspace");
    let (workspace, secret) = link.split_once('.').expect("two parts");
    let other = gannet.svc.found(&bob, Founding { called: "Other".into() }).await.expect("founded");
    for text in [
        "".to_owned(),
        workspace.to_owned(),
        secret.to_owned(),
        format!("{other}.{secret}"),
        format!("{workspace}.{}", "0".repeat(64)),
        format!("{link}0"),
        "' or true --.x".to_owned(),
    ] {
        assert!(is_conflict(&gannet.join(&bob, &text).await), "{text}");
        assert_eq!(gannet.svc.welcome(&text).await, Ok(None), "{text}");
    }
    gannet.at(7 * 24 * 3_600 + 1);
    assert!(is_conflict(&gannet.join(&bob, &link).await), "older than a week");

    let open = gannet.ask_in(&ann, "", Role::Member, Vec::new()).await;
    let invited = gannet.svc.team(&ann).await.expect("a team").invited;
    let which = || Which { invitation: invited[0].id.to_string() };
    gannet.svc.revoke_invitation(&ann, which()).await.expect("withdrawn");
    assert!(is_conflict(&gannet.svc.revoke_invitation(&ann, which()).await), "once");
    assert!(is_conflict(&gannet.join(&bob, &open).await), "withdrawn");
    let newer = gannet.ask_in(&ann, BOB, Role::Member, Vec::new()).await;
    let invited = gannet.svc.team(&ann).await.expect("a team").invited;
    let which = Which { invitation: invited[0].id.to_string() };
    gannet.svc.renew_invitation(&ann, which).await.expect("again");
    assert!(is_conflict(&gannet.join(&bob, &newer).await), "a newer link took its place");
    let mail = gannet.mail_about(BOB, "You are invited to a team on Gannet").await;
    let token = mail.text.split_once("/join?token=").expect("a link").1;
    let token = token.lines().next().expect("a line").to_owned();
    gannet.join(&bob, &token).await.expect("joined");
    let again = Invite { email: BOB.into(), role: "member".into() };
    assert_eq!(fields(gannet.svc.invite(&ann, again, Vec::new()).await), ["email"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_to_a_team_admits_to_signing_up_where_strangers_may_not() {
    let mut gannet = Instance::new().await;
    let ann = gannet.boss().await;
    let token = gannet.ask_in(&ann, BOB, Role::Member, Vec::new()).await;
    let link = gannet.ask_in(&ann, "", Role::Member, Vec::new()).await;
    gannet.switch_signups(Signups::Closed);
    for (email, token) in [(BOB, ""), (BOB, &link), ("eve@example.com", &token)] {
        assert!(gannet.sign_up(&cx(), email, token).await.is_err(), "{email}");
    }
    gannet.sign_up(&cx(), BOB, &token).await.expect("signed up");
}

#[tokio::test(flavor = "multi_thread")]
async fn ranks_hold_and_a_workspace_keeps_an_owner() {
    let gannet = Instance::new().await;
    let ann = gannet.boss().await;
    let bob = gannet.joins(&ann, BOB, Role::Admin).await;
    let cleo = gannet.joins(&ann, "cleo@example.com", Role::Member).await;
    assert!(is_conflict(&gannet.set(&bob, &ann, Role::Member).await));
    assert!(is_conflict(&gannet.put_out(&bob, &ann).await));
    assert!(is_conflict(&gannet.set(&bob, &cleo, Role::Owner).await));
    assert!(is_conflict(&gannet.set(&ann, &ann, Role::Admin).await), "the last owner");
    assert!(is_conflict(&gannet.svc.leave(&ann).await));
    let owner = Invite { email: "dan@example.com".into(), role: "owner".into() };
    assert_eq!(fields(gannet.svc.invite(&bob, owner, Vec::new()).await), ["role"]);
    for refused in [
        gannet.set(&cleo, &bob, Role::Member).await,
        gannet.put_out(&cleo, &bob).await,
        gannet.svc.rename(&cleo, Naming { name: "Cleo's".into() }).await,
        gannet.svc.matrix(&cleo).await.map(drop),
    ] {
        assert!(is_refused(&refused), "{refused:?}");
    }
    let team = gannet.svc.team(&cleo).await.expect("a team");
    assert!(
        team.members.iter().all(|member| member.email.is_none()),
        "addresses are not hers to see"
    );

    let stale = RequestCx { proved_at: None, ..ann.clone() };
    assert_eq!(fields(gannet.set(&stale, &bob, Role::Owner).await), ["again"]);
    gannet.set(&ann, &bob, Role::Owner).await.expect("two owners");
    // Each puts the other down, at once and from two sides: one is left.
    let bob = gannet.here(user(&bob), &ann).await;
    let (one, other) =
        tokio::join!(gannet.set(&ann, &bob, Role::Member), gannet.set(&bob, &ann, Role::Member));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let owners = "select count(*)::text from members where role = 'owner' and workspace_id = (
                      select workspace_id from members group by 1 having count(*) > 1)";
    assert_eq!(gannet.texts(owners).await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_removed_loses_the_workspace_at_once() {
    let gannet = Instance::new().await;
    let ann = gannet.boss().await;
    let bob = gannet.joins(&ann, BOB, Role::Admin).await;
    gannet.svc.team(&bob).await.expect("at work");
    gannet.put_out(&ann, &bob).await.expect("removed");
    assert!(is_refused(&gannet.svc.team(&bob).await), "the same session, the next request");
    assert!(is_refused(&gannet.svc.rename(&bob, Naming { name: "Bob's".into() }).await));
    assert!(is_conflict(&gannet.put_out(&ann, &bob).await), "once");
    let own = gannet.here(user(&bob), &ann).await;
    assert_eq!(own.viewer.expect("signed in").workspace_name, "bob's workspace");

    // Whoever has no other one gets one of their own.
    let cleo = gannet.joins(&ann, "cleo@example.com", Role::Member).await;
    let theirs = "delete from members m using users u
                  where u.id = m.user_id and u.email_key = 'cleo@example.com' and m.role = 'owner'";
    gannet.db.superuser().await.batch_execute(theirs).await.expect("deleted");
    gannet.put_out(&ann, &cleo).await.expect("removed");
    let own = gannet.here(user(&cleo), &ann).await.viewer.expect("signed in");
    assert_eq!((own.workspace_name.as_str(), own.role), ("cleo's workspace", Role::Owner));
    assert_eq!(gannet.kinds().await.last().map(String::as_str), Some("member.removed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_are_granted_by_preset_to_members_alone_and_each_change_is_on_record() {
    let gannet = Instance::new().await;
    let ann = gannet.boss().await;
    let workspace = ann.viewer.as_ref().expect("signed in").workspace;
    let bot = gannet.db.bot(workspace, "acme_shop_bot").await;
    let on = |word: &str| vec![(bot.slug.clone(), word.to_owned())];
    let bob = gannet.member(BOB, "Bob").await;
    let token = gannet.ask_in(&ann, BOB, Role::Member, on("editor")).await;
    gannet.join(&gannet.here(bob, &cx()).await, &token).await.expect("joined");
    let grant = async |who: UserId, on: OnBots| {
        gannet.svc.grant(&ann, Grant { user: who.to_string() }, on).await
    };
    let has = async || gannet.svc.matrix(&ann).await.expect("a matrix").members[0].2[0];
    assert_eq!(has().await, Preset::Editor.rights(), "as the invitation said");
    grant(bob, on("full")).await.expect("granted");
    assert_eq!(has().await, Rights::ALL);
    grant(bob, on("full")).await.expect("as it is");
    grant(bob, Vec::new()).await.expect("nothing is said");
    assert_eq!(has().await, Rights::ALL);
    grant(bob, on("")).await.expect("taken back");
    assert_eq!(has().await, Rights::NONE);
    let changes = gannet.kinds().await.into_iter().filter(|kind| kind == "member.rights_changed");
    assert_eq!(changes.count(), 2);

    assert!(is_conflict(&grant(bob, on("root")).await), "an unknown word");
    assert!(is_conflict(&grant(bob, vec![("foreign_bot".into(), "viewer".into())]).await));
    assert!(is_conflict(&grant(user(&ann), on("viewer")).await), "owners hold everything");
    assert!(is_conflict(&grant(UserId::from(Uuid::now_v7()), on("viewer")).await), "a stranger");
    let bob = gannet.here(bob, &ann).await;
    grant(user(&bob), on("viewer")).await.expect("granted");
    gannet.set(&ann, &bob, Role::Admin).await.expect("an admin");
    gannet.set(&ann, &bob, Role::Member).await.expect("and back");
    assert_eq!(has().await, Rights::NONE, "what was granted before does not come back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_founds_names_and_chooses_workspaces_of_their_own() {
    let gannet = Instance::new().await;
    let ann = gannet.boss().await;
    for called in ["", " ", "a\u{202e}b", &"x".repeat(81)] {
        let refused = gannet.svc.found(&ann, Founding { called: called.into() }).await;
        assert_eq!(fields(refused), ["called"], "{called:?}");
    }
    let second =
        gannet.svc.found(&ann, Founding { called: "Second".into() }).await.expect("founded");
    let mine = gannet.svc.workspaces(&ann).await.expect("a list");
    assert_eq!(mine.len(), 2);
    let choose = async |cx: &RequestCx, workspace: &str| {
        gannet.svc.choose(cx, Switch { workspace: workspace.into() }).await
    };
    assert_eq!(choose(&ann, &second.to_string()).await, Ok(second));
    let bob = gannet.member(BOB, "Bob").await;
    let bob = gannet.here(bob, &cx()).await;
    let foreign = choose(&bob, &second.to_string()).await;
    assert_eq!(foreign, choose(&bob, &Uuid::now_v7().to_string()).await, "alike");
    gannet.svc.rename(&ann, Naming { name: "First".into() }).await.expect("renamed");
    gannet.svc.rename(&ann, Naming { name: "First".into() }).await.expect("as it is");
    let renamed = "select details->>'from' || ' ' || (details->>'to') from audit_log
                   where kind = 'workspace.renamed'";
    assert_eq!(gannet.texts(renamed).await, ["Ann's workspace First"]);
    assert!(is_conflict(&gannet.svc.leave(&bob).await), "the only one");
}
