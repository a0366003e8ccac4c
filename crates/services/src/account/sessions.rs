//! Where the viewer is signed in.

use contract::{account::Session, cx::RequestCx};
use store::{StoreError, sessions};

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
            ip: browser.ip.unwrap_or_default(),
            user_agent: browser.user_agent.unwrap_or_default(),
            created_at: browser.created_at,
            last_seen_at: browser.last_seen_at,
        })
        .collect())
}
