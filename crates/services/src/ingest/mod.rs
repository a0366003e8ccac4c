//! Updates on their way in: by webhook or by polling, into one inbox, and from there into effect.
//!
//! [`Ingest::accept`] judges a webhook's secret before its body is read; [`Ingest::take`] answers once
//! the update is committed. [`apply`] puts updates into effect, each bot's in order; [`poll`] asks
//! Telegram where it cannot call.

pub mod apply;
pub mod poll;

mod committer;
mod door;
mod shared;

use bytes::Bytes;
use domain::ids::{BotId, WorkspaceId};

use crate::Services;
use shared::Shared;

/// Takes in updates. One per process, shared behind an `Arc`: callers at the same moment share a
/// statement and a commit.
pub struct Ingest {
    doors: Shared<String, Result<Option<door::Door>, IngestError>>,
    inbox: Shared<committer::Update, Result<(), IngestError>>,
}

/// A webhook's secret was right: whose update it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Whose bot.
    pub workspace: WorkspaceId,
    /// Which bot.
    pub bot: BotId,
}

/// Why a request to a webhook's address gets no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Wrong secret, or no such path: 403, alike.
    #[error("no webhook answers to this path and secret")]
    Denied,
    /// The database does not answer: 503, and Telegram tries again.
    #[error("the database does not answer")]
    Away,
}

/// Why an update was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// The database does not answer, or the bot went a moment ago: 503, and Telegram tries again.
    #[error("the update could not be stored")]
    Away,
    /// The body is no update: 400.
    #[error("the body is no update")]
    Malformed,
}

impl Ingest {
    /// Starts taking in. The tasks behind it end when it is dropped.
    pub fn start(svc: &Services) -> Self {
        let (doors, inbox) = (svc.store.clone(), svc.store.clone());
        let arrived = svc.nudges.apply.clone();
        Self {
            doors: Shared::start(move |paths| door::find(doors.clone(), paths)),
            inbox: Shared::start(move |batch| {
                committer::commit(inbox.clone(), batch, arrived.clone())
            }),
        }
    }

    /// Judges the secret of a request to the webhook's path `hook`: an empty one when the header is
    /// missing.
    ///
    /// An unknown path costs the same look and the same comparison as a wrong secret. Nothing is kept
    /// from one request to the next, so a secret that was replaced is refused from that commit on.
    ///
    /// # Errors
    /// See [`Refused`].
    pub async fn accept(&self, hook: &str, secret: &str) -> Result<Accepted, Refused> {
        let found = match self.doors.ask(door::path(hook)).await {
            Some(Ok(found)) => found,
            Some(Err(_)) | None => return Err(Refused::Away),
        };
        door::judge(found.as_ref(), secret).ok_or(Refused::Denied)
    }

    /// Takes in an update. Its first arrival counts; later ones change nothing and are answered alike.
    ///
    /// # Errors
    /// See [`IngestError`].
    pub async fn take(&self, accepted: Accepted, body: Bytes) -> Result<(), IngestError> {
        let update_id = committer::number(&body).ok_or(IngestError::Malformed)?;
        self.store(accepted, update_id, body).await
    }

    /// Takes in an update whose number is known.
    pub(crate) async fn store(
        &self,
        to: Accepted,
        update_id: i64,
        body: Bytes,
    ) -> Result<(), IngestError> {
        self.inbox
            .ask(committer::Update { to, update_id, body })
            .await
            .unwrap_or(Err(IngestError::Away))
    }
}
