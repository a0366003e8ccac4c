//! Workspaces and their people: who belongs to one, who may join, and what members may do.

mod close;
mod invite;
mod join;
mod link;
mod members;
mod remove;
mod rights;
mod workspaces;

use async_trait::async_trait;
use contract::{
    ClientError,
    cx::RequestCx,
    team::{
        Change, Closing, Ending, Founding, Grant, Invite, Join, Keep, Link, Matrix, Naming, OnBots,
        Switch, Team, TeamApi, Welcome, Which, Workspace,
    },
};
use domain::{ids::WorkspaceId, rights::NotSo};

use crate::{ServiceError, Services};

pub(crate) use join::admits;
pub use remove::remove_due;

#[async_trait]
impl TeamApi for Services {
    async fn workspaces(&self, cx: &RequestCx) -> Result<Vec<Workspace>, ClientError> {
        Ok(workspaces::list(self, cx).await?)
    }

    async fn found(&self, cx: &RequestCx, form: Founding) -> Result<WorkspaceId, ClientError> {
        Ok(workspaces::found(self, cx, form).await?)
    }

    async fn choose(&self, cx: &RequestCx, form: Switch) -> Result<WorkspaceId, ClientError> {
        Ok(workspaces::choose(self, cx, form).await?)
    }

    async fn rename(&self, cx: &RequestCx, form: Naming) -> Result<(), ClientError> {
        Ok(workspaces::rename(self, cx, form).await?)
    }

    async fn ending(&self, cx: &RequestCx) -> Result<Ending, ClientError> {
        Ok(close::ending(self, cx).await?)
    }

    async fn close_workspace(&self, cx: &RequestCx, form: Closing) -> Result<(), ClientError> {
        Ok(close::close(self, cx, form).await?)
    }

    async fn keep_workspace(&self, cx: &RequestCx, form: Keep) -> Result<WorkspaceId, ClientError> {
        Ok(close::keep(self, cx, form).await?)
    }

    async fn team(&self, cx: &RequestCx) -> Result<Team, ClientError> {
        Ok(members::team(self, cx).await?)
    }

    async fn set_role(&self, cx: &RequestCx, form: Change) -> Result<(), ClientError> {
        Ok(members::set_role(self, cx, form).await?)
    }

    async fn remove(&self, cx: &RequestCx, form: Change) -> Result<(), ClientError> {
        Ok(members::remove(self, cx, form).await?)
    }

    async fn sign_out(&self, cx: &RequestCx, form: Change) -> Result<(), ClientError> {
        Ok(members::sign_out(self, cx, form).await?)
    }

    async fn leave(&self, cx: &RequestCx) -> Result<(), ClientError> {
        Ok(members::leave(self, cx).await?)
    }

    async fn invite(&self, cx: &RequestCx, form: Invite, on: OnBots) -> Result<Link, ClientError> {
        Ok(invite::invite(self, cx, form, on).await?)
    }

    async fn revoke_invitation(&self, cx: &RequestCx, which: Which) -> Result<(), ClientError> {
        Ok(invite::revoke(self, cx, which).await?)
    }

    async fn renew_invitation(&self, cx: &RequestCx, which: Which) -> Result<(), ClientError> {
        Ok(invite::renew(self, cx, which).await?)
    }

    async fn matrix(&self, cx: &RequestCx) -> Result<Matrix, ClientError> {
        Ok(rights::matrix(self, cx).await?)
    }

    async fn grant(&self, cx: &RequestCx, form: Grant, on: OnBots) -> Result<(), ClientError> {
        Ok(rights::grant(self, cx, form, on).await?)
    }

    async fn welcome(&self, token: &str) -> Result<Option<Welcome>, ClientError> {
        Ok(join::welcome(self, token).await?)
    }

    async fn join(&self, cx: &RequestCx, form: Join) -> Result<WorkspaceId, ClientError> {
        Ok(join::join(self, cx, form).await?)
    }
}

/// What is said of a change of the people that may not be.
fn not_so(why: NotSo) -> ServiceError {
    ServiceError::Conflict(why.to_string())
}
