//! A bot to try Gannet with.

use contract::cx::RequestCx;
use domain::{
    Timestamp,
    bot::{Api, Slug},
    ids::{BotId, WorkspaceId},
};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use store::{
    BotScope, StoreError,
    bots::{self, Bot},
    counters::Counts,
};
use uuid::Uuid;

use super::{connect, identify};
use crate::{ServiceError, Services, access};

/// People who press Start once the bot is connected.
const PEOPLE: u32 = 1_000;

/// Over how many seconds they come.
const OVER_SECS: u32 = 20;

/// How many letters of its username are random.
const LETTERS: usize = 6;

/// Makes a bot in the sandbox, connects it, and lets people press Start. The second time with the same
/// `once` leads to the bot that the first one made, or is making.
///
/// # Errors
/// [`ServiceError::Denied`] where there is no sandbox; [`ServiceError::Conflict`] when the bot of this
/// `once` has been disconnected; else as [`connect::connect`].
pub async fn connect_sandbox(
    svc: &Services,
    cx: &RequestCx,
    once: &str,
) -> Result<Slug, ServiceError> {
    let workspace = connect::may_connect(svc, cx).await?;
    let sandbox = svc.sandbox.as_ref().ok_or(ServiceError::Denied)?;
    let scope = access::bot_of(&workspace, id(workspace.workspace, once))?;
    if let Some(slug) = made(svc, &scope).await? {
        return Ok(slug);
    }
    let token = sandbox
        .create_bot(&username()?, "Sandbox bot")
        .await
        .map_err(|err| ServiceError::bug("making a bot in the sandbox", err))?;
    let found = identify::ask(svc, Api::Sandbox, token.clone()).await?;
    let place = connect::Place::New(scope.bot);
    let slug = match connect::establish(svc, cx, &workspace, Api::Sandbox, found, place).await {
        Ok(slug) => slug,
        // Another click was faster; the bot that this one made is left alone in the sandbox.
        Err(refusal) => return made(svc, &scope).await?.ok_or(refusal),
    };
    sandbox
        .send_people(&token, PEOPLE, OVER_SECS)
        .await
        .map_err(|err| ServiceError::bug("sending people to the sandbox bot", err))?;
    Ok(slug)
}

/// The id that `once` stands for. Its form cannot choose it: an id is one bot's on the whole instance.
fn id(workspace: WorkspaceId, once: &str) -> BotId {
    if once.is_empty() {
        return Uuid::now_v7().into();
    }
    let hash = Sha256::new()
        .chain_update(b"sandbox bot\0")
        .chain_update(workspace.as_uuid().as_bytes())
        .chain_update(once.as_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().into()
}

/// Where the bot of `scope` is found, if it has been made.
async fn made(svc: &Services, scope: &BotScope) -> Result<Option<Slug>, ServiceError> {
    let bot =
        svc.store.bot(scope, async |tx| Ok::<_, StoreError>(bots::find_any(tx).await?)).await?;
    match bot {
        Some(bot) if bot.disconnected_at.is_some() => Err(ServiceError::Conflict(
            "The sandbox bot that this page made has been disconnected. Open the page again to make another."
                .into(),
        )),
        bot => Ok(bot.map(|bot| bot.slug)),
    }
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
