//! A second person's word before a message goes to many.

use domain::{
    Timestamp,
    approval::State,
    bot::Slug,
    ids::{ApprovalId, BroadcastId},
};

#[cfg(feature = "server")]
use crate::{ClientError, cx::RequestCx};

/// How a broadcast stands with approval, as the viewer sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Recipients above which a second person is asked; none: never.
    pub above: Option<u32>,
    /// The newest request, whatever became of it.
    pub last: Option<Request>,
    /// How many others could approve it if the viewer asked now.
    pub others: u64,
    /// Whether groups or channels would get it: above a bound, that is asked about whatever their number.
    pub to_chats: bool,
}

impl Standing {
    /// The request that counts for this edition of the draft: it waits, or was approved.
    pub fn in_force(&self, edition: &str) -> Option<&Request> {
        self.last.as_ref().filter(|one| one.state.is_in_force() && one.version == edition)
    }

    /// Whether a broadcast to `audience` recipients could go out in this edition, as far as a second person goes.
    pub fn lets(&self, edition: &str, audience: u64) -> bool {
        let is_needed =
            self.above.is_some_and(|above| self.to_chats || audience > u64::from(above));
        !is_needed || self.in_force(edition).is_some_and(|one| one.state == State::Approved)
    }
}

/// One request for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which.
    pub id: ApprovalId,
    /// Of which edition of the draft; see [`crate::broadcasts::View::edition`].
    pub version: String,
    /// To how many people it would have gone when it was asked for.
    pub audience: u64,
    /// Where it stands.
    pub state: State,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// Whether the viewer asked.
    pub is_mine: bool,
    /// Who ended it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Why the viewer may not decide; none: they may.
    pub not_you: Option<String>,
}

/// A request that waits for the viewer.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Waiting {
    /// Of which bot.
    pub slug: Slug,
    /// Of which broadcast.
    pub broadcast: BroadcastId,
    /// The beginning of its text.
    pub excerpt: String,
    /// To how many people it would have gone when it was asked for.
    pub audience: u64,
    /// Who asked.
    pub asked_by: String,
}

/// `POST …/{id}/ask`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Ask {
    /// The edition of the draft that was looked at; see [`crate::broadcasts::View::edition`].
    #[serde(default)]
    pub version: String,
}

/// `POST …/{id}/approve` and `POST …/{id}/withdraw`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Which {
    /// Which request.
    #[serde(default)]
    pub request: String,
    /// The edition of the draft that was looked at; see [`crate::broadcasts::View::edition`].
    #[serde(default)]
    pub version: String,
}

/// `POST …/{id}/refuse`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Refuse {
    /// Which request.
    #[serde(default)]
    pub request: String,
    /// Why, at most 500 characters; may stay empty.
    #[serde(default)]
    pub reason: String,
}

/// `POST /w/approval`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Bound {
    /// Recipients above which a second person is asked, 1 to 10,000,000; empty: never.
    #[serde(default)]
    pub above: String,
}

impl Bound {
    /// What the page calls its password field, beside that of the form that deletes the workspace.
    pub const AGAIN: &'static str = "again-approval";
}

/// A second person's word. Everything about a broadcast needs a right on its bot and answers
/// [`ClientError::Forbidden`] without it.
#[cfg(feature = "server")]
#[async_trait::async_trait]
pub trait ApprovalsApi: Send + Sync {
    /// How a broadcast stands. Needs View.
    async fn standing(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<Standing, ClientError>;

    /// Asks for approval of the draft in this version; those who may give it are told by mail. Needs Send.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] for another version, where a request is in force, where nobody else could
    /// approve, where none is needed, and while the bot is read-only; [`ClientError::RateLimited`] after
    /// thirty within an hour.
    async fn ask(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: Ask,
    ) -> Result<(), ClientError>;

    /// Approves it; who asked is told by mail. Needs Send.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] for whoever asked, wrote or changed it, for another version, once somebody
    /// has decided (it says who), and while the bot is read-only.
    async fn approve(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: Which,
    ) -> Result<(), ClientError>;

    /// Says no; who asked is told by mail. Needs Send.
    ///
    /// # Errors
    /// As [`ApprovalsApi::approve`]; [`ClientError::Invalid`] at `reason`.
    async fn refuse(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: Refuse,
    ) -> Result<(), ClientError>;

    /// Takes a request back, or what was approved on it. For whoever asked. Needs Send.
    ///
    /// # Errors
    /// [`ClientError::Conflict`] for anybody else, and when it is over.
    async fn withdraw(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: Which,
    ) -> Result<(), ClientError>;

    /// Recipients above which the current workspace asks for a second person; none: never.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for all but its owners.
    async fn bound(&self, cx: &RequestCx) -> Result<Option<u32>, ClientError>;

    /// Sets that.
    ///
    /// # Errors
    /// [`ClientError::Forbidden`] for all but owners; [`ClientError::Invalid`] at `above`, and without a
    /// fresh proof.
    async fn set_bound(&self, cx: &RequestCx, form: Bound) -> Result<(), ClientError>;
}
