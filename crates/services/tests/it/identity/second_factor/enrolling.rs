//! Setting it up.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_proof_and_a_valid_code_turn_it_on_and_nothing_less() {
    let gannet = Instance::new().await;
    let ann = gannet.member(ANN, "Ann").await;
    let (fresh, stale) = (gannet.cx_of(ann).await, gannet.stale_cx_of(ann).await);
    assert_eq!(fields(gannet.auth.begin(&stale).await), ["again"]);
    assert!(is_conflict(&gannet.auth.confirm(&fresh, Code { code: "123456".into() }).await));
    assert_eq!(gannet.auth.begin(&cx()).await, Err(ClientError::Unauthenticated));

    let app = gannet.begin(ann).await;
    let step = gannet.at_step(0);
    let confirm = async |cx: &RequestCx, code: String| gannet.auth.confirm(cx, Code { code }).await;
    assert_eq!(fields(confirm(&stale, app.code(step)).await), ["again"]);
    assert_eq!(fields(confirm(&fresh, other_than(&app.code(step))).await), ["code"]);
    assert_eq!(fields(confirm(&fresh, app.code(step + 1)).await), ["code"]);
    assert_eq!(fields(confirm(&fresh, String::new()).await), ["code"]);
    let login = gannet.login(ANN, PASSWORD).await;
    assert_eq!(whose(login), Some(("signed in", ann)), "it is not asked for yet");

    let codes = confirm(&fresh, app.code(step)).await.expect("on").0.codes;
    assert_eq!(codes.len(), 8);
    assert!(matches!(gannet.standing(&fresh).await, Standing::On { codes_left: 8 }));
    assert_eq!(whose(gannet.login(ANN, PASSWORD).await), Some(("second factor", ann)));
    assert!(is_conflict(&confirm(&fresh, app.code(step)).await), "once");
    assert!(is_conflict(&gannet.auth.begin(&fresh).await), "it is not replaced");
    assert_eq!(fields(gannet.second(ann, &app.code(step)).await), ["code"], "it is used up");

    let mails = gannet.mails_to(ANN).await;
    assert_eq!(mails[0].subject, "Two-step sign-in is on");
    let log = gannet.log().await;
    for kind in ["begun", "on", "asked", "refused"] {
        let kind = format!("account.second_factor_{kind}");
        assert!(log.contains(&kind), "{kind} in {log:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_shown_to_whoever_is_fresh_until_the_first_code_and_a_new_one_voids_it() {
    let gannet = Instance::new().await;
    let ann = gannet.member(ANN, "Ann").await;
    let (first, second) = (gannet.begin(ann).await, gannet.begin(ann).await);
    assert!(first.0.len() == 20 && second.0.len() == 20, "160 bits");
    assert_ne!(first.0, second.0);
    assert!(matches!(gannet.standing(&gannet.stale_cx_of(ann).await).await, Standing::Off));

    let (cx, step) = (gannet.cx_of(ann).await, gannet.at_step(0));
    let old = gannet.auth.confirm(&cx, Code { code: first.code(step) }).await;
    assert_eq!(fields(old), ["code"]);
    gannet.auth.confirm(&cx, Code { code: second.code(step) }).await.expect("on");
    assert!(matches!(gannet.standing(&cx).await, Standing::On { .. }), "and no secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_shown_and_confirmed_in_the_browser_that_began_and_in_no_other() {
    let gannet = Instance::new().await;
    let ann = gannet.member(ANN, "Ann").await;
    let admin = gannet.db.superuser().await;
    let browser = async |n: u8| {
        let sql = "insert into sessions (id_hash, user_id, epoch, data, expires_at)
                   values ($1, $2, 0, '{}', now() + interval '1 day')";
        admin.execute(sql, &[&vec![n; 32], &ann.as_uuid()]).await.expect("a session");
        RequestCx { session: Some(hex::encode([n; 32])), ..gannet.cx_of(ann).await }
    };
    // Somebody knows her password and is signed in as well.
    let (hers, thief) = (browser(1).await, browser(2).await);
    let (app, step) = (gannet.begin_in(&hers).await, gannet.at_step(0));
    assert!(matches!(gannet.standing(&thief).await, Standing::Off));
    let stolen = gannet.auth.confirm(&thief, Code { code: app.code(step) }).await;
    assert!(is_conflict(&stolen), "nothing was begun here");
    gannet.auth.confirm(&hers, Code { code: app.code(step) }).await.expect("on");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_first_codes_at_once_one_turns_it_on_and_brings_eight_backup_codes() {
    let gannet = Instance::new().await;
    let ann = gannet.member(ANN, "Ann").await;
    let (app, step, cx) = (gannet.begin(ann).await, gannet.at_step(0), gannet.cx_of(ann).await);
    let tries = (0..64).map(|_| gannet.auth.confirm(&cx, Code { code: app.code(step) }));
    let done = futures::future::join_all(tries).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
    assert_eq!(gannet.texts("select user_id::text from backup_codes").await.len(), 8);
    assert_eq!(gannet.mails_to(ANN).await.len(), 2, "the code of the sign-up, and one letter");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_other_sessions_end_when_it_is_turned_on_and_those_of_others_go_on() {
    let gannet = Instance::new().await;
    let ann = gannet.member(ANN, "Ann").await;
    let bob = gannet.member("bob@example.com", "Bob").await;
    let admin = gannet.db.superuser().await;
    for (n, user) in [(1_u8, ann), (2, ann), (3, bob)] {
        let sql = "insert into sessions (id_hash, user_id, epoch, data, expires_at)
                   values ($1, $2, 0, '{}', now() + interval '1 day')";
        admin.execute(sql, &[&vec![n; 32], &user.as_uuid()]).await.expect("a session");
    }
    let cx = RequestCx { session: Some(hex::encode([1; 32])), ..gannet.cx_of(ann).await };
    let (app, step) = (gannet.begin_in(&cx).await, gannet.at_step(0));
    gannet.auth.confirm(&cx, Code { code: app.code(step) }).await.expect("on");
    let left = "select get_byte(id_hash, 0)::text from sessions order by id_hash";
    assert_eq!(gannet.texts(left).await, ["1", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_secret_nor_backup_codes_can_be_read_from_the_database() {
    let gannet = Instance::new().await;
    let ann = gannet.ann().await;
    let tables = gannet
        .texts(
            "select relname::text from pg_class
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')",
        )
        .await;
    let mut secrets = vec![hex::encode(&ann.app.0), BASE32_NOPAD.encode(&ann.app.0)];
    for code in &ann.codes {
        let bare = code.replace('-', "");
        secrets.push(hex::encode(BASE32_NOPAD.decode(bare.as_bytes()).expect("base32")));
        secrets.extend([bare, code.clone()]);
    }
    for table in tables {
        for row in gannet.texts(&format!("select to_jsonb(r)::text from \"{table}\" r")).await {
            for secret in &secrets {
                assert!(!row.contains(secret.as_str()), "{table}: {row}");
            }
        }
    }
}
