//! A token on its way through the page that asks "Is this your bot?".
//!
//! The page must not hold the token itself: pages are kept, copied and looked at over shoulders. It
//! holds a ticket instead, sealed for the person who pasted the token, good for ten minutes.

use std::time::Duration;

use adapters::{
    telegram::BotToken,
    vault::{Place, Sealed, Use},
};
use domain::{Timestamp, ids::UserId};

use super::identify::FIELD;
use crate::{ServiceError, Services};

/// What a ticket begins with; no token does.
const MARK: &str = "sealed:";

/// How long a person may look at the page.
const GOOD_FOR: Duration = Duration::from_secs(10 * 60);

/// Seals `token` for `user`.
///
/// # Errors
/// [`ServiceError::Bug`] when the root key is out of reach.
pub(super) async fn issue(
    svc: &Services,
    user: UserId,
    token: &BotToken,
    now: Timestamp,
) -> Result<String, ServiceError> {
    let until = (now + GOOD_FOR).as_second();
    let plain = zeroize::Zeroizing::new(format!("{until} {}", token.expose()));
    let who = user.to_string();
    let by = Use { who: &who, why: "hold a token while its bot is looked at" };
    let sealed = svc.vault.seal(by, &place(user), plain.as_bytes()).await;
    let sealed = sealed.map_err(|err| ServiceError::bug("sealing a ticket", err))?;
    Ok(format!("{MARK}{}", hex::encode(sealed.as_bytes())))
}

/// The token behind a ticket of `user`; none when `typed` is no ticket.
///
/// # Errors
/// At the field, for a ticket that is too old, not whole, or somebody else's.
pub(super) async fn open(
    svc: &Services,
    user: UserId,
    typed: &str,
    now: Timestamp,
) -> Result<Option<BotToken>, ServiceError> {
    let Some(ticket) = typed.trim().strip_prefix(MARK) else { return Ok(None) };
    let over = || {
        ServiceError::field(FIELD, "That took more than ten minutes. Paste the token once more.")
    };
    let sealed = hex::decode(ticket).map(Sealed::from).map_err(|_| over())?;
    let who = user.to_string();
    let by = Use { who: &who, why: "connect the bot that was looked at" };
    let plain = svc.vault.open(by, &place(user), &sealed).await.map_err(|_| over())?;
    let (until, token) =
        std::str::from_utf8(&plain).ok().and_then(|text| text.split_once(' ')).ok_or_else(over)?;
    match (until.parse::<i64>(), BotToken::parse(token)) {
        (Ok(until), Ok(token)) if now.as_second() <= until => Ok(Some(token)),
        _ => Err(over()),
    }
}

fn place(user: UserId) -> Place {
    Place::of_instance("connect", "token", user.as_uuid())
}
