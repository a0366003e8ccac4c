//! Connecting a bot to the viewer's workspace.

use adapters::telegram::BotToken;
use contract::{bots::Connect, cx::RequestCx};
use domain::{
    audit::Event,
    bot::{Api, Delivery, GOODBYE, Slug, WELCOME},
    ids::{BotId, TelegramBotId},
};
use store::{
    BotScope, BotTx, StoreError, WorkspaceScope, audit, bots, directory, endings, secrets,
};
use uuid::Uuid;

use super::{
    identify::{self, Identified},
    webhook,
};
use crate::{ServiceError, Services, access, billing::gate, credentials};

/// What the form says when another program's webhook may be replaced.
const YES: &str = "yes";

/// Connects a bot and starts receiving its updates.
///
/// A webhook of another program is replaced only when the form says so: that program gets nothing any
/// more from then on, and whoever runs it should hear of it here and not there.
///
/// # Errors
/// Each with its fix: no token, a revoked one, a bot that is connected already (here with another token,
/// or elsewhere, which is not told), one that another program holds, Telegram not there. Nothing is
/// stored then.
pub async fn connect(svc: &Services, cx: &RequestCx, form: &Connect) -> Result<Slug, ServiceError> {
    let workspace = may_connect(svc, cx).await?;
    let found = identify::identify(svc, cx, Api::Telegram, &form.token).await?;
    // The second click of a double click: the first has done it.
    if let Some(slug) = done_already(svc, &workspace, found.me.id, &found.who.token).await? {
        return Ok(slug);
    }
    let (telegram_id, token) = (found.me.id, found.who.token.clone());
    // Or the first is through by now.
    let late = async |refusal: ServiceError| {
        done_already(svc, &workspace, telegram_id, &token).await?.ok_or(refusal)
    };
    let former = match former(svc, &workspace, Api::Telegram, &found).await {
        Ok(former) => former,
        Err(refusal) => return late(refusal).await,
    };
    if form.take_over != YES {
        let info = svc
            .telegram
            .get_webhook_info(&found.who)
            .await
            .map_err(|error| identify::unreached(&error))?;
        if let Some(host) = webhook::held_by(&svc.settings, &info) {
            return Err(ServiceError::field("take_over", held(&found.me.username, &host)));
        }
    }
    let place = former.map_or_else(Place::fresh, Place::Former);
    match establish(svc, cx, &workspace, Api::Telegram, found, place).await {
        Ok(slug) => Ok(slug),
        Err(refusal) => late(refusal).await,
    }
}

/// Where the bot is found, if it is connected to this workspace with this very token.
async fn done_already(
    svc: &Services,
    workspace: &WorkspaceScope,
    telegram_id: TelegramBotId,
    token: &BotToken,
) -> Result<Option<Slug>, ServiceError> {
    let ours = svc
        .store
        .workspace(workspace, async |tx| {
            Ok::<_, StoreError>(bots::by_telegram_id(tx, Api::Telegram, telegram_id).await?)
        })
        .await?;
    let Some(bot) = ours.filter(|bot| bot.disconnected_at.is_none()) else { return Ok(None) };
    let scope = access::bot_of(workspace, bot.id)?;
    let held = credentials::open(svc, &scope, "see whether a bot is connected already").await?;
    Ok(held.filter(|held| held.token == *token).map(|_| bot.slug))
}

fn held(username: &str, host: &str) -> String {
    format!(
        "Another program ({host}) receives the messages of @{username}. If you connect the bot here, that program \
         gets none any more. Choose “Take it over” to go on, or make a new bot with /newbot in @BotFather."
    )
}

/// The viewer's workspace, if they may connect bots to it.
///
/// # Errors
/// [`ServiceError::Denied`] for members who are neither owner nor admin.
pub(super) async fn may_connect(
    svc: &Services,
    cx: &RequestCx,
) -> Result<WorkspaceScope, ServiceError> {
    let workspace = access::admin(svc, cx).await?;
    let goes = svc
        .store
        .workspace(&workspace, async |tx| {
            Ok::<_, StoreError>(endings::goes_with_its_owners(tx).await?)
        })
        .await?;
    if goes {
        // Its bots leave for it to go, and each that comes would keep its owners' accounts from going.
        let why = "This workspace goes with its owner's account. It needs another owner first.";
        return Err(ServiceError::Conflict(why.into()));
    }
    Ok(workspace)
}

/// The row that the bot had in this workspace before it was disconnected, if it had one.
///
/// # Errors
/// A field's error when the bot is connected already.
pub(super) async fn former(
    svc: &Services,
    workspace: &WorkspaceScope,
    api: Api,
    found: &Identified,
) -> Result<Option<BotId>, ServiceError> {
    let telegram_id = found.me.id;
    let (ours, holder) = svc
        .store
        .workspace(workspace, async |tx| {
            let ours = bots::by_telegram_id(tx, api, telegram_id).await?;
            Ok::<_, StoreError>((ours, directory::owner_of(tx, api, telegram_id).await?))
        })
        .await?;
    match (ours, holder) {
        (Some(bot), _) if bot.disconnected_at.is_none() => Err(ServiceError::field(
            identify::FIELD,
            format!("@{} is connected already. You find it among your bots.", bot.username),
        )),
        (Some(bot), _) => Ok(Some(bot.id)),
        (None, Some(_)) => Err(elsewhere(&found.me.username)),
        (None, None) => Ok(None),
    }
}

fn elsewhere(username: &str) -> ServiceError {
    ServiceError::field(
        identify::FIELD,
        format!(
            "@{username} cannot be connected here, because it is connected already elsewhere. Disconnect it there \
             first, or make a new bot with /newbot in @BotFather."
        ),
    )
}

/// The row in which a bot is connected.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// A new one with this id.
    New(BotId),
    /// The one that it had before it was disconnected.
    Former(BotId),
}

impl Place {
    /// A new one.
    pub(super) fn fresh() -> Self {
        Self::New(Uuid::now_v7().into())
    }
}

/// Stores the bot, then tells Telegram where to deliver.
///
/// In this order: the row claims what must be unique, so that of two who connect the same bot at once
/// the slower one never touches its webhook. When Telegram then refuses, the bot is there, says so, and
/// can be repaired.
pub(super) async fn establish(
    svc: &Services,
    cx: &RequestCx,
    workspace: &WorkspaceScope,
    api: Api,
    found: Identified,
    place: Place,
) -> Result<Slug, ServiceError> {
    let (Place::New(bot) | Place::Former(bot)) = place;
    let scope = access::bot_of(workspace, bot)?;
    let newcomer = Newcomer {
        token: credentials::seal(svc, &scope, &found.who.token).await?,
        hook: webhook::Fresh::new()?,
        delivery: webhook::delivery(&svc.settings, api),
        api,
        found,
    };
    let is_back = matches!(place, Place::Former(_));
    let claim = write(svc, cx, &scope, is_back, &newcomer).await?;

    let (told, ()) = tokio::join!(
        webhook::begin(svc, &newcomer.found.who, newcomer.delivery, &newcomer.hook),
        webhook::offer_commands(svc, &newcomer.found.who),
    );
    svc.store
        .bot(&scope, async |tx| {
            bots::end_change(tx, claim).await?;
            if let Err(error) = &told {
                let trouble = format!("{} Then press Repair.", identify::explain(error));
                bots::set_trouble(tx, Some(&trouble)).await?;
            }
            Ok::<_, StoreError>(bots::find(tx).await?)
        })
        .await?
        .map(|bot| {
            svc.nudges.poll.notify_one();
            bot.slug
        })
        .ok_or(ServiceError::NotFound)
}

/// Everything that is stored of a bot when it is connected.
struct Newcomer {
    token: Vec<u8>,
    hook: webhook::Fresh,
    delivery: Delivery,
    api: Api,
    found: Identified,
}

impl Newcomer {
    fn identity(&self) -> bots::Identity<'_> {
        bots::Identity {
            username: &self.found.me.username,
            name: &self.found.me.first_name,
            delivery: self.delivery,
            token_last4: self.found.who.token.last4(),
        }
    }
}

async fn write(
    svc: &Services,
    cx: &RequestCx,
    scope: &BotScope,
    is_back: bool,
    newcomer: &Newcomer,
) -> Result<bots::Claim, ServiceError> {
    let written = svc
        .store
        .bot(scope, async |tx| {
            gate::admit_bot(svc, tx).await?;
            let claim =
                if is_back { revive(tx, newcomer).await? } else { enter(tx, newcomer).await? };
            secrets::put(tx, secrets::Kind::Token, &newcomer.token).await?;
            directory::set_hook(tx, newcomer.hook.hook(newcomer.delivery)).await?;
            let event = Event::BotConnected {
                bot: newcomer.found.slug.clone(),
                telegram_id: newcomer.found.me.id,
                api: newcomer.api,
            };
            audit::record(tx, &access::origin(cx), &event).await?;
            Ok::<_, ServiceError>(claim)
        })
        .await;
    written.map_err(|error| match error {
        // Somebody connected it, or a bot of the same name, since we looked.
        ServiceError::Store(StoreError::Refused { constraint })
            if matches!(
                constraint.as_str(),
                "directory_slug_key"
                    | "directory_api_telegram_id_key"
                    | "bots_workspace_id_slug_key"
            ) =>
        {
            elsewhere(&newcomer.found.me.username)
        }
        error => error,
    })
}

/// A bot that this workspace never had.
async fn enter(tx: &mut BotTx<'_>, newcomer: &Newcomer) -> Result<bots::Claim, ServiceError> {
    let Identified { me, slug, .. } = &newcomer.found;
    let new = bots::New {
        telegram_id: me.id,
        slug,
        api: newcomer.api,
        welcome: WELCOME,
        goodbye: GOODBYE,
        identity: newcomer.identity(),
    };
    let claim = bots::insert(tx, &new).await?;
    directory::insert(tx, slug, newcomer.api, me.id).await?;
    Ok(claim)
}

/// A bot that was disconnected less than 30 days ago: its subscribers and texts are still there.
async fn revive(tx: &mut BotTx<'_>, newcomer: &Newcomer) -> Result<bots::Claim, ServiceError> {
    let claim = bots::claim_change(tx).await?.ok_or_else(super::renew::busy)?;
    match bots::find_any(tx).await? {
        Some(bot) if bot.disconnected_at.is_some() => {}
        Some(_) => return Err(super::renew::busy()),
        // Its 30 days ended since we looked.
        None => return Err(ServiceError::NotFound),
    }
    bots::set_connection(tx, &newcomer.identity()).await?;
    secrets::remove(tx, secrets::Kind::LeavingToken).await?;
    Ok(claim)
}
