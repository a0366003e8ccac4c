//! Whose token is it? Asked from Telegram before anything is stored.

use adapters::telegram::{BotToken, CallError, Credentials, Me, NoToken};
use contract::cx::RequestCx;
use domain::bot::{Api, Slug};

use super::ticket;
use crate::{ServiceError, Services, access};

/// The form's field that a token is typed into.
pub(super) const FIELD: &str = "token";

/// A bot that Telegram vouched for.
pub(super) struct Identified {
    /// Where it lives, and its token.
    pub who: Credentials,
    /// What Telegram says of it.
    pub me: Me,
    /// What its place in URLs would be.
    pub slug: Slug,
}

/// Finds the token in what was typed (or behind the ticket that a page held in its place), and asks
/// Telegram for its bot.
///
/// # Errors
/// Each with its fix: no token in the text, one that Telegram does not know, Telegram not there.
pub(super) async fn identify(
    svc: &Services,
    cx: &RequestCx,
    api: Api,
    typed: &str,
) -> Result<Identified, ServiceError> {
    let token = match ticket::open(svc, access::viewer(cx)?.user, typed, cx.now).await? {
        Some(token) => token,
        None => BotToken::find_in(typed).map_err(no_token)?,
    };
    ask(svc, api, token).await
}

/// Asks Telegram for the bot of `token`.
///
/// # Errors
/// As [`identify`].
pub(super) async fn ask(
    svc: &Services,
    api: Api,
    token: BotToken,
) -> Result<Identified, ServiceError> {
    let Some(base) = svc.base(api) else {
        return Err(ServiceError::Conflict("The sandbox is switched off on this server.".into()));
    };
    let who = Credentials { api: base, token };
    let me = svc.telegram.get_me(&who).await.map_err(|error| match error {
        CallError::Unauthorized => ServiceError::field(FIELD, REVOKED),
        error => unreached(&error),
    })?;
    if me.id != who.token.telegram_id() {
        return Err(ServiceError::bug(
            "asking whose token it is",
            "the answer is about another bot",
        ));
    }
    let slug =
        me.username.parse().map_err(|err| ServiceError::bug("reading a bot's username", err))?;
    Ok(Identified { who, me, slug })
}

const REVOKED: &str = "Telegram does not know this token: it was revoked, or a part of it is missing. In @BotFather \
                       send /mybots, choose the bot, press API Token, and copy it again.";

fn no_token(why: NoToken) -> ServiceError {
    ServiceError::field(
        FIELD,
        match why {
            NoToken::Missing => {
                "There is no bot token in this text. It looks like 123456789:AbCd… and @BotFather shows it after \
                 /newbot, or under /mybots → your bot → API Token. You can paste BotFather's whole message."
            }
            NoToken::Several => {
                "There is more than one token in this text. Leave only the one of the bot that you want to connect."
            }
        },
    )
}

/// Telegram did not say yes, and nothing was saved.
pub(super) fn unreached(error: &CallError) -> ServiceError {
    tracing::info!(%error, "Telegram did not answer as it should");
    ServiceError::Away(format!("{} Nothing was saved.", explain(error)))
}

/// What a failed call means, and what to do, for a person.
pub(crate) fn explain(error: &CallError) -> String {
    match error {
        CallError::Unauthorized => {
            "Telegram does not know the bot's token any more. Get the new one from @BotFather (/mybots → your bot → \
             API Token) and put it into the bot's settings."
                .into()
        }
        CallError::Conflict(_) => {
            "Another program receives this bot's messages. Stop it there, or get a new token from @BotFather, put it \
             into the bot's settings, and press Repair."
                .into()
        }
        CallError::SlowDown(wait) => {
            format!("Telegram asks us to wait {} s. Try again then.", wait.as_secs())
        }
        CallError::Rejected { description, .. } => format!("Telegram refused: {description}."),
        CallError::NotSent(_) => "Telegram cannot be reached just now. Try again in a moment.".into(),
        CallError::Unanswered(_) => "Telegram did not answer in time. Try again in a moment.".into(),
    }
}
