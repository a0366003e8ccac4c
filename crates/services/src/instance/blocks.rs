//! Clients that are shut out.

use contract::{
    cx::RequestCx,
    instance::{Block, Lift},
};
use domain::{audit::AccountEvent, ids::UserId};
use store::{Store, accounts::log, audit::Origin, limits as rows};

use crate::{ServiceError, Services, access, limits};

/// Those who are shut out now, the longest first.
pub(super) async fn list(svc: &Services, cx: &RequestCx) -> Result<Vec<Block>, ServiceError> {
    access::instance_admin(svc, cx)?;
    let blocks = limits::blocks(&svc.store).await?;
    Ok(blocks.into_iter().map(|block| Block { client: block.client, until: block.until }).collect())
}

/// Lets a client in again.
pub(super) async fn lift(svc: &Services, cx: &RequestCx, form: Lift) -> Result<(), ServiceError> {
    let admin = access::instance_admin(svc, cx)?.user;
    lift_as(&svc.store, &access::origin(cx), Some(admin), form.client.trim()).await
}

/// The same for the person who runs the server, on its command line.
///
/// # Errors
/// [`ServiceError::NotFound`] when the client is not shut out.
pub async fn lift_by_hand(
    store: &Store,
    client: &str,
    origin: &Origin,
) -> Result<(), ServiceError> {
    lift_as(store, origin, None, client).await
}

async fn lift_as(
    store: &Store,
    origin: &Origin,
    by: Option<UserId>,
    client: &str,
) -> Result<(), ServiceError> {
    store
        .user(by, async |tx| {
            if !rows::lift(tx, client).await? {
                return Err(ServiceError::NotFound);
            }
            Ok(log::record(tx, origin, by, AccountEvent::BlockLifted).await?)
        })
        .await
}
