//! The password once more, before anything that lets people in is changed.

use contract::account::{AccountApi, SignedIn};

use super::*;

#[tokio::test]
async fn the_right_password_proves_it_and_a_wrong_one_is_on_record() {
    let gannet = Instance::new().await;
    let ann = gannet.member("ann@example.org", "Ann").await;
    let viewer = gannet.svc.viewer(SignedIn { user: ann, workspace: None }).await.expect("found");
    let cx = RequestCx { viewer, ..cx() };
    let prove = async |again: &str| gannet.auth.prove(&cx, Again { again: again.into() }).await;

    assert_eq!(fields(prove("").await), ["again"]);
    assert_eq!(fields(prove("Wrong-Horse-7!").await), ["again"]);
    prove(PASSWORD).await.expect("hers");
    let log = gannet.log().await;
    assert_eq!(log.last().map(String::as_str), Some("account.proof_refused"));
    assert_eq!(log.iter().filter(|kind| *kind == "account.proof_refused").count(), 1);
    let nobody = RequestCx { viewer: None, ..cx.clone() };
    let again = Again { again: PASSWORD.into() };
    assert_eq!(gannet.auth.prove(&nobody, again).await, Err(ClientError::Unauthenticated));
}

#[test]
fn a_proof_counts_for_ten_minutes() {
    let since = |secs: i64| {
        let cx = cx();
        let at = cx.now - jiff::SignedDuration::from_secs(secs);
        RequestCx { proved_at: Some(at), ..cx }
    };
    assert!(since(0).is_fresh() && since(599).is_fresh());
    assert!(!since(600).is_fresh() && !cx().is_fresh());
}
