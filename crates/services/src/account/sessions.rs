//! Where the viewer is signed in.

use contract::{account::Session, auth::Admission, cx::RequestCx};
use domain::audit::AccountEvent;
use store::{
    StoreError,
    accounts::log,
    sessions::{self, IdHash},
};

use crate::{ServiceError, Services, access};

/// The browsers in which the viewer is signed in, the latest seen first.
pub(super) async fn sessions(svc: &Services, cx: &RequestCx) -> Result<Vec<Session>, ServiceError> {
    let user = access::viewer(cx)?.user;
    let browsers = svc
        .store
        .user(Some(user), async |tx| Ok::<_, StoreError>(sessions::of_user(tx).await?))
        .await?;
    Ok(browsers
        .into_iter()
        .map(|browser| Session {
            is_this: cx.session == Some(hex::encode(&browser.id_hash)),
            name: hex::encode(browser.id_hash),
            country: browser.ip.as_deref().and_then(|ip| svc.country(ip)),
            ip: browser.ip.unwrap_or_default(),
            user_agent: browser.user_agent.unwrap_or_default(),
            created_at: browser.created_at,
            last_seen_at: browser.last_seen_at,
        })
        .collect())
}

/// Ends the session called `name`: its browser is out on its next click.
pub(super) async fn revoke(svc: &Services, cx: &RequestCx, name: &str) -> Result<(), ServiceError> {
    let (user, origin) = (access::viewer(cx)?.user, access::origin(cx));
    let gone = || ServiceError::Conflict("This browser is signed out already.".into());
    let session = read(name).ok_or_else(gone)?;
    svc.store
        .user(Some(user), async |tx| {
            if !sessions::end_own(tx, &session).await? {
                return Err(gone());
            }
            log::record(tx, &origin, Some(user), AccountEvent::SessionRevoked).await?;
            Ok(())
        })
        .await
}

/// Ends all sessions but the one that asks.
pub(super) async fn revoke_others(
    svc: &Services,
    cx: &RequestCx,
) -> Result<Admission, ServiceError> {
    let (user, origin, this) = (access::viewer(cx)?.user, access::origin(cx), this_session(cx));
    let epoch = svc
        .store
        .user(Some(user), async |tx| {
            let epoch = sessions::end_others(tx, this.as_ref()).await?;
            log::record(tx, &origin, Some(user), AccountEvent::SessionsRevoked).await?;
            epoch.ok_or(ServiceError::Unauthenticated)
        })
        .await?;
    Ok(Admission { user, epoch })
}

/// The session that asks.
pub(crate) fn this_session(cx: &RequestCx) -> Option<IdHash> {
    cx.session.as_deref().and_then(read)
}

/// The session behind a name in the list.
fn read(name: &str) -> Option<IdHash> {
    let mut hash = IdHash::default();
    hex::decode_to_slice(name, &mut hash).ok().map(|()| hash)
}
