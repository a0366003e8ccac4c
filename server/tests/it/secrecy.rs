//! `bot.token-encryption`, `auth.totp`: where a secret could turn up, looked at after it has been used.

use sim::{NewBot, Script, Sim, SimConfig};

use crate::support::{Authenticator, Browser, PASSWORD, Site, backup_codes, base32};

/// Everything in the database, a text for each row. Binary columns are shown in hexadecimal.
async fn dump(site: &Site) -> Vec<(String, String)> {
    let admin = site.db.superuser().await;
    let sql = "select relname::text from pg_class
               where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')";
    let mut found = Vec::new();
    for table in admin.query(sql, &[]).await.expect("tables") {
        let table: String = table.get(0);
        let rows = format!("select to_jsonb(r)::text from \"{table}\" r");
        for row in admin.query(&rows, &[]).await.expect("rows") {
            found.push((table.clone(), row.get(0)));
        }
    }
    found
}

/// The answers of all pages about the bot, and those of a form that failed.
async fn pages(owner: &Browser, draft: &str, token: &str) -> Vec<String> {
    let paths = [
        "/",
        "/bots",
        "/bots/connect",
        "/bots/secret_bot",
        "/bots/secret_bot/settings",
        "/bots/secret_bot/subscribers",
        "/bots/secret_bot/broadcasts",
        "/w/audit",
        "/account",
        draft,
    ];
    let mut bodies = Vec::new();
    for path in paths {
        let page = owner.get(path).await;
        assert_eq!(page.status.as_u16(), 200, "{path}: {}", page.gist());
        bodies.push(page.body);
    }
    // In use already; of another bot; in a field that is not for it; with a path that is none.
    let connect = [("token", token), ("step", "connect")];
    bodies.push(owner.post("/bots/connect", &connect).await.body);
    let wrong = format!("{token}x");
    bodies.push(owner.post("/bots/secret_bot/token", &[("token", &wrong)]).await.body);
    bodies.push(owner.post("/bots/nowhere/token", &[("token", token)]).await.body);
    bodies
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_used_is_in_no_log_no_page_and_no_row() {
    let telegram = Sim::start(SimConfig::default()).await.expect("a simulator");
    let new = NewBot { username: Some("secret_bot".to_owned()), ..NewBot::default() };
    let bot = telegram.create_bot(new).expect("a bot");
    let settings = [("TELEGRAM_API_URL", telegram.base_url()), ("LOG", "trace".to_owned())];
    let site = Site::with(&settings).await;
    let owner = site.member("ann").await;

    let preview = owner.post("/bots/connect", &[("token", &bot.token)]).await;
    assert!(preview.body.contains("Is this your bot?"), "{}", preview.gist());
    owner.done("/bots/connect", &[("token", &bot.token), ("step", "connect")]).await;
    telegram.people(bot.id, Script { count: 3, ..Script::default() }).expect("people");
    owner.wait_for("/bots/secret_bot/subscribers", "3 people", 20).await;
    let draft = owner.done("/bots/secret_bot/broadcasts", &[("text", "Hello")]).await;
    let draft = draft.split('?').next().expect("a path").trim_end_matches("/confirm").to_owned();
    let version = owner.get(&format!("{draft}/confirm")).await.value_of("version");
    owner.done(&format!("{draft}/send"), &[("version", &version)]).await;
    owner.wait_for("/w/audit", "finished a broadcast", 30).await;
    owner.done("/bots/secret_bot/repair", &[]).await;

    // The number before the colon is no secret, and Telegram shows it to everybody.
    let secret = bot.token.split_once(':').expect("a token").1;
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let pages = pages(&owner, &draft, &bot.token).await;
    for page in pages.iter().chain([&preview.body]) {
        assert!(!page.contains(secret), "{page}");
    }
    let settings = owner.get("/bots/secret_bot/settings").await;
    let last4 = &secret[secret.len() - 4..];
    assert!(settings.body.contains(last4), "what is shown is its end: {}", settings.gist());

    let rows = dump(&site).await;
    assert!(rows.iter().any(|(table, _)| table == "bot_secrets"), "the token is kept");
    for (table, row) in rows {
        assert!(!row.contains(secret) && !row.contains(&hex), "{table}");
    }

    assert_eq!(site.gannet.expect("running").stop().await, Some(0));
    let log = std::fs::read_to_string(site.dir.path().join("gannet.log")).expect("a log");
    assert!(log.contains("TRACE"), "it is the finest log there is");
    for line in log.lines() {
        assert!(!line.contains(secret), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_that_was_used_is_in_no_log_no_page_and_no_row() {
    let site = Site::with(&[("LOG", "trace".to_owned())]).await;
    let ann = site.member("ann").await;
    let (app, shown) = Authenticator::enrol(&ann).await;
    let codes = backup_codes(&shown);
    let mut secrets = vec![app.key.clone()];
    let mut bytes = vec![app.secret().to_vec()];
    for code in &codes {
        let bare = code.replace('-', "");
        bytes.push(base32(&bare));
        secrets.extend([code.clone(), bare]);
    }
    let hex = |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    secrets.extend(bytes.iter().map(hex));
    let is_clean = |text: &str| !secrets.iter().any(|secret| text.contains(secret.as_str()));

    let (email, password) = (("email", "ann@example.org"), ("password", PASSWORD));
    let other = Browser::new(&site.url());
    other.done("/auth/login", &[email, password]).await;
    other.done("/auth/2fa", &[("code", &app.code(0))]).await;
    let third = Browser::new(&site.url());
    third.done("/auth/login", &[email, password]).await;
    let wrong = format!("{}A", codes[0]);
    let refused = third.post("/auth/2fa", &[("code", &wrong)]).await;
    assert!(!refused.body.contains(&codes[0]), "{}", refused.gist());
    third.done("/auth/2fa", &[("code", &codes[0])]).await;
    let both = [("password", "Wrong-Horse-7"), ("code", codes[1].as_str())];
    let refused = third.post("/account/two-factor/off", &both).await;
    assert!(is_clean(&refused.body) && !refused.body.contains("Wrong-Horse-7"));
    for path in
        ["/", "/account", "/account/two-factor", "/account/two-factor?change=off", "/w/audit"]
    {
        let page = third.get(path).await;
        assert_eq!(page.status.as_u16(), 200, "{path}: {}", page.gist());
        assert!(is_clean(&page.body), "{path}");
    }

    let rows = dump(&site).await;
    assert!(rows.iter().any(|(table, _)| table == "second_factors"), "the secret is kept");
    for (table, row) in rows {
        assert!(is_clean(&row), "{table}");
    }
    assert_eq!(site.gannet.expect("running").stop().await, Some(0));
    let log = std::fs::read_to_string(site.dir.path().join("gannet.log")).expect("a log");
    assert!(log.contains("TRACE"), "it is the finest log there is");
    for line in log.lines() {
        assert!(is_clean(line), "{line}");
    }
}
