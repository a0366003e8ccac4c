//! Proving an address.

use contract::{auth::Verify, cx::RequestCx};
use domain::{
    audit::{AccountEvent, Actor, Event},
    email::Email,
    ids::{UserId, WorkspaceId},
    person::Name,
};
use store::{
    accounts::{
        self,
        codes::{self, Hashes, Purpose},
        log,
    },
    audit::{self, Origin},
    members,
};
use uuid::Uuid;

use super::{Auth, Complaints, code, code::Code};
use crate::{ServiceError, Services, access};

/// Takes a code: the account is verified and its first workspace founded, both in the transaction that
/// uses the code up.
pub(super) async fn verify(auth: &Auth, cx: &RequestCx, form: Verify) -> Result<UserId, ServiceError> {
    let svc = &auth.svc;
    let (email, code) = check(&form)?;
    let address = code::address_hash(&svc.code_key, &email);
    let code = code.hash(&svc.code_key, Purpose::Verify, &email);
    let hashes = Hashes { address: &address, code: &code };
    let (email_key, origin) = (email.key(), access::origin(cx));

    let account = svc
        .store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::by_address(tx, &email_key).await?))
        .await?;
    let verified = match account {
        Some(account) => open(svc, account.id, hashes, &origin).await?,
        None => refuse(svc, hashes, &origin).await?,
    };
    verified.ok_or_else(|| {
        ServiceError::field("code", "This code is wrong, used up or older than 15 minutes. Try again, or ask for a new one.")
    })
}

/// Opens the account if the code is right. None, with the try counted, if it is not.
async fn open(
    svc: &Services,
    user: UserId,
    hashes: Hashes<'_>,
    origin: &Origin,
) -> Result<Option<UserId>, ServiceError> {
    let founded = access::newborn_workspace(WorkspaceId::from(Uuid::now_v7()), user);
    svc.store
        .workspace(&founded, async |tx| {
            let taken = codes::take(tx, Purpose::Verify, hashes).await?;
            let name = if taken { accounts::mark_verified(tx, user).await? } else { None };
            let Some(name) = name else {
                log::record(tx, origin, Some(user), AccountEvent::VerificationRefused).await?;
                return Ok(None);
            };
            log::record(tx, origin, Some(user), AccountEvent::Verified).await?;
            let workspace = name
                .parse::<Name>()
                .map_err(|err| ServiceError::bug("reading a name that was taken", err))?
                .first_workspace();
            members::found(tx, &workspace, user).await?;
            let owner = Origin { actor: Actor::User(user), actor_name: name, ..origin.clone() };
            audit::record(tx, &owner, &Event::WorkspaceCreated { name: workspace }).await?;
            Ok::<_, ServiceError>(Some(user))
        })
        .await
}

/// The same for an address without an account, where no code is right.
async fn refuse(svc: &Services, hashes: Hashes<'_>, origin: &Origin) -> Result<Option<UserId>, ServiceError> {
    svc.store
        .user(None, async |tx| {
            codes::take(tx, Purpose::Verify, hashes).await?;
            log::record(tx, origin, None, AccountEvent::VerificationRefused).await?;
            Ok::<_, ServiceError>(None)
        })
        .await
}

fn check(form: &Verify) -> Result<(Email, Code), ServiceError> {
    let mut complaints = Complaints::default();
    let email = complaints.take("email", form.email.parse::<Email>());
    let code = complaints.take("code", Code::parse(&form.code));
    email.zip(code).ok_or_else(|| complaints.refuse())
}
