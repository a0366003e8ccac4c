//! Back in without the password (`auth.recovery`).

use contract::auth::{Forgot, Reset};
use futures::future::join_all;

use super::*;

const NEW: &str = "Another-Horse-8";

impl Instance {
    async fn forgot(&self, email: &str) -> Result<(), ClientError> {
        self.auth.forgot(&cx(), Forgot { email: email.into() }).await
    }

    async fn reset(&self, token: &str, password: &str) -> Result<(), ClientError> {
        self.auth.reset(&cx(), Reset { token: token.into(), password: password.into() }).await
    }

    /// The token in the newest link to this very spelling of an address.
    async fn token(&self, email: &str) -> String {
        let mails = self.mails_to(email).await;
        let token = |mail: &Kept| mail.text.split_once("?token=").map(|(_, rest)| rest.to_owned());
        let rest = mails.iter().find_map(token).expect("a mail with a link");
        rest.lines().next().expect("a line").to_owned()
    }

    async fn resets(&self) -> Vec<String> {
        self.texts("select coalesce(user_id::text, 'nobody') from password_resets").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_sets_a_new_password_once_ends_all_sessions_and_tells_the_owner() {
    let gannet = Instance::new().await;
    let ann = gannet.member("ann@example.com", "Ann").await;
    let admin = gannet.db.superuser().await;
    let session = "insert into sessions (id_hash, user_id, epoch, data, expires_at)
                   values (sha256('1'), $1, 0, '{}', gannet_now() + interval '1 day')";
    admin.execute(session, &[&ann.as_uuid()]).await.expect("a session");

    gannet.forgot("ANN@example.com").await.expect("asked");
    let token = gannet.token("ann@example.com").await;
    assert_eq!(gannet.auth.is_reset_open(&token).await, Ok(true));
    assert_eq!(gannet.auth.is_reset_open(&token).await, Ok(true), "looking uses nothing up");
    let hers = cx();
    let form = Reset { token: token.clone(), password: NEW.into() };
    gannet.auth.reset(&hers, form).await.expect("set");
    assert_eq!(gannet.auth.is_reset_open(&token).await, Ok(false));
    assert_eq!(fields(gannet.reset(&token, NEW).await), ["token"]);

    assert!(gannet.texts("select user_agent from sessions").await.is_empty());
    fields(gannet.login("ann@example.com", PASSWORD).await);
    assert_eq!(whose(gannet.login("ann@example.com", NEW).await), Some(("signed in", ann)));
    let told = &gannet.mails_to("ann@example.com").await[..];
    let told = told.iter().find(|mail| mail.subject == "Your Gannet password was reset");
    let told = told.expect("a mail tells the owner");
    for fact in [hers.ip.to_string().as_str(), "UTC", "Another program"] {
        assert!(told.text.contains(fact) && told.html.contains(fact), "{}", told.text);
    }
    let log = gannet.log().await;
    for kind in ["account.reset_asked", "account.password_reset", "account.reset_refused"] {
        assert_eq!(log.iter().filter(|line| *line == kind).count(), 1, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_uses_of_a_link_at_once_one_succeeds() {
    let gannet = Instance::new().await;
    gannet.member("ann@example.com", "Ann").await;
    gannet.forgot("ann@example.com").await.expect("asked");
    let token = gannet.token("ann@example.com").await;
    let passwords: Vec<_> = (0..64).map(|n| format!("Another-Horse-{n}")).collect();
    let uses = join_all(passwords.iter().map(|password| gannet.reset(&token, password))).await;
    let won: Vec<_> = (0..64).filter(|n| uses[*n].is_ok()).collect();
    assert_eq!(won.len(), 1);
    assert!(gannet.login("ann@example.com", &passwords[won[0]]).await.is_ok());
    for refused in uses.into_iter().filter_map(Result::err) {
        match refused {
            // Five may try.
            ClientError::RateLimited { .. } => {}
            refused => assert_eq!(fields::<()>(Err(refused)), ["token"]),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_lasts_sixty_minutes_and_asking_for_more_voids_none_until_one_is_used() {
    let gannet = Instance::new().await;
    for who in ["ann", "bob"] {
        gannet.member(&format!("{who}@example.com"), who).await;
        gannet.forgot(&format!("{who}@example.com")).await.expect("asked");
    }
    let (anns, bobs) =
        (gannet.token("ann@example.com").await, gannet.token("bob@example.com").await);
    gannet.forgot("ann@example.com").await.expect("asked again");
    let newer = gannet.token("ann@example.com").await;
    assert_ne!(anns, newer);
    gannet.at(59 * 60);
    gannet.reset(&anns, NEW).await.expect("in time, and strangers have not voided it");
    assert_eq!(fields(gannet.reset(&newer, "Another-Horse-9").await), ["token"], "one was used");
    gannet.at(60 * 60 + 1);
    assert_eq!(fields(gannet.reset(&bobs, NEW).await), ["token"], "too old");
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_link_tells_nobody_who_has_an_account() {
    let gannet = Instance::new().await;
    let ann = gannet.member("known@example.com", "Known").await;
    gannet.register("waiting@example.com", PASSWORD, "Waiting").await.expect("signed up");
    for email in ["known@example.com", "waiting@example.com", "nobody@example.com"] {
        let before = gannet.resets().await.len();
        assert_eq!(gannet.forgot(email).await, Ok(()), "{email}");
        assert_eq!(gannet.resets().await.len(), before + 1, "each leaves a row");
    }
    let mut rows = gannet.resets().await;
    rows.sort_unstable();
    let mut want = vec![ann.as_uuid().to_string(), "nobody".into(), "nobody".into()];
    want.sort_unstable();
    assert_eq!(rows, want, "only a proved address gets a link");
    assert_eq!(gannet.mails_to("waiting@example.com").await.len(), 1, "the one of the sign-up");
    assert!(gannet.mails_to("nobody@example.com").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_goes_to_the_mailbox_of_the_account_and_not_to_its_look_alike() {
    let gannet = Instance::new().await;
    gannet.member("mike@example.com", "Mike").await;
    // The Kelvin sign becomes a k in lower case, and is another mailbox.
    gannet.forgot("mi\u{212a}e@example.com").await.expect("asked");
    assert!(gannet.mails_to("mi\u{212a}e@example.com").await.is_empty());
    gannet.token("mike@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_link_and_no_good_password_is_said_at_its_field() {
    let gannet = Instance::new().await;
    gannet.member("ann@example.com", "Ann").await;
    for email in ["", "ann", "ann@example.com\r\nBcc: eve@example.com", &"a".repeat(320)] {
        assert_eq!(fields(gannet.forgot(email).await), ["email"], "{email:?}");
    }
    gannet.forgot("ann@example.com").await.expect("asked");
    let token = gannet.token("ann@example.com").await;
    let foreign = "0".repeat(64);
    for text in ["", " ", "x", &token[1..], &token.to_uppercase(), "\0", "１２３", &foreign] {
        assert_eq!(fields(gannet.reset(text, NEW).await), ["token"], "{text:?}");
        assert_eq!(gannet.auth.is_reset_open(text).await, Ok(false), "{text:?}");
    }
    let (too_long, emoji) = (format!("Aa1!{}", "a".repeat(68)), "😀".repeat(24));
    for (n, password) in
        ["", "Aa1!aaaaa", "Password123!", "Aa1!aa\0aaaa", &too_long, &emoji].into_iter().enumerate()
    {
        // Five within half an hour.
        gannet.at(if n < 3 { 0 } else { 1_801 });
        assert_eq!(fields(gannet.reset(&token, password).await), ["password"], "{password:?}");
    }
    let longest = format!("Aa1!{}", "a".repeat(67));
    gannet.reset(&token, &longest).await.expect("71 bytes, and the link is not used up");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_holds_nothing_that_opens_an_account() {
    let gannet = Instance::new().await;
    gannet.member("ann@example.com", "Ann").await;
    gannet.forgot("ann@example.com").await.expect("asked");
    let token = gannet.token("ann@example.com").await;
    let dump = gannet.texts("select r::text from password_resets r").await.concat();
    assert!(!dump.contains(&token) && !dump.contains(&hex::encode(&token)), "{dump}");
    let mails = "select cause || subject || recipient from mails";
    assert!(!gannet.texts(mails).await.concat().contains(&token));
    let text = &gannet.mails_to("ann@example.com").await[0].text;
    assert!(text.contains("https://gannet.example/auth/reset-password?token="), "{text}");
}
