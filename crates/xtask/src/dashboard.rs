//! The dashboard of somebody new with a sandbox bot, to be weighed.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{
    budget::{self, HTML_BYTES, Line},
    http::{self, Answer, Url},
    stage::{Home, free_address, start, stop, tail},
    steps::Steps,
    workspace::Workspace,
};

const ADDRESS: &str = "ann@example.org";
const PASSWORD: &str = "TEST-Horse-battery-7";
/// How long a mail, and people, may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts the server that was built for production, signs somebody up, and weighs what they see.
///
/// # Errors
/// [`crate::Failed`] when any of that does not work.
pub fn weigh(workspace: &Workspace, steps: &mut Steps) -> Result<Line> {
    let mut line = None;
    steps.step("weigh the dashboard", |progress| {
        let log = workspace.logs().join("gannet-weigh.log");
        let home = Home::make()?;
        let address = free_address()?;
        let mut server = start(workspace, (&home, &log), address, None, true)?;
        if !server.wait_until_ready()? {
            bail!("the server did not start:\n{}", tail(&log));
        }
        line = Some(dashboard(address)?);
        stop(server, &log, progress)
    })?;
    line.context("a step that went well has weighed it")
}

fn dashboard(server: SocketAddr) -> Result<Line> {
    let at = |path: &str| Url::at(server, path);
    let registered = led_on(http::post(
        &at("/auth/register"),
        &[],
        &[("name", "Ann"), ("email", ADDRESS), ("password", PASSWORD)],
    )?)?;
    let cookie = session(&registered)?;
    let code = code(server)?;
    let fields = [("email", ADDRESS), ("code", code.as_str())];
    let verified = led_on(http::post(&at("/auth/verify"), &[("Cookie", &cookie)], &fields)?)?;
    let cookie = session(&verified)?;
    let mine = [("Cookie", cookie.as_str()), ("Accept", "text/html")];
    led_on(http::post(&at("/bots/sandbox"), &mine, &[("once", "weighing")])?)?;
    // Its people come within seconds, and their growth is drawn.
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let page = http::get(&at("/"), &mine)?;
        if String::from_utf8_lossy(&page.body).contains("<figure class=\"chart") {
            break;
        }
        thread::sleep(Duration::from_millis(500));
    }
    thread::sleep(Duration::from_secs(5));
    budget::html(&at("/"), Some(&cookie), HTML_BYTES)
}

fn led_on(answer: Answer) -> Result<Answer> {
    ensure!(answer.status == 303, "a form was answered {}", answer.status);
    Ok(answer)
}

fn session(answer: &Answer) -> Result<String> {
    Ok(answer.cookie("gannet").context("no session was begun")?.to_owned())
}

/// The code in the mail, which is kept where there is no server that takes it.
fn code(server: SocketAddr) -> Result<String> {
    let begun = Instant::now();
    loop {
        let answer = http::get(&Url::at(server, "/dev/mail"), &[("Accept", "application/json")])?;
        let mails: Value = serde_json::from_slice(&answer.body).context("read the mails")?;
        let text = mails[0]["text"].as_str().unwrap_or_default();
        let is_code =
            |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(code) = text.lines().map(str::trim).find(is_code) {
            return Ok(code.to_owned());
        }
        ensure!(begun.elapsed() < PATIENCE, "no mail with a code came");
        thread::sleep(Duration::from_millis(100));
    }
}
