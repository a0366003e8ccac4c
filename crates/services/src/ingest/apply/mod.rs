//! Puts updates into effect: each bot's in Telegram's order, a batch at a time.

mod chats;
mod effect;
mod read;

use std::time::Duration;

use domain::{
    audit::{Actor, Event},
    ids::{BotId, ChatId, UserId, WorkspaceId},
};
use futures::future::join_all;
use store::{
    BotScope, BotTx, StoreError,
    audit::{self, Origin},
    bots, chats as places, inbox, replies, subscribers, test_recipients,
};
use tokio::time;
use tokio_util::sync::CancellationToken;

use self::{
    chats::Chats,
    effect::Effect,
    read::{Seen, read},
};
use crate::{Services, access};

/// Most updates of a bot that are applied in one transaction.
const BATCH: i64 = 200;

/// Most bots that are looked for at once.
const BOTS: i64 = 1_000;

/// How many bots' updates are applied at the same time.
const ABREAST: usize = 4;

/// How often updates are looked for when nobody rings.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often numbers that are no longer needed are forgotten.
const TIDY: Duration = Duration::from_secs(10 * 60);

/// How long an update's number is kept, in days. Telegram offers an update for one.
const KEEP_DAYS: i32 = 2;

/// Most numbers that are forgotten in one statement.
const FORGET: i64 = 10_000;

/// Most such statements in a row: a million numbers, and with [`TIDY`] more of them than can arrive.
const MOST_FORGOTTEN: usize = 100;

/// How often an update is tried by itself before it is refused. What fails once may have met another
/// transaction's locks.
const TRIES: u32 = 3;

/// Applies updates until `stop`, and forgets the numbers of those that are long in effect.
pub async fn run(svc: Services, stop: CancellationToken) {
    tokio::join!(work(&svc, &stop), tidy(&svc, &stop));
}

/// Beside the work: a backlog that never ends must not keep what is old from going.
async fn tidy(svc: &Services, stop: &CancellationToken) {
    let mut beat = time::interval(TIDY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = beat.tick() => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = forget(svc) => {}
        }
    }
}

async fn work(svc: &Services, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let is_more = match round(svc).await {
            Ok(is_more) => is_more,
            Err(error) => {
                tracing::warn!(%error, "looking for updates failed");
                false
            }
        };
        if is_more {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = svc.nudges.apply.notified() => {}
            () = time::sleep(LOOK_AGAIN) => {}
        }
    }
}

/// One batch for each bot that has any. True when there may be more.
async fn round(svc: &Services) -> Result<bool, StoreError> {
    let waiting = svc
        .store
        .system("bots of all workspaces whose updates wait", async |tx| {
            Ok::<_, StoreError>(inbox::waiting(tx, BOTS).await?)
        })
        .await?;
    let mut is_more = waiting.len() as i64 == BOTS;
    for some in waiting.chunks(ABREAST) {
        let applied =
            join_all(some.iter().map(|&(workspace, bot)| next_batch(svc, workspace, bot))).await;
        for (&(_, bot), applied) in some.iter().zip(applied) {
            match applied {
                Ok(count) => is_more |= count as i64 == BATCH,
                Err(error) => tracing::warn!(%error, bot.id = %bot, "updates were not applied"),
            }
        }
    }
    Ok(is_more)
}

/// Applies the bot's next batch. Gives how many updates it had.
///
/// A batch that fails is taken apart, and an update that fails by itself is refused: nothing that
/// Telegram hands over may stop what comes after it.
async fn next_batch(
    svc: &Services,
    workspace: WorkspaceId,
    bot: BotId,
) -> Result<usize, StoreError> {
    let scope = access::claimed(workspace, bot);
    match transaction(svc, &scope, BATCH).await {
        Ok(count) => Ok(count),
        Err(error @ StoreError::Unavailable(_)) => Err(error),
        Err(error) => {
            tracing::warn!(%error, bot.id = %bot, "a batch of updates failed and is taken apart");
            one_by_one(svc, &scope).await
        }
    }
}

async fn one_by_one(svc: &Services, scope: &BotScope) -> Result<usize, StoreError> {
    let mut failures = 0;
    for count in 0..BATCH as usize {
        match transaction(svc, scope, 1).await {
            Ok(0) => return Ok(count),
            Ok(_) => failures = 0,
            Err(error @ StoreError::Unavailable(_)) => return Err(error),
            Err(error) if failures + 1 == TRIES => {
                tracing::error!(error = ?error, bot.id = %scope.bot, "an update cannot be applied and is refused");
                refuse_first(svc, scope).await?;
                failures = 0;
            }
            Err(_) => failures += 1,
        }
    }
    Ok(BATCH as usize)
}

async fn refuse_first(svc: &Services, scope: &BotScope) -> Result<(), StoreError> {
    svc.store
        .bot(scope, async |tx| {
            if inbox::take_turn(tx).await? {
                let first = inbox::next(tx, 1).await?;
                let verdicts: Vec<inbox::Verdict> = first
                    .iter()
                    .map(|update| (update.update_id, Some("could not be applied")))
                    .collect();
                inbox::mark(tx, &verdicts).await?;
            }
            Ok(())
        })
        .await
}

async fn transaction(svc: &Services, scope: &BotScope, limit: i64) -> Result<usize, StoreError> {
    let (count, has_replies) = svc.store.bot(scope, async |tx| apply(tx, limit).await).await?;
    if has_replies {
        svc.nudges.send.notify_one();
    }
    Ok(count)
}

/// Applies up to `limit` updates. Gives how many, and whether the bot has something to say to them.
async fn apply(tx: &mut BotTx<'_>, limit: i64) -> Result<(usize, bool), StoreError> {
    if !inbox::take_turn(tx).await? {
        return Ok((0, false));
    }
    let updates = inbox::next(tx, limit).await?;
    let (Some(last), Some(bot)) =
        (updates.iter().map(|u| u.received_at).max(), bots::find_any(tx).await?)
    else {
        return Ok((0, false));
    };

    let mut seen = Vec::with_capacity(updates.len());
    let mut verdicts: Vec<inbox::Verdict> = Vec::with_capacity(updates.len());
    for update in &updates {
        match read(update.body.as_deref().unwrap_or_default(), &bot.username) {
            Ok(what) => {
                seen.extend(what.map(|what| (update.received_at, what)));
                verdicts.push((update.update_id, None));
            }
            Err(why) => verdicts.push((update.update_id, Some(why))),
        }
    }

    let mut people = Vec::with_capacity(seen.len());
    let mut numbers = Vec::new();
    for (_, seen) in &seen {
        match seen {
            Seen::Person(person, _) => people.push(person.chat),
            Seen::Chat(place, heard) => {
                numbers.extend(chats::numbers(place, heard).into_iter().flatten())
            }
        }
    }
    distinct(&mut people);
    distinct(&mut numbers);
    let payloads: Vec<&str> = seen.iter().filter_map(|(_, seen)| seen.payload()).collect();
    let codes = match payloads.iter().any(|payload| test_recipients::is_code(payload)) {
        true => test_recipients::of_codes(tx, &payloads).await?,
        false => Vec::new(),
    };
    let mut effect = Effect::on(subscribers::lock(tx, &people).await?, codes);
    let mut chats = Chats::on(match numbers.is_empty() {
        true => Vec::new(),
        false => places::lock(tx, &numbers).await?,
    });
    for (at, seen) in seen {
        match seen {
            Seen::Person(person, what) => effect.add(at, person, what),
            Seen::Chat(place, heard) => chats.add(at, place, heard),
        }
    }

    subscribers::save(tx, &effect.changed()).await?;
    places::remove(tx, &chats.removed()).await?;
    places::save(tx, &chats.changed()).await?;
    for link in effect.links() {
        test_recipients::link(tx, link.user, link.chat, &link.name).await?;
        audit::record(tx, &in_telegram(link.user), &Event::TestRecipientLinked).await?;
    }
    let answers = effect.answers(&bot);
    let answers: Vec<_> = answers.iter().map(|(chat, message)| (*chat, message)).collect();
    replies::enqueue(tx, &answers).await?;
    inbox::mark(tx, &verdicts).await?;
    bots::saw_update(tx, last).await?;
    Ok((updates.len(), !answers.is_empty()))
}

/// Each once, in the order in which rows are locked.
fn distinct(numbers: &mut Vec<ChatId>) {
    numbers.sort_unstable();
    numbers.dedup();
}

/// A member acted, by way of Telegram: there is no request of ours.
fn in_telegram(user: UserId) -> Origin {
    Origin {
        actor: Actor::User(user),
        actor_name: String::new(),
        ip: None,
        user_agent: None,
        request_id: None,
    }
}

async fn forget(svc: &Services) {
    let mut all = 0;
    for _ in 0..MOST_FORGOTTEN {
        let forgotten = svc
            .store
            .system("numbers of old updates of all bots are forgotten", async |tx| {
                Ok::<_, StoreError>(inbox::forget(tx, KEEP_DAYS, FORGET).await?)
            })
            .await;
        match forgotten {
            Ok(count) => {
                all += count;
                if (count as i64) < FORGET {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "old updates were not forgotten");
                break;
            }
        }
    }
    if all > 0 {
        tracing::debug!(count = all, "old updates forgotten");
    }
}
