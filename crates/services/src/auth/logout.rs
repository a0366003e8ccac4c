//! Signing out.

use contract::cx::RequestCx;
use domain::audit::AccountEvent;
use store::accounts::log;

use super::Auth;
use crate::{ServiceError, access};

/// Records that the viewer signed out; the caller ends the session. Nothing for somebody who is not
/// signed in: to sign out twice is no mistake.
pub(super) async fn logout(auth: &Auth, cx: &RequestCx) -> Result<(), ServiceError> {
    let Some(viewer) = &cx.viewer else { return Ok(()) };
    let (user, origin) = (viewer.user, access::origin(cx));
    auth.svc
        .store
        .user(Some(user), async |tx| {
            log::record(tx, &origin, Some(user), AccountEvent::SignedOut).await?;
            Ok(())
        })
        .await
}
