//! How fast a bot sends, where its owner wants less than the instance allows.

use contract::{bots::Pace, cx::RequestCx};
use domain::{audit::Event, pacing::parse_rate, rights::Right};
use store::{audit, bots};

use crate::{ServiceError, Services, access};

/// Asks for another rate. Whoever sends for the bot follows it at their next look, within a second. What is so
/// already stays.
///
/// # Errors
/// [`ServiceError::Invalid`] at `rate`; [`ServiceError::NotFound`] once the bot is disconnected.
pub(super) async fn set(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    form: Pace,
) -> Result<(), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Manage).await?;
    let rate = parse_rate(&form.rate, svc.settings.rate_per_bot)
        .map_err(|why| ServiceError::field("rate", why))?;
    svc.store
        .bot(&scope, async |tx| {
            let bot = bots::lock(tx).await?.ok_or(ServiceError::NotFound)?;
            if bot.rate == rate {
                return Ok(());
            }
            bots::set_rate(tx, rate).await?;
            let event = Event::BotRateChanged { rate, rate_before: bot.rate };
            audit::record(tx, &access::origin(cx), &event).await?;
            Ok::<_, ServiceError>(())
        })
        .await
}
