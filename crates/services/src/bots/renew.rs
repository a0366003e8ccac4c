//! A change of a connection that stands: a new secret, perhaps a new token.

use adapters::telegram::{CallError, Me};
use domain::{audit::Event, bot::Api};
use store::{
    BotScope, BotTx, StoreError,
    audit::{self, Origin},
    bots, changes, directory, secrets,
};

use super::{
    identify::{self, Identified},
    webhook,
};
use crate::{ServiceError, Services, credentials};

/// What is to be put into force.
pub(super) struct Change {
    /// The bot with the token to be used from now on.
    pub found: Identified,
    /// Where it lives.
    pub api: Api,
    /// Whether that token is a new one.
    pub is_new_token: bool,
    /// What the audit log will say.
    pub event: Event,
}

/// Somebody else changes the same connection.
pub(super) fn busy() -> ServiceError {
    ServiceError::Conflict(
        "The connection of this bot is being changed just now. Wait a moment, then look at it again.".into(),
    )
}

/// Has Telegram deliver under a new secret, and puts secret and token into force once it said yes.
///
/// Until then the old ones work; from the commit on the old secret is refused. What Telegram is about to
/// be told is on record before it is: should this process die in between, [`super::reconcile`] settles it.
///
/// # Errors
/// [`ServiceError::Conflict`] while another change is under way; [`ServiceError::Away`] when Telegram
/// did not say yes, and then the old ones stay.
pub(super) async fn renew(
    svc: &Services,
    origin: &Origin,
    scope: &BotScope,
    change: &Change,
) -> Result<(), ServiceError> {
    let token = match change.is_new_token {
        true => Some(credentials::seal(svc, scope, &change.found.who.token).await?),
        false => None,
    };
    let fresh = webhook::Fresh::new()?;
    let delivery = webhook::delivery(&svc.settings, change.api);
    let new = changes::New {
        delivery,
        hook: fresh.hook(delivery),
        token: token.as_deref(),
        event: &change.event,
    };
    let claim = svc
        .store
        .bot(scope, async |tx| {
            bots::find(tx).await?.ok_or(ServiceError::NotFound)?;
            let claim = bots::claim_change(tx).await?.ok_or_else(busy)?;
            changes::begin(tx, &new).await?;
            Ok::<_, ServiceError>(claim)
        })
        .await?;

    if let Err(error) = webhook::begin(svc, &change.found.who, delivery, &fresh).await {
        return Err(give_up(svc, scope, claim, &error).await?);
    }
    svc.store
        .bot(scope, async |tx| {
            if !bots::end_change(tx, claim).await? {
                return Err(busy());
            }
            put_into_force(tx, origin, &change.found.me, change.found.who.token.last4(), &new).await
        })
        .await?;
    svc.nudges.poll.notify_one();
    Ok(())
}

/// Everything that is in force together, and the end of the change.
pub(super) async fn put_into_force(
    tx: &mut BotTx<'_>,
    origin: &Origin,
    me: &Me,
    token_last4: &str,
    new: &changes::New<'_>,
) -> Result<(), ServiceError> {
    let identity = bots::Identity {
        username: &me.username,
        name: &me.first_name,
        delivery: new.delivery,
        token_last4,
    };
    bots::set_connection(tx, &identity).await?;
    if let Some(token) = new.token {
        secrets::put(tx, secrets::Kind::Token, token).await?;
    }
    directory::set_hook(tx, new.hook).await?;
    audit::record(tx, origin, new.event).await?;
    changes::forget(tx).await?;
    Ok(())
}

/// Ends a change that Telegram did not go along with. Gives what to tell the person.
async fn give_up(
    svc: &Services,
    scope: &BotScope,
    claim: bots::Claim,
    error: &CallError,
) -> Result<ServiceError, ServiceError> {
    let is_open = matches!(error, CallError::Unanswered(_));
    svc.store
        .bot(scope, async |tx| {
            if !bots::end_change(tx, claim).await? {
                return Ok(());
            }
            if is_open {
                bots::set_trouble(tx, Some(UNKNOWN)).await?;
            } else {
                changes::forget(tx).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await?;
    Ok(ServiceError::Away(if is_open {
        UNKNOWN.into()
    } else {
        format!("{} The old token and secret are still in force.", identify::explain(error))
    }))
}

const UNKNOWN: &str = "Telegram broke off in the middle, and it is not known whether the old connection is still in \
                       force. Gannet asks again by itself; if this stays, press Repair.";
