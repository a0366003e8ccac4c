//! Idempotency keys: <https://docs.stripe.com/api/idempotent_requests>.

use serde_json::Value;

use super::{calendar::DAY, refusal::Refusal, state::State};

/// What is known of a key.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// Verb, path and parameters it came with first.
    asked: String,
    at: i64,
    /// The answer; none while the request is being worked on.
    answer: Option<Stored>,
}

/// An answer that is given again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored {
    pub status: u16,
    pub body: Value,
    /// The id of the request that it was first given to.
    pub request: String,
}

/// Longest key.
const LONGEST: usize = 255;

/// Takes a key for a request, or gives the answer that is kept for it.
///
/// # Errors
/// The same key with other parameters, or while its request is being worked on.
pub(crate) fn take(
    state: &mut State,
    key: &str,
    livemode: bool,
    asked: &str,
) -> Result<Option<Stored>, Refusal> {
    if key.chars().count() > LONGEST {
        return Err(Refusal::invalid(
            "Idempotency-Key",
            "Idempotency keys have up to 255 characters",
        ));
    }
    // Stripe forgets keys once they are at least a day old.
    let now = state.now;
    state.idempotency.retain(|_, kept| kept.answer.is_none() || now - kept.at < DAY);
    let scoped = scoped(key, livemode);
    match state.idempotency.get(&scoped) {
        Some(kept) if kept.asked != asked => Err(Refusal::other_parameters(key)),
        Some(Kept { answer: None, .. }) => Err(Refusal::in_progress(key)),
        Some(Kept { answer, .. }) => Ok(answer.clone()),
        None => {
            let kept = Kept { asked: asked.to_owned(), at: state.now, answer: None };
            state.idempotency.insert(scoped, kept);
            Ok(None)
        }
    }
}

/// Keeps the answer for a key that was taken; without one the key is free again.
pub(crate) fn settle(state: &mut State, key: &str, livemode: bool, answer: Option<Stored>) {
    let scoped = scoped(key, livemode);
    match answer {
        Some(answer) => {
            if let Some(kept) = state.idempotency.get_mut(&scoped) {
                kept.answer = Some(answer);
            }
        }
        None => {
            state.idempotency.remove(&scoped);
        }
    }
}

fn scoped(key: &str, livemode: bool) -> String {
    format!("{}:{key}", if livemode { "live" } else { "test" })
}
