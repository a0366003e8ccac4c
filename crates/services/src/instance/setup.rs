//! The first admin of an instance: whoever can read the log of its start.

use contract::{cx::RequestCx, instance::Setup};
use domain::audit::AccountEvent;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use store::{
    StoreError,
    accounts::{invitations, log},
};
use subtle::ConstantTimeEq;

use crate::{ServiceError, Services, access};

/// Bytes of the token.
const LENGTH: usize = 16;

/// The token that is printed at the start: 128 bits in hexadecimal digits. It is made from the
/// instance's keys, so all its processes print the same, and none has to keep it.
pub fn setup_token(svc: &Services) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(svc.code_key.as_slice())
        .expect("HMAC takes keys of any length");
    mac.update(b"setup token v1");
    hex::encode(&mac.finalize().into_bytes()[..LENGTH])
}

/// Whether nobody looks after the instance yet.
///
/// # Errors
/// [`StoreError`] when the database is away.
pub async fn wants_setup(svc: &Services) -> Result<bool, StoreError> {
    svc.store.user(None, async |tx| Ok(!invitations::has_instance_admin(tx).await?)).await
}

pub(super) fn is_right(svc: &Services, token: &str) -> bool {
    bool::from(setup_token(svc).as_bytes().ct_eq(token.trim().as_bytes()))
}

/// Makes the viewer the first instance admin.
pub(super) async fn set_up(
    svc: &Services,
    cx: &RequestCx,
    form: Setup,
) -> Result<(), ServiceError> {
    let (user, origin) = (access::viewer(cx)?.user, access::origin(cx));
    if !is_right(svc, &form.token) {
        return Err(ServiceError::field(
            "token",
            "This is not the token that Gannet printed when it started. Copy the whole address from its log.",
        ));
    }
    svc.store
        .user(Some(user), async |tx| {
            if !invitations::become_instance_admin(tx, user).await? {
                return Err(ServiceError::Conflict(
                    "Somebody looks after this instance already.".into(),
                ));
            }
            Ok(log::record(tx, &origin, Some(user), AccountEvent::BecameInstanceAdmin).await?)
        })
        .await
}
