//! Codes: short-lived, few tries, used once, and silent about who has an account.

use futures::future::join_all;
use store::{
    StoreError,
    accounts::codes::{self, Hashes, Issued, Purpose},
};

use super::*;

/// Just short of and at the end of a code's life, in seconds.
const ALMOST: i64 = 15 * 60 - 30;
const OVER: i64 = 15 * 60 + 1;

async fn signed_up() -> (Instance, String) {
    let gannet = Instance::new().await;
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("signed up");
    let code = gannet.code("ann@example.com").await;
    (gannet, code)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_parallel_uses_one_succeeds() {
    let (gannet, code) = signed_up().await;
    let results = join_all((0..64).map(|_| gannet.verify("ann@example.com", &code))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in results.into_iter().filter(Result::is_err) {
        assert_eq!(fields(result), ["code"]);
    }
    assert_eq!(gannet.texts("select name from workspaces").await.len(), 1);
    assert_eq!(gannet.log().await.iter().filter(|kind| *kind == "account.verified").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_used_up_by_one_statement_alone() {
    let gannet = Instance::new().await;
    let hashes = Hashes { address: &[1; 32], code: &[2; 32] };
    let store = &gannet.svc.store;
    let issue = async || {
        let issued = async |tx: &mut store::UserTx<'_>| {
            Ok::<_, StoreError>(codes::issue(tx, Purpose::Verify, hashes, false).await?)
        };
        store.user(None, issued).await.expect("an answer")
    };
    let issued = join_all((0..16).map(|_| issue())).await;
    assert_eq!(issued.iter().filter(|issued| **issued == Issued::Yes).count(), 1);

    let take = async || {
        let taken = async |tx: &mut store::UserTx<'_>| {
            Ok::<_, StoreError>(codes::take(tx, Purpose::Verify, hashes).await?)
        };
        store.user(None, taken).await.expect("an answer")
    };
    let taken = join_all((0..64).map(|_| take())).await;
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_tries_void_a_code_and_four_do_not() {
    let (gannet, code) = signed_up().await;
    let wrong = other_than(&code);
    for _ in 0..4 {
        assert_eq!(fields(gannet.verify("ann@example.com", &wrong).await), ["code"]);
    }
    gannet.register("bob@example.com", PASSWORD, "Bob").await.expect("signed up");
    let bobs = gannet.code("bob@example.com").await;
    for _ in 0..5 {
        assert_eq!(fields(gannet.verify("bob@example.com", &other_than(&bobs)).await), ["code"]);
    }
    gannet.verify("ann@example.com", &code).await.expect("the fifth try is right");
    assert_eq!(fields(gannet.verify("bob@example.com", &bobs).await), ["code"]);

    gannet.at(61);
    gannet.resend("bob@example.com").await.expect("another code");
    gannet
        .verify("bob@example.com", &gannet.code("bob@example.com").await)
        .await
        .expect("a new code has five tries");
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_wrong_tries_count_one_by_one() {
    let (gannet, code) = signed_up().await;
    let wrong = other_than(&code);
    join_all((0..64).map(|_| gannet.verify("ann@example.com", &wrong))).await;
    assert_eq!(gannet.texts("select tries::text from email_codes").await, ["5"]);
    assert_eq!(fields(gannet.verify("ann@example.com", &code).await), ["code"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_lasts_fifteen_minutes() {
    let (gannet, code) = signed_up().await;
    gannet.register("bob@example.com", PASSWORD, "Bob").await.expect("signed up");
    let bobs = gannet.code("bob@example.com").await;
    gannet.at(ALMOST);
    gannet.verify("ann@example.com", &code).await.expect("in time");
    gannet.at(OVER);
    assert_eq!(fields(gannet.verify("bob@example.com", &bobs).await), ["code"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_code_voids_the_older() {
    let (gannet, older) = signed_up().await;
    gannet.at(61);
    gannet.resend("ann@example.com").await.expect("another code");
    let newer = gannet.code("ann@example.com").await;
    assert_eq!(gannet.mails_to("ann@example.com").await.len(), 2);
    if older != newer {
        assert_eq!(fields(gannet.verify("ann@example.com", &older).await), ["code"]);
    }
    gannet.verify("ann@example.com", &newer).await.expect("verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_bound_to_its_address() {
    let (gannet, anns) = signed_up().await;
    gannet.register("bob@example.com", PASSWORD, "Bob").await.expect("signed up");
    let bobs = gannet.code("bob@example.com").await;
    if anns != bobs {
        assert_eq!(fields(gannet.verify("bob@example.com", &anns).await), ["code"]);
    }
    gannet.verify("bob@example.com", &bobs).await.expect("verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_code_is_told_apart_and_costs_no_try() {
    let (gannet, code) = signed_up().await;
    let endless = "1".repeat(60_000);
    for text in [
        "",
        "  ",
        "12345",
        "1234567",
        "abcdef",
        "１２３４５６",
        "12345\0",
        "<b>",
        "\u{202e}123456",
        "😀",
        &endless,
    ] {
        assert_eq!(fields(gannet.verify("ann@example.com", text).await), ["code"], "{text:.20?}");
    }
    for email in ["", "ann", "ann\0@example.com", "ann@example.com\nBcc: eve@example.com"] {
        assert_eq!(fields(gannet.verify(email, "123456").await), ["email"], "{email:?}");
        assert_eq!(fields(gannet.resend(email).await), ["email"], "{email:?}");
    }
    assert_eq!(fields(gannet.verify("", "").await), ["email", "code"]);
    assert_eq!(gannet.texts("select tries::text from email_codes").await, ["0"]);
    gannet
        .verify(" ann@example.com\n", &format!(" {}-{} ", &code[..3], &code[3..]))
        .await
        .expect("verified");
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_code_tells_nobody_who_has_an_account() {
    let gannet = Instance::new().await;
    gannet.member("known@example.com", "Known").await;
    gannet.register("waiting@example.com", PASSWORD, "Waiting").await.expect("signed up");
    gannet.at(120);

    let all = ["known@example.com", "waiting@example.com", "nobody@example.com"];
    for email in all {
        assert_eq!(gannet.resend(email).await, Ok(()), "{email}");
    }
    gannet.at(120 + 30);
    for email in all {
        let Err(ClientError::RateLimited { secs }) = gannet.resend(email).await else {
            panic!("{email}")
        };
        assert!((25..=30).contains(&secs), "{email}: {secs}");
        let wrong = gannet.verify(email, "000000").await;
        assert_eq!(wrong, gannet.verify("stranger@example.com", "000000").await, "{email}");
    }
    gannet.at(120 + 61);
    for email in all {
        assert_eq!(gannet.resend(email).await, Ok(()), "{email}");
    }
    assert_eq!(gannet.mails_to("known@example.com").await.len(), 1, "only the one of the sign-up");
    assert_eq!(gannet.mails_to("waiting@example.com").await.len(), 3);
    assert!(gannet.mails_to("nobody@example.com").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_before_signing_up_does_not_hold_back_the_first_code() {
    let gannet = Instance::new().await;
    gannet.resend("ann@example.com").await.expect("the same answer as for anybody");
    gannet.member("ann@example.com", "Ann").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_keeps_no_address_no_code_and_no_dead_rows() {
    let (gannet, code) = signed_up().await;
    for n in 0..5 {
        gannet
            .resend(&format!("stranger{n}@example.com"))
            .await
            .expect("the same answer as for anybody");
    }
    let dump = gannet.texts("select email_codes::text from email_codes").await.concat();
    assert_eq!(gannet.texts("select purpose from email_codes").await.len(), 6);
    assert!(!dump.contains("example") && !dump.contains(&format!(",{code},")));

    gannet.at(OVER + 24 * 60 * 60);
    gannet.resend("ann@example.com").await.expect("another code");
    assert_eq!(gannet.texts("select purpose from email_codes").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ups_and_verifications_at_once_never_wait_in_a_circle() {
    let gannet = Instance::new().await;
    let mut people = Vec::new();
    for n in 0..40 {
        let email = format!("p{n}@example.com");
        gannet.register(&email, PASSWORD, "P").await.expect("signed up");
        people.push((gannet.code(&email).await, email));
    }
    gannet.at(61);
    for (code, email) in &people {
        let sign_ups = join_all((0..3).map(|_| gannet.register(email, PASSWORD, "P")));
        let uses = join_all((0..3).map(|_| gannet.verify_with(email, code, None)));
        let (sign_ups, uses) = tokio::join!(sign_ups, uses);
        assert!(sign_ups.iter().all(Result::is_ok), "{sign_ups:?}");
        // Whether the code or the sign-up that voids it came first is chance.
        assert!(uses.iter().filter(|used| used.is_ok()).count() <= 1);
        for refused in uses.into_iter().filter(Result::is_err) {
            assert_eq!(fields(refused), ["code"]);
        }
    }
}
