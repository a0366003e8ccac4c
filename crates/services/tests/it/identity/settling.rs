//! What people change about their own account, and what they are told of it.

use contract::{
    account::{AccountApi, AddressCode, Close, NewAddress, Profile, Revoke, SignedIn},
    auth::ChangePassword,
    cx::KnownBrowser,
};
use domain::rights::Role;
use futures::future::join_all;
use sha2::{Digest, Sha256};

use super::*;

const NEW: &str = "Another-Horse-8";
const DAY: i64 = 24 * 60 * 60;

impl Instance {
    /// A fresh request of somebody who has signed up as `email`, from the session `session`.
    pub(super) async fn at_work(&self, email: &str, session: &str) -> RequestCx {
        let user = self.member(email, "Ann").await;
        self.session(user, session).await;
        self.again(user, session).await
    }

    async fn again(&self, user: UserId, session: &str) -> RequestCx {
        let viewer = self.svc.viewer(SignedIn { user, workspace: None }).await.expect("found");
        let now = cx();
        RequestCx {
            viewer,
            proved_at: Some(now.now),
            session: Some(hex::encode(Sha256::digest(session))),
            ..now
        }
    }

    async fn session(&self, user: UserId, name: &str) {
        let sql = format!(
            "insert into sessions (id_hash, user_id, epoch, data, expires_at, ip, user_agent)
             values (sha256('{name}'), $1, (select credentials_epoch from users where id = $1), '{{}}', gannet_now() + interval '90 days', '192.0.2.1', '{name}')"
        );
        let admin = self.db.superuser().await;
        admin.execute(&sql, &[&user.as_uuid()]).await.expect("a session");
    }

    async fn signed_in(&self) -> Vec<String> {
        self.texts("select user_agent from sessions order by user_agent").await
    }

    async fn subjects(&self, email: &str) -> Vec<String> {
        self.mails_to(email).await.into_iter().map(|mail| mail.subject).collect()
    }

    async fn ask(&self, cx: &RequestCx, email: &str) -> Result<(), ClientError> {
        self.svc.ask_address(&elsewhere(cx), NewAddress { email: email.into() }).await
    }

    async fn prove_address(&self, cx: &RequestCx, code: &str) -> Result<(), ClientError> {
        self.svc.verify_address(&elsewhere(cx), AddressCode { code: code.into() }).await
    }
}

/// The same request from an address of its own.
fn elsewhere(of: &RequestCx) -> RequestCx {
    RequestCx { ip: cx().ip, ..of.clone() }
}

fn user(cx: &RequestCx) -> UserId {
    cx.viewer.as_ref().expect("a viewer").user
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_needs_the_old_one_and_ends_all_other_sessions() {
    let gannet = Instance::new().await;
    let ann = gannet.at_work("ann@example.com", "this").await;
    gannet.session(user(&ann), "phone").await;
    let change = async |again: &str, password: &str| {
        let form = ChangePassword { again: again.into(), password: password.into() };
        gannet.auth.change_password(&ann, form).await
    };
    assert_eq!(fields(change("", "").await), ["again", "password"]);
    assert_eq!(fields(change("Wrong-Horse-7", NEW).await), ["again"], "however fresh the proof is");
    for weak in ["Aa1!aaaaa", "Password123!", "Aa1!aa\0aaaa", &"😀".repeat(24)] {
        assert_eq!(fields(change(PASSWORD, weak).await), ["password"], "{weak:?}");
    }
    assert_eq!(gannet.signed_in().await, ["phone", "this"]);

    change(PASSWORD, NEW).await.expect("changed");
    assert_eq!(gannet.signed_in().await, ["this"]);
    fields(gannet.login("ann@example.com", PASSWORD).await);
    gannet.login("ann@example.com", NEW).await.expect("the new one");
    let told = gannet.subjects("ann@example.com").await;
    assert!(told.contains(&"Your Gannet password was changed".to_owned()), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_is_proved_and_the_old_one_is_told_at_once_and_afterwards() {
    let gannet = Instance::new().await;
    let ann = gannet.at_work("ann@example.com", "this").await;
    let stale = RequestCx { proved_at: None, ..ann.clone() };
    assert_eq!(fields(gannet.ask(&stale, "ann.lee@example.com").await), ["again"]);
    for email in ["", "ann", "ANN@example.com", "a@example.com\r\nBcc: eve@example.com"] {
        assert_eq!(fields(gannet.ask(&ann, email).await), ["email"], "{email:?}");
    }
    gannet.ask(&ann, "Ann.Lee+x@example.com").await.expect("asked");
    assert_eq!(
        gannet.svc.waiting_address(&ann).await,
        Ok(Some("Ann.Lee+x@example.com".to_owned()))
    );
    assert_eq!(
        gannet.subjects("ann@example.com").await[0],
        "A new address for your Gannet account"
    );
    let Err(ClientError::RateLimited { .. }) = gannet.svc.resend_address(&ann).await else {
        panic!("one a minute")
    };

    let code = gannet.code("Ann.Lee+x@example.com").await;
    assert_eq!(fields(gannet.prove_address(&ann, &other_than(&code)).await), ["code"]);
    let uses = join_all((0..64).map(|_| gannet.prove_address(&ann, &code))).await;
    assert_eq!(uses.iter().filter(|used| used.is_ok()).count(), 1);
    assert!(gannet.login("ann.lee+X@example.com", PASSWORD).await.is_ok());
    fields(gannet.login("ann@example.com", PASSWORD).await);
    for email in ["ann@example.com", "Ann.Lee+x@example.com"] {
        let told = gannet.subjects(email).await;
        let changed = "The address of your Gannet account was changed".to_owned();
        assert!(told.contains(&changed), "{email}: {told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_void_the_one_for_a_new_address_and_strangers_cannot() {
    let gannet = Instance::new().await;
    let ann = gannet.at_work("ann@example.com", "ann").await;
    let eve = gannet.at_work("eve@example.com", "eve").await;
    gannet.ask(&ann, "new@example.com").await.expect("asked");
    let code = gannet.code("new@example.com").await;
    gannet.ask(&eve, "new@example.com").await.expect("asked too");
    for _ in 0..5 {
        assert_eq!(fields(gannet.prove_address(&eve, &other_than(&code)).await), ["code"]);
    }
    for _ in 0..4 {
        assert_eq!(fields(gannet.prove_address(&ann, &other_than(&code)).await), ["code"]);
    }
    gannet.prove_address(&ann, &code).await.expect("the fifth try is right");

    let bob = gannet.at_work("bob@example.com", "bob").await;
    gannet.ask(&bob, "bobby@example.com").await.expect("asked");
    let code = gannet.code("bobby@example.com").await;
    for text in ["12345", "1234567", "+12345", "１２３４５６", "12 34", ""] {
        assert_eq!(fields(gannet.prove_address(&bob, text).await), ["code"], "{text:?}");
    }
    for _ in 0..5 {
        assert_eq!(fields(gannet.prove_address(&bob, &other_than(&code)).await), ["code"]);
    }
    assert_eq!(fields(gannet.prove_address(&bob, &code).await), ["code"], "void");
    gannet.at(61);
    gannet.svc.resend_address(&bob).await.expect("another");
    let code = gannet.code("bobby@example.com").await;
    gannet.prove_address(&bob, &code).await.expect("a new code has five tries");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_has_an_account_is_answered_like_any_other() {
    let gannet = Instance::new().await;
    let eve = gannet.at_work("eve@example.com", "eve").await;
    gannet.member("ann@example.com", "Ann").await;
    assert_eq!(gannet.ask(&eve, "ann@example.com").await, Ok(()));
    assert_eq!(gannet.subjects("ann@example.com").await[0], "You already have a Gannet account");
    assert_eq!(fields(gannet.prove_address(&eve, "000000").await), ["code"]);
    let nobody = gannet.at_work("bob@example.com", "bob").await;
    let Err(ClientError::Conflict { .. }) = gannet.prove_address(&nobody, "000000").await else {
        panic!("no address waits")
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_the_old_mailbox_is_void_with_the_old_address() {
    let gannet = Instance::new().await;
    let ann = gannet.at_work("ann@example.com", "this").await;
    let form = contract::auth::Forgot { email: "ann@example.com".into() };
    gannet.auth.forgot(&cx(), form).await.expect("asked");
    gannet.ask(&ann, "new@example.com").await.expect("asked");
    let code = gannet.code("new@example.com").await;
    gannet.prove_address(&ann, &code).await.expect("changed");
    let open = "select token_hash::text from password_resets where used_at is null";
    assert_eq!(gannet.texts(open).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_signed_out_one_by_one_or_all_at_once_by_their_owner_alone() {
    let gannet = Instance::new().await;
    let ann = gannet.at_work("ann@example.com", "this").await;
    let eve = gannet.at_work("eve@example.com", "eves").await;
    for name in ["phone", "tablet"] {
        gannet.session(user(&ann), name).await;
    }
    let sessions = gannet.svc.sessions(&ann).await.expect("a list");
    let this: Vec<_> = sessions.iter().filter(|session| session.is_this).collect();
    assert_eq!((sessions.len(), this.len(), this[0].user_agent.as_str()), (3, 1, "this"));
    let phone = sessions.iter().find(|session| session.user_agent == "phone").expect("listed");
    let revoke = async |cx: &RequestCx, name: &str| {
        gannet.svc.revoke(cx, Revoke { session: name.into() }).await
    };
    for (cx, name) in
        [(&eve, phone.name.as_str()), (&ann, ""), (&ann, "zz"), (&ann, &phone.name[2..])]
    {
        let Err(ClientError::Conflict { .. }) = revoke(cx, name).await else { panic!("{name}") };
    }
    revoke(&ann, &phone.name).await.expect("signed out");
    assert_eq!(gannet.signed_in().await, ["eves", "tablet", "this"]);
    gannet.svc.revoke_others(&ann).await.expect("signed out");
    assert_eq!(gannet.signed_in().await, ["eves", "this"]);

    let history = gannet.svc.history(&ann).await.expect("a history");
    assert_eq!(history[0].what, "All other browsers signed out");
    assert_eq!(
        (history[0].ip.as_str(), history[0].user_agent.as_str()),
        (ann.ip.to_string().as_str(), "Test/1.0")
    );
    fields(gannet.login("ann@example.com", "Wrong-Horse-7").await);
    let refused = &gannet.svc.history(&ann).await.expect("a history")[0];
    assert!(refused.refused && refused.what == "Sign-in refused", "{refused:?}");
    gannet.at(31 * DAY);
    assert_eq!(gannet.svc.history(&ann).await.expect("a history").len(), 0, "30 days");
}

#[tokio::test(flavor = "multi_thread")]
async fn name_and_time_zone_are_changed_and_nothing_that_is_none() {
    let gannet = Instance::new().await;
    let ann = gannet.at_work("ann@example.com", "this").await;
    let set = async |name: &str, zone: &str| {
        let profile = Profile { name: name.into(), time_zone: zone.into() };
        gannet.svc.set_profile(&ann, profile).await
    };
    assert_eq!(fields(set("", "Mars/Olympus").await), ["name", "time_zone"]);
    for zone in ["", "../../etc/passwd", "Europe/Berlin\0", "+01:00", "👻"] {
        assert_eq!(fields(set("Ann", zone).await), ["time_zone"], "{zone:?}");
    }
    set(" Ann Lee ", "europe/berlin").await.expect("saved");
    let saved = "select name || ' ' || time_zone from users";
    assert_eq!(gannet.texts(saved).await, ["Ann Lee Europe/Berlin"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_does_not_know_the_person_is_told_of_once_for_each_sign_in() {
    let gannet = Instance::new().await;
    let ann = gannet.member("ann@example.com", "Ann").await;
    let told = async || {
        let subjects = gannet.subjects("ann@example.com").await;
        subjects.iter().filter(|subject| subject.starts_with("New sign-in")).count()
    };
    assert_eq!(told().await, 0, "the first sign-in is the sign-up");
    let login = || Login { email: "ann@example.com".into(), password: PASSWORD.into() };
    let knowing = |users: Vec<Admission>| RequestCx {
        browser: Some(KnownBrowser { id: "TEST-browser".into(), users }),
        ..cx()
    };
    gannet
        .auth
        .login(&knowing(vec![gannet.admission(ann).await]), login())
        .await
        .expect("signed in");
    assert_eq!(told().await, 0);
    let hostile = RequestCx { user_agent: "spam.example/1 Firefox <b>".into(), ..knowing(vec![]) };
    gannet.auth.login(&hostile, login()).await.expect("signed in");
    fields(gannet.login("ann@example.com", "Wrong-Horse-7").await);
    assert_eq!(told().await, 1);
    let mail = &gannet.mails_to("ann@example.com").await[0];
    assert!(
        mail.text.contains("Firefox") && mail.text.contains(&hostile.ip.to_string()),
        "{}",
        mail.text
    );
    assert!(!mail.text.contains("spam.example") && !mail.html.contains("spam.example"));
}

/// Closes the account of whoever asks.
async fn close(gannet: &Instance, cx: &RequestCx) {
    gannet.svc.close(cx, Close { sure: "on".into() }).await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_kept_by_signing_in_and_gone_after_thirty_days() {
    let gannet = Instance::new().await;
    let ann = gannet.at_work("ann@example.com", "this").await;
    let stale = RequestCx { proved_at: None, ..ann.clone() };
    let sure = || Close { sure: "on".into() };
    assert_eq!(fields(gannet.svc.close(&stale, sure()).await), ["again"]);
    assert_eq!(fields(gannet.svc.close(&ann, Close { sure: String::new() }).await), ["sure"]);
    close(&gannet, &ann).await;
    assert!(gannet.signed_in().await.is_empty());
    assert_eq!(gannet.subjects("ann@example.com").await[0], "Your Gannet account is closing");

    gannet.at(30 * DAY - 60);
    assert_eq!(services::account::remove_due(&gannet.svc).await.expect("a look"), 0);
    let kept = gannet.login("ann@example.com", PASSWORD).await;
    assert_eq!(whose(kept), Some(("kept", user(&ann))));
    gannet.at(31 * DAY);
    assert_eq!(services::account::remove_due(&gannet.svc).await.expect("a look"), 0);
    let signed_in = gannet.login("ann@example.com", PASSWORD).await;
    assert_eq!(whose(signed_in), Some(("signed in", user(&ann))), "said once");

    close(&gannet, &ann).await;
    gannet.at(62 * DAY);
    assert_eq!(services::account::remove_due(&gannet.svc).await.expect("removed"), 1);
    assert_eq!(services::account::remove_due(&gannet.svc).await.expect("a look"), 0);
    fields(gannet.login("ann@example.com", PASSWORD).await);
    let left = "select email from users union all select name from workspaces
                union all select role from members";
    assert_eq!(gannet.texts(left).await, Vec::<String>::new());
    let log = gannet.log().await;
    for kind in ["account.closed", "account.kept", "account.removed"] {
        assert!(log.iter().any(|line| line == kind), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workspaces_go_with_their_only_owner_and_bots_are_disconnected_at_once() {
    let gannet = Instance::new().await;
    let acme = gannet.db.tenant("acme").await;
    let shared = gannet.db.tenant("shared").await;
    let choir = gannet.db.tenant("choir").await;
    gannet.db.member(shared.workspace, &acme.owner, Role::Owner).await;
    gannet.db.member(choir.workspace, &acme.owner, Role::Member).await;
    gannet.db.member(acme.workspace, &choir.owner, Role::Admin).await;
    let owner = gannet.again(acme.owner.id, "this").await;
    let leaving = gannet.svc.leaving(&owner).await.expect("a look");
    let going: Vec<_> = leaving.goes.iter().map(|going| (going.bots.len(), going.others)).collect();
    assert_eq!((going, leaving.stays.len()), (vec![(1, 1)], 2));

    close(&gannet, &owner).await;
    let gone = "select slug from bots where disconnected_at is not null";
    assert_eq!(gannet.texts(gone).await, std::slice::from_ref(&acme.bot.slug));
    assert_eq!(gannet.texts("select kind from jobs").await, ["leave_telegram"]);

    // Somebody else connects it again: it is let go of before anything else goes.
    let admin = gannet.db.superuser().await;
    admin.batch_execute("update bots set disconnected_at = null").await.expect("connected");
    gannet.at(31 * DAY);
    assert_eq!(services::account::remove_due(&gannet.svc).await.expect("a look"), 0);
    let slug = gannet.texts(gone).await;
    assert_eq!(slug, std::slice::from_ref(&acme.bot.slug), "Telegram is to be told first");
    gannet.at(31 * DAY + 3601);
    assert_eq!(services::account::remove_due(&gannet.svc).await.expect("removed"), 1);
    let mut left = gannet.texts("select id::text from workspaces").await;
    left.sort_unstable();
    let mut want = [shared.workspace, choir.workspace].map(|id| id.as_uuid().to_string());
    want.sort_unstable();
    assert_eq!(left, want);
    let theirs = format!("select role from members where user_id = '{}'", acme.owner.id.as_uuid());
    assert_eq!(gannet.texts(&theirs).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_up_with_an_address_and_does_not_have_the_mailbox_holds_it_for_nobody() {
    let gannet = Instance::new().await;
    let ann = gannet.at_work("ann@example.com", "this").await;
    gannet.register("ann.lee@example.com", PASSWORD, "Squatter").await.expect("signed up");
    gannet.at(61);
    gannet.ask(&ann, "ann.lee@example.com").await.expect("asked");
    let code = gannet.code("ann.lee@example.com").await;
    gannet.prove_address(&ann, &code).await.expect("hers");
    let login = gannet.login("ann.lee@example.com", PASSWORD).await;
    assert_eq!(whose(login), Some(("signed in", user(&ann))));

    let squatter = "select name from users where verified_at is null";
    assert_eq!(gannet.texts(squatter).await, ["Squatter"]);
    gannet.at(29 * DAY);
    services::account::remove_due(&gannet.svc).await.expect("a look");
    assert_eq!(gannet.texts(squatter).await.len(), 1);
    gannet.at(31 * DAY);
    services::account::remove_due(&gannet.svc).await.expect("a look");
    assert_eq!(gannet.texts(squatter).await.len(), 0, "what nobody proves goes");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_is_refused_without_a_viewer() {
    let gannet = Instance::new().await;
    let nobody = cx();
    let svc = &gannet.svc;
    let profile = Profile { name: "Ann".into(), time_zone: "UTC".into() };
    let password = ChangePassword { again: PASSWORD.into(), password: NEW.into() };
    let answers = [
        svc.set_profile(&nobody, profile).await,
        svc.revoke(&nobody, Revoke { session: "00".repeat(32) }).await,
        svc.revoke_others(&nobody).await.map(drop),
        gannet.ask(&nobody, "ann@example.com").await,
        svc.resend_address(&nobody).await,
        gannet.prove_address(&nobody, "123456").await,
        svc.close(&nobody, Close { sure: "on".into() }).await,
        gannet.auth.change_password(&nobody, password).await.map(drop),
    ];
    for (n, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer, Err(ClientError::Unauthenticated), "{n}");
    }
}
