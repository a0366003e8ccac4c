//! Proving oneself by it, turning it off, and losing it.

use domain::email::Email;
use services::{ServiceError, admin};
use store::audit::Origin;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_code_proves_once_more_who_one_is_and_so_does_the_password() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let cx = gannet.stale_cx_of(ann.user).await;
    let prove = async |again: &str| gannet.auth.prove(&cx, Again { again: again.into() }).await;
    let code = ann.app.code(gannet.at_step(1));
    assert_eq!(fields(prove(&other_than(&code)).await), ["again"]);
    prove(&code).await.expect("hers");
    assert_eq!(fields(prove(&code).await), ["again"], "once");
    prove(&ann.codes[0]).await.expect("hers");
    assert_eq!(fields(prove(&ann.codes[0]).await), ["again"], "once");
    prove(PASSWORD).await.expect("hers");

    let bob = gannet.member("bob@example.com", "Bob").await;
    let cx = gannet.stale_cx_of(bob).await;
    let theirs = gannet.auth.prove(&cx, Again { again: ann.codes[1].clone() }).await;
    assert_eq!(fields(theirs), ["again"], "he has none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_looks_like_a_backup_code_is_still_a_password() {
    let gannet = Instance::new().await;
    let password = "Abcd-Efgh-Ijkl-2345";
    gannet.register(ANN, password, "Ann").await.expect("signed up");
    let ann = gannet.verify(ANN, &gannet.code(ANN).await).await.expect("verified");
    gannet.enrol(ann).await;
    let cx = gannet.stale_cx_of(ann).await;
    gannet.auth.prove(&cx, Again { again: password.into() }).await.expect("hers");
}

#[tokio::test(flavor = "multi_thread")]
async fn turning_it_off_needs_password_and_code_and_is_told_by_mail() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let cx = gannet.cx_of(ann.user).await;
    let off =
        async |password: &str, code: &str| gannet.auth.turn_off(&cx, both(password, code)).await;
    let code = ann.app.code(gannet.at_step(1));
    assert_eq!(fields(off("", &code).await), ["password"]);
    assert_eq!(fields(off(PASSWORD, "").await), ["code"]);
    assert_eq!(fields(off("Wrong-Horse-7", &code).await), ["password"]);
    assert_eq!(fields(off(PASSWORD, &other_than(&code)).await), ["code"]);
    assert!(matches!(gannet.standing(&cx).await, Standing::On { codes_left: 8 }));

    off(PASSWORD, &code).await.expect("off");
    assert!(matches!(gannet.standing(&cx).await, Standing::Off));
    assert!(is_conflict(&off(PASSWORD, &ann.codes[0]).await), "there is nothing to turn off");
    assert_eq!(whose(gannet.login(ANN, PASSWORD).await), Some(("signed in", ann.user)));
    assert_eq!(fields(gannet.second(ann.user, &ann.codes[0]).await), ["code"]);
    assert_eq!(gannet.texts("select user_id::text from backup_codes").await.len(), 0);
    gannet.mail_about(ANN, "Two-step sign-in is off").await;
    let log = gannet.log().await;
    assert!(log.contains(&"account.second_factor_off".to_owned()), "{log:?}");
    assert!(log.contains(&"account.proof_refused".to_owned()), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_lets_in_whoever_has_lost_everything_and_they_are_told() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let admin = gannet.db.superuser().await;
    let sql = "insert into sessions (id_hash, user_id, epoch, data, expires_at)
               values ($1, $2, 0, '{}', now() + interval '1 day')";
    admin.execute(sql, &[&vec![1_u8; 32], &ann.user.as_uuid()]).await.expect("a session");
    let origin =
        Origin { user_agent: Some("TEST command".into()), ..Origin::system("command line") };
    let reset = async |email: &str| {
        let email: Email = email.parse().expect("an address");
        let svc = &gannet.svc;
        let base = &svc.settings.base_url;
        admin::reset_second_factor(&svc.store, &svc.vault, base, &email, &origin).await
    };
    assert!(reset("Ann@example.com").await.expect("reset"));
    assert_eq!(whose(gannet.login(ANN, PASSWORD).await), Some(("signed in", ann.user)));
    assert_eq!(gannet.texts("select user_id::text from sessions").await.len(), 0);
    gannet.mail_about(ANN, "Two-step sign-in was reset").await;
    assert!(!reset(ANN).await.expect("nothing to do"));
    assert!(matches!(reset("nobody@example.com").await, Err(ServiceError::NotFound)));
    let by = "select user_agent from account_log
              where kind = 'account.second_factor_reset_by_operator'";
    assert_eq!(gannet.texts(by).await, ["TEST command"]);
}
