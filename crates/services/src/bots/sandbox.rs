//! A bot to try Gannet with.

use contract::cx::RequestCx;
use domain::{
    Timestamp,
    bot::{Api, Slug},
};
use jiff::SignedDuration;
use store::{bots::Bot, counters::Counts};

use super::{connect, identify};
use crate::{ServiceError, Services};

/// People who press Start once the bot is connected.
const PEOPLE: u32 = 1_000;

/// Over how many seconds they come.
const OVER_SECS: u32 = 20;

/// How many letters of its username are random.
const LETTERS: usize = 6;

/// Makes a bot in the sandbox, connects it, and lets people press Start.
///
/// # Errors
/// [`ServiceError::Denied`] where there is no sandbox; else as [`connect::connect`].
pub async fn connect_sandbox(svc: &Services, cx: &RequestCx) -> Result<Slug, ServiceError> {
    let workspace = connect::may_connect(svc, cx).await?;
    let sandbox = svc.sandbox.as_ref().ok_or(ServiceError::Denied)?;
    let token = sandbox
        .create_bot(&username()?, "Sandbox bot")
        .await
        .map_err(|err| ServiceError::bug("making a bot in the sandbox", err))?;
    let found = identify::ask(svc, Api::Sandbox, token.clone()).await?;
    let slug = connect::establish(svc, cx, &workspace, Api::Sandbox, found, None).await?;
    sandbox
        .send_people(&token, PEOPLE, OVER_SECS)
        .await
        .map_err(|err| ServiceError::bug("sending people to the sandbox bot", err))?;
    Ok(slug)
}

/// People who were sent to a sandbox bot and have not come yet; none once they had the time to.
pub(super) fn still_coming(bot: &Bot, counts: &Counts, now: Timestamp) -> Option<u64> {
    let had_time =
        now.duration_since(bot.created_at) > SignedDuration::from_secs(3 * i64::from(OVER_SECS));
    let missing = u64::from(PEOPLE).saturating_sub(counts.total());
    (bot.api == Api::Sandbox && !had_time && missing > 0).then_some(missing)
}

fn username() -> Result<String, ServiceError> {
    let mut bytes = [0_u8; LETTERS];
    getrandom::fill(&mut bytes).map_err(|err| ServiceError::bug("naming a sandbox bot", err))?;
    // 256 is no multiple of 26: some letters come a little more often, and nothing depends on it.
    let letters: String = bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    Ok(format!("sandbox_{letters}_bot"))
}
