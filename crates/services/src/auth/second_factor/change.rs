//! Changing a second factor: with password and code, however fresh the last proof is.

use contract::{
    auth::Admission,
    cx::RequestCx,
    second_factor::{BackupCodes, Both},
};
use domain::{audit::AccountEvent, ids::UserId};
use store::{
    UserTx,
    accounts::log,
    audit::Origin,
    diesel_error,
    second_factors::{self, CodeHash},
};
use zeroize::Zeroizing;

use super::{
    answer::{Answer, Given, REFUSED},
    backup, letter, no_factor,
};
use crate::{
    ServiceError, access,
    auth::{Auth, Complaints, arrive, prove},
    limits::Taken,
    mail::templates,
};

/// Puts new backup codes in the place of the old.
pub(super) async fn renew_codes(
    auth: &Auth,
    cx: &RequestCx,
    form: Both,
) -> Result<BackupCodes, ServiceError> {
    let change = Change::allowed(auth, cx, form).await?;
    let (codes, hashes) = backup::fresh_set(&auth.svc.code_key, change.who.user)?;
    let words = templates::backup_codes_renewed(&auth.svc.settings.base_url);
    change.make(auth, cx, Deed::RenewCodes(hashes), words).await?;
    Ok(codes)
}

/// Removes the second factor with its backup codes.
pub(super) async fn turn_off(auth: &Auth, cx: &RequestCx, form: Both) -> Result<(), ServiceError> {
    let change = Change::allowed(auth, cx, form).await?;
    let words = templates::second_factor_off(&auth.svc.settings.base_url);
    change.make(auth, cx, Deed::TurnOff, words).await
}

/// What is changed.
enum Deed {
    RenewCodes(Vec<CodeHash>),
    TurnOff,
}

impl Deed {
    fn event(&self) -> AccountEvent {
        match self {
            Self::RenewCodes(_) => AccountEvent::BackupCodesRenewed,
            Self::TurnOff => AccountEvent::SecondFactorOff,
        }
    }

    async fn write(&self, tx: &mut UserTx<'_>, user: UserId) -> Result<(), diesel_error::Error> {
        match self {
            Self::RenewCodes(codes) => second_factors::replace_codes(tx, user, codes).await,
            Self::TurnOff => second_factors::remove(tx, user).await.map(drop),
        }
    }
}

/// A change whose person has given the right password, and a code that is yet to be used up.
struct Change {
    who: Admission,
    origin: Origin,
    answer: Answer,
    taken: Taken,
}

impl Change {
    async fn allowed(auth: &Auth, cx: &RequestCx, form: Both) -> Result<Self, ServiceError> {
        let (user, origin) = (access::viewer(cx)?.user, access::origin(cx));
        let (password, given) = check(form)?;
        let on = auth
            .svc
            .store
            .user(Some(user), async |tx| {
                Ok::<_, ServiceError>(second_factors::is_on(tx, user).await?)
            })
            .await?;
        if !on {
            return Err(no_factor());
        }
        let taken = prove::charge(&auth.svc, cx).await?;
        let Some(who) = prove::password(auth, cx, &password).await? else {
            return Err(ServiceError::field("password", prove::NOT_YOURS));
        };
        let answer = Answer::look(&auth.svc, user, &given).await?;
        Ok(Self { who, origin, answer, taken })
    }

    /// Uses the code up and makes the change, with its line and its mail; or puts a wrong code on record.
    async fn make(
        &self,
        auth: &Auth,
        cx: &RequestCx,
        deed: Deed,
        words: templates::Letter,
    ) -> Result<(), ServiceError> {
        let Self { who, origin, answer, taken } = self;
        let user = who.user;
        let mail = letter(&auth.svc, &access::viewer(cx)?.email, words).await?;
        let right = auth
            .svc
            .store
            .user(Some(user), async |tx| {
                arrive::still(tx, *who).await?;
                if !answer.spend(tx, origin, user).await? {
                    let refused = AccountEvent::SecondFactorRefused;
                    log::record(tx, origin, Some(user), refused).await?;
                    return Ok(false);
                }
                taken.give_back(tx).await?;
                deed.write(tx, user).await?;
                log::record(tx, origin, Some(user), deed.event()).await?;
                mail.enqueue(tx, true).await?;
                Ok::<_, ServiceError>(true)
            })
            .await?;
        if !right {
            return Err(ServiceError::field("code", REFUSED));
        }
        auth.svc.nudges.mail.notify_one();
        Ok(())
    }
}

fn check(form: Both) -> Result<(Zeroizing<String>, Given), ServiceError> {
    let mut complaints = Complaints::default();
    let typed = Some(Zeroizing::new(form.password)).filter(|password| !password.is_empty());
    let password = complaints.take("password", typed.ok_or("Enter your password."));
    let given = complaints.take("code", Given::parse(&form.code));
    password.zip(given).ok_or_else(|| complaints.refuse())
}
