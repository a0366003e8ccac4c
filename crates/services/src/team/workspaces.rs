//! Founding, naming and choosing workspaces.

use contract::{
    cx::RequestCx,
    team::{Founding, Naming, Switch, Workspace},
};
use domain::{audit::Event, ids::WorkspaceId, limit::Limit, person::Name};
use store::{audit, members};
use uuid::Uuid;

use crate::{ServiceError, Services, access, limits};

/// Most workspaces that one person belongs to.
const MOST: usize = 100;

pub(super) async fn list(svc: &Services, cx: &RequestCx) -> Result<Vec<Workspace>, ServiceError> {
    let memberships = access::memberships(svc, cx).await?;
    let workspace = |(membership, _): (members::Membership, _)| Workspace {
        id: membership.workspace,
        name: membership.name,
        role: membership.role,
        closes_at: membership.closes_at.map(|at| at.to_jiff()),
    };
    Ok(memberships.into_iter().map(workspace).collect())
}

pub(super) async fn found(
    svc: &Services,
    cx: &RequestCx,
    form: Founding,
) -> Result<WorkspaceId, ServiceError> {
    let (user, origin) = (access::viewer(cx)?.user, access::origin(cx));
    let name = name("called", &form.called)?;
    limits::charge(svc, cx, Limit::Found, &user.to_string()).await?;
    if access::memberships(svc, cx).await?.len() >= MOST {
        return Err(ServiceError::Conflict(
            "You belong to 100 workspaces, which is the most.".into(),
        ));
    }
    let scope = access::newborn_workspace(WorkspaceId::from(Uuid::now_v7()), user);
    svc.store
        .workspace(&scope, async |tx| {
            members::found(tx, &name, user).await?;
            audit::record(tx, &origin, &Event::WorkspaceCreated { name: name.clone() }).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    Ok(scope.workspace)
}

pub(super) async fn choose(
    svc: &Services,
    cx: &RequestCx,
    form: Switch,
) -> Result<WorkspaceId, ServiceError> {
    let memberships = access::memberships(svc, cx).await?;
    let wanted = form.workspace.parse::<WorkspaceId>().ok();
    memberships
        .iter()
        .filter(|(membership, _)| !membership.is_closing())
        .map(|(membership, _)| membership.workspace)
        .find(|workspace| Some(*workspace) == wanted)
        .ok_or_else(|| ServiceError::field("", "Choose one of your workspaces."))
}

pub(super) async fn rename(
    svc: &Services,
    cx: &RequestCx,
    form: Naming,
) -> Result<(), ServiceError> {
    let (scope, origin) = (access::admin(svc, cx).await?, access::origin(cx));
    let to = name("name", &form.name)?;
    svc.store
        .workspace(&scope, async |tx| {
            let from = members::rename(tx, &to).await?;
            if from != to {
                audit::record(tx, &origin, &Event::WorkspaceRenamed { from, to }).await?;
            }
            Ok::<_, ServiceError>(())
        })
        .await
}

fn name(field: &str, typed: &str) -> Result<String, ServiceError> {
    let name: Name = typed.parse().map_err(|why| ServiceError::field(field, why))?;
    Ok(name.as_str().to_owned())
}
