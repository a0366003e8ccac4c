//! One insert and one commit for all updates of a moment, of whatever bot.

use std::{iter, ops::Range, sync::Arc};

use bytes::Bytes;
use domain::ids::BotId;
use serde::Deserialize;
use store::{
    Store, StoreError,
    inbox::{self, Incoming},
};
use tokio::sync::Notify;

use super::{Accepted, IngestError};

/// An update that is to be stored.
#[derive(Clone, Debug)]
pub(super) struct Update {
    /// For whom.
    pub to: Accepted,
    /// Telegram's number of it.
    pub update_id: i64,
    /// The JSON as it came.
    pub body: Bytes,
}

/// Telegram's number of an update; none when the body is no update.
pub(super) fn number(body: &[u8]) -> Option<i64> {
    #[derive(Deserialize)]
    struct Numbered {
        update_id: i64,
    }
    serde_json::from_slice(body).ok().map(|update: Numbered| update.update_id)
}

/// Stores a batch. When it is refused because of one row it is split, so that the others are not lost.
pub(super) async fn commit(
    store: Store,
    batch: Vec<Update>,
    arrived: Arc<Notify>,
) -> Vec<Result<(), IngestError>> {
    let mut answers = vec![Err(IngestError::Away); batch.len()];
    let mut parts: Vec<Range<usize>> = iter::once(0..batch.len()).collect();
    while let Some(part) = parts.pop() {
        match insert(&store, &batch[part.clone()]).await {
            Ok(moving) => {
                // Telegram brings those of a bot that is being moved once more.
                let stored = |at: &usize| !moving.contains(&batch[*at].to.bot);
                part.filter(stored).for_each(|at| answers[at] = Ok(()));
            }
            Err(error @ StoreError::Unavailable(_)) => {
                tracing::warn!(%error, "updates cannot be stored");
            }
            Err(error) if part.len() == 1 => {
                let bot = batch[part.start].to.bot;
                tracing::warn!(%error, bot.id = %bot, "an update was not stored");
            }
            Err(_) => {
                let middle = part.start + part.len() / 2;
                parts.extend([middle..part.end, part.start..middle]);
            }
        }
    }
    if answers.iter().any(Result::is_ok) {
        arrived.notify_one();
    }
    answers
}

/// Gives the bots whose updates were not stored because they are being moved.
async fn insert(store: &Store, part: &[Update]) -> Result<Vec<BotId>, StoreError> {
    let incoming: Vec<Incoming<'_>> = part
        .iter()
        .map(|update| Incoming {
            workspace: update.to.workspace,
            bot: update.to.bot,
            update_id: update.update_id,
            body: &update.body,
        })
        .collect();
    store
        .system("updates of all bots are stored together", async |tx| {
            Ok(inbox::take_in(tx, &incoming).await?)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_a_number_or_is_no_update() {
        assert_eq!(number(br#"{"update_id":7,"message":{"text":"\ud83d\ude00"}}"#), Some(7));
        assert_eq!(number(br#"{"message":{},"update_id":9223372036854775807}"#), Some(i64::MAX));
        let deep = format!("{{\"update_id\":1,\"a\":{}", "[".repeat(100_000));
        for body in [
            "",
            "{}",
            "null",
            "[]",
            "{\"update_id\":\"7\"}",
            "{\"update_id\":7",
            "{\"update_id\":7.5}",
            &deep,
        ] {
            assert_eq!(number(body.as_bytes()), None, "{:.40}", body);
        }
    }
}
