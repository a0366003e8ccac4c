//! Setting up a second factor: a secret, and the code that proves that an app has it.

use contract::{
    auth::Admission,
    cx::RequestCx,
    second_factor::{BackupCodes, Code, Enrolment, Standing},
};
use domain::{audit::AccountEvent, ids::UserId};
use store::{
    StoreError,
    accounts::log,
    second_factors::{self, Factor},
    sessions,
};

use super::{
    answer::{Given, NotGiven, REFUSED},
    authenticator::Secret,
    backup, letter, no_factor, open, seal,
};
use crate::{ServiceError, Services, access, account::this_session, auth::prove, mail::templates};

/// How things stand. The secret is shown while no code has proved it, in the session in which it was
/// drawn, and only to whoever has just proved who they are: a browser that somebody left open tells
/// nobody, and neither does another one in which somebody else is signed in.
pub(super) async fn standing(svc: &Services, cx: &RequestCx) -> Result<Standing, ServiceError> {
    let viewer = access::viewer(cx)?;
    let Some(factor) = find(svc, viewer.user).await? else { return Ok(Standing::Off) };
    if factor.confirmed {
        return Ok(Standing::On { codes_left: factor.codes_left });
    }
    if !cx.is_fresh() || !is_begun_here(cx, &factor) {
        return Ok(Standing::Off);
    }
    let secret = open(svc, viewer.user, factor.sealed, "show a secret that is not proved").await?;
    Ok(Standing::Begun(Enrolment { key: secret.key(), link: secret.link(&factor.email) }))
}

/// Draws a secret. Nothing is asked for at sign-in before a code has proved it.
pub(super) async fn begin(svc: &Services, cx: &RequestCx) -> Result<(), ServiceError> {
    let (user, origin) = (access::fresh(cx)?.user, access::origin(cx));
    let sealed = seal(svc, user, &Secret::fresh()?).await?;
    let this = this_session(cx);
    let begun = svc
        .store
        .user(Some(user), async |tx| {
            let begun =
                second_factors::begin(tx, user, &sealed, this.as_ref().map(|hash| &hash[..]))
                    .await?;
            if begun {
                log::record(tx, &origin, Some(user), AccountEvent::SecondFactorBegun).await?;
            }
            Ok::<_, ServiceError>(begun)
        })
        .await?;
    if begun { Ok(()) } else { Err(is_on()) }
}

/// Takes the first code: from now on one is asked for at each sign-in. All other sessions end; they
/// were begun without one.
pub(super) async fn confirm(
    svc: &Services,
    cx: &RequestCx,
    form: Code,
) -> Result<(BackupCodes, Admission), ServiceError> {
    let (viewer, origin) = (access::fresh(cx)?, access::origin(cx));
    let user = viewer.user;
    let factor = find(svc, user).await?.ok_or_else(no_factor)?;
    if !factor.confirmed && !is_begun_here(cx, &factor) {
        return Err(no_factor());
    }
    if factor.confirmed {
        return Err(is_on());
    }
    let taken = prove::charge(svc, cx).await?;
    let step = step(svc, user, &factor, &form).await?;
    let Some(step) = step else { return refuse(svc, cx, user).await };

    let (codes, hashes) = backup::fresh_set(&svc.code_key, user)?;
    let words = templates::second_factor_on(&svc.settings.base_url);
    let mail = letter(svc, &factor.email, words).await?;
    let this = this_session(cx);
    let epoch = svc
        .store
        .user(Some(user), async |tx| {
            let epoch = sessions::end_others(tx, this.as_ref()).await?;
            let epoch = epoch.ok_or(ServiceError::Unauthenticated)?;
            if !second_factors::confirm(tx, user, &factor.sealed, step).await? {
                return Err(is_on());
            }
            taken.give_back(tx).await?;
            second_factors::replace_codes(tx, user, &hashes).await?;
            log::record(tx, &origin, Some(user), AccountEvent::SecondFactorOn).await?;
            mail.enqueue(tx, true).await?;
            Ok::<_, ServiceError>(epoch)
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok((codes, Admission { user, epoch }))
}

/// Whether the session that asks drew the secret.
fn is_begun_here(cx: &RequestCx, factor: &Factor) -> bool {
    factor.begun_by.as_deref() == this_session(cx).as_ref().map(|hash| &hash[..])
}

async fn find(svc: &Services, user: UserId) -> Result<Option<Factor>, ServiceError> {
    svc.store
        .user(Some(user), async |tx| Ok::<_, ServiceError>(second_factors::find(tx, user).await?))
        .await
}

/// The step whose code the form holds, if it is the app's.
async fn step(
    svc: &Services,
    user: UserId,
    factor: &Factor,
    form: &Code,
) -> Result<Option<i64>, ServiceError> {
    let given = Given::parse(&form.code).map_err(|why| ServiceError::field("code", why))?;
    let Given::Digits(digits) = given else {
        return Err(ServiceError::field("code", NotGiven::Empty));
    };
    let secret = open(svc, user, factor.sealed.clone(), "check the first code").await?;
    Ok(secret.step_of(&digits, factor.now))
}

async fn refuse<T>(svc: &Services, cx: &RequestCx, user: UserId) -> Result<T, ServiceError> {
    let origin = access::origin(cx);
    svc.store
        .user(Some(user), async |tx| {
            log::record(tx, &origin, Some(user), AccountEvent::SecondFactorRefused).await?;
            Ok::<_, StoreError>(())
        })
        .await?;
    Err(ServiceError::field("code", REFUSED))
}

fn is_on() -> ServiceError {
    ServiceError::Conflict("Two-step sign-in is on already. Reload the page.".into())
}
