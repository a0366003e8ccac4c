//! What has to wait: over the limit, or with a payment overdue for too long.
//!
//! Nothing that is there is taken away, and what is being sent is sent to its end.

use domain::{
    billing::{
        standing::{Standing, Wait, Wish},
        usage::{Meter, Usage},
    },
    ids::WorkspaceId,
};
use store::{BotScope, BotTx, StoreError, WorkspaceScope, WorkspaceTx, billing::usage, schedule};

use super::{PAGE, facts};
use crate::{ServiceError, Services, access};

/// Refuses one member more than there is room for, or an invitation of one. Whoever else wants room of the workspace
/// waits for the end of this transaction, so that two do not get the same.
///
/// # Errors
/// [`ServiceError::Conflict`] says what it waits for, and what can be done.
pub(crate) async fn admit_member(
    svc: &Services,
    tx: &mut WorkspaceTx<'_>,
) -> Result<(), ServiceError> {
    if !svc.billing.is_limited() {
        return Ok(());
    }
    usage::take_turns(tx).await?;
    let facts = facts(svc, tx).await?;
    let (usage, now) = (usage::usage(tx).await?, schedule::now(tx).await?);
    let standing = Standing::of(&facts, &svc.billing.plans, now);
    standing.allows(&usage, Wish::Member).map_err(refusal)
}

/// Refuses a change of a bot while its workspace is in arrears for too long.
///
/// # Errors
/// As [`admit_member`].
pub(crate) async fn admit_change(svc: &Services, tx: &mut BotTx<'_>) -> Result<(), ServiceError> {
    if svc.billing.stripe.is_none() {
        return Ok(());
    }
    let (facts, now) = (facts(svc, tx).await?, schedule::now(tx).await?);
    let standing = Standing::of(&facts, &svc.billing.plans, now);
    standing.allows(&Usage::default(), Wish::Change).map_err(refusal)
}

/// Refuses the transaction's bot where there is no room for it beside the others that are connected, whether it is
/// new, comes back, or comes from another workspace. Whoever else brings one waits for the end of this transaction.
///
/// # Errors
/// As [`admit_member`].
pub(crate) async fn admit_bot(svc: &Services, tx: &mut BotTx<'_>) -> Result<(), ServiceError> {
    if !svc.billing.is_limited() {
        return Ok(());
    }
    let facts = facts(svc, tx).await?;
    let usage = Usage { bots: usage::lock_bots(tx).await?, ..Usage::default() };
    let now = schedule::now(tx).await?;
    Standing::of(&facts, &svc.billing.plans, now).allows(&usage, Wish::Bot).map_err(refusal)
}

/// What has to be known of the whole workspace before one of its bots sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    usage: Usage,
}

impl Room {
    /// Where nothing is known of the others: of the limits those count that one bot can look at by itself.
    pub fn of_one_bot(svc: &Services) -> Option<Self> {
        svc.billing.is_limited().then(|| Self { usage: Usage::default() })
    }
}

/// What there is before a broadcast begins; none where nothing ever has to wait.
pub(crate) async fn room(svc: &Services, scope: &BotScope) -> Result<Option<Room>, StoreError> {
    if !svc.billing.is_limited() {
        return Ok(None);
    }
    let scope: WorkspaceScope = access::workspace_of(scope);
    let usage = svc
        .store
        .workspace(&scope, async |tx| Ok::<_, StoreError>(usage::usage(tx).await?))
        .await?;
    Ok(Some(Room { usage }))
}

/// Why a broadcast to `audience` people has to wait, if it has to. The messages of the month are counted in this
/// transaction, and no other broadcast of the workspace begins until its end.
pub(crate) async fn wait(
    svc: &Services,
    tx: &mut BotTx<'_>,
    room: Option<Room>,
    audience: u64,
) -> Result<Option<Wait>, StoreError> {
    let Some(Room { usage }) = room else { return Ok(None) };
    let facts = facts(svc, tx).await?;
    let now = schedule::now(tx).await?;
    let standing = Standing::of(&facts, &svc.billing.plans, now);
    let messages = match standing.limits().messages {
        Some(_) => usage::lock_messages(tx).await?,
        None => usage.messages,
    };
    Ok(standing.allows(&Usage { messages, ..usage }, Wish::Send(audience)).err())
}

/// Brings what the workspace is told to what holds now, where that may have changed by what was just done. Nobody
/// waits for it, and the hourly round comes after it.
pub(crate) async fn retell(svc: &Services, workspace: WorkspaceId) {
    if let Err(error) = super::notices::tell(svc, workspace).await {
        tracing::warn!(?error, workspace.id = %workspace, "what holds about a plan was not told");
    }
}

/// Says why something waits to whoever wanted it.
pub(crate) fn refusal(wait: Wait) -> ServiceError {
    ServiceError::Conflict(match wait {
        Wait::ReadOnly => format!(
            "This workspace is read-only until its overdue payment is made. An owner can do that under Account → \
             Subscription ({PAGE})."
        ),
        Wait::Full { meter, used, limit, wanted } => {
            let more = "An owner can choose a larger one under Account → Subscription.";
            match meter {
                Meter::Bots => {
                    format!("The plan has room for {}. {more}", many(limit, "bot", "bots"))
                }
                Meter::Members => format!(
                    "The plan has room for {}, open invitations included. {more}",
                    many(limit, "member", "members")
                ),
                Meter::Subscribers => format!(
                    "There are {used} active subscribers, and the plan is for {limit}. They all stay, and are \
                     answered; broadcasts wait until there is room. {more}"
                ),
                Meter::Messages => format!(
                    "This would take {}; {used} of {limit} are used this month, which ends with the last day (UTC). \
                     Nothing was sent. {more}",
                    many(wanted, "message", "messages")
                ),
            }
        }
    })
}

/// Says it beside a broadcast that did not begin by itself.
pub(crate) fn reason(wait: Wait) -> String {
    match wait {
        Wait::ReadOnly => "the workspace is read-only until its overdue payment is made".to_owned(),
        Wait::Full { meter: Meter::Messages, used, limit, wanted } => {
            format!(
                "it would take {wanted} messages, and {used} of the plan’s {limit} a month are used"
            )
        }
        Wait::Full { meter, used, limit, .. } => {
            format!("there are {used} {meter}, and the plan is for {limit}")
        }
    }
}

fn many(n: u64, one: &str, more: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {more}") }
}
