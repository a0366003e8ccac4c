//! Another password, by whoever knows the one in force.

use contract::{
    auth::{Admission, Again, ChangePassword},
    cx::RequestCx,
};
use domain::{audit::AccountEvent, password};
use store::{
    accounts::{self, address, log, resets},
    sessions,
};
use zeroize::Zeroizing;

use super::{Auth, Complaints, arrive, prove, register::choose};
use crate::{ServiceError, access, account, mail, passwords::Lane};

/// Puts another password into force. Other sessions end, links that would set one are void, and so is a
/// wish for another address, which may have been somebody else's.
pub(super) async fn change_password(
    auth: &Auth,
    cx: &RequestCx,
    form: ChangePassword,
) -> Result<Admission, ServiceError> {
    let (svc, viewer, origin) = (&auth.svc, access::viewer(cx)?, access::origin(cx));
    let user = viewer.user;
    let mut complaints = Complaints::default();
    let given = Zeroizing::new(form.again);
    let given = Some(given).filter(|given| !given.is_empty());
    let again = complaints.take(Again::FIELD, given.ok_or("Enter the password you have now."));
    let chosen = complaints.take("password", choose(Zeroizing::new(form.password), &viewer.email));
    let Some((again, new)) = again.zip(chosen) else { return Err(complaints.refuse()) };
    if password::normalize(&again) == *new {
        return Err(ServiceError::field("password", "Choose another one than you have now."));
    }
    let who = prove::check(auth, cx, &again).await?;

    let hash = auth.passwords.hash(&new, Lane::Known).await?;
    let to = account::addressee(svc, user).await?;
    let letter =
        mail::templates::password_changed(&svc.settings.base_url, &mail::seen(svc, cx, &to));
    let cause = format!("password-changed/{}", cx.request_id);
    let mail = mail::write_to(svc, &to, &letter, cause).await?;
    let this = account::this_session(cx);
    let epoch = svc
        .store
        .user(Some(user), async |tx| {
            arrive::still(tx, who).await?;
            let epoch = sessions::end_others(tx, this.as_ref()).await?;
            let epoch = epoch.ok_or(ServiceError::Unauthenticated)?;
            accounts::set_password(tx, user, &hash).await?;
            resets::void(tx, user).await?;
            address::forget(tx, user).await?;
            log::record(tx, &origin, Some(user), AccountEvent::PasswordChanged).await?;
            mail.enqueue(tx, true).await?;
            Ok::<_, ServiceError>(epoch)
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(Admission { user, epoch })
}
