//! Who looks after the instance, and who may sign up.

use contract::{
    account::{AccountApi, SignedIn},
    instance::{InstanceApi, Invite, Lift, Setup},
};
use futures::future::join_all;
use services::instance::{setup_token, wants_setup};

use super::*;

async fn as_viewer(gannet: &Instance, user: UserId) -> RequestCx {
    let viewer = gannet.svc.viewer(SignedIn { user, workspace: None }).await.expect("an answer");
    RequestCx { viewer, ..cx() }
}

fn setup(token: &str) -> Setup {
    Setup { token: token.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_admin_holds_the_token_from_the_log_and_there_is_one_first() {
    let gannet = Instance::new().await;
    let (ann, bob) =
        (gannet.member("ann@example.org", "Ann").await, gannet.member("b@example.org", "B").await);
    let (ann, bob) = (as_viewer(&gannet, ann).await, as_viewer(&gannet, bob).await);
    let token = setup_token(&gannet.svc);
    assert_eq!(token.len(), 32, "128 bits");
    assert!(wants_setup(&gannet.svc).await.expect("read"));

    for wrong in ["", "0", &token[1..], &token.replace(&token[..1], "x")] {
        assert_eq!(fields(gannet.svc.set_up(&ann, setup(wrong)).await), ["token"], "{wrong}");
    }
    assert_eq!(gannet.svc.set_up(&cx(), setup(&token)).await, Err(ClientError::Unauthenticated));
    let all = (0..64).map(|n| {
        let (svc, cx, token) = (&gannet.svc, if n % 2 == 0 { &ann } else { &bob }, &token);
        async move { svc.set_up(cx, setup(token)).await }
    });
    let results = join_all(all).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().all(|r| matches!(r, Ok(()) | Err(ClientError::Conflict { .. }))));
    assert!(!wants_setup(&gannet.svc).await.expect("read"));
    let admins = gannet.texts("select id::text from users where instance_admin").await;
    assert_eq!(admins.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_look_after_the_instance_sees_and_changes_nothing_of_it() {
    let gannet = Instance::new().await;
    let ann = gannet.member("ann@example.org", "Ann").await;
    let ann = as_viewer(&gannet, ann).await;
    let svc = &gannet.svc;
    assert_eq!(svc.blocks(&ann).await, Err(ClientError::Forbidden));
    let lift = Lift { client: "192.0.2.1".into() };
    assert_eq!(svc.lift(&ann, lift).await, Err(ClientError::Forbidden));
    let invite = Invite { email: "bob@example.org".into() };
    assert_eq!(svc.invite(&ann, invite).await, Err(ClientError::Forbidden));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_lets_its_address_in_for_a_week_and_nobody_else() {
    let mut gannet = Instance::new().await;
    let ann = gannet.member("ann@example.org", "Ann").await;
    gannet.switch_signups(Signups::Invite);
    let ann = as_viewer(&gannet, ann).await;
    let token = setup_token(&gannet.svc);
    gannet.svc.set_up(&ann, setup(&token)).await.expect("the first");
    let ann = as_viewer(&gannet, ann.viewer.expect("signed in").user).await;
    assert_eq!(fields(gannet.svc.invite(&ann, Invite { email: "bob".into() }).await), ["email"]);
    let invite = Invite { email: "Bob+x@example.org".into() };
    gannet.svc.invite(&ann, invite).await.expect("invited");
    let text = gannet.mails_to("Bob+x@example.org").await.remove(0).text;
    assert!(text.contains("email=Bob%2Bx%40example.org&invitation="), "{text}");
    let invitation = text.split("invitation=").nth(1).expect("a token")[..32].to_owned();

    let bob = "bob+X@example.org";
    let refused = gannet.sign_up(&cx(), bob, "").await;
    assert_eq!(refused, Err(ClientError::conflict(Signups::Invite.refusal())));
    let other = &"0".repeat(32);
    for (email, invitation) in [("eve@example.org", &invitation), (bob, other), (bob, &token)] {
        assert_eq!(fields(gannet.sign_up(&cx(), email, invitation).await), [""], "{email}");
    }
    gannet.at(7 * 24 * 3_600 + 1);
    assert_eq!(fields(gannet.sign_up(&cx(), bob, &invitation).await), [""], "a week later");
    gannet.at(0);
    gannet.sign_up(&cx(), bob, &invitation).await.expect("his");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_sign_ups_are_closed_the_first_admin_gets_in_with_the_token() {
    let mut gannet = Instance::new().await;
    gannet.switch_signups(Signups::Closed);
    let token = setup_token(&gannet.svc);
    gannet.sign_up(&cx(), "ann@example.org", &token).await.expect("nobody is there yet");
    let code = gannet.code("ann@example.org").await;
    let ann = gannet.verify("ann@example.org", &code).await.expect("verified");
    gannet.svc.set_up(&as_viewer(&gannet, ann).await, setup(&token)).await.expect("the first");
    assert_eq!(fields(gannet.sign_up(&cx(), "eve@example.org", &token).await), [""]);
}
