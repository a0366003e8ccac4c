//! What people see of broadcasts.

use contract::{
    broadcasts::{Delivery, DeliveryFilter, Estimate, Progress, Rate, Row, View},
    cx::RequestCx,
    page::Page,
};
use domain::{
    Timestamp,
    broadcast::{Status, duration_at},
    ids::{BotId, BroadcastId, ChatId},
    markup,
    rights::Right,
    text::excerpt,
};
use store::{
    Cursor, StoreError,
    broadcasts::{self, Broadcast, Plan},
    counters,
};

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
        tally: broadcast.tally,
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
    let (broadcast, active) = svc
        .store
        .bot(&scope, async |tx| {
            let broadcast = broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            let active = match broadcast.status {
                Status::Scheduled => Some(counters::active(tx).await?),
                _ => None,
            };
            Ok::<_, ServiceError>((broadcast, active))
        })
        .await?;
    let progress = measure(svc, cx, bot, &broadcast);
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
        version: broadcast.version.to_string(),
        edition: broadcast.edition.to_string(),
        plan,
        active,
        author: broadcast.author_name,
        created_at: broadcast.created_at,
        started_at: broadcast.started_at,
        finished_at: broadcast.finished_at,
        progress,
    })
}

pub async fn progress(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
) -> Result<Progress, ServiceError> {
    let (bot, broadcast) = find(svc, cx, slug, id).await?;
    Ok(measure(svc, cx, bot, &broadcast))
}

async fn find(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    id: BroadcastId,
) -> Result<(BotId, Broadcast), ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    svc.store
        .bot(&scope, async |tx| Ok::<_, StoreError>(broadcasts::find(tx, id).await?))
        .await?
        .map(|broadcast| (scope.bot, broadcast))
        .ok_or(ServiceError::NotFound)
}

fn measure(svc: &Services, cx: &RequestCx, bot: BotId, broadcast: &Broadcast) -> Progress {
    let done = broadcast.tally.total();
    let is_sending = broadcast.status == Status::Sending;
    let per_second = if is_sending {
        svc.meters.note(bot, broadcast.id, done).unwrap_or_else(|| average(cx, broadcast))
    } else {
        Rate::default()
    };
    let left = broadcast.total.saturating_sub(done);
    let left_secs = match per_second.0 {
        _ if !is_sending => None,
        0 => Some(duration_at(left, svc.settings.rate_per_bot).as_secs()),
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
        tally: broadcast.tally,
        per_second,
        left_secs,
        in_line,
        waiting,
    }
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
) -> Result<Estimate, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::Send).await?;
    let audience =
        svc.store.bot(&scope, async |tx| Ok::<_, StoreError>(counters::active(tx).await?)).await?;
    let rate = svc.settings.rate_per_bot;
    let took = duration_at(audience, rate);
    Ok(Estimate { audience, secs: took.as_secs(), finish_at: cx.now + took, rate })
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
    let after: Option<ChatId> = filter.after.parse().ok();
    let mut rows = svc
        .store
        .bot(&scope, async |tx| {
            broadcasts::find(tx, id).await?.ok_or(ServiceError::NotFound)?;
            Ok::<_, ServiceError>(broadcasts::outcomes(tx, id, outcome, after, PAGE + 1).await?)
        })
        .await?;
    let next = next_page(&mut rows, |last| last.chat.to_string());
    let rows = rows
        .into_iter()
        .map(|row| Delivery {
            chat: row.chat,
            name: row.name.unwrap_or_default(),
            outcome: row.outcome,
            reason: row.reason,
            at: row.at,
        })
        .collect();
    Ok(Page { rows, next })
}
