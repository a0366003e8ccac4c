//! Updates that wait for a bot to fetch them or for its webhook to take them.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::{Clock, Moment},
    reply::Refusal,
};

/// How long Telegram keeps an update.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// Kinds that bots get only when they ask for them.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// One update, ready to be sent.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Update {
    pub at: Moment,
    /// Updates of one lane are delivered one after the other.
    pub lane: i64,
    pub json: String,
}

/// The queue of one bot.
#[derive(Debug)]
pub(crate) struct Updates {
    inner: Mutex<Inner>,
    /// Changes whenever a waiting poll or the webhook's task has something to look at.
    news: watch::Sender<()>,
}

#[derive(Debug)]
struct Inner {
    next_id: u32,
    queue: BTreeMap<u32, Update>,
    /// Empty for the kinds that come by default.
    allowed: Vec<String>,
    /// Which long poll may wait, and what the one before it is told.
    poll: u64,
    poll_ended_by: &'static str,
}

const BY_OTHER_POLL: &str =
    "terminated by other getUpdates request; make sure that only one bot instance is running";

impl Updates {
    /// An empty queue that numbers from `next_id`.
    pub fn new(next_id: u32) -> Self {
        let inner = Inner {
            next_id,
            queue: BTreeMap::new(),
            allowed: vec![],
            poll: 0,
            poll_ended_by: BY_OTHER_POLL,
        };
        Self { inner: Mutex::new(inner), news: watch::Sender::new(()) }
    }

    /// Adds an update of this kind, unless the bot does not want the kind. `lane` is the chat it
    /// belongs to.
    pub fn push(
        &self,
        now: Moment,
        kind: &str,
        lane: i64,
        content: &impl Serialize,
    ) -> Option<u32> {
        let content = String::from_utf8(crate::reply::json(content)).ok()?;
        let mut inner = self.inner.lock();
        let wanted = match inner.allowed.as_slice() {
            [] => !ON_REQUEST.contains(&kind),
            allowed => allowed.iter().any(|one| one == kind),
        };
        if !wanted {
            return None;
        }
        inner.forget_expired(now);
        let id = inner.next_id;
        inner.next_id += 1;
        let json = format!(r#"{{"update_id":{id},"{kind}":{content}}}"#);
        inner.queue.insert(id, Update { at: now, lane, json });
        drop(inner);
        self.news.send_replace(());
        Some(id)
    }

    /// What waits, from `offset` on; a positive offset confirms everything before it, a negative
    /// one everything but the last so many. Waits up to `timeout` for the first.
    ///
    /// # Errors
    /// 409 when another poll or a webhook took over while this one waited.
    pub async fn poll(
        &self,
        clock: &Clock,
        ask: Ask,
        stop: &CancellationToken,
    ) -> Result<Vec<String>, Refusal> {
        let until = clock.now() + ask.timeout;
        let mine = {
            let mut inner = self.inner.lock();
            inner.poll += 1;
            inner.poll_ended_by = BY_OTHER_POLL;
            inner.confirm(ask.offset);
            inner.poll
        };
        let mut news = self.news.subscribe();
        // The one that waited until now has to learn that it is over.
        self.news.send_replace(());
        loop {
            news.mark_unchanged();
            {
                let mut inner = self.inner.lock();
                if inner.poll != mine {
                    return Err(Refusal::conflict(inner.poll_ended_by));
                }
                inner.forget_expired(clock.now());
                let first = u32::try_from(ask.offset.max(0)).unwrap_or(u32::MAX);
                let found: Vec<_> = inner
                    .queue
                    .range(first..)
                    .take(ask.limit)
                    .map(|(_, u)| u.json.clone())
                    .collect();
                if !found.is_empty() || clock.now() >= until {
                    return Ok(found);
                }
            }
            tokio::select! {
                _ = news.changed() => {}
                () = clock.sleep_until(until) => {}
                () = stop.cancelled() => return Ok(Vec::new()),
            }
        }
    }

    /// Ends a poll that waits; it is told `why`.
    pub fn end_poll(&self, why: &'static str) {
        let mut inner = self.inner.lock();
        inner.poll += 1;
        inner.poll_ended_by = why;
        drop(inner);
        self.news.send_replace(());
    }

    /// Only these kinds from now on; the default ones when empty.
    pub fn allow(&self, kinds: Vec<String>) {
        self.inner.lock().allowed = kinds;
    }

    /// What [`Updates::allow`] was last told.
    pub fn allowed(&self) -> Vec<String> {
        self.inner.lock().allowed.clone()
    }

    /// Forgets everything that waits.
    pub fn drop_pending(&self) {
        self.inner.lock().queue.clear();
    }

    /// How many wait.
    pub fn pending(&self, now: Moment) -> usize {
        let mut inner = self.inner.lock();
        inner.forget_expired(now);
        inner.queue.len()
    }

    /// A receiver that wakes when there is something new.
    pub fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// Number and lane of at most `limit` updates behind `last`, in order.
    pub fn behind(&self, last: u32, limit: usize) -> Vec<(u32, i64)> {
        let inner = self.inner.lock();
        let behind = inner.queue.range(last.saturating_add(1)..);
        behind.take(limit).map(|(id, update)| (*id, update.lane)).collect()
    }

    /// The update with this number, if it still waits.
    pub fn get(&self, id: u32, now: Moment) -> Option<Bytes> {
        let mut inner = self.inner.lock();
        inner.forget_expired(now);
        inner.queue.get(&id).map(|update| Bytes::copy_from_slice(update.json.as_bytes()))
    }

    /// The update has arrived.
    pub fn forget(&self, id: u32) {
        self.inner.lock().queue.remove(&id);
    }

    /// Counter, wanted kinds and what waits, for the state file.
    pub fn save(&self) -> (u32, Vec<String>, BTreeMap<u32, Update>) {
        let inner = self.inner.lock();
        (inner.next_id, inner.allowed.clone(), inner.queue.clone())
    }

    pub fn restore(&self, allowed: Vec<String>, queue: BTreeMap<u32, Update>) {
        let mut inner = self.inner.lock();
        inner.allowed = allowed;
        inner.queue = queue;
    }
}

/// What a poll asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    pub offset: i64,
    pub limit: usize,
    pub timeout: Duration,
}

impl Inner {
    fn confirm(&mut self, offset: i64) {
        if offset > 0 {
            let first = u32::try_from(offset).unwrap_or(u32::MAX);
            self.queue = self.queue.split_off(&first);
        } else if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            while self.queue.len() > keep {
                self.queue.pop_first();
            }
        }
    }

    fn forget_expired(&mut self, now: Moment) {
        while let Some(oldest) = self.queue.first_entry()
            && now.since(oldest.get().at) > KEPT
        {
            oldest.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_000_000_000);

    fn filled(count: u32) -> Updates {
        let updates = Updates::new(100);
        (0..count).for_each(|n| assert_eq!(updates.push(NOW, "message", 1, &n), Some(100 + n)));
        updates
    }

    fn ids(found: Result<Vec<String>, Refusal>) -> Vec<u64> {
        let number = |json: &String| {
            serde_json::from_str::<serde_json::Value>(json).ok()?["update_id"].as_u64()
        };
        found.expect("no conflict").iter().filter_map(number).collect()
    }

    async fn poll(updates: &Updates, offset: i64, limit: usize) -> Vec<u64> {
        let clock = Clock::frozen();
        let ask = Ask { offset, limit, timeout: Duration::ZERO };
        ids(updates.poll(&clock, ask, &CancellationToken::new()).await)
    }

    #[tokio::test]
    async fn offsets_confirm_what_lies_before_them() {
        let updates = filled(0);
        let now = Clock::frozen().now();
        (0..5).for_each(|n| assert!(updates.push(now, "message", 1, &n).is_some()));
        assert_eq!(poll(&updates, 0, 2).await, [100, 101]);
        assert_eq!(poll(&updates, 0, 100).await, [100, 101, 102, 103, 104]);
        assert_eq!(poll(&updates, 102, 100).await, [102, 103, 104]);
        assert_eq!(poll(&updates, 0, 100).await, [102, 103, 104]);
        assert_eq!(poll(&updates, -1, 100).await, [104]);
        assert_eq!(poll(&updates, 105, 100).await, [0; 0]);
        assert_eq!(updates.pending(now), 0);
    }

    #[tokio::test]
    async fn a_newer_poll_ends_the_one_that_waits() {
        let updates = std::sync::Arc::new(Updates::new(1));
        let clock = Clock::frozen();
        let ask = Ask { offset: 0, limit: 100, timeout: Duration::from_secs(30) };
        let waiting = tokio::spawn({
            let (updates, clock) = (updates.clone(), clock.clone());
            async move { updates.poll(&clock, ask, &CancellationToken::new()).await }
        });
        tokio::task::yield_now().await;
        let newer = tokio::spawn({
            let (updates, clock) = (updates.clone(), clock.clone());
            async move { updates.poll(&clock, ask, &CancellationToken::new()).await }
        });
        let ended = waiting.await.expect("it does not panic").expect_err("it was ended");
        assert!(ended.description.starts_with("Conflict: terminated by other getUpdates request;"));
        updates.push(clock.now(), "message", 1, &0);
        assert_eq!(ids(newer.await.expect("it does not panic")), [1]);
    }

    #[test]
    fn updates_are_kept_for_a_day_and_unwanted_kinds_not_at_all() {
        let updates = filled(2);
        assert_eq!(updates.push(NOW, "chat_member", 1, &0), None);
        updates.allow(vec!["chat_member".into()]);
        assert_eq!(updates.push(NOW + Duration::from_secs(5), "chat_member", 1, &0), Some(102));
        assert_eq!(updates.push(NOW, "message", 1, &0), None);
        assert_eq!(updates.pending(NOW + KEPT), 3);
        assert_eq!(updates.pending(NOW + KEPT + Duration::from_secs(1)), 1);
    }
}
