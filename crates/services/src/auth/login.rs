//! Signing in.

use contract::{
    auth::{Admission, Login, LoginOutcome},
    cx::RequestCx,
};
use domain::{audit::AccountEvent, email::Email, limit::Limit};
use store::{
    accounts::{
        self, Account,
        codes::{Hashes, Purpose},
        log,
    },
    audit::Origin,
    second_factors,
};
use zeroize::Zeroizing;

use super::{Auth, Complaints, arrive, code, code_mail, mark};
use crate::{
    ServiceError, access,
    limits::{self, Taken},
    passwords::Lane,
};

/// Checks a password. Whoever knows it and has not proved the address yet is mailed a new code.
pub(super) async fn login(
    auth: &Auth,
    cx: &RequestCx,
    form: Login,
) -> Result<LoginOutcome, ServiceError> {
    // What is never looked at is no try: it tells nobody anything, and is not counted.
    auth.passwords.has_room(cx)?;
    limits::by_client(&auth.svc, cx, Limit::Login).await?;
    let (email, password) = check(form)?;
    let (email_key, origin) = (email.key(), access::origin(cx));
    let account = auth
        .svc
        .store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::by_address(tx, &email_key).await?))
        .await?;

    let who = account.as_ref().map(admission);
    let address = code::address_hash(&auth.svc.code_key, &email);
    let taken = limits::by_account(&auth.svc, cx, &address, who).await?;
    let hash = account.as_ref().map(|account| account.password_hash.as_str());
    let right = auth.passwords.is_right(&password, hash, Lane::of(cx, who)).await?;
    match account {
        Some(account) if right && account.verified => {
            sign_in(auth, cx, account, &password, &taken).await
        }
        Some(account) if right => send_code(auth, cx, account, &email, &taken).await,
        account => refuse(auth, account, &origin).await,
    }
}

async fn sign_in(
    auth: &Auth,
    cx: &RequestCx,
    account: Account,
    password: &str,
    taken: &Taken,
) -> Result<LoginOutcome, ServiceError> {
    let (passwords, who) = (&auth.passwords, admission(&account));
    let newer = match passwords.is_dated(&account.password_hash) {
        // When it is not its turn, another sign-in will do it.
        true => passwords.hash(password, Lane::of(cx, Some(who))).await.ok(),
        false => None,
    };
    let (store, user) = (&auth.svc.store, account.id);
    let owes = store
        .user(None, async |tx| {
            if let Some(newer) = newer {
                accounts::rehash(tx, user, &account.password_hash, &newer).await?;
            }
            let owes = second_factors::is_on(tx, user).await?;
            if owes {
                // Right so far; the code takes tries of its own, out of the same bucket.
                taken.give_back(tx).await?;
                let origin = access::origin(cx);
                log::record(tx, &origin, Some(user), AccountEvent::SecondFactorAsked).await?;
            }
            Ok::<_, ServiceError>(owes)
        })
        .await?;
    if owes {
        return Ok(LoginOutcome::SecondFactor(who));
    }
    arrive::arrive(auth, cx, who, taken).await
}

/// What the right password of `account` admits to.
fn admission(account: &Account) -> Admission {
    Admission { user: account.id, epoch: account.epoch }
}

/// No first sign-in before the address is proved: a code is on its way, or came within the last minute.
async fn send_code(
    auth: &Auth,
    cx: &RequestCx,
    account: Account,
    email: &Email,
    taken: &Taken,
) -> Result<LoginOutcome, ServiceError> {
    let (svc, origin) = (&auth.svc, access::origin(cx));
    let may_mail = code::may_mail(svc, cx, email).await?;
    let address = code::address_hash(&svc.code_key, email);
    // To the address of the account, and not to what was typed: two mailboxes may have one key.
    let to = account.email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
    let (code, mail) = code_mail(svc, &to).await?;
    let code = code.hash(&svc.code_key, Purpose::Verify, email);
    svc.store
        .user(None, async |tx| {
            let hashes = Hashes { address: &address, code: &code };
            let issued = code::issue(tx, hashes, false, may_mail.as_ref()).await?;
            mail.enqueue(tx, issued).await?;
            // The password was right.
            taken.give_back(tx).await?;
            log::record(tx, &origin, Some(account.id), AccountEvent::SignInRefused).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    svc.nudges.mail.notify_one();
    Ok(LoginOutcome::Unverified(mark::of(&account.password_hash)))
}

async fn refuse(
    auth: &Auth,
    account: Option<Account>,
    origin: &Origin,
) -> Result<LoginOutcome, ServiceError> {
    let user = account.map(|account| account.id);
    auth.svc
        .store
        .user(None, async |tx| {
            log::record(tx, origin, user, AccountEvent::SignInRefused).await?;
            Ok::<_, ServiceError>(())
        })
        .await?;
    Err(ServiceError::field(
        "",
        "This address and password do not belong together. Check both and try again.",
    ))
}

fn check(form: Login) -> Result<(Email, Zeroizing<String>), ServiceError> {
    let mut complaints = Complaints::default();
    let email = complaints.take("email", form.email.parse::<Email>());
    let typed = Some(Zeroizing::new(form.password)).filter(|password| !password.is_empty());
    let password = complaints.take("password", typed.ok_or("Enter your password."));
    email.zip(password).ok_or_else(|| complaints.refuse())
}
