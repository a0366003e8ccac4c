//! One micro-batch: the people of one intent, each at the moment the governor gives.

use std::time::Duration;

use adapters::telegram::{Prepared, SendError};
use domain::{
    broadcast::Outcome,
    chat::{self, Standing},
    ids::ChatId,
};
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use store::sending::{Closing, Intent, Recipient, Result as Delivered};
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;

use super::{governors::Place, runner::Lease};
use crate::Services;

/// How often a request that surely never left is made again before the batch gives up for now.
const NOT_SENT_TRIES: u32 = 3;

/// Most requests of one batch in flight at once: as many as Telegram answers in its usual time at the
/// fastest pace, and few enough that a slow answer is not one of thousands.
const IN_FLIGHT: usize = 64;

/// Why somebody was left out.
const OPTED_OUT: &str = "opted out before it was sent";

/// Why a group or channel was left out.
const NOT_THERE: &str = "the bot was not there any more, or the group got it under its new number";

/// What became of an intent's people.
pub(super) struct Done {
    /// What is to be written down.
    pub closing: Closing,
    /// Why the batch ended early, if it did.
    pub trouble: Option<Trouble>,
}

/// Why nothing more can be sent for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Telegram cannot be reached: wait and try again.
    Unreachable,
    /// Telegram does not know the token any more: a person must act.
    Unauthorized,
    /// What was to be paid for cannot be: it goes on for free.
    NoStars,
}

/// Where a message goes: to the chat as it was frozen, at the number that reaches it now.
#[derive(Clone, Copy)]
struct To {
    chat: ChatId,
    at: ChatId,
}

enum Fate {
    Over(Delivered),
    Again(To),
    /// The group has another number by now, and nothing was sent.
    Moved(To, ChatId),
    Never(ChatId, Trouble),
}

/// Sends to everybody of `intent`, until `halt` or the end of the lease. `price`: what each message was counted for, in
/// thousandths of a Star; 0 where nothing is paid.
pub(super) async fn send(
    svc: &Services,
    lease: &Lease,
    message: &Prepared,
    (intent, price): (Intent, u32),
    halt: &CancellationToken,
) -> Done {
    let closing = Closing {
        intent: (intent.chunk, intent.start),
        attempt: intent.attempt,
        results: Vec::with_capacity(intent.people.len()),
        left_over: Vec::new(),
        price,
        moved: Vec::new(),
    };
    let mut done = Done { closing, trouble: None };
    let mut queue: Vec<To> = Vec::with_capacity(intent.people.len());
    for &Recipient { chat, reached_at } in intent.people.iter().rev() {
        match reached_at {
            Some(at) => queue.push(To { chat, at }),
            None => {
                let why = if chat > 0 { OPTED_OUT } else { NOT_THERE };
                done.closing.results.push(outcome(chat, Outcome::Skipped, None, Some(why.into())));
            }
        }
    }

    let mut in_flight = FuturesUnordered::new();
    loop {
        let may_send = done.trouble.is_none() && !halt.is_cancelled() && lease.is_alive();
        let next = if may_send && in_flight.len() < IN_FLIGHT { queue.pop() } else { None };
        let Some(to) = next else {
            match in_flight.next().await {
                Some(fate) => settle(fate, &mut done, &mut queue),
                None => break,
            }
            continue;
        };
        // Requests under way go on while this one waits for its place. Most places of a fast bot have come
        // already: a timer counts in milliseconds.
        let place = svc.governors.reserve(lease.scope.bot, to.at);
        let came = if place.at <= Instant::now() {
            while let Some(Some(fate)) = in_flight.next().now_or_never() {
                settle(fate, &mut done, &mut queue);
            }
            true
        } else {
            let moment = time::sleep_until(place.at);
            tokio::pin!(moment);
            loop {
                tokio::select! {
                    biased;
                    () = halt.cancelled() => break false,
                    Some(fate) = in_flight.next() => settle(fate, &mut done, &mut queue),
                    () = &mut moment => break true,
                }
            }
        };
        // The wait may have been long: a 429 has come, or this process was stopped meanwhile.
        if came && lease.is_alive() && !svc.governors.is_silent(lease.scope.bot) {
            in_flight.push(attempt(svc, lease, (message, price), to, place, halt));
        } else {
            queue.push(to);
        }
    }
    done.closing.left_over.extend(queue.iter().map(|to| to.chat));
    done
}

fn settle(fate: Fate, done: &mut Done, queue: &mut Vec<To>) {
    match fate {
        Fate::Over(delivered) => done.closing.results.push(delivered),
        Fate::Again(to) => queue.push(to),
        Fate::Moved(to, new) => {
            // It goes there with a later intent: what may be in flight is written down under a number that is known.
            done.closing.moved.push((to.at, new));
            done.closing.left_over.push(to.chat);
        }
        Fate::Never(chat, trouble) => {
            done.closing.left_over.push(chat);
            done.trouble = Some(trouble);
        }
    }
}

async fn attempt(
    svc: &Services,
    lease: &Lease,
    (message, price): (&Prepared, u32),
    to: To,
    place: Place,
    halt: &CancellationToken,
) -> Fate {
    let To { chat, at } = to;
    let mut tried = 0;
    loop {
        tried += 1;
        let sent_at = Instant::now();
        let answer = svc.telegram.send_prepared(message, at).await;
        if !matches!(answer, Err(SendError::NotSent(_) | SendError::Unanswered(_))) {
            svc.governors.answered(lease.scope.bot, place, sent_at);
        }
        let error = match answer {
            Ok(sent) => {
                let delivered = outcome(chat, Outcome::Sent, Some(sent.message_id), None);
                return Fate::Over(delivered.of_a_chat(Standing::Writable));
            }
            Err(error) => error,
        };
        let (fate, reason) = match &error {
            SendError::Blocked => (Outcome::Blocked, None),
            SendError::Muted { description } => (Outcome::Blocked, Some(description.clone())),
            SendError::Deactivated => (Outcome::Deactivated, None),
            SendError::ChatNotFound => {
                (Outcome::Failed, Some("Telegram knows no such chat".to_owned()))
            }
            SendError::Migrated(new) if chat::is_upgrade(at, *new) => {
                return Fate::Moved(to, *new);
            }
            SendError::Rejected { code, description } => {
                (Outcome::Failed, Some(format!("{code} {description}")))
            }
            SendError::Migrated(to) => {
                (Outcome::Failed, Some(format!("the group has moved to {to}")))
            }
            SendError::Unanswered(why) => (Outcome::Unknown, Some(why.to_string())),
            SendError::SlowDown(wait) => {
                svc.governors.slow_down(lease.scope.bot, *wait);
                return Fate::Again(to);
            }
            SendError::NoStars { .. } if price > 0 => return Fate::Never(chat, Trouble::NoStars),
            SendError::NoStars { description } => (Outcome::Failed, Some(description.clone())),
            SendError::Unauthorized => return Fate::Never(chat, Trouble::Unauthorized),
            SendError::NotSent(_) if tried < NOT_SENT_TRIES => {
                let pause = Duration::from_millis(200 * u64::from(tried));
                // Whoever stopped it meanwhile, or took the bot over, has the last word.
                let is_on = halt.run_until_cancelled(time::sleep(pause)).await.is_some();
                if is_on && lease.is_alive() {
                    continue;
                }
                return Fate::Again(to);
            }
            SendError::NotSent(_) => return Fate::Never(chat, Trouble::Unreachable),
        };
        let delivered = outcome(chat, fate, None, reason);
        return Fate::Over(match &error {
            SendError::Muted { .. } => delivered.of_a_chat(Standing::Muted),
            SendError::Blocked | SendError::Deactivated | SendError::ChatNotFound => {
                delivered.of_a_chat(Standing::Gone)
            }
            _ => delivered,
        });
    }
}

fn outcome(
    chat: ChatId,
    outcome: Outcome,
    message_id: Option<i64>,
    reason: Option<String>,
) -> Delivered {
    Delivered { chat, outcome, message_id, reason, standing: None }
}
