//! A mail as it is written on the wire.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use domain::email::Email;
use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use url::Host;

use super::{Mail, MailError};

/// Headers that come from the mail's own fields, or say how its body is written.
const OURS: [&str; 12] = [
    "auto-submitted",
    "bcc",
    "cc",
    "date",
    "from",
    "message-id",
    "mime-version",
    "return-path",
    "sender",
    "subject",
    "to",
    "x-mailer",
];
/// Most bytes of a header's value; far below what servers take.
const LONGEST_VALUE: usize = 2000;

/// Whom mail comes from (`MAIL_FROM`): `Gannet <gannet@example.org>` or the address alone.
#[derive(Clone, PartialEq, Eq)]
pub struct From(Mailbox);

impl From {
    /// Takes a name and an address, or an address.
    ///
    /// # Errors
    /// [`BadFrom`] for anything else.
    pub fn parse(text: &str) -> Result<Self, BadFrom> {
        if text.chars().any(char::is_control) {
            return Err(BadFrom);
        }
        text.trim().parse().map(Self).map_err(|_| BadFrom)
    }
}

impl fmt::Debug for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "From({})", self.0)
    }
}

/// A text is no sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an address, or a name and an address: Gannet <gannet@example.org>")]
pub struct BadFrom;

/// Writes the mail. Whatever could begin a header of its own is refused.
pub(super) fn write(mail: &Mail, from: &From, now: SystemTime) -> Result<Message, MailError> {
    let one_line = |what: &str, text: &str| {
        let fits = text.len() <= LONGEST_VALUE && !text.chars().any(char::is_control);
        fits.then_some(()).ok_or_else(|| rejected(format!("{what} is not one line of text")))
    };
    one_line("the subject", &mail.subject)?;
    let From(from) = from;
    let mut draft = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, address(&mail.to)?))
        .subject(&mail.subject)
        .date(now)
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        .raw_header(header("Auto-Submitted", "auto-generated")?);
    for (name, value) in &mail.headers {
        one_line("a header", value)?;
        let lower = name.to_ascii_lowercase();
        if OURS.contains(&lower.as_str()) || lower.starts_with("content-") {
            return Err(rejected(format!("the header {lower} is not for the caller")));
        }
        draft = draft.raw_header(header(name, value)?);
    }
    let text = mail.text.clone();
    let written = match &mail.html {
        Some(html) => draft.multipart(MultiPart::alternative_plain_html(text, html.clone())),
        None => draft.singlepart(SinglePart::plain(text)),
    };
    written.map_err(|error| rejected(error.to_string()))
}

/// The address with its host in ASCII, as servers want it.
fn address(to: &Email) -> Result<Address, MailError> {
    let no_address = || rejected("no address that mail can be sent to".into());
    let (local, host) = to.as_str().rsplit_once('@').ok_or_else(no_address)?;
    let host = Host::parse(host).map_err(|_| no_address())?;
    Address::from_str(&format!("{local}@{host}")).map_err(|_| no_address())
}

fn header(name: &str, value: &str) -> Result<HeaderValue, MailError> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let name = Some(name)
        .filter(|name| name.bytes().all(token))
        .and_then(|name| HeaderName::new_from_ascii(name.into()).ok())
        .ok_or_else(|| rejected("a header has no proper name".into()))?;
    Ok(HeaderValue::new(name, value.into()))
}

fn rejected(why: String) -> MailError {
    MailError::Rejected(why)
}
