//! How often codes may be tried (`limit.2fa`, and beside it those that a signed-in person is asked for).

use contract::{auth::Again, cx::KnownBrowser};
use futures::future::join_all;

use super::*;

const EVE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 66));

fn is_limited<T>(result: &Result<T, ClientError>) -> bool {
    matches!(result, Err(ClientError::RateLimited { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_codes_of_a_client_and_then_a_quarter_of_an_hour_none() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let start = gannet.at_step(1);
    // Good or bad, and for whomever: they count by client before anything is looked at.
    let hers = gannet.pending(ann.user).await;
    let user = UserId::from(Uuid::now_v7());
    let nobodys = Pending { admission: Admission { user, epoch: 0 } };
    let second = async |pending: Pending, code: &str| {
        gannet.auth.sign_in(&from(EVE), pending, Code { code: code.into() }).await
    };
    for n in 0..9 {
        let refused = second(if n % 2 == 0 { hers } else { nobodys }, "no code").await;
        assert!(refused.is_err() && !is_limited(&refused), "{n}: {refused:?}");
    }
    second(hers, &ann.app.code(start)).await.expect("the tenth, and right");
    let step = gannet.at_step(2);
    assert!(is_limited(&second(hers, &ann.app.code(step)).await));
    gannet.second(ann.user, &ann.app.code(step)).await.expect("another client");
    let step = gannet.at_step(29);
    assert!(is_limited(&second(hers, &ann.app.code(step)).await), "14 minutes later");
    let step = gannet.at_step(33);
    second(hers, &ann.app.code(step)).await.expect("15 minutes later");
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_from_many_places_slow_the_account_and_not_a_browser_that_is_known() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let step = gannet.at_step(1);
    let code = ann.app.code(step);
    let wrong = other_than(&code);
    // Whoever guesses knows the password. That it was right gives no further tries.
    let hers = gannet.pending(ann.user).await;
    let guess = async || {
        gannet.login(ANN, PASSWORD).await?;
        gannet.auth.sign_in(&cx(), hers, Code { code: wrong.clone() }).await
    };
    let results = join_all((0..32).map(|_| guess())).await;
    assert!(results.iter().all(Result::is_err));
    let looked_at = results.iter().filter(|result| !is_limited(result)).count();
    assert!((1..=10).contains(&looked_at), "{looked_at}");
    assert!(is_limited(&gannet.second(ann.user, &code).await));

    let browser = KnownBrowser { id: "TEST-browser".into(), users: vec![hers.admission] };
    let at_home = RequestCx { browser: Some(browser), ..cx() };
    let form = Code { code: code.clone() };
    gannet.auth.sign_in(&at_home, hers, form).await.expect("her own bucket");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_passwords_or_codes_of_whoever_is_signed_in_wherever_they_are_asked_for() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let step = gannet.at_step(1);
    let cx = gannet.cx_of(ann.user).await;
    let wrong = other_than(&ann.app.code(step));
    let prove = async |typed: &str| gannet.auth.prove(&cx, Again { again: typed.into() }).await;
    for _ in 0..12 {
        prove(PASSWORD).await.expect("what is right is given back");
    }
    for n in 0..10 {
        let refused = match n % 4 {
            0 => prove(&wrong).await,
            1 => gannet.auth.turn_off(&cx, both("Wrong-Horse-7", &wrong)).await,
            2 => gannet.auth.turn_off(&cx, both(PASSWORD, &wrong)).await,
            _ => gannet.auth.renew_codes(&cx, both(PASSWORD, &wrong)).await.map(drop),
        };
        assert!(refused.is_err() && !is_limited(&refused), "{n}: {refused:?}");
    }
    let code = ann.app.code(step);
    assert!(is_limited(&prove(PASSWORD).await));
    assert!(is_limited(&prove(&code).await));
    assert!(is_limited(&gannet.auth.turn_off(&cx, both(PASSWORD, &code)).await));
    assert!(is_limited(&gannet.auth.renew_codes(&cx, both(PASSWORD, &code)).await));
    let step = gannet.at_step(33);
    let code = ann.app.code(step);
    gannet.auth.turn_off(&gannet.cx_of(ann.user).await, both(PASSWORD, &code)).await.expect("off");

    // The first code of all may be guessed no oftener.
    let bob = gannet.member("bob@example.com", "Bob").await;
    let app = gannet.begin(bob).await;
    let cx = gannet.cx_of(bob).await;
    let code = app.code(gannet.at_step(34));
    let confirm = async |code: String| gannet.auth.confirm(&cx, Code { code }).await.map(drop);
    for n in 0..10 {
        assert!(!is_limited(&confirm(other_than(&code)).await), "{n}");
    }
    assert!(is_limited(&confirm(code).await));
}
