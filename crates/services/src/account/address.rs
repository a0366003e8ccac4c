//! Another address.
//!
//! As with signing up nobody learns who has an account: an address that has one gets a mail that says
//! so in the place of a code, after the same work.

use contract::{
    account::{AddressCode, NewAddress},
    cx::RequestCx,
};
use domain::{audit::AccountEvent, email::Email, ids::UserId, limit::Limit};
use store::{
    StoreError,
    accounts::{
        self, address,
        codes::{self, Hashes, Issued, Purpose},
        log, resets,
    },
};

use super::addressee;
use crate::{
    ServiceError, Services, access,
    auth::code::{self, Code},
    limits::{self, Taken},
    mail::{self, templates},
};

/// The constraint that keeps an address from having two accounts.
const ONE_ACCOUNT: &str = "users_email_key_key";

/// The address that waits for its code.
pub(super) async fn waiting(
    svc: &Services,
    cx: &RequestCx,
) -> Result<Option<String>, ServiceError> {
    let user = access::viewer(cx)?.user;
    let waiting = svc
        .store
        .user(Some(user), async |tx| Ok::<_, StoreError>(address::waiting(tx, user).await?))
        .await?;
    Ok(waiting)
}

/// Notes the wish, mails a code to the address, and tells the one in force at once.
pub(super) async fn ask(
    svc: &Services,
    cx: &RequestCx,
    form: &NewAddress,
) -> Result<(), ServiceError> {
    let viewer = access::fresh(cx)?;
    limits::by_client(svc, cx, Limit::Resend).await?;
    let (user, origin) = (viewer.user, access::origin(cx));
    let email: Email = form.email.parse().map_err(|why| ServiceError::field("email", why))?;
    let key = email.key();
    if viewer.email.to_lowercase() == key {
        return Err(ServiceError::field("email", "This is your address already."));
    }
    let letters = Letters::write(svc, cx, user, &email).await?;
    let to = addressee(svc, user).await?;
    let told = templates::address_asked(&svc.settings.base_url, &mail::seen(svc, cx, &to));
    let told = mail::write_to(svc, &to, &told, format!("address-asked/{}", cx.request_id)).await?;
    let issued = svc
        .store
        .user(Some(user), async |tx| {
            accounts::hold(tx, user).await?;
            address::ask(tx, user, email.as_str(), &key).await?;
            let issued = letters.issue(tx, &key).await?;
            if issued == Issued::Yes {
                log::record(tx, &origin, Some(user), AccountEvent::AddressAsked).await?;
                told.enqueue(tx, true).await?;
            }
            Ok::<_, ServiceError>(issued)
        })
        .await?;
    on_its_way(svc, issued)
}

/// Mails another code to the address that waits.
pub(super) async fn resend(svc: &Services, cx: &RequestCx) -> Result<(), ServiceError> {
    access::viewer(cx)?;
    limits::by_client(svc, cx, Limit::Resend).await?;
    let (user, email) = wanted(svc, cx).await?;
    let letters = Letters::write(svc, cx, user, &email).await?;
    let key = email.key();
    let issued = svc
        .store
        .user(Some(user), async |tx| {
            accounts::hold(tx, user).await?;
            letters.issue(tx, &key).await
        })
        .await?;
    on_its_way(svc, issued)
}

/// Takes the code: the address is in force, links in the old mailbox are void, and both are told.
pub(super) async fn verify(
    svc: &Services,
    cx: &RequestCx,
    form: &AddressCode,
) -> Result<(), ServiceError> {
    access::viewer(cx)?;
    limits::by_client(svc, cx, Limit::Verify).await?;
    let origin = access::origin(cx);
    let code = Code::parse(&form.code).map_err(|why| ServiceError::field("code", why))?;
    let (user, email) = wanted(svc, cx).await?;
    let key = email.key();
    let hashes = Hashes {
        address: &code::change_hash(&svc.code_key, user, &email),
        code: &code.hash(&svc.code_key, Purpose::ChangeAddress, &email),
    };
    let old = addressee(svc, user).await?;
    let new = accounts::Addressee { email: email.as_str().to_owned(), ..old.clone() };
    let letter = templates::address_changed(&svc.settings.base_url, &mail::seen(svc, cx, &old));
    let cause = |which: &str| format!("address-changed/{which}/{}", cx.request_id);
    let to_old = mail::write_to(svc, &old, &letter, cause("old")).await?;
    let to_new = mail::write_to(svc, &new, &letter, cause("new")).await?;
    let changed = svc
        .store
        .user(Some(user), async |tx| {
            accounts::hold(tx, user).await?;
            if !codes::take(tx, Purpose::ChangeAddress, hashes).await? {
                log::record(tx, &origin, Some(user), AccountEvent::AddressRefused).await?;
                return Ok(false);
            }
            address::release(tx, &key).await?;
            address::set(tx, user, email.as_str(), &key).await?;
            address::forget(tx, user).await?;
            resets::void(tx, user).await?;
            log::record(tx, &origin, Some(user), AccountEvent::AddressChanged).await?;
            to_old.enqueue(tx, true).await?;
            to_new.enqueue(tx, true).await?;
            Ok::<_, ServiceError>(true)
        })
        .await;
    match changed {
        Ok(true) => {
            svc.nudges.mail.notify_one();
            Ok(())
        }
        Ok(false) => Err(ServiceError::field(
            "code",
            "This code is wrong, used up or older than 15 minutes. Try again, or ask for a new one.",
        )),
        // Whoever has the code has the mailbox, and may know.
        Err(ServiceError::Store(err)) if err.is_refused_by(ONE_ACCOUNT) => {
            let why =
                "Somebody has made an account with this address meanwhile. Choose another one.";
            Err(ServiceError::Conflict(why.into()))
        }
        Err(err) => Err(err),
    }
}

/// What is ready for an address before it is known whether it has an account.
struct Letters {
    address: [u8; 32],
    code: [u8; 32],
    no_code: [u8; 32],
    with_code: mail::Written,
    taken: mail::Written,
    charge: Taken,
}

impl Letters {
    async fn write(
        svc: &Services,
        cx: &RequestCx,
        user: UserId,
        email: &Email,
    ) -> Result<Self, ServiceError> {
        let charge = code::charge_mail(svc, cx, email).await?;
        let address = code::change_hash(&svc.code_key, user, email);
        let code = Code::fresh()?;
        let base_url = &svc.settings.base_url;
        let letter = templates::address_code(base_url, code.as_str());
        let with_code = mail::write(svc, email, &letter, None).await?;
        let taken = mail::write(svc, email, &templates::address_taken(base_url), None).await?;
        let code = code.hash(&svc.code_key, Purpose::ChangeAddress, email);
        Ok(Self { address, code, no_code: code::no_code()?, with_code, taken, charge })
    }

    /// Puts a code into force; for an address that has an account one that nobody knows.
    async fn issue(&self, tx: &mut store::UserTx<'_>, key: &str) -> Result<Issued, ServiceError> {
        // What nobody has proved is nobody's: see [`address::release`].
        let is_taken = accounts::by_address(tx, key).await?.is_some_and(|held| held.verified);
        let code = if is_taken { &self.no_code } else { &self.code };
        let hashes = Hashes { address: &self.address, code };
        let issued = codes::issue(tx, Purpose::ChangeAddress, hashes, false).await?;
        let letter = if is_taken { &self.taken } else { &self.with_code };
        letter.enqueue(tx, issued == Issued::Yes).await?;
        if issued != Issued::Yes {
            self.charge.give_back(tx).await?;
        }
        Ok(issued)
    }
}

async fn wanted(svc: &Services, cx: &RequestCx) -> Result<(UserId, Email), ServiceError> {
    let user = access::viewer(cx)?.user;
    let none = || ServiceError::Conflict("No new address waits for a code. Enter it first.".into());
    let email = waiting(svc, cx).await?.ok_or_else(none)?;
    let email = email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
    Ok((user, email))
}

fn on_its_way(svc: &Services, issued: Issued) -> Result<(), ServiceError> {
    match issued {
        Issued::Yes => {
            svc.nudges.mail.notify_one();
            Ok(())
        }
        Issued::TooSoon { retry_after_secs } => Err(ServiceError::TooMany { retry_after_secs }),
    }
}
