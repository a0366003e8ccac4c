//! A workspace that is about to go sends nothing.

use store::{BotTx, bots, endings, replies};

use super::{
    runner::{Lease, Lost},
    token,
};
use crate::{ServiceError, Services};

/// Puts aside what the bot would send, if its workspace is about to go: broadcasts wait for a person, who
/// may come when it was kept, and answers would come too late by then. False: it is not about to go.
///
/// While it is about to go nothing is handed out either ([`store::sending::status`], [`store::replies::take`]).
pub(super) async fn put_aside(svc: &Services, lease: &Lease) -> Result<bool, ServiceError> {
    let done = svc
        .store
        .bot(&lease.scope, async |tx: &mut BotTx<'_>| {
            lease.hold(svc, tx).await?;
            if !endings::is_closing(tx).await? {
                return Ok(false);
            }
            bots::lock(tx).await?;
            token::pause(tx, "its workspace is about to be deleted").await?;
            replies::drop_all(tx).await?;
            Ok::<_, Lost>(true)
        })
        .await;
    match done {
        Ok(is_closing) => Ok(is_closing),
        Err(Lost::Lease) => Ok(true),
        Err(Lost::Store(error)) => Err(error.into()),
    }
}
