//! For whoever has lost the app.

use futures::future::join_all;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn each_backup_code_signs_in_once_is_on_record_and_told_by_mail() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    for (n, code) in ann.codes.iter().enumerate() {
        let typed = if n % 2 == 0 { code.to_lowercase().replace('-', " ") } else { code.clone() };
        gannet.second(ann.user, &typed).await.expect("signed in");
        assert_eq!(fields(gannet.second(ann.user, code).await), ["code"], "once");
        let mail = gannet.mail_about(ANN, "A backup code was used").await;
        let left = match 7 - n {
            0 => "It was the last one.".to_owned(),
            1 => "One is left.".to_owned(),
            left => format!("{left} of 8 are left."),
        };
        assert!(mail.text.contains(&left), "{left} in {}", mail.text);
        assert!(!mail.text.contains(code.as_str()));
    }
    let log = gannet.log().await;
    let count = |kind: &str| log.iter().filter(|line| *line == kind).count();
    assert_eq!((count("account.backup_code_used"), count("account.signed_in")), (8, 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_parallel_uses_of_one_backup_code_one_succeeds() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let done = join_all((0..64).map(|_| gannet.second(ann.user, &ann.codes[0]))).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
    let used = "select user_id::text from backup_codes where used_at is not null";
    assert_eq!(gannet.texts(used).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_set_voids_the_old_and_needs_password_and_code() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let cx = gannet.cx_of(ann.user).await;
    let renew =
        async |password: &str, code: &str| gannet.auth.renew_codes(&cx, both(password, code)).await;
    assert_eq!(fields(renew("", "").await), ["password", "code"]);
    assert_eq!(fields(renew("Wrong-Horse-7", &ann.codes[0]).await), ["password"]);
    assert_eq!(fields(renew(PASSWORD, "000000").await), ["code"]);
    let newer = renew(PASSWORD, &ann.codes[0]).await.expect("a backup code does").codes;
    assert_eq!(newer.len(), 8);
    for old in &ann.codes {
        assert!(!newer.contains(old));
        assert_eq!(fields(gannet.second(ann.user, old).await), ["code"], "{old}");
    }
    gannet.second(ann.user, &newer[7]).await.expect("signed in");
    let subjects: Vec<_> =
        gannet.mails_to(ANN).await.into_iter().map(|mail| mail.subject).collect();
    assert!(subjects.contains(&"You have new backup codes".to_owned()), "{subjects:?}");
    assert!(gannet.log().await.contains(&"account.backup_codes_renewed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_new_sets_at_once_leave_one() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let cx = gannet.cx_of(ann.user).await;
    let renew = |code: &str| gannet.auth.renew_codes(&cx, both(PASSWORD, code));
    let sets = join_all(ann.codes.iter().map(|code| renew(code))).await;
    assert!(sets.iter().any(Result::is_ok));
    let open = "select user_id::text from backup_codes where used_at is null";
    assert_eq!(gannet.texts(open).await.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_code_is_its_owners_alone() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let bob = gannet.member("bob@example.com", "Bob").await;
    gannet.enrol(bob).await;
    assert_eq!(fields(gannet.second(bob, &ann.codes[0]).await), ["code"]);
    gannet.second(ann.user, &ann.codes[0]).await.expect("hers");
}
