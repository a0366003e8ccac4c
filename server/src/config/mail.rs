//! Where mail goes.

use std::fmt;

use url::Url;

use super::{Reader, WebConfig, base_url::is_loopback, database::without_password, reader::Value};

/// Where mail goes.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// The server that takes our mail; without one it is kept and readable on this machine.
    /// `SMTP_URL`, required when `BASE_URL` is not loopback.
    pub smtp: Option<SmtpUrl>,
    /// Sender of every mail, `Name <address>` or an address.
    /// `MAIL_FROM`, default `Gannet <gannet@…>` with the host of `BASE_URL`.
    pub from: String,
}

impl MailConfig {
    pub(super) fn read(reader: &mut Reader<'_>, web: &WebConfig) -> Self {
        let smtp = reader.maybe::<SmtpUrl>("SMTP_URL", "(mail is kept, see /dev/mail)");
        let sender = Sender(format!("Gannet <gannet@{}>", web.base_url.host()));
        let Sender(from) = reader.or("MAIL_FROM", sender);
        if smtp.is_none() && !reader.is_set("SMTP_URL") && !web.base_url.is_loopback() {
            let why = "needed when BASE_URL is not loopback, or nobody could verify an address; \
                       such as smtp://user:password@mail.example.org:587";
            reader.complain("SMTP_URL", why);
        }
        Self { smtp, from }
    }
}

/// The address of a mail server; its password is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl(Url);

impl SmtpUrl {
    /// With the password, for the one who connects.
    pub fn reveal(&self) -> &str {
        self.0.as_str()
    }

    /// Host and port, without the password.
    pub fn place(&self) -> (String, u16) {
        let usual = match self.0.scheme() {
            "smtps" => 465,
            _ if is_loopback(&self.0) => 25,
            _ => 587,
        };
        (self.0.host_str().unwrap_or_default().to_owned(), self.0.port().unwrap_or(usual))
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

impl Value for SmtpUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let example = "smtp://user:password@mail.example.org:587 or smtps://…:465";
        let url = Url::parse(text).map_err(|_| format!("not an address such as {example}"))?;
        if !matches!(url.scheme(), "smtp" | "smtps") {
            return Err(format!("must begin with smtp:// or smtps://, such as {example}"));
        }
        if url.host_str().unwrap_or_default().is_empty() {
            return Err(format!("names no host; it looks like {example}"));
        }
        // What sends the mail has the last word; it never repeats the address.
        adapters::mail::SmtpUrl::parse(text).map_err(|err| err.to_string())?;
        Ok(Self(url))
    }

    fn show(&self) -> String {
        without_password(&self.0)
    }
}

struct Sender(String);

impl Value for Sender {
    fn parse(text: &str) -> Result<Self, String> {
        match adapters::mail::From::parse(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(err) => Err(format!("`{text}` {err}")),
        }
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}
