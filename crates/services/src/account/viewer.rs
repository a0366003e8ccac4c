//! Who is behind a session.

use contract::{account::SignedIn, cx::Viewer};
use store::{StoreError, accounts};

use crate::{ServiceError, Services};

/// The person behind a session, in the workspace they chose if they still belong to it, and otherwise
/// in the one they have belonged to the longest. None when account or memberships are gone.
pub(super) async fn viewer(
    svc: &Services,
    session: SignedIn,
) -> Result<Option<Viewer>, ServiceError> {
    let profile = svc
        .store
        .user(Some(session.user), async |tx| {
            Ok::<_, StoreError>(accounts::profile(tx, session.workspace).await?)
        })
        .await?;
    Ok(profile.map(|profile| Viewer {
        user: session.user,
        name: profile.name,
        email: profile.email,
        time_zone: profile.time_zone,
        workspace: profile.workspace,
        workspace_name: profile.workspace_name,
        role: profile.role,
        instance_admin: profile.instance_admin,
    }))
}
