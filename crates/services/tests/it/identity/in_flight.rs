//! What is under way when all sessions of a person end, ends with them.

use contract::{
    account::{AccountApi, SignedIn},
    auth::{ChangePassword, Forgot, Reset},
    second_factor::{Code, Pending, SecondFactorApi},
};
use futures::future::join_all;
use serde_json::json;
use store::{
    StoreError,
    sessions::{self, IdHash, Written},
};

use super::*;

const ANN: &str = "ann@example.com";
const NEW: &str = "Another-Horse-8";

impl Instance {
    /// Opens a session as a server does once somebody was admitted. Gives its name.
    async fn open(&self, id: u8, who: Admission) -> String {
        let id_hash: IdHash = [id; 32];
        let session = Written {
            id_hash,
            user: Some(who.user),
            epoch: Some(who.epoch),
            data: json!({}),
            ip: None,
            user_agent: None,
        };
        let begun = self.svc.store.user(Some(who.user), async |tx| {
            Ok::<_, StoreError>(sessions::begin(tx, &session).await?)
        });
        begun.await.expect("written");
        hex::encode(id_hash)
    }

    async fn is_open(&self, id: u8) -> bool {
        let found = self
            .svc
            .store
            .user(None, async |tx| Ok::<_, StoreError>(sessions::find(tx, &[id; 32]).await?));
        found.await.expect("an answer").is_some()
    }

    /// Sets another password with a link.
    async fn reset_password(&self, password: &str) {
        self.auth.forgot(&cx(), Forgot { email: ANN.into() }).await.expect("asked");
        let mails = self.mails_to(ANN).await;
        let rest = mails.iter().find_map(|mail| mail.text.split_once("?token=")).expect("a link").1;
        let token = rest.lines().next().expect("a line").to_owned();
        let form = Reset { token, password: password.into() };
        self.auth.reset(&cx(), form).await.expect("set");
    }

    async fn in_session(&self, user: UserId, session: String) -> RequestCx {
        let viewer = self.svc.viewer(SignedIn { user, workspace: None }).await.expect("an answer");
        RequestCx { viewer, session: Some(session), proved_at: Some(Timestamp::now()), ..cx() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_with_the_old_password_opens_nothing_after_a_reset() {
    let gannet = Instance::new().await;
    let ann = gannet.member(ANN, "Ann").await;
    // Checked before the reset, and answered after it.
    let thief = gannet.admission(ann).await;
    gannet.reset_password(NEW).await;
    gannet.open(1, thief).await;
    assert!(!gannet.is_open(1).await, "dead from the beginning");
    gannet.open(2, gannet.admission(ann).await).await;
    assert!(gannet.is_open(2).await);
    let listed = gannet.svc.sessions(&gannet.in_session(ann, "02".repeat(32)).await).await;
    assert_eq!(listed.expect("a list").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_waits_for_its_code_ends_with_the_password_that_began_it() {
    let gannet = Instance::new().await;
    let ann = gannet.member(ANN, "Ann").await;
    let thief = Pending { admission: gannet.admission(ann).await };
    gannet.reset_password(NEW).await;
    // Whatever the code: it is not looked at, and not used up.
    let refused = gannet.auth.sign_in(&cx(), thief, Code { code: "123456".into() }).await;
    assert!(matches!(refused, Err(ClientError::Conflict { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_all_others_out_ends_sign_ins_under_way_and_keeps_this_one() {
    let gannet = Instance::new().await;
    let ann = gannet.member(ANN, "Ann").await;
    let before = gannet.admission(ann).await;
    let this = gannet.open(1, before).await;
    gannet.open(2, before).await;
    let now = gannet.svc.revoke_others(&gannet.in_session(ann, this).await).await.expect("done");
    assert_eq!(now, gannet.admission(ann).await);
    gannet.open(3, before).await;
    assert_eq!(
        [gannet.is_open(1).await, gannet.is_open(2).await, gannet.is_open(3).await],
        [true, false, false]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_password_does_nothing_once_its_session_or_its_password_has_ended() {
    let gannet = Instance::new().await;
    let ann = gannet.member(ANN, "Ann").await;
    let session = gannet.open(1, gannet.admission(ann).await).await;
    let thief = gannet.in_session(ann, session).await;
    let change = async |cx: &RequestCx, from: &str, to: &str| {
        let form = ChangePassword { again: from.into(), password: to.into() };
        gannet.auth.change_password(cx, form).await
    };
    // Revoked while the request was on its way.
    let owner = gannet.open(2, gannet.admission(ann).await).await;
    gannet.svc.revoke_others(&gannet.in_session(ann, owner).await).await.expect("done");
    assert_eq!(change(&thief, PASSWORD, NEW).await, Err(ClientError::Unauthenticated));
    assert!(gannet.is_open(2).await, "nobody else is put out by it");
    assert!(!gannet.is_open(1).await, "and it does not come back");
    assert_eq!(whose(gannet.login(ANN, PASSWORD).await), Some(("signed in", ann)));

    let again = change(&gannet.in_session(ann, "02".repeat(32)).await, PASSWORD, PASSWORD).await;
    assert_eq!(fields(again), ["password"], "another one is another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_change_one_password_at_once_one_succeeds() {
    let gannet = Instance::new().await;
    let ann = gannet.member(ANN, "Ann").await;
    let now = gannet.admission(ann).await;
    let changes = (1..=9_u8).map(|n| {
        let gannet = &gannet;
        async move {
            let session = gannet.open(n, now).await;
            let cx = gannet.in_session(ann, session).await;
            let form =
                ChangePassword { again: PASSWORD.into(), password: format!("Another-Horse-{n}") };
            gannet.auth.change_password(&cx, form).await
        }
    });
    let results = join_all(changes).await;
    let won: Vec<_> = (1..=9).filter(|n| results[n - 1].is_ok()).collect();
    assert_eq!(won.len(), 1, "{results:?}");
    let login = gannet.login(ANN, &format!("Another-Horse-{}", won[0])).await;
    assert_eq!(whose(login), Some(("signed in", ann)));
}
