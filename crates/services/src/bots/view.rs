//! One bot, as its pages show it.

use contract::{
    bots::{BotFrame, BotView, Counts},
    cx::RequestCx,
};
use domain::{Timestamp, rights::Right, subscriber::Status};
use jiff::{civil::Date, tz::TimeZone};
use store::{BotScope, StoreError, bots, counters};

use super::sandbox;
use crate::{ServiceError, Services, access, approvals};

/// Sources that are shown.
const SOURCES: i64 = 10;

/// The bot with its numbers.
///
/// # Errors
/// [`ServiceError::Denied`] to strangers; [`ServiceError::NotFound`] once it is disconnected.
pub async fn view(svc: &Services, cx: &RequestCx, slug: &str) -> Result<BotView, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    let (id, today) = (scope.bot, day(cx.now));
    let (bot, counts, growth, sources) = svc
        .store
        .bot(&scope, async |tx| {
            let bot = bots::find(tx).await?.ok_or(ServiceError::NotFound)?;
            let counts = counters::counts(tx, &[id]).await?.remove(&id).unwrap_or_default();
            let growth = counters::growth(tx, &[id], today).await?.remove(&id).unwrap_or_default();
            Ok::<_, ServiceError>((bot, counts, growth, counters::top_sources(tx, SOURCES).await?))
        })
        .await?;
    let sandbox_people = sandbox::still_coming(&bot, &counts, cx.now);
    Ok(BotView {
        slug: bot.slug,
        name: bot.name,
        username: bot.username,
        telegram_id: bot.telegram_id,
        token_last4: bot.token_last4,
        rights: scope.rights,
        welcome: bot.welcome,
        goodbye: bot.goodbye,
        version: bot.version.to_string(),
        growth,
        sources,
        sandbox_people,
        read_only: bot.read_only,
        rate: bot.rate,
        fastest: svc.settings.rate_per_bot,
        counts: by_status(&counts),
        api: bot.api,
    })
}

/// The bot's name, what the viewer may do with it, and what waits for them.
///
/// # Errors
/// As [`view`].
pub async fn frame(svc: &Services, cx: &RequestCx, slug: &str) -> Result<BotFrame, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    let (user, rights) = (scope.user, scope.rights);
    let (bot, waiting) = svc
        .store
        .bot(&scope, async |tx| {
            let bot = bots::find(tx).await?.ok_or(ServiceError::NotFound)?;
            let waiting = approvals::waiting_at(tx, &bot.slug, user, rights).await?;
            Ok::<_, ServiceError>((bot, waiting))
        })
        .await?;
    Ok(BotFrame {
        slug: bot.slug,
        name: bot.name,
        api: bot.api,
        rights: scope.rights,
        read_only: bot.read_only,
        waiting,
    })
}

/// The bot of `scope` while it is connected.
///
/// # Errors
/// [`ServiceError::NotFound`] once it is disconnected.
pub(super) async fn connected(svc: &Services, scope: &BotScope) -> Result<bots::Bot, ServiceError> {
    svc.store
        .bot(scope, async |tx| Ok::<_, StoreError>(bots::find(tx).await?))
        .await?
        .ok_or(ServiceError::NotFound)
}

/// The day of the counters, which is UTC's.
pub(super) fn day(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

fn by_status(counts: &counters::Counts) -> Counts {
    Counts {
        active: counts.of(Status::Active),
        paused: counts.of(Status::Paused),
        unsubscribed: counts.of(Status::Unsubscribed),
        blocked: counts.of(Status::Blocked),
        deactivated: counts.of(Status::Deactivated),
    }
}
