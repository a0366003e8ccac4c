//! The workspace that comes with an account.

use domain::{audit::Event, ids::UserId, person::Name};
use store::{
    WorkspaceTx,
    audit::{self, Origin},
    members,
};

use crate::ServiceError;

/// Founds the transaction's workspace as the first of `owner`, who is called `name`. Gives its name.
///
/// Part of the transaction that verifies the address: no account is verified and without a workspace.
pub(crate) async fn found_first(
    tx: &mut WorkspaceTx<'_>,
    origin: &Origin,
    owner: UserId,
    name: &str,
) -> Result<String, ServiceError> {
    let called: Name =
        name.parse().map_err(|err| ServiceError::bug("reading a name that was taken", err))?;
    let workspace = called.first_workspace();
    members::found(tx, &workspace, owner).await?;
    audit::record(tx, origin, &Event::WorkspaceCreated { name: workspace.clone() }).await?;
    Ok(workspace)
}
