//! Proving an address.

use contract::{
    auth::{Admission, Mark, Verified, Verify},
    cx::RequestCx,
};
use domain::{
    audit::{AccountEvent, Actor},
    email::Email,
    ids::{UserId, WorkspaceId},
    limit::Limit,
};
use store::{
    accounts::{
        self, Account,
        codes::{self, Hashes, Purpose},
        log, resets,
    },
    audit::Origin,
};
use uuid::Uuid;

use super::{Auth, Complaints, code, code::Code, mark, token::Token, workspace};
use crate::{ServiceError, access, limits};

/// Takes a code: the account is verified and its first workspace founded, both in the transaction that
/// uses the code up.
///
/// `mark` says whether the browser chose the password in force. If another one did (or nobody knows),
/// that password ends here, and a link lets whoever has the mailbox choose their own.
pub(super) async fn verify(
    auth: &Auth,
    cx: &RequestCx,
    form: Verify,
    mark: Option<Mark>,
) -> Result<Verified, ServiceError> {
    let svc = &auth.svc;
    limits::by_client(svc, cx, Limit::Verify).await?;
    let (email, code) = check(&form)?;
    let address = code::address_hash(&svc.code_key, &email);
    let code = code.hash(&svc.code_key, Purpose::Verify, &email);
    let (email_key, origin) = (email.key(), access::origin(cx));

    let account = svc
        .store
        .user(None, async |tx| Ok::<_, ServiceError>(accounts::by_address(tx, &email_key).await?))
        .await?;
    let attempt = Attempt {
        hashes: Hashes { address: &address, code: &code },
        origin: &origin,
        mark: mark.as_ref(),
        token: &Token::fresh()?,
    };
    attempt.open(auth, account.map(|account| account.id)).await?.ok_or_else(|| {
        let why = "This code is wrong, used up or older than 15 minutes. Try again, or ask for a new one.";
        ServiceError::field("code", why)
    })
}

/// One use of a code.
struct Attempt<'a> {
    hashes: Hashes<'a>,
    origin: &'a Origin,
    mark: Option<&'a Mark>,
    token: &'a Token,
}

impl Attempt<'_> {
    /// Opens the account if the code is right. None, with the try counted, if it is not.
    ///
    /// For an address without an account no code is right; it is looked at in the same way, as if it were
    /// somebody's whom nobody has heard of, so that the time of the answer tells nothing.
    async fn open(
        &self,
        auth: &Auth,
        known: Option<UserId>,
    ) -> Result<Option<Verified>, ServiceError> {
        let user = known.unwrap_or_else(|| UserId::from(Uuid::now_v7()));
        let founded = access::newborn_workspace(WorkspaceId::from(Uuid::now_v7()), user);
        auth.svc
            .store
            .workspace(&founded, async |tx| {
                let held = accounts::hold(tx, user).await?;
                let taken = codes::take(tx, Purpose::Verify, self.hashes).await?;
                let name = if taken { accounts::mark_verified(tx, user).await? } else { None };
                let Some(name) = name else {
                    log::record(tx, self.origin, known, AccountEvent::VerificationRefused).await?;
                    return Ok(None);
                };
                log::record(tx, self.origin, known, AccountEvent::Verified).await?;
                let origin = Origin {
                    actor: Actor::User(user),
                    actor_name: name.clone(),
                    ..self.origin.clone()
                };
                workspace::found_first(tx, &origin, user, &name).await?;
                let in_force = held.as_ref().map(|account| mark::of(&account.password_hash));
                if let Some(Account { epoch, .. }) = held
                    && in_force.as_ref() == self.mark
                {
                    return Ok(Some(Verified::SignedIn(Admission { user, epoch })));
                }
                accounts::set_password(tx, user, &auth.passwords.unknown()?).await?;
                resets::issue(tx, &self.token.hash(), Some(user)).await?;
                let token = self.token.as_str().to_owned();
                Ok::<_, ServiceError>(Some(Verified::ChoosePassword { token }))
            })
            .await
    }
}

fn check(form: &Verify) -> Result<(Email, Code), ServiceError> {
    let mut complaints = Complaints::default();
    let email = complaints.take("email", form.email.parse::<Email>());
    let code = complaints.take("code", Code::parse(&form.code));
    email.zip(code).ok_or_else(|| complaints.refuse())
}
