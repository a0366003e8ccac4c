//! Who is behind a session.

use contract::{account::SignedIn, cx::Viewer};
use domain::ids::{UserId, WorkspaceId};
use sha2::{Digest, Sha256};
use store::{
    StoreError,
    accounts::{self, Profile},
    audit::Origin,
    members,
};
use uuid::Builder;

use crate::{ServiceError, Services, access, auth::workspace};

/// Workspaces that one person can lose and get another for.
const MOST_LOST: u8 = 100;

/// The person behind a session, in the workspace they work in. None without a verified account.
///
/// Whoever was put out of the last workspace they had gets one of their own: nobody is left without.
pub(super) async fn viewer(
    svc: &Services,
    session: SignedIn,
) -> Result<Option<Viewer>, ServiceError> {
    let profile = match find(svc, session).await? {
        Some(profile) => Some(profile),
        None if found_one(svc, session.user).await? => find(svc, session).await?,
        None => None,
    };
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

async fn find(svc: &Services, session: SignedIn) -> Result<Option<Profile>, ServiceError> {
    let profile = svc
        .store
        .user(Some(session.user), async |tx| {
            Ok::<_, StoreError>(accounts::profile(tx, session.workspace).await?)
        })
        .await?;
    Ok(profile)
}

/// Founds a workspace for a verified account that has none. False for any other.
///
/// Its id follows from the person, so that of any number of requests at once one founds it: each of the
/// others finds it there. Whoever has lost that one, too, gets the next.
async fn found_one(svc: &Services, user: UserId) -> Result<bool, ServiceError> {
    for n in 0..MOST_LOST {
        let scope = access::newborn_workspace(own_workspace(user, n), user);
        let found = svc
            .store
            .workspace(&scope, async |tx| {
                let held = accounts::hold(tx, user).await?;
                let Some(name) =
                    held.filter(|account| account.verified).map(|account| account.name)
                else {
                    return Ok(Some(false));
                };
                if !members::is_free(tx).await? {
                    return Ok(members::works_here(tx, user).await?.then_some(true));
                }
                workspace::found_first(tx, &Origin::system("account"), user, &name).await?;
                Ok::<_, ServiceError>(Some(true))
            })
            .await?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Ok(false)
}

/// The `n`th workspace that somebody gets in this way.
fn own_workspace(user: UserId, n: u8) -> WorkspaceId {
    let digest = Sha256::new_with_prefix(user.as_uuid().as_bytes()).chain_update([n]).finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    WorkspaceId::from(Builder::from_custom_bytes(id).into_uuid())
}
