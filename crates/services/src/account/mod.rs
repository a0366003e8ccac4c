//! The viewer's own account.

mod address;
mod close;
mod history;
mod profile;
mod sessions;
mod viewer;

use async_trait::async_trait;
use contract::{
    ClientError,
    account::{
        AccountApi, AddressCode, Close, Leaving, NewAddress, Occasion, Profile, Revoke, Session,
        SignedIn,
    },
    auth::Admission,
    cx::{RequestCx, Viewer},
};
use domain::ids::UserId;
use store::accounts::{self, Addressee};

use crate::{ServiceError, Services};

pub use close::remove_due;
pub(crate) use sessions::this_session;

#[async_trait]
impl AccountApi for Services {
    async fn viewer(&self, session: SignedIn) -> Result<Option<Viewer>, ClientError> {
        Ok(viewer::viewer(self, session).await?)
    }

    async fn sessions(&self, cx: &RequestCx) -> Result<Vec<Session>, ClientError> {
        Ok(sessions::sessions(self, cx).await?)
    }

    async fn history(&self, cx: &RequestCx) -> Result<Vec<Occasion>, ClientError> {
        Ok(history::history(self, cx).await?)
    }

    async fn revoke(&self, cx: &RequestCx, which: Revoke) -> Result<(), ClientError> {
        Ok(sessions::revoke(self, cx, &which.session).await?)
    }

    async fn revoke_others(&self, cx: &RequestCx) -> Result<Admission, ClientError> {
        Ok(sessions::revoke_others(self, cx).await?)
    }

    async fn set_profile(&self, cx: &RequestCx, profile: Profile) -> Result<(), ClientError> {
        Ok(profile::set_profile(self, cx, &profile).await?)
    }

    async fn waiting_address(&self, cx: &RequestCx) -> Result<Option<String>, ClientError> {
        Ok(address::waiting(self, cx).await?)
    }

    async fn ask_address(&self, cx: &RequestCx, form: NewAddress) -> Result<(), ClientError> {
        Ok(address::ask(self, cx, &form).await?)
    }

    async fn resend_address(&self, cx: &RequestCx) -> Result<(), ClientError> {
        Ok(address::resend(self, cx).await?)
    }

    async fn verify_address(&self, cx: &RequestCx, form: AddressCode) -> Result<(), ClientError> {
        Ok(address::verify(self, cx, &form).await?)
    }

    async fn leaving(&self, cx: &RequestCx) -> Result<Leaving, ClientError> {
        Ok(close::leaving(self, cx).await?)
    }

    async fn close(&self, cx: &RequestCx, form: Close) -> Result<(), ClientError> {
        Ok(close::close(self, cx, &form).await?)
    }
}

/// Where letters to `user` go.
pub(crate) async fn addressee(svc: &Services, user: UserId) -> Result<Addressee, ServiceError> {
    svc.store
        .user(Some(user), async |tx| Ok::<_, ServiceError>(accounts::addressee(tx, user).await?))
        .await?
        .ok_or(ServiceError::Unauthenticated)
}
