//! Workspaces that ask for it.

use contract::{bots::BotsApi, second_factor::Rule};
use domain::rights::{Right, Role};
use testdb::Person;

use super::*;

fn rule(required: bool) -> Rule {
    Rule { required: if required { "on".into() } else { String::new() } }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_without_a_second_factor_see_nothing_of_a_workspace_that_asks_for_one() {
    let gannet = Instance::new().await;
    let acme = gannet.db.tenant("acme").await;
    let bob = gannet.member("bob@example.com", "Bob").await;
    let person = Person { id: bob, email: "bob@example.com".into() };
    gannet.db.member(acme.workspace, &person, Role::Member).await;
    gannet.db.grant(acme.workspace, &acme.bot, &person, &[Right::View]).await;
    gannet.enrol(acme.owner.id).await;
    let owner = gannet.cx_of(acme.owner.id).await;
    let slug = acme.bot.slug.as_str();
    let there = async || {
        let session = SignedIn { user: bob, workspace: Some(acme.workspace) };
        let viewer = gannet.svc.viewer(session).await.expect("an answer");
        RequestCx { viewer, ..gannet.cx_of(bob).await }
    };
    gannet.svc.list(&there().await).await.expect("served");
    gannet.svc.frame(&there().await, slug).await.expect("served");

    gannet.auth.set_rule(&owner, rule(true)).await.expect("set");
    let needs = Some(ClientError::NeedsSecondFactor);
    assert_eq!(gannet.svc.list(&there().await).await.err(), needs);
    assert_eq!(gannet.svc.frame(&there().await, slug).await.err(), needs);
    assert_eq!(
        gannet.svc.connection(&there().await, "no_such_bot").await.err(),
        Some(ClientError::Forbidden),
        "strangers' bots stay unknown"
    );
    gannet.svc.list(&owner).await.expect("the owner has one");
    gannet.svc.list(&gannet.cx_of(bob).await).await.expect("his own workspace does not ask");

    gannet.begin(bob).await;
    assert_eq!(gannet.svc.list(&there().await).await.err(), needs, "begun is not enough");
    gannet.enrol(bob).await;
    gannet.svc.list(&there().await).await.expect("served");
    gannet.svc.frame(&there().await, slug).await.expect("served");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_owner_who_has_one_asks_for_it_and_it_is_on_record() {
    let gannet = Instance::new().await;
    let acme = gannet.db.tenant("acme").await;
    let (owner, admin) = (acme.owner.id, gannet.db.person("admin").await);
    gannet.db.member(acme.workspace, &admin, Role::Admin).await;
    gannet.enrol(admin.id).await;
    let set = async |cx: &RequestCx, required| gannet.auth.set_rule(cx, rule(required)).await;

    assert!(is_conflict(&set(&gannet.cx_of(owner).await, true).await));
    let cx = gannet.cx_of(admin.id).await;
    assert_eq!(set(&cx, true).await, Err(ClientError::Forbidden));
    assert_eq!(gannet.auth.is_required(&cx).await, Err(ClientError::Forbidden));
    gannet.enrol(owner).await;
    assert_eq!(fields(set(&gannet.stale_cx_of(owner).await, true).await), ["again"]);
    let cx = gannet.cx_of(owner).await;
    assert_eq!(gannet.auth.is_required(&cx).await, Ok(false));
    for required in [true, true, false] {
        set(&cx, required).await.expect("set");
        assert_eq!(gannet.auth.is_required(&cx).await, Ok(required));
    }
    let log = "select details ->> 'required' from audit_log
               where kind = 'workspace.second_factor_rule' order by id";
    assert_eq!(gannet.texts(log).await, ["true", "false"], "a line for each change");
}
