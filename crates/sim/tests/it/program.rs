//! `gannet-sim` and `gannet-stripe-sim` as processes.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

const TOKEN: &str = "123456:TEST-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Ends the process with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gannet-sim"));
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn it_starts_with_a_bot_and_people() {
    let bot = format!("{TOKEN}:command_line_bot");
    let args = [
        "--listen",
        "127.0.0.1:0",
        "--bot",
        &bot,
        "--people",
        "5",
        "--payloads",
        "a,b",
        "--limits",
        "off",
    ];
    let mut child = Running(program(&args).spawn().expect("it starts"));
    let stdout = child.0.stdout.take().expect("it is piped");
    let lines: Vec<_> =
        BufReader::new(stdout).lines().take(2).map(|line| line.expect("text")).collect();
    let base = lines[0].strip_prefix("listening on ").expect("it says where");
    assert_eq!(lines[1], format!("bot @command_line_bot {TOKEN}"));

    let url = format!("{base}/bot{TOKEN}/getUpdates?timeout=1");
    let updates: Value = reqwest::get(url).await.expect("an answer").json().await.expect("JSON");
    assert!(!updates["result"].as_array().expect("updates").is_empty(), "{updates}");
}

#[tokio::test]
async fn a_stripe_starts_with_plans_and_says_where() {
    let plans = std::env::temp_dir().join(format!("gannet-plans-{}.toml", std::process::id()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_gannet-stripe-sim"));
    command.args(["--listen", "127.0.0.1:0", "--plans"]).arg(&plans);
    let mut child = Running(command.stdout(Stdio::piped()).spawn().expect("it starts"));
    let stdout = child.0.stdout.take().expect("it is piped");
    let lines: Vec<_> =
        BufReader::new(stdout).lines().take(2).map(|line| line.expect("text")).collect();
    let base = lines[0].strip_prefix("listening on ").expect("it says where");
    let key = lines[1].strip_prefix("key ").expect("it says how");

    let prices = reqwest::Client::new().get(format!("{base}/v1/prices")).bearer_auth(key);
    let prices: Value = prices.send().await.expect("an answer").json().await.expect("JSON");
    let written = std::fs::read_to_string(&plans).expect("it wrote the plans");
    std::fs::remove_file(&plans).expect("the file can be removed");
    let ids: Vec<_> = prices["data"].as_array().into_iter().flatten().collect();
    assert_eq!(ids.len(), 4);
    for price in ids {
        let id = price["id"].as_str().expect("an id");
        assert!(written.contains(&format!("\"{id}\"")), "{id} is not in {written}");
    }
}

#[test]
fn it_explains_itself_and_keeps_to_this_machine() {
    let help = program(&["--help"]).output().expect("it runs");
    let help = String::from_utf8(help.stdout).expect("text");
    for option in [
        "--listen",
        "--bot",
        "--people",
        "--limits",
        "--ledger",
        "--state",
        "--allow-http-webhooks",
    ] {
        assert!(help.contains(option), "{help}");
    }
    let refused = program(&["--listen", "0.0.0.0:0"]).output().expect("it runs");
    assert_eq!(refused.status.code(), Some(2));
    let why = String::from_utf8(refused.stderr).expect("text");
    assert!(why.contains("not a loopback address") && why.contains("--listen-anywhere"), "{why}");
}
