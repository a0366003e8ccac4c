//! `gannet admin`, beside the gannet that serves.

use serde_json::Value;

use crate::support::{Authenticator, Browser, Ended, PASSWORD, Site, run, usual_settings};

/// `gannet admin user …` with the settings of the server.
async fn user(site: &Site, arguments: &[&str]) -> Ended {
    let port = site.gannet.as_ref().expect("running").port();
    let settings = usual_settings(&site.db, site.dir.path(), port);
    let all: Vec<&str> = ["admin", "user"].into_iter().chain(arguments.iter().copied()).collect();
    run(&all, &settings).await
}

fn said(ended: &Ended) -> &str {
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    &ended.stdout
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(said(ended)).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gets_no_mail_is_let_in_by_the_operator() {
    let site = Site::with(&[]).await;
    site.member("ann").await;
    let bob = Browser::new(&site.url());
    let (email, typed) = ("bob@example.org", ("email", "bob@example.org"));
    bob.done("/auth/register", &[("name", "Bob"), typed, ("password", PASSWORD)]).await;
    let code = site.mail.code_for(email).await;

    let list = user(&site, &["list"]).await;
    let lines: Vec<&str> = said(&list).lines().collect();
    assert!(lines[0].starts_with("ADDRESS"), "{lines:#?}");
    assert!(lines[1].starts_with("bob@example.org  Bob   no        never"), "{lines:#?}");
    assert!(lines[2].starts_with("ann@example.org  ann   yes       20"), "{lines:#?}");
    assert!(lines[2].ends_with("ann's workspace (owner)"), "{lines:#?}");
    let after = user(&site, &["list", "--after", email]).await;
    assert_eq!(said(&after).lines().count(), 2, "{after:?}");

    let waiting = user(&site, &["show", "BOB@example.org"]).await;
    assert!(said(&waiting).ends_with("gannet admin user verify bob@example.org\n"), "{waiting:?}");
    let verified = user(&site, &["verify", email]).await;
    assert_eq!(
        said(&verified),
        "bob@example.org is verified and can sign in; the workspace “Bob's workspace” was made.\n"
    );
    let again = user(&site, &["verify", email, "--json"]).await;
    assert_eq!(json(&again), serde_json::json!({ "address": email, "changed": false }));

    let late = bob.post("/auth/verify", &[typed, ("code", &code)]).await;
    assert_eq!(late.status.as_u16(), 422, "{}", late.gist());
    bob.done("/auth/login", &[typed, ("password", PASSWORD)]).await;
    let log = bob.get("/w/audit").await;
    assert!(log.body.contains("command line"), "{}", log.gist());
    let shown = json(&user(&site, &["show", email, "--json"]).await);
    assert_eq!(shown["workspaces"][0]["role"], "owner", "{shown}");
    assert!(shown["signed_in_at"].is_string() && shown.get("password_hash").is_none(), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_nobody_owns_is_given_away_by_the_operator() {
    let site = Site::with(&[]).await;
    let ann = site.member("ann").await;
    site.member("bob").await;
    let workspace = async |arguments: &[&str]| {
        let port = site.gannet.as_ref().expect("running").port();
        let settings = usual_settings(&site.db, site.dir.path(), port);
        let all: Vec<&str> =
            ["admin", "workspace"].into_iter().chain(arguments.iter().copied()).collect();
        run(&all, &settings).await
    };
    let none = workspace(&["list", "--ownerless"]).await;
    assert_eq!(said(&none), "Every workspace in which somebody works has an owner.\n");
    let list = json(&workspace(&["list", "--json"]).await);
    assert_eq!(list["workspaces"].as_array().map(Vec::len), Some(2), "{list}");
    let id = list["workspaces"][0]["id"].as_str().expect("an id").to_owned();
    let owned = workspace(&["give-owner", &id, "bob@example.org"]).await;
    assert_eq!((owned.code, owned.stdout.as_str()), (Some(1), ""), "{owned:?}");
    assert!(owned.stderr.contains("has an owner"), "{owned:?}");

    let leaves =
        "update users set closes_at = now() + interval '30 days' where email_key = 'bob@example.org';
         insert into members (workspace_id, user_id, role)
         select m.workspace_id, ann.id, 'member' from members m join users u on u.id = m.user_id, users ann
         where u.email_key = 'bob@example.org' and ann.email_key = 'ann@example.org'";
    site.db.superuser().await.batch_execute(leaves).await.expect("written");
    let list = workspace(&["list", "--ownerless"]).await;
    assert!(said(&list).contains("nobody owns it"), "{list:?}");
    assert!(said(&list).ends_with("gannet admin workspace give-owner ID ADDRESS\n"), "{list:?}");
    let list = json(&workspace(&["list", "--ownerless", "--json"]).await);
    let id = list["workspaces"][0]["id"].as_str().expect("an id").to_owned();
    for (typed, code) in
        [("nobody@example.org", Some(1)), ("bob@example.org", Some(1)), ("no address", Some(2))]
    {
        let refused = workspace(&["give-owner", &id, typed]).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (code, ""), "{refused:?}");
    }
    let given = workspace(&["give-owner", &id, "ANN@example.org"]).await;
    assert!(said(&given).starts_with("ann (ANN@example.org) owns "), "{given:?}");
    ann.done("/w/switch", &[("workspace", &id)]).await;
    let log = ann.get("/w/audit").await;
    assert!(
        log.body.contains("command line") && log.body.contains("nobody owned"),
        "{}",
        log.gist()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_lost_password_and_mailbox_is_let_in_by_the_operator() {
    let site = Site::with(&[]).await;
    let ann = site.member("ann").await;
    let made = user(&site, &["reset-password", "ANN@example.org", "--json"]).await;
    let made = json(&made);
    let link = made["link"].as_str().expect("a link");
    let token = link.split_once("/auth/reset-password?token=").expect("a link of ours").1;
    let out = ann.get("/account").await;
    assert_eq!(out.status.as_u16(), 303, "sessions end: {}", out.gist());
    let another = "Another-Horse-8";
    ann.done("/auth/reset-password", &[("token", token), ("password", another)]).await;
    ann.done("/auth/login", &[("email", "ann@example.org"), ("password", another)]).await;
    let history = ann.get("/account/sessions").await;
    assert!(history.body.contains("made by whoever runs the server"), "{}", history.gist());
    for _ in 0..200 {
        if site.mail.has("A link for a new password was made for you") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(site.mail.has("A link for a new password was made for you"), "she is told");
    assert!(!site.mail.has(token), "the link is for the operator to hand over");

    let (bob, typed) = (Browser::new(&site.url()), ("email", "bob@example.org"));
    bob.done("/auth/register", &[("name", "Bob"), typed, ("password", PASSWORD)]).await;
    let unproved = user(&site, &["reset-password", "bob@example.org"]).await;
    assert_eq!(unproved.code, Some(1), "{unproved:?}");
    assert!(unproved.stderr.contains("user verify bob@example.org"), "{unproved:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_lost_the_second_factor_is_let_in_by_the_operator() {
    let site = Site::with(&[]).await;
    let ann = site.member("ann").await;
    let (email, password) = ("ann@example.org", ("password", PASSWORD));
    Authenticator::enrol(&ann).await;
    let reset = user(&site, &["reset-2fa", "Ann@example.org"]).await;
    assert!(said(&reset).starts_with("Ann@example.org has no second factor any more"), "{reset:?}");
    assert_eq!(ann.get("/account").await.status.as_u16(), 303, "signed out");
    let to = ann.done("/auth/login", &[("email", email), password]).await;
    assert_eq!(to, "/", "the password alone lets her in");
    let again = user(&site, &["reset-2fa", email, "--json"]).await;
    assert_eq!(json(&again), serde_json::json!({ "address": email, "changed": false }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_one_line() {
    let site = Site::with(&[]).await;
    for verb in ["show", "verify", "reset-password", "reset-2fa"] {
        let arguments = [verb, "no@example.org"];
        let ended = user(&site, &arguments).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        assert!(ended.stderr.contains("no account with the address no@example.org"), "{ended:?}");
    }
    let ended = user(&site, &["verify", "bob"]).await;
    assert!(ended.complaint().starts_with("`bob` is no mail address."), "{ended:?}");

    let ended = user(&site, &["list"]).await;
    assert_eq!(said(&ended), "No accounts to show.\n");

    // With other keys the code in force could not be voided.
    let mut settings = usual_settings(&site.db, site.dir.path(), 1);
    let elsewhere = site.dir.path().join("elsewhere");
    settings.push(("GANNET_KEYS", elsewhere.to_str().expect("UTF-8").to_owned()));
    let ended = run(&["admin", "user", "verify", "bob@example.org"], &settings).await;
    assert!(ended.complaint().starts_with("GANNET_KEYS: there are no keys in"), "{ended:?}");
    assert!(!elsewhere.exists(), "and none were made");
}
