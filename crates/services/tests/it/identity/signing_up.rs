//! From nobody to a verified account with a workspace.

use contract::auth::Reset;
use futures::future::join_all;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_signs_up_proves_the_address_and_owns_a_workspace() {
    let gannet = Instance::new().await;
    gannet.register("Ann@Example.com", PASSWORD, " Ann Lee ").await.expect("signed up");
    assert!(is_unverified(&gannet.login("ann@example.com", PASSWORD).await));

    let code = gannet.code("Ann@Example.com").await;
    let user = gannet
        .verify("ANN@example.com", &format!("{} {}", &code[..3], &code[3..]))
        .await
        .expect("verified");
    assert_eq!(whose(gannet.login("ann@example.com", PASSWORD).await), Some(("signed in", user)));

    let members = "select u.name || ' is ' || m.role || ' of ' || w.name
                   from members m join users u on u.id = m.user_id join workspaces w on w.id = m.workspace_id";
    assert_eq!(gannet.texts(members).await, ["Ann Lee is owner of Ann Lee's workspace"]);
    let audit = "select actor_name || ' ' || kind || ' ' || (details->>'name') from audit_log
                 where actor_id is not null and ip is null and sealed is not null";
    assert_eq!(gannet.texts(audit).await, ["Ann Lee workspace.created Ann Lee's workspace"]);
    assert_eq!(
        gannet.log().await,
        ["account.registered", "account.sign_in_refused", "account.verified", "account.signed_in"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_stored_as_bcrypt_of_cost_twelve_with_a_salt_each() {
    let gannet =
        Instance::with(Lanes { waiting: 8, patience: Duration::from_secs(30), ..Lanes::default() })
            .await;
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("signed up");
    gannet.register("bob@example.com", PASSWORD, "Bob").await.expect("signed up");
    let hashes = gannet.texts("select password_hash from users").await;
    assert!(
        hashes.iter().all(|hash| hash.starts_with("$2b$12$") && hash.len() == 60),
        "{hashes:?}"
    );
    assert_ne!(hashes[0], hashes[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_field_complains_for_itself_and_nothing_is_written() {
    let gannet = Instance::new().await;
    let (email, name) = ("ann@example.com", "Ann");
    let (long_mail, long_name) = (format!("{}@example.com", "a".repeat(300)), "a".repeat(81));
    let (long_password, endless) = (format!("Aa1!{}", "a".repeat(68)), "Aa1!".repeat(15_000));
    let emails = [
        "",
        " ",
        "ann",
        "ann@localhost",
        &long_mail,
        "ann@example.com\r\nBcc: eve@example.com",
        "ann\0@example.com",
        "<script>@example.com",
        "a\u{202e}nn@example.com",
        "😀@example.com",
        "ann@example.com, eve@example.com",
    ];
    for email in emails {
        assert_eq!(fields(gannet.register(email, PASSWORD, name).await), ["email"], "{email:?}");
    }
    let passwords = [
        "",
        "Aa1!aaaaa",
        "aa1!aaaaaa",
        "AA1!AAAAAA",
        "Aab!aaaaaa",
        "Aab1aaaaaa",
        "Aa1!aa\0aaaa",
        "Password123!",
        "My-Gannet-99",
        &long_password,
        &endless,
    ];
    for password in passwords {
        assert_eq!(
            fields(gannet.register(email, password, name).await),
            ["password"],
            "{password:?}"
        );
    }
    for name in ["", "  ", "\u{200b}", &long_name, "a\nb", "a\0b", "a\u{202e}b", "\u{1b}[31m"] {
        assert_eq!(fields(gannet.register(email, PASSWORD, name).await), ["name"], "{name:?}");
    }
    assert_eq!(fields(gannet.register("", "", "").await), ["name", "email", "password"]);
    assert!(gannet.texts("select email from users").await.is_empty());
    assert!(gannet.log().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_that_are_only_text_are_kept_as_they_are() {
    let gannet = Instance::new().await;
    for (n, name) in
        ["<script>alert(1)</script>", "'; drop table users; --", "👨‍👩‍👧", "李小龍"].iter().enumerate()
    {
        gannet.member(&format!("p{n}@example.com"), name).await;
        assert_eq!(
            gannet.texts(&format!("select name from users where email = 'p{n}@example.com'")).await,
            [*name]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_seventy_one_bytes_is_taken_whole() {
    let gannet = Instance::new().await;
    let longest = format!("Aa1!{}z", "a".repeat(66));
    gannet.register("ann@example.com", &longest, "Ann").await.expect("71 bytes");
    assert!(is_unverified(&gannet.login("ann@example.com", &longest).await));
    fields(gannet.login("ann@example.com", &longest[..70]).await);
    fields(gannet.login("ann@example.com", &format!("{longest}z")).await);
    fields(gannet.login("ann@example.com", &format!("{}y", &longest[..70])).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_sign_ups_at_once_make_one_account_and_one_mail() {
    let gannet = Instance::new().await;
    let spellings = ["ann@example.com", "Ann@Example.com", "ANN@EXAMPLE.COM", "aNN@example.com"];
    let tries = (0..64).map(|n| gannet.register(spellings[n % 4], PASSWORD, "Ann"));
    for result in join_all(tries).await {
        assert_eq!(result, Ok(()));
    }
    assert_eq!(gannet.texts("select email_key from users").await, ["ann@example.com"]);
    assert_eq!(mail::kept(&gannet.svc).await.expect("mails").len(), 1);
    let log = gannet.log().await;
    let count = |kind: &str| log.iter().filter(|line| *line == kind).count();
    assert_eq!((count("account.registered"), count("account.registered_again")), (1, 63));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_address_gets_the_same_answer_and_its_owner_a_mail() {
    let gannet = Instance::new().await;
    let ann = gannet.member("ann@example.com", "Ann").await;
    for _ in 0..3 {
        let again = gannet.register("ANN@example.com", "Another-Horse-8", "Eve").await;
        assert_eq!(again, gannet.register("bob@example.com", "Another-Horse-8", "Bob").await);
    }
    let mails = gannet.mails_to("ANN@example.com").await;
    assert_eq!(mails.len(), 1, "one an hour");
    assert_eq!(mails[0].subject, "You already have a Gannet account");

    assert_eq!(whose(gannet.login("ann@example.com", PASSWORD).await), Some(("signed in", ann)));
    fields(gannet.login("ann@example.com", "Another-Horse-8").await);
    assert_eq!(
        gannet.texts("select name from users where email = 'ann@example.com'").await,
        ["Ann"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_sign_ups_nobody_has_proved_the_one_with_the_code_in_force_counts() {
    let gannet = Instance::new().await;
    let eves = "Eves-Password-1";
    gannet.register("ann@example.com", eves, "Eve").await.expect("signed up");
    let first = gannet.code("ann@example.com").await;

    // Within the minute nothing is mailed, so nothing is replaced either.
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("the same answer");
    assert_eq!(gannet.mails_to("ann@example.com").await.len(), 1);
    assert!(is_unverified(&gannet.login("ann@example.com", eves).await));

    gannet.at(61);
    gannet.register("ann@example.com", PASSWORD, "Ann").await.expect("the same answer");
    let second = gannet.code("ann@example.com").await;
    if first != second {
        assert_eq!(fields(gannet.verify("ann@example.com", &first).await), ["code"]);
    }
    let ann = gannet.verify("ann@example.com", &second).await.expect("verified");
    fields(gannet.login("ann@example.com", eves).await);
    assert_eq!(whose(gannet.login("ann@example.com", PASSWORD).await), Some(("signed in", ann)));
    assert_eq!(gannet.texts("select name from workspaces").await, ["Ann's workspace"]);
}

/// Signs up, and gives what the browser remembers.
async fn marked(gannet: &Instance, email: &str, password: &str) -> Mark {
    let form = Register {
        email: email.into(),
        password: password.into(),
        name: "Ann".into(),
        invitation: String::new(),
    };
    gannet.auth.register(&cx(), form).await.expect("signed up")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_opens_no_account_with_a_strangers_password() {
    let gannet = Instance::new().await;
    let (email, eves) = ("ann@example.com", "Eves-Password-1");
    let anns = marked(&gannet, email, PASSWORD).await;
    gannet.at(61);
    marked(&gannet, email, eves).await;
    let code = gannet.code(email).await;

    // Ann, in the browser in which she signed up, with the code from her mailbox.
    let verified = gannet.verify_with(email, &code, Some(anns)).await.expect("her address");
    let Verified::ChoosePassword { token } = verified else { panic!("Eve has the password") };
    for password in [eves, PASSWORD] {
        assert_eq!(fields(gannet.login(email, password).await), [""], "{password}");
    }
    let form = Reset { token, password: "Anns-Password-2".into() };
    gannet.auth.reset(&cx(), form).await.expect("chosen");
    assert!(matches!(gannet.login(email, "Anns-Password-2").await, Ok(LoginOutcome::SignedIn(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_brings_a_code_from_another_browser_chooses_a_password() {
    let gannet = Instance::new().await;
    let email = "ann@example.com";
    gannet.register(email, PASSWORD, "Ann").await.expect("signed up");
    let verified = gannet.verify_with(email, &gannet.code(email).await, None).await;
    assert!(matches!(verified, Ok(Verified::ChoosePassword { .. })), "{verified:?}");
    assert_eq!(gannet.texts("select name from workspaces").await, ["Ann's workspace"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_marks_the_browser_too_and_so_does_any_sign_up() {
    let gannet = Instance::new().await;
    let (known, email) = ("known@example.com", "ann@example.com");
    gannet.member(known, "Known").await;
    assert_ne!(marked(&gannet, known, PASSWORD).await, marked(&gannet, email, PASSWORD).await);
    let Ok(LoginOutcome::Unverified(mark)) = gannet.login(email, PASSWORD).await else {
        panic!("not proved yet")
    };
    let verified = gannet.verify_with(email, &gannet.code(email).await, Some(mark)).await;
    assert!(matches!(verified, Ok(Verified::SignedIn(_))), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_carries_nothing_that_a_stranger_typed() {
    let gannet = Instance::new().await;
    gannet.register("ann@example.com", PASSWORD, "Buy now: spam.example").await.expect("signed up");
    let mail = &gannet.mails_to("ann@example.com").await[0];
    let all = format!("{}{}{}", mail.subject, mail.text, mail.html);
    assert!(!all.contains("spam.example"));
    assert!(
        all.contains("https://gannet.example/auth/verify"),
        "links lead to the configured host"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_instance_takes_nobody() {
    let mut gannet = Instance::new().await;
    let settings = Settings { signups: Signups::Closed, ..(*gannet.svc.settings).clone() };
    gannet.svc.settings = Arc::new(settings);
    gannet.auth = auth(&gannet.svc, Lanes { cost: 4, ..Lanes::default() });
    assert_eq!(
        gannet.register("ann@example.com", PASSWORD, "Ann").await,
        Err(ClientError::conflict(Signups::Closed.refusal()))
    );
    assert!(gannet.texts("select email from users").await.is_empty());
}
