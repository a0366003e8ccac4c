//! Mail: the port, and the client that speaks SMTP.
//!
//! [`Mailer`] is the port; its error says whether the same mail may be tried again. [`SmtpMailer`] is
//! the client, over TLS unless the server is this very machine. [`Kept`] delivers to nobody and keeps
//! what it was given, for where there is no server and for tests.

mod kept;
mod letter;
mod smtp;
mod url;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use domain::email::Email;
use uuid::Uuid;

pub use kept::Kept;
pub use letter::{BadFrom, From};
pub use smtp::SmtpMailer;
pub use url::{BadUrl, Security, SmtpUrl};

/// One mail to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Names the mail: a second try carries the same `Message-ID`, so that a mailbox which got both
    /// shows one.
    pub id: Uuid,
    /// Who gets it.
    pub to: Email,
    /// One line. Control characters make it [`MailError::Rejected`].
    pub subject: String,
    /// The body as plain text. Any line breaks, any characters.
    pub text: String,
    /// The same body as HTML, if there is one.
    pub html: Option<String>,
    /// Further headers by name and value, one line each: `List-Unsubscribe`, `Reply-To`. Those that
    /// are set here anyhow (sender, receiver, date, form of the body) are refused.
    pub headers: Vec<(String, String)>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail({})", self.id)
    }
}

/// Delivers mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands over one mail, within 30 s.
    ///
    /// # Errors
    /// [`MailError`] says whether to try again.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// Why a mail was not handed over. The texts hold no address and no password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The server could not be reached, would not let us in, or asked to come back.
    #[error("mail not accepted for now: {0}")]
    Retry(String),
    /// The whole mail went out and no answer came: it may have been accepted, so it is never tried
    /// again.
    #[error("mail sent, and no answer came: {0}")]
    Unanswered(String),
    /// This mail will never be accepted.
    #[error("mail refused: {0}")]
    Rejected(String),
}
