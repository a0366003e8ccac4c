//! Signing up.

use contract::{
    auth::{Mark, Register, Signups},
    cx::RequestCx,
};
use domain::{
    audit::AccountEvent, email::Email, ids::UserId, limit::Limit, password, person::Name,
};
use store::accounts::{
    self, SignUp,
    codes::{Hashes, Purpose},
    log,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Auth, Complaints, code, code_mail, mark};
use crate::{ServiceError, access, instance, limits, mail, passwords::Lane};

/// Makes an account and mails a code.
///
/// Three cases get one answer. A new address gets an account and a code. An address that nobody has
/// proved yet gets a new code, and then the newer name and password count: with the older password
/// whoever signed up first with somebody else's address would own the account its owner proves. (Within
/// a minute of the last code nothing is mailed, and nothing is replaced.) An address with an account
/// gets a mail that says so, one an hour at most.
///
/// Each of them gives the mark of the password that was typed, in force or not: see [`mark`].
pub(super) async fn register(
    auth: &Auth,
    cx: &RequestCx,
    mut form: Register,
) -> Result<Mark, ServiceError> {
    let svc = &auth.svc;
    auth.passwords.has_room(cx)?;
    limits::by_client(svc, cx, Limit::Register).await?;
    let signups = svc.settings.signups;
    let invitation = std::mem::take(&mut form.invitation);
    if signups != Signups::Open && invitation.is_empty() {
        return Err(ServiceError::Conflict(signups.refusal().into()));
    }
    let Applicant { email, name, password } = check(form)?;
    if signups != Signups::Open && !instance::admits(svc, &invitation, &email).await? {
        return Err(ServiceError::field(
            "",
            "This invitation is not for this address, or has run out. Use the address that it was \
             mailed to, or ask for another.",
        ));
    }
    let email_key = email.key();

    // Whatever one of the three cases needs is made ready for each of them.
    let password_hash = auth.passwords.hash(&password, Lane::Stranger).await?;
    let who = SignUp {
        email: email.as_str(),
        email_key: &email_key,
        name: name.as_str(),
        password_hash: &password_hash,
    };
    let address = code::address_hash(&svc.code_key, &email);
    let (code, code_mail) = code_mail(svc, &email).await?;
    let (code, no_code) = (code.hash(&svc.code_key, Purpose::Verify, &email), code::no_code()?);
    let already_mail = {
        let letter = mail::templates::already_registered(&svc.settings.base_url);
        let hour = cx.now.as_second().div_euclid(3600);
        let cause = format!("registered-again/{}/{hour}", hex::encode(address));
        mail::write(svc, &email, &letter, Some(cause)).await?
    };
    let (id, origin) = (UserId::from(Uuid::now_v7()), access::origin(cx));
    let may_mail = code::may_mail(svc, cx, &email).await?;

    svc.store
        .user(None, async |tx| {
            let fresh = accounts::insert(tx, id, who).await?;
            let held = accounts::lock(tx, &email_key).await?;
            let (user, verified) =
                held.ok_or_else(|| ServiceError::bug("signing up", "the account went away"))?;
            let hashes =
                Hashes { address: &address, code: if verified { &no_code } else { &code } };
            let issued = code::issue(tx, hashes, fresh, may_mail.as_ref()).await?;
            accounts::replace_unverified(tx, user, who, issued).await?;
            if verified {
                already_mail.enqueue(tx, true).await?;
            } else {
                code_mail.enqueue(tx, issued).await?;
            }
            let event =
                if fresh { AccountEvent::Registered } else { AccountEvent::RegisteredAgain };
            log::record(tx, &origin, Some(user), event).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(mark::of(&password_hash))
}

/// What a form says, once it can be taken.
struct Applicant {
    email: Email,
    name: Name,
    password: Zeroizing<String>,
}

fn check(form: Register) -> Result<Applicant, ServiceError> {
    let mut complaints = Complaints::default();
    // In the order of the form, which is the order in which the page lists them.
    let name = complaints.take("name", form.name.parse::<Name>());
    let email = complaints.take("email", form.email.parse::<Email>());
    let address = email.as_ref().map_or("", Email::as_str);
    let password = complaints.take("password", choose(Zeroizing::new(form.password), address));
    match (email, password, name) {
        (Some(email), Some(password), Some(name)) => Ok(Applicant { email, name, password }),
        _ => Err(complaints.refuse()),
    }
}

/// The password in the form that is hashed, if it is a good one.
pub(super) fn choose(typed: Zeroizing<String>, address: &str) -> Result<Zeroizing<String>, String> {
    if typed.is_empty() {
        return Err("Choose a password.".into());
    }
    let password = Zeroizing::new(password::normalize(&typed));
    password::check(&password, address).map_err(|weak| weak.to_string())?;
    Ok(password)
}
