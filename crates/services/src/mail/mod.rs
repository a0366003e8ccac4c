//! Mail: what is written, how it waits in the outbox, and how it leaves.
//!
//! A use case writes a mail in the transaction that makes it true: `write` seals it before the
//! transaction, `Written::enqueue` puts it into the outbox inside. [`run`] hands it over.

mod outbox;
pub mod templates;

use adapters::vault::{Place, Sealed, Use, Vault, VaultError};
use contract::cx::RequestCx;
use domain::{Timestamp, browser, email::Email, ids::MailId};
use jiff::tz::TimeZone;
use store::{
    StoreError,
    accounts::{Addressee, GlobalTx},
    diesel_error,
    mails::{self, New},
};
use uuid::Uuid;

pub use outbox::run;

use crate::{ServiceError, Services};
use templates::{Letter, Seen};

/// Most mails that [`kept`] lists.
const MOST_KEPT: i64 = 200;

/// A mail that is written and sealed.
pub(crate) struct Written {
    id: MailId,
    cause: String,
    recipient: String,
    subject: &'static str,
    body: Sealed,
}

/// What is sealed of a mail.
#[derive(serde::Serialize, serde::Deserialize)]
struct Body {
    text: String,
    html: String,
}

/// Writes and seals a mail.
///
/// `cause` names what the mail is for: the same cause never mails twice. None: this very mail.
///
/// # Errors
/// [`ServiceError::Bug`] when the keys are out of reach.
pub(crate) async fn write(
    svc: &Services,
    to: &Email,
    letter: &Letter,
    cause: Option<String>,
) -> Result<Written, ServiceError> {
    seal(&svc.vault, to, letter, cause).await
}

/// As [`write()`], for whoever has keys and no more.
///
/// # Errors
/// As [`write()`].
pub(crate) async fn seal(
    vault: &Vault,
    to: &Email,
    letter: &Letter,
    cause: Option<String>,
) -> Result<Written, ServiceError> {
    let id = MailId::from(Uuid::now_v7());
    let body = Body { text: letter.text(), html: letter.html() };
    let body = serde_json::to_vec(&body).map_err(|err| ServiceError::bug("writing a mail", err))?;
    let by = Use { who: "mail", why: "seal a mail" };
    let body = vault
        .seal(by, &place(id), &body)
        .await
        .map_err(|err| ServiceError::bug("sealing a mail", err))?;
    Ok(Written {
        id,
        cause: cause.unwrap_or_else(|| format!("mail/{id}")),
        recipient: to.as_str().to_owned(),
        subject: letter.subject,
        body,
    })
}

/// Writes and seals a mail to the owner of an account, for `cause`.
///
/// # Errors
/// As [`write()`].
pub(crate) async fn write_to(
    svc: &Services,
    to: &Addressee,
    letter: &Letter,
    cause: String,
) -> Result<Written, ServiceError> {
    let email: Email =
        to.email.parse().map_err(|err| ServiceError::bug("reading an address", err))?;
    write(svc, &email, letter, Some(cause)).await
}

/// When, with what and from where something was done, as a letter to `to` tells it.
pub(crate) fn seen(svc: &Services, cx: &RequestCx, to: &Addressee) -> Seen {
    let zone = TimeZone::get(&to.time_zone).unwrap_or(TimeZone::UTC);
    let ip = cx.ip.to_string();
    Seen {
        at: cx.now.to_zoned(zone).strftime("%-d %B %Y, %H:%M %Z").to_string(),
        browser: browser::describe(&cx.user_agent),
        from: match svc.country(&ip) {
            Some(country) => format!("{ip} ({country})"),
            None => ip,
        },
    }
}

impl Written {
    /// Puts the mail into the outbox if it is `wanted`; the work is the same if it is not. Ring
    /// `nudges.mail` after the commit.
    pub(crate) async fn enqueue(
        &self,
        tx: &mut impl GlobalTx,
        wanted: bool,
    ) -> Result<bool, diesel_error::Error> {
        let mail = New {
            id: self.id,
            cause: &self.cause,
            recipient: &self.recipient,
            subject: self.subject,
            body_sealed: self.body.as_bytes(),
        };
        mails::enqueue(tx, mail, wanted).await
    }
}

/// A mail that waits, or that no server was there to take.
#[derive(Clone, serde::Serialize)]
pub struct Kept {
    /// Which.
    pub id: MailId,
    /// To whom.
    pub to: String,
    /// One line.
    pub subject: String,
    /// When it was written.
    pub at: Timestamp,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

/// Mails whose bodies are still here, newest first, at most 200: what `/dev/mail` shows where there is
/// no SMTP server. It holds codes, so the caller sees to it that only this machine reads it.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away.
pub async fn kept(svc: &Services) -> Result<Vec<Kept>, ServiceError> {
    let rows = svc
        .store
        .system("show the mail that no server took", async |tx| {
            Ok::<_, StoreError>(mails::kept(tx, MOST_KEPT).await?)
        })
        .await?;
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        match open(svc, row.id, row.body_sealed).await {
            Ok(Body { text, html }) => kept.push(Kept {
                id: row.id,
                to: row.recipient,
                subject: row.subject,
                at: row.at,
                text,
                html,
            }),
            // One that an older key sealed does not hide the others.
            Err(error) => tracing::warn!(mail.id = %row.id, %error, "a mail cannot be opened"),
        }
    }
    Ok(kept)
}

async fn open(svc: &Services, id: MailId, sealed: Vec<u8>) -> Result<Body, VaultError> {
    let by = Use { who: "mail", why: "open a mail" };
    let body = svc.vault.open(by, &place(id), &Sealed::from(sealed)).await?;
    serde_json::from_slice(&body).map_err(|_| VaultError::Format)
}

fn place(id: MailId) -> Place {
    Place::of_instance("mail", "body", id.as_uuid())
}
