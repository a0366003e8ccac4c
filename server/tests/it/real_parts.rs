//! The main job with nothing stood in for: another PostgreSQL, a mail server, and a Bot API server
//! that is a process of its own.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::Site;

/// `gannet-sim` as a process.
struct SimProcess {
    child: Child,
    url: String,
}

impl SimProcess {
    /// Starts it on a free port, which it prints.
    fn start() -> Self {
        // Cargo builds it into the same folder; `cargo test --workspace` sees to that.
        let program = Path::new(env!("CARGO_BIN_EXE_gannet")).with_file_name("gannet-sim");
        let mut child = Command::new(&program)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|err| {
                panic!("{}: {err}; `cargo build -p sim` makes it", program.display())
            });
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let url = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned)
            })
            .expect("its address");
        Self { child, url: url.trim_end_matches('/').to_owned() }
    }

    async fn tell(&self, path: &str, body: Value) -> Value {
        let request = reqwest::Client::new().post(format!("{}/sim/{path}", self.url)).json(&body);
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.json().await.unwrap_or_default()
    }

    async fn ask(&self, path: &str) -> Value {
        let answer = reqwest::get(format!("{}/sim/{path}", self.url)).await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.json().await.expect("JSON")
    }
}

impl Drop for SimProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_works_with_every_part_real() {
    let telegram = SimProcess::start();
    let bot =
        telegram.tell("bots", json!({ "username": "acme_shop_bot", "name": "Acme Shop" })).await;
    let (id, token) = (bot["id"].as_i64().expect("an id"), bot["token"].as_str().expect("a token"));
    let site = Site::with(&[("TELEGRAM_API_URL", telegram.url.clone())]).await;

    let owner = site.member("ann").await;
    let message = format!(
        "Done! Congratulations on your new bot. Use this token to access the HTTP API:\n{token}\n"
    );
    let preview = owner.post("/bots/connect", &[("token", &message)]).await;
    assert!(preview.body.contains("Acme Shop"), "{}", preview.gist());
    assert!(!preview.body.contains(token), "the page that asks does not hold the token");
    let ticket = preview.value_of("token");
    let thief = site.member("mallory").await;
    let stolen = thief.post("/bots/connect", &[("token", &ticket), ("step", "connect")]).await;
    assert!(stolen.body.contains("ten minutes"), "{}", stolen.gist());
    owner.done("/bots/connect", &[("token", &ticket), ("step", "connect")]).await;

    telegram
        .tell(&format!("bots/{id}/people"), json!({ "count": 60, "payloads": ["spring"] }))
        .await;
    owner.wait_for("/bots/acme_shop_bot/broadcasts/new", "acme_shop_bot", 1).await;
    let draft =
        owner.done("/bots/acme_shop_bot/broadcasts", &[("text", "**Hello** from the test")]).await;
    let draft = draft.split('?').next().expect("a path").trim_end_matches("/confirm").to_owned();
    let confirm = owner.wait_for(&format!("{draft}/confirm"), "60", 90).await;
    let version = confirm.value_of("version");
    owner.done(&format!("{draft}/send"), &[("version", &version)]).await;
    owner.wait_for("/w/audit", "finished a broadcast", 90).await;

    // Each person got the answer to /start and the broadcast; the last answers may come after it.
    let stats = format!("bots/{id}/ledger/stats");
    let mut accepted = Value::Null;
    for _ in 0..80 {
        accepted = telegram.ask(&stats).await;
        if accepted["accepted"] == 120 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    assert_eq!(
        (&accepted["accepted"], &accepted["chats"]),
        (&json!(120), &json!(60)),
        "{accepted}"
    );
    let log = owner.get("/w/audit").await;
    assert!(log.body.contains("sent a broadcast to 60 recipients"), "{}", log.gist());
    assert!(!log.body.contains(token), "the token is nowhere to be seen");
    assert_eq!(site.gannet.expect("running").stop().await, Some(0));
}
