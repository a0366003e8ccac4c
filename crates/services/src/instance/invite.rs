//! Inviting people to sign up, where strangers may not.

use contract::{cx::RequestCx, instance::Invite};
use domain::{audit::AccountEvent, email::Email};
use sha2::{Digest, Sha256};
use store::accounts::{invitations, log};

use super::setup;
use crate::{ServiceError, Services, access, mail, team};

/// Mails a link with which this address may sign up within a week.
pub(super) async fn invite(
    svc: &Services,
    cx: &RequestCx,
    form: Invite,
) -> Result<(), ServiceError> {
    let admin = access::instance_admin(svc, cx)?.user;
    let email: Email = form.email.parse().map_err(|why| ServiceError::field("email", why))?;
    let (email_key, origin) = (email.key(), access::origin(cx));
    let mut token = [0; 16];
    getrandom::fill(&mut token).map_err(|err| ServiceError::bug("drawing a token", err))?;
    let token = hex::encode(token);
    let letter = mail::templates::invitation(&svc.settings.base_url, &token, email.as_str());
    let mail = mail::write(svc, &email, &letter, None).await?;
    svc.store
        .user(Some(admin), async |tx| {
            invitations::invite(tx, &hash(&token), &email_key).await?;
            mail.enqueue(tx, true).await?;
            log::record(tx, &origin, Some(admin), AccountEvent::Invited).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(())
}

/// Whether `token` lets this address sign up: an invitation of its own, be it to a workspace, or the setup token as long as
/// nobody looks after the instance.
pub(crate) async fn admits(
    svc: &Services,
    token: &str,
    email: &Email,
) -> Result<bool, ServiceError> {
    if team::admits(svc, token, email).await? {
        return Ok(true);
    }
    let (hash, email_key) = (hash(token.trim()), email.key());
    let is_setup = setup::is_right(svc, token);
    svc.store
        .user(None, async |tx| {
            let invited = invitations::admits(tx, &hash, &email_key).await?;
            Ok(invited || is_setup && !invitations::has_instance_admin(tx).await?)
        })
        .await
}

/// A token of 128 random bits needs no key.
fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
