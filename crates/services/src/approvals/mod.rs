//! A second person's word before a message goes to many: asked for, given, refused, taken back, and made
//! void by whatever changes the draft.
//!
//! Every change locks the broadcast's row first, and so does sending: of two decisions, or a decision and
//! an edit, one comes first and the other sees it.

mod ask;
mod bound;
mod decide;
mod read;
mod void;
mod withdraw;

use async_trait::async_trait;
use contract::{
    ClientError,
    approvals::{ApprovalsApi, Ask, Bound, Refuse, Standing, Which},
    cx::RequestCx,
};
use domain::{
    approval::{State, covers, is_needed},
    ids::BroadcastId,
    rights::Right,
};
use store::{
    BotTx, StoreError,
    approvals::{self, Approval},
    broadcasts::Broadcast,
    members,
};

pub(crate) use read::{waiting, waiting_at, waiting_everywhere};
pub(crate) use void::{overtake, overtaken, void};

use crate::{ServiceError, Services};

#[async_trait]
impl ApprovalsApi for Services {
    async fn standing(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
    ) -> Result<Standing, ClientError> {
        Ok(read::standing(self, cx, slug, id).await?)
    }

    async fn ask(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: Ask,
    ) -> Result<(), ClientError> {
        Ok(ask::ask(self, cx, slug, id, form).await?)
    }

    async fn approve(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: Which,
    ) -> Result<(), ClientError> {
        Ok(decide::approve(self, cx, slug, id, form).await?)
    }

    async fn refuse(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: Refuse,
    ) -> Result<(), ClientError> {
        Ok(decide::refuse(self, cx, slug, id, form).await?)
    }

    async fn withdraw(
        &self,
        cx: &RequestCx,
        slug: &str,
        id: BroadcastId,
        form: Which,
    ) -> Result<(), ClientError> {
        Ok(withdraw::withdraw(self, cx, slug, id, form).await?)
    }

    async fn bound(&self, cx: &RequestCx) -> Result<Option<u32>, ClientError> {
        Ok(bound::bound(self, cx).await?)
    }

    async fn set_bound(&self, cx: &RequestCx, form: Bound) -> Result<(), ClientError> {
        Ok(bound::set(self, cx, form).await?)
    }
}

/// Why a second person's word is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Nobody has approved this edition of the draft, and it would go to more than this.
    Word {
        /// The workspace's bound.
        above: u32,
        /// Whether groups or channels are among those who would get it.
        to_chats: bool,
    },
    /// It would go to more people than whoever approved it looked at.
    Outgrown {
        /// How many would get it.
        audience: u64,
        /// How many were looked at.
        seen: u64,
    },
    /// Whoever approved it may not send any more.
    Standing,
}

impl Missing {
    /// Why a broadcast did not begin at its time, as it stays beside it.
    pub(crate) fn reason(self) -> String {
        match self {
            Self::Word { .. } => "a second person has to approve it first".into(),
            Self::Outgrown { audience, seen } => {
                format!(
                    "it would go to {audience} people, and {seen} were looked at when it was approved"
                )
            }
            Self::Standing => "whoever approved it may not send any more".into(),
        }
    }
}

impl From<Missing> for ServiceError {
    fn from(missing: Missing) -> Self {
        Self::Conflict(match missing {
            Missing::Word { to_chats: true, .. } => {
                "This would go to groups or channels, and nobody can say how many people read there, so a second person \
                 has to approve it first. Press Continue and ask."
                    .into()
            }
            Missing::Word { above, .. } => format!(
                "This would go to more than {above} people, so a second person has to approve it first. Press Continue and ask."
            ),
            Missing::Outgrown { audience, seen } => format!(
                "This would go to {audience} people by now, and {seen} were looked at when it was approved. Take the \
                 request back, and ask once more."
            ),
            Missing::Standing => {
                "Whoever approved this may not send any more. Take the request back, and ask somebody else.".into()
            }
        })
    }
}

/// Whether a draft may go to `audience` people: to few enough for one person, or approved in exactly this
/// edition, by somebody who may send at this moment, for about as many people as were looked at. The
/// caller has locked it.
pub(crate) async fn missing(
    tx: &mut BotTx<'_>,
    draft: &Broadcast,
    audience: u64,
) -> Result<Option<Missing>, StoreError> {
    let above = approvals::above(tx).await?;
    let to_chats = draft.to.audience.has_chats();
    if !is_needed(above, audience, to_chats) {
        return Ok(None);
    }
    let last = approvals::last(tx, draft.id).await?;
    let is_approved = |one: &Approval| one.state == State::Approved && one.version == draft.edition;
    let Some(approved) = last.filter(is_approved) else {
        let above = above.map(|above| above.get()).unwrap_or_default();
        return Ok(Some(Missing::Word { above, to_chats }));
    };
    if !covers(approved.audience, audience) {
        return Ok(Some(Missing::Outgrown { audience, seen: approved.audience }));
    }
    let may_send = match approved.decider {
        Some(decider) => members::may(tx, decider, Right::Send).await?,
        None => false,
    };
    Ok((!may_send).then_some(Missing::Standing))
}

/// As [`missing`], for whoever presses the button.
///
/// # Errors
/// [`ServiceError::Conflict`], which says what to do.
pub(crate) async fn check(
    tx: &mut BotTx<'_>,
    draft: &Broadcast,
    audience: u64,
) -> Result<(), ServiceError> {
    match missing(tx, draft, audience).await? {
        Some(missing) => Err(missing.into()),
        None => Ok(()),
    }
}

/// What whoever comes too late is told: how it stands, and by whose hand.
fn over(request: &Approval) -> ServiceError {
    let by = request.decided_by.as_deref().unwrap_or("Somebody");
    ServiceError::Conflict(match request.state {
        State::Open => "This request waits for a second person.".into(),
        State::Approved => format!("{by} has approved it already."),
        State::Refused => format!("{by} has refused it already."),
        State::Withdrawn => format!("{by} has taken the request back."),
        State::Voided => {
            format!("{by} has changed or sent the message since, so the request is void.")
        }
    })
}

/// The request went with its draft, or never was.
fn gone() -> ServiceError {
    ServiceError::Conflict(
        "This request is gone. Reload the page and look at where it stands.".into(),
    )
}

/// Somebody changed the draft after it was looked at.
fn moved() -> ServiceError {
    ServiceError::Conflict(
        "The message was changed after you looked at it. Read it once more, then decide.".into(),
    )
}
