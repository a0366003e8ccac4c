//! People who use what is measured.

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Response, redirect::Policy};
use serde_json::Value;

/// A password that may be chosen. Obviously nobody's.
pub const PASSWORD: &str = "TEST-Horse-battery-7";
/// One that nobody has.
pub const WRONG: &str = "TEST-wrong-battery-7";

/// A browser: keeps cookies, follows no redirect.
///
/// # Errors
/// When there is no TLS, which nothing here needs.
pub fn browser() -> Result<Client> {
    Ok(Client::builder().cookie_store(true).redirect(Policy::none()).build()?)
}

/// Posts a form from the address `from`.
///
/// # Errors
/// When no answer comes.
pub async fn post(
    client: &Client,
    url: &str,
    from: &str,
    form: &[(&str, &str)],
) -> Result<Response> {
    let request = client.post(url).header("x-forwarded-for", from).header("accept", "text/html");
    Ok(request.form(form).send().await?)
}

/// An address that nobody else comes from (RFC 2544 keeps the range for tests).
pub fn address(number: u32) -> String {
    let [_, b, c, d] = number.to_be_bytes();
    format!("198.{}.{c}.{d}", 18 + (b & 1))
}

/// Signs somebody up who has not proved the address yet.
///
/// # Errors
/// When the server does not want them.
pub async fn sign_up(url: &str, client: &Client, email: &str, from: &str) -> Result<()> {
    let form = [("name", "Ann"), ("email", email), ("password", PASSWORD)];
    let answer = post(client, &format!("{url}/auth/register"), from, &form).await?;
    ensure!(answer.status() == 303, "signing up: {}", answer.status());
    Ok(())
}

/// Signs somebody up, proves the address, and is signed in.
///
/// # Errors
/// When any of that is refused.
pub async fn member(url: &str, client: &Client, email: &str, from: &str) -> Result<()> {
    sign_up(url, client, email, from).await?;
    let code = code(url, email).await?;
    let form = [("email", email), ("code", code.as_str())];
    let answer = post(client, &format!("{url}/auth/verify"), from, &form).await?;
    ensure!(answer.status() == 303, "verifying: {}", answer.status());
    Ok(())
}

/// The code in the newest mail to `email`.
async fn code(url: &str, email: &str) -> Result<String> {
    // From this machine itself, which alone may read them.
    let request = Client::new().get(format!("{url}/dev/mail")).header("accept", "application/json");
    let mails: Value = request.send().await?.json().await?;
    let mails = mails.as_array().context("a list of mails")?;
    let mail = mails.iter().find(|mail| mail["to"] == email).context("a mail")?;
    let text = mail["text"].as_str().context("its text")?;
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
    Ok(text.lines().map(str::trim).find(is_code).context("a code in it")?.to_owned())
}
