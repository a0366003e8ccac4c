//! What handlers ask for that is no page's business; the composition root plugs it in.

use async_trait::async_trait;
use axum::body::Bytes;
use domain::Timestamp;
use services::ingest::{Accepted, Ingest, IngestError, Refused};

/// The database does not answer; the same call may succeed in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the database does not answer")]
pub struct Away;

/// Takes in what Telegram sends.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Whose webhook `hook` is, when `secret` is its secret; compared in constant time.
    ///
    /// # Errors
    /// [`Refused::Denied`] alike for a wrong secret and for an unknown hook; [`Refused::Away`]:
    /// Telegram may try again.
    async fn accept(&self, hook: &str, secret: &str) -> Result<Accepted, Refused>;

    /// Stores one update, as the bytes that came. Returns after the commit; a repeat does nothing.
    ///
    /// # Errors
    /// [`IngestError::Away`]: nothing is stored, Telegram may try again.
    async fn take(&self, accepted: Accepted, update: Bytes) -> Result<(), IngestError>;
}

#[async_trait]
impl Inbox for Ingest {
    async fn accept(&self, hook: &str, secret: &str) -> Result<Accepted, Refused> {
        Self::accept(self, hook, secret).await
    }

    async fn take(&self, accepted: Accepted, update: Bytes) -> Result<(), IngestError> {
        Self::take(self, accepted, update).await
    }
}

/// What became of an event of Stripe's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is stored for good, now or before.
    Kept,
    /// It is not Stripe's, or no event.
    Refused(&'static str),
    /// The database does not answer.
    Away,
}

/// Takes in what Stripe tells.
#[async_trait]
pub trait Cashier: Send + Sync {
    /// Whether there is a secret to know Stripe by.
    fn takes_events(&self) -> bool;

    /// Stores the event whose bytes are `body`, if `signature` is Stripe's over them at about `now`.
    async fn take(&self, signature: &str, body: &[u8], now: Timestamp) -> Taken;
}

/// A mail that went nowhere, because there is no server to send it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeptMail {
    /// To whom.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// When it was written, where that is known.
    pub at: Option<Timestamp>,
}

/// Mail that is kept for want of a server.
#[async_trait]
pub trait Mailbox: Send + Sync {
    /// The latest mails, newest first, at most 200.
    ///
    /// # Errors
    /// [`Away`].
    async fn latest(&self) -> Result<Vec<KeptMail>, Away>;
}

/// Whether what we depend on is there.
#[async_trait]
pub trait Pulse: Send + Sync {
    /// Whether the database answers.
    async fn database_answers(&self) -> bool;
}

/// Whether a stream's session is still there.
#[async_trait]
pub trait Doorkeeper: Send + Sync {
    /// False once the person has signed out, here or anywhere else.
    async fn is_still_in(&self, session: &tower_sessions::Session) -> bool;
}
