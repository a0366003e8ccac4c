//! Section 3 of the promises: how often what may be tried.
//!
//! A use case charges first thing, before any work: whoever is refused costs one statement and no
//! bcrypt. Charges are committed by themselves, so that what fails afterwards counts all the same.

use contract::{auth::Admission, cx::RequestCx};
use domain::{
    Timestamp,
    audit::AccountEvent,
    limit::{self, Limit},
};
use store::{
    StoreError,
    accounts::{GlobalTx, log},
    diesel_error,
    limits::{self, Block, Charge},
};

use crate::{ServiceError, Services, access};

/// Takes one try for the client that asks.
///
/// # Errors
/// [`ServiceError::TooMany`] when there is none left, or the client is shut out.
pub(crate) async fn by_client(
    svc: &Services,
    cx: &RequestCx,
    limit: Limit,
) -> Result<(), ServiceError> {
    charge(svc, cx, limit, &limit::client(cx.ip)).await.map(drop)
}

/// Takes one try out of the bucket of `key`, for what is not counted by client.
///
/// # Errors
/// As [`by_client`].
pub(crate) async fn charge(
    svc: &Services,
    cx: &RequestCx,
    limit: Limit,
    key: &str,
) -> Result<Taken, ServiceError> {
    let client = limit::client(cx.ip);
    // Everybody behind a proxy of ours would be shut out with it.
    let culprit = (!cx.is_proxy).then_some(client.as_str());
    let origin = access::origin(cx);
    let charge = svc
        .store
        .user(None, async |tx| {
            let charge = limits::charge(tx, limit, key, culprit).await?;
            // One line for the episode and none for the refusals after it: a flood fills no log.
            if let Charge::Refused { tripped: true, blocked, .. } = charge {
                let user = cx.viewer.as_ref().map(|viewer| viewer.user);
                let event =
                    if blocked { AccountEvent::ClientBlocked } else { AccountEvent::LimitExceeded };
                log::record(tx, &origin, user, event).await?;
            }
            Ok::<_, StoreError>(charge)
        })
        .await?;
    match charge {
        Charge::Served { at } => Ok(Taken { limit, key: key.to_owned(), at }),
        Charge::Refused { retry_after_secs, .. } => Err(ServiceError::TooMany { retry_after_secs }),
    }
}

/// Takes one of the tries that an account has: those of the browser if its owner has signed in with
/// it before, otherwise those that everybody else shares. `account` is the hash of the address, and
/// `who` whose it is, if it is anybody's.
///
/// # Errors
/// As [`by_client`].
pub(crate) async fn by_account(
    svc: &Services,
    cx: &RequestCx,
    account: &[u8; 32],
    who: Option<Admission>,
) -> Result<Taken, ServiceError> {
    let known = who.and_then(|who| cx.browser.as_ref().filter(|browser| browser.knows(who)));
    match (known, who) {
        (Some(browser), Some(Admission { user, .. })) => {
            charge(svc, cx, Limit::KnownBrowser, &format!("{}/{user}", browser.id)).await
        }
        _ => charge(svc, cx, Limit::Account, &hex::encode(account)).await,
    }
}

/// A try that was taken.
#[derive(Debug)]
pub(crate) struct Taken {
    limit: Limit,
    key: String,
    at: Timestamp,
}

impl Taken {
    /// Gives it back: it was right, and only what is wrong counts.
    pub(crate) async fn give_back(
        &self,
        tx: &mut impl GlobalTx,
    ) -> Result<(), diesel_error::Error> {
        limits::give_back(tx, self.limit, &self.key, self.at).await
    }
}

/// Forgets what a client did wrong, now that it has signed in.
pub(crate) async fn forgive(
    tx: &mut impl GlobalTx,
    cx: &RequestCx,
) -> Result<(), diesel_error::Error> {
    limits::forgive(tx, &limit::client(cx.ip)).await
}

/// Most blocks that are looked at: far more than an instance that is not under attack ever has.
const MOST_BLOCKS: i64 = 100_000;

/// The clients that are shut out now, the longest first.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away.
pub async fn blocks(store: &store::Store) -> Result<Vec<Block>, ServiceError> {
    Ok(store
        .user(None, async |tx| Ok::<_, StoreError>(limits::blocked(tx, MOST_BLOCKS).await?))
        .await?)
}
