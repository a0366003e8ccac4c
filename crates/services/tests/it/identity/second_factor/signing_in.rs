//! The second step.

use futures::future::join_all;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_counts_only_after_the_second_step() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let before = gannet.log().await.len();
    assert_eq!(whose(gannet.login(ANN, PASSWORD).await), Some(("second factor", ann.user)));
    let step = gannet.at_step(1);
    let code = ann.app.code(step);
    assert_eq!(fields(gannet.second(ann.user, &other_than(&code)).await), ["code"]);
    gannet.second(ann.user, &code).await.expect("signed in");
    assert_eq!(
        gannet.log().await[before..],
        ["account.second_factor_asked", "account.second_factor_refused", "account.signed_in"]
    );
    fields(gannet.login(ANN, "Wrong-Horse-7").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_and_the_previous_step_are_taken_each_once() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let step = gannet.at_step(5);
    assert!(step > ann.step);
    let code = |ahead: i64| ann.app.code(step + ahead);
    for ahead in [-3, -2, 1, 2] {
        assert_eq!(fields(gannet.second(ann.user, &code(ahead)).await), ["code"], "{ahead}");
    }
    let previous = code(-1);
    let spaced = format!(" {}-{} ", &previous[..3], &previous[3..]);
    gannet.second(ann.user, &spaced).await.expect("the previous step");
    assert_eq!(fields(gannet.second(ann.user, &previous).await), ["code"], "once");
    gannet.second(ann.user, &code(0)).await.expect("the current step");
    assert_eq!(fields(gannet.second(ann.user, &code(0)).await), ["code"], "once");
    assert_eq!(fields(gannet.second(ann.user, &previous).await), ["code"], "never back");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_parallel_uses_of_one_code_one_succeeds_on_two_instances() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let other = gannet.another().await;
    let step = gannet.at_step(1);
    other.store.shift_clock(step * 30 - Timestamp::now().as_second());
    let second = auth(&other, Lanes { cost: 4, ..Lanes::default() });
    let code = ann.app.code(step);
    let hers = gannet.pending(ann.user).await;
    let uses = (0..64).map(|n| {
        let door = if n % 2 == 0 { &gannet.auth } else { &second };
        let (cx, form) = (cx(), Code { code: code.clone() });
        async move { door.sign_in(&cx, hers, form).await }
    });
    let let_in = join_all(uses).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(let_in, 1);
    let signed_in = "select kind from account_log where kind = 'account.signed_in'";
    assert_eq!(gannet.texts(signed_in).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_neither_the_secret_nor_the_steps_that_were_used() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let step = gannet.at_step(1);
    gannet.second(ann.user, &ann.app.code(step)).await.expect("signed in");

    let other = gannet.another().await;
    other.store.shift_clock(step * 30 - Timestamp::now().as_second());
    let hers = gannet.pending(ann.user).await;
    let later = auth(&other, Lanes { cost: 4, ..Lanes::default() });
    let again = later.sign_in(&cx(), hers, Code { code: ann.app.code(step) }).await;
    assert_eq!(fields(again), ["code"]);
    other.store.shift_clock((step + 1) * 30 - Timestamp::now().as_second());
    let next = Code { code: ann.app.code(step + 1) };
    later.sign_in(&cx(), hers, next).await.expect("signed in");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_code_is_refused_at_the_field_and_changes_nothing() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let step = gannet.at_step(1);
    let code = ann.app.code(step);
    let wide: String =
        code.chars().map(|c| char::from_u32(c as u32 + 0xfee0).expect("a digit")).collect();
    let long = "9".repeat(100_000);
    for text in [
        "",
        "   ",
        &code[..5],
        &format!("{code}0"),
        &format!("+{}", &code[1..]),
        &format!("-{code}1"),
        &wide,
        &format!("{code}\0"),
        "' or true --",
        "<b>123456</b>",
        &long,
    ] {
        assert_eq!(fields(gannet.second(ann.user, text).await), ["code"], "{text:.20?}");
    }
    let user = UserId::from(Uuid::now_v7());
    let nobodys = Pending { admission: Admission { user, epoch: 0 } };
    let bob = gannet.member("bob@example.com", "Bob").await;
    gannet.begin(bob).await;
    for pending in [nobodys, gannet.pending(bob).await] {
        let refused = gannet.auth.sign_in(&cx(), pending, Code { code: code.clone() }).await;
        assert!(refused.is_err(), "there is no second factor to bring");
    }
    gannet.second(ann.user, &code).await.expect("it was not used up");
}
