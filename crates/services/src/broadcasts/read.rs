//! What people see of broadcasts.

use std::collections::{HashMap, HashSet};

use contract::{
    broadcasts::{Delivery, DeliveryFilter, Estimate, Faster, Paid, Progress, Rate, Row, View},
    cx::RequestCx,
    page::Page,
};
use domain::{
    Timestamp,
    broadcast::{Outcome, Status, Tally, duration_at},
    ids::{BotId, BroadcastId, ChatId},
    markup, pacing,
    paid::{self, Offer},
    rights::Right,
    text::excerpt,
};
use store::{
    BotTx, Cursor, StoreError, bots,
    broadcasts::{self, Broadcast, Plan},
    chats,
    repeats::{self, Which},
};

use super::again::may_be_repeated;
use crate::{ServiceError, Services, access};

/// Rows of a page.
const PAGE: i64 = 50;

/// Characters of a text that a list shows.
pub(crate) const EXCERPT: usize = 80;

pub async fn list(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    after: &str,
) -> Result<Page<Row>, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    let after = after.parse().ok();
    let mut rows = svc
        .store
        .bot(&scope, async |tx| Ok::<_, StoreError>(broadcasts::list(tx, after, PAGE + 1).await?))
        .await?;
    let next = next_page(&mut rows, |last| {
        Cursor { at: last.created_at, key: last.id.as_uuid() }.to_string()
    });
    Ok(Page { rows: rows.into_iter().map(row).collect(), next })
}

/// Cuts the row that was read too much, and says where the next page begins.
fn next_page<T>(rows: &mut Vec<T>, cursor: impl FnOnce(&T) -> String) -> Option<String> {
    let full = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    rows.last().filter(|_| full).map(cursor)
}

fn row(broadcast: Broadcast) -> Row {
    Row {
        id: broadcast.id,
        excerpt: excerpt(&markup::parse(&broadcast.source).text, EXCERPT),
        status: broadcast.status,
        total: broadcast.total,
        tally: shown(&broadcast),
        begins_at: begins_at(&broadcast),
        updated_at: broadcast.updated_at,
    }
}

/// When it begins by itself, while it waits for that.
fn begins_at(broadcast: &Broadcast) -> Option<Timestamp> {
    let waits = broadcast.status == Status::Scheduled;
    broadcast.plan.as_ref().filter(|_| waits).map(|plan| plan.at)
}

pub async fn view(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
) -> Result<View, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    let bot = scope.bot;
    let (broadcast, rate, active, repeatable) = svc
        .store
        .bot(&scope, async |tx| {
            let broadcast = broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let rate = rate(svc, tx).await?;
            let active = match broadcast.status {
                Status::Scheduled => Some(chats::audience(tx, &broadcast.to).await?),
                _ => None,
            };
            let repeatable = match may_be_repeated(broadcast.status) && broadcast.tally.unknown > 0
            {
                true => repeats::count(tx, id, Which::default()).await?.people,
                false => 0,
            };
            Ok::<_, ServiceError>((broadcast, rate, active, repeatable))
        })
        .await?;
    let progress = measure(svc, cx, (bot, rate), &broadcast);
    let plan = broadcast.plan.map(|Plan { at, zone, by_name, .. }| contract::broadcasts::Plan {
        at,
        zone,
        by: by_name,
    });
    Ok(View {
        id,
        text: broadcast.source,
        status: broadcast.status,
        manner: broadcast.manner,
        to: broadcast.to,
        paid: broadcast.paid_cap.map(|cap| Paid {
            cap,
            so_far: broadcast.paid,
            unpaid_because: broadcast.unpaid_because,
        }),
        version: broadcast.version.to_string(),
        edition: broadcast.edition.to_string(),
        plan,
        active,
        author: broadcast.author_name,
        created_at: broadcast.created_at,
        started_at: broadcast.started_at,
        finished_at: broadcast.finished_at,
        progress,
        tripped: broadcast.tripped.filter(|_| broadcast.status == Status::Paused),
        repeatable,
    })
}

pub async fn progress(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
) -> Result<Progress, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    let (broadcast, rate) = svc
        .store
        .bot(&scope, async |tx| {
            let broadcast = broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            Ok::<_, ServiceError>((broadcast, rate(svc, tx).await?))
        })
        .await?;
    Ok(measure(svc, cx, (scope.bot, rate), &broadcast))
}

/// How many messages a second the transaction's bot sends.
pub(super) async fn rate(svc: &Services, tx: &mut BotTx<'_>) -> Result<u32, StoreError> {
    Ok(pacing::rate(bots::rate(tx).await?, svc.settings.rate_per_bot))
}

/// What has become of a broadcast's people, as it is shown. Who is being sent it once more has no outcome yet;
/// where nothing goes out any more, what is known of them is that nobody knows.
fn shown(broadcast: &Broadcast) -> Tally {
    let again = if broadcast.status.is_over() { 0 } else { broadcast.again };
    Tally { unknown: broadcast.tally.unknown.saturating_sub(again), ..broadcast.tally }
}

fn measure(
    svc: &Services,
    cx: &RequestCx,
    (bot, rate): (BotId, u32),
    broadcast: &Broadcast,
) -> Progress {
    let tally = shown(broadcast);
    let done = tally.total();
    let is_sending = broadcast.status == Status::Sending;
    let per_second = if is_sending {
        svc.meters.note(bot, broadcast.id, done).unwrap_or_else(|| average(cx, broadcast))
    } else {
        Rate::default()
    };
    let left = broadcast.total.saturating_sub(done);
    let left_secs = match per_second.0 {
        _ if !is_sending => None,
        0 => Some(duration_at(left, rate).as_secs()),
        tenths => Some((left * 10).div_ceil(tenths)),
    };
    let in_line = broadcast.queued_at.is_some();
    let waiting = match in_line {
        _ if broadcast.status.is_over() => None,
        true => Some("Waits behind another broadcast of this bot.".to_owned()),
        false => broadcast.waiting.clone(),
    };
    Progress {
        status: broadcast.status,
        total: broadcast.total,
        tally,
        per_second,
        left_secs,
        in_line,
        waiting,
    }
}

/// Where a page begins: after this chat, or this attempt to reach it.
fn after(key: &str) -> Option<(ChatId, i16)> {
    let (chat, attempt) = key.split_once('.').unwrap_or((key, ""));
    Some((chat.parse().ok()?, attempt.parse().unwrap_or(i16::MAX)))
}

/// The rate since the beginning: all there is to go by at the first look.
fn average(cx: &RequestCx, broadcast: &Broadcast) -> Rate {
    let Some(started) = broadcast.started_at else { return Rate::default() };
    let secs = cx.now.duration_since(started).as_secs_f64().max(1.0);
    Rate((broadcast.tally.total() as f64 * 10.0 / secs).round() as u64)
}

pub async fn estimate(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
) -> Result<Estimate, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    let (audience, cap, own, rate) = svc
        .store
        .bot(&scope, async |tx| {
            let draft = broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let audience = chats::audience(tx, &draft.to).await?;
            let own = bots::rate(tx).await?;
            let rate = pacing::rate(own, svc.settings.rate_per_bot);
            Ok::<_, ServiceError>((audience, draft.paid_cap, own, rate))
        })
        .await?;
    let for_free = duration_at(audience, rate);
    // A bot that was asked to be slow is so at any price.
    let paid_rate = |offer: Offer| pacing::rate(own, offer.rate);
    let offer = svc.settings.paid.filter(|&offer| paid_rate(offer) > rate);
    let took = match offer.zip(cap) {
        Some((offer, cap)) => offer.time(audience, cap, rate, paid_rate(offer)),
        None => for_free,
    };
    let faster = offer.map(|offer| Faster {
        rate: paid_rate(offer),
        stars: paid::stars(offer.cost(audience)),
        secs: duration_at(audience, paid_rate(offer)).as_secs(),
        free_secs: for_free.as_secs(),
    });
    Ok(Estimate { audience, secs: took.as_secs(), finish_at: cx.now + took, rate, faster })
}

pub async fn deliveries(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
    filter: &DeliveryFilter,
) -> Result<Page<Delivery>, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    let outcome = filter.outcome.parse().ok();
    let after = after(&filter.after);
    let (mut rows, repeatable) = svc
        .store
        .bot(&scope, async |tx| {
            let broadcast = broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let rows = broadcasts::outcomes(tx, id, outcome, after, PAGE + 1).await?;
            let unknown = rows.iter().filter(|row| row.outcome == Outcome::Unknown);
            let unknown: Vec<ChatId> = unknown.map(|row| row.chat).collect();
            let repeatable = match may_be_repeated(broadcast.status) {
                true => repeats::of_these(tx, id, &unknown).await?,
                false => HashSet::new(),
            };
            Ok::<_, ServiceError>((rows, repeatable))
        })
        .await?;
    let next = next_page(&mut rows, |last| format!("{}.{}", last.chat, last.attempt));
    // Of somebody's attempts the last one alone can be repeated.
    let last: HashMap<ChatId, i16> = rows.iter().map(|row| (row.chat, row.attempt)).collect();
    let rows = rows
        .into_iter()
        .map(|row| Delivery {
            chat: row.chat,
            name: row.name.unwrap_or_default(),
            attempt: u16::try_from(row.attempt).unwrap_or_default(),
            outcome: row.outcome,
            repeatable: row.outcome == Outcome::Unknown
                && repeatable.contains(&row.chat)
                && last.get(&row.chat) == Some(&row.attempt),
            reason: row.reason,
            at: row.at,
        })
        .collect();
    Ok(Page { rows, next })
}
