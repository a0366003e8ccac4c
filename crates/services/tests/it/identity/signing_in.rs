//! Passwords at the door.

use futures::future::join_all;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_address_get_one_answer() {
    let gannet = Instance::new().await;
    gannet.member("ann@example.com", "Ann").await;
    gannet.register("bob@example.com", PASSWORD, "Bob").await.expect("signed up");
    let unknown = gannet.login("nobody@example.com", PASSWORD).await;
    assert_eq!(fields(unknown.clone()), [""]);
    for (email, password) in [
        ("ann@example.com", "Wrong-Horse-7"),
        ("ann@example.com", "\0"),
        ("ann@example.com", "correct-horse-7"),
        ("ann@example.com", "😀"),
        ("bob@example.com", "Wrong-Horse-7"),
        ("ann@example.com", &"Aa1!".repeat(10_000)),
    ] {
        assert_eq!(gannet.login(email, password).await, unknown, "{email} {password:.20?}");
    }
    let refused = "select count(*)::text || ' ' || count(user_id)::text from account_log
                   where kind = 'account.sign_in_refused'";
    assert_eq!(gannet.texts(refused).await, ["7 6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_an_address_or_is_empty_is_said_at_the_field() {
    let gannet = Instance::new().await;
    assert_eq!(fields(gannet.login("", "").await), ["email", "password"]);
    assert_eq!(fields(gannet.login("ann", PASSWORD).await), ["email"]);
    assert_eq!(fields(gannet.login("ann@example.com\r\nX: y", PASSWORD).await), ["email"]);
    assert_eq!(fields(gannet.login("ann@example.com", "").await), ["password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_address_is_proved_a_right_password_brings_a_code_and_no_more() {
    let gannet = Instance::new().await;
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("signed up");
    for _ in 0..3 {
        assert!(is_unverified(&gannet.login("ann@example.com", PASSWORD).await));
    }
    assert_eq!(gannet.mails_to("ann@example.com").await.len(), 1, "one a minute");
    gannet.at(61);
    assert!(is_unverified(&gannet.login("ann@example.com", PASSWORD).await));
    assert_eq!(gannet.mails_to("ann@example.com").await.len(), 2);
    let user = gannet
        .verify("ann@example.com", &gannet.code("ann@example.com").await)
        .await
        .expect("verified");
    assert_eq!(whose(gannet.login("ann@example.com", PASSWORD).await), Some(("signed in", user)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_password_typed_in_two_normal_forms_is_the_same() {
    let gannet = Instance::new().await;
    gannet.register("ann@example.com", "Cafe\u{301}-Horse-7", "Ann").await.expect("signed up");
    assert!(is_unverified(&gannet.login("ann@example.com", "Caf\u{e9}-Horse-7").await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_cost_rehashes_at_sign_in_and_only_a_right_password() {
    let gannet = Instance::new().await;
    let ann = gannet.member("ann@example.com", "Ann").await;
    let dearer = auth(&gannet.svc, Lanes { cost: 5, ..Lanes::default() });
    let login =
        |password: &str| Login { email: "ann@example.com".into(), password: password.into() };

    fields(dearer.login(&cx(), login("Wrong-Horse-7")).await);
    assert!(gannet.texts("select password_hash from users").await[0].starts_with("$2b$04$"));
    assert_eq!(whose(dearer.login(&cx(), login(PASSWORD)).await), Some(("signed in", ann)));
    let newer = gannet.texts("select password_hash from users").await;
    assert!(newer[0].starts_with("$2b$05$"), "{newer:?}");
    assert_eq!(whose(dearer.login(&cx(), login(PASSWORD)).await), Some(("signed in", ann)));
    assert_eq!(gannet.texts("select password_hash from users").await, newer, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_sign_ins_is_sent_away_and_says_so() {
    let lanes = Lanes { cost: 10, at_once: 1, waiting: 2, patience: Duration::from_secs(30) };
    let gannet = Instance::with(lanes).await;
    let login = async |n: u8| gannet.login(&format!("nobody{n}@example.com"), PASSWORD).await;
    let results = join_all((0..32).map(login)).await;
    let away = |result: &Result<_, _>| matches!(result, Err(ClientError::Unavailable { .. }));
    let refused = |result: &Result<_, _>| matches!(result, Err(ClientError::Invalid { .. }));
    assert!(results.iter().all(|result| away(result) || refused(result)), "{results:?}");
    let (away, refused) =
        (results.iter().filter(|r| away(r)).count(), results.iter().filter(|r| refused(r)).count());
    assert!(away > 0 && refused >= 3, "{away} sent away, {refused} served");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_is_on_record_once_for_whoever_was_signed_in() {
    let gannet = Instance::new().await;
    let ann = gannet.member("ann@example.com", "Ann").await;
    gannet.auth.logout(&cx()).await.expect("nothing to do");
    let session = contract::account::SignedIn { user: ann, workspace: None };
    let viewer =
        contract::account::AccountApi::viewer(&gannet.svc, session).await.expect("an answer");
    gannet.auth.logout(&RequestCx { viewer, ..cx() }).await.expect("signed out");
    assert_eq!(gannet.log().await.last().map(String::as_str), Some("account.signed_out"));
    assert_eq!(gannet.log().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_the_account_log_say_from_where_and_cannot_be_changed() {
    let gannet = Instance::new().await;
    let form = Login { email: "ann@example.com".into(), password: PASSWORD.into() };
    let ip = Ipv4Addr::new(203, 0, 113, 7).into();
    assert!(gannet.auth.login(&from(ip), form).await.is_err());
    let from = gannet.texts("select distinct ip || ' ' || user_agent from account_log").await;
    assert_eq!(from, ["203.0.113.7 Test/1.0"]);
    let owner = gannet.db.owner().await;
    assert!(owner.execute("update account_log set ip = ''", &[]).await.is_err());
    assert!(owner.execute("delete from account_log", &[]).await.is_err());
}
