//! A bot of which nothing is edited or sent for a while.

use contract::{bots::ReadOnly, cx::RequestCx};
use domain::{audit::Event, gates::Shut, rights::Right};
use store::{BotTx, audit, bots, replies};

use crate::{ServiceError, Services, access, billing::gate, engine};

/// What whoever wants to edit or send meanwhile is told.
const WHY_NOT: &str = "This bot is read-only: nothing is edited or sent until somebody who manages it turns that off \
                       in its settings.";

/// Turns it on or off. On: what is being sent stops and waits to be resumed by hand, and answers that
/// wait are forgotten. A sender in the middle sees it at its next heartbeat. What is so already stays.
///
/// # Errors
/// [`ServiceError::NotFound`] once the bot is disconnected; [`ServiceError::Invalid`] for another word.
pub(super) async fn set(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    form: ReadOnly,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Manage).await?;
    let read_only = form.wanted().ok_or_else(|| {
        ServiceError::field("", "This form is incomplete. Open the page again, and choose there.")
    })?;
    let origin = access::origin(cx);
    svc.store
        .bot(&scope, async |tx| {
            let bot = bots::lock(tx).await?.ok_or(ServiceError::NotFound)?;
            if bot.read_only == read_only {
                return Ok(());
            }
            bots::set_read_only(tx, read_only).await?;
            let event = Event::BotReadOnly { read_only, read_only_before: bot.read_only };
            audit::record(tx, &origin, &event).await?;
            if read_only {
                engine::pause_all(tx, &origin, Shut::ReadOnly.reason()).await?;
                replies::drop_all(tx).await?;
            }
            Ok::<_, ServiceError>(())
        })
        .await
}

/// Sees that the transaction's bot may be edited and sent from at this moment.
///
/// # Errors
/// [`ServiceError::Conflict`] while it is read-only, or its workspace is for a payment that is overdue.
pub(crate) async fn refuse(svc: &Services, tx: &mut BotTx<'_>) -> Result<(), ServiceError> {
    match bots::is_read_only(tx).await? {
        true => Err(ServiceError::Conflict(WHY_NOT.into())),
        false => gate::admit_change(svc, tx).await,
    }
}
