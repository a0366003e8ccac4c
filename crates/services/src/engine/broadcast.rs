//! One broadcast from where it stands to its end, in overlapping micro-batches.
//!
//! Each commit carries the outcomes of the batches that ended and the intent of the next one. Two
//! batches overlap, so that waiting for the last answers of one does not cost the other its pace.

use std::time::Duration;

use adapters::telegram::{Credentials, Outgoing, Prepared};
use domain::{
    audit::Event as AuditEvent,
    breaker::Breaker,
    broadcast::{Event, Status},
    ids::BroadcastId,
    retry::retry_delay,
};
use store::{
    BotTx, StoreError,
    audit::{self, Origin},
    bots, broadcasts,
    sending::{self, Assignment, Closing, Intent},
};
use tokio::{task::JoinSet, time};
use tokio_util::sync::CancellationToken;

use super::{
    SENDER,
    batch::{self, Done, Trouble},
    breaker::{self, Tripped},
    paying,
    runner::{HEARTBEAT, Lease, Lost},
    token,
};
use crate::{ServiceError, Services, outgoing, scheduler};

/// How many intents may be open at once.
const OVERLAP: usize = 2;

/// How a turn at the database ended.
enum Turn {
    /// These people may be written to now; what each message was counted for, in thousandths of a Star.
    Send(Intent, u32),
    /// Everybody has been taken by an intent.
    Exhausted,
    /// A person stopped it, or it is gone.
    Stopped,
}

/// People per batch: a second's worth at Telegram's own pace, so that a crash leaves few unknown. A faster
/// server of one's own gets a tenth of a second's, so that a commit is a small part of the work.
fn batch_size(rate: u32) -> u32 {
    rate.clamp(1, 100).max((rate / 10).min(1_000))
}

/// Sends `assignment` until it is done, stopped by a person, in trouble, or `stop`.
///
/// Returning early loses nothing: people without an outcome are back in line. `who` has the token in
/// force afterwards if another one was put into force meanwhile.
pub(super) async fn run(
    svc: &Services,
    lease: &Lease,
    who: &mut Credentials,
    assignment: Assignment,
    stop: &CancellationToken,
) -> Result<(), ServiceError> {
    let message = outgoing(assignment.message.clone(), assignment.manner);
    let mut prepared = Requests::new(who, &message);
    let mut breaker = Breaker::new(assignment.trips.clone());
    let mut failures = 0;
    loop {
        let end = match rounds(svc, lease, &prepared, &assignment, &mut breaker, stop).await {
            Ok(end) => end,
            Err(Lost::Lease) => return Ok(()),
            Err(Lost::Store(error)) => return Err(error.into()),
        };
        match end {
            End::Over => return Ok(()),
            End::More => {}
            End::Trouble(Trouble::Unauthorized) => match token::another(svc, lease, who).await? {
                Some(now) => {
                    *who = now;
                    prepared = Requests::new(who, &message);
                }
                None => return Ok(()),
            },
            End::Trouble(Trouble::NoStars) => paying::give_up(svc, lease, assignment.id).await?,
            End::Trouble(Trouble::Unreachable) => {
                let delay = retry_delay(failures, None).min(Duration::from_secs(60));
                failures += 1;
                let why =
                    format!("Telegram cannot be reached. Trying again in {} s.", delay.as_secs());
                if !wait(svc, lease, &assignment, &why, delay, stop).await? {
                    return Ok(());
                }
            }
        }
    }
}

/// The message as a request, for free and for Stars.
#[derive(Clone)]
struct Requests {
    free: Prepared,
    paid: Prepared,
}

impl Requests {
    fn new(who: &Credentials, message: &Outgoing) -> Self {
        let paid = Outgoing { paid: true, ..message.clone() };
        Self { free: Prepared::new(who, message), paid: Prepared::new(who, &paid) }
    }

    fn at(&self, price: u32) -> &Prepared {
        if price > 0 { &self.paid } else { &self.free }
    }
}

/// How the micro-batches ended.
enum End {
    /// It is done, or was stopped.
    Over,
    /// While the last answers came somebody was put in line.
    More,
    /// Nothing more can be sent for now.
    Trouble(Trouble),
}

/// Micro-batches until something stops them.
async fn rounds(
    svc: &Services,
    lease: &Lease,
    requests: &Requests,
    assignment: &Assignment,
    breaker: &mut Breaker,
    stop: &CancellationToken,
) -> Result<End, Lost> {
    let halt = stop.child_token();
    let _halted_when_left = halt.clone().drop_guard();
    let mut batches: JoinSet<Done> = JoinSet::new();
    let mut ended: Vec<Closing> = Vec::new();
    let mut from = 0;
    let mut trouble = None;
    let mut more = true;
    let mut heartbeat = time::interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);

    loop {
        let wants = more && trouble.is_none() && !halt.is_cancelled() && batches.len() < OVERLAP;
        if wants || !ended.is_empty() {
            let tripped = breaker::look(svc, lease, assignment, breaker, &ended).await;
            let next = wants.then_some(from);
            let turn = turn(svc, lease, assignment, &ended, (next, tripped)).await?;
            // It has kept the lease and looked at the gates.
            heartbeat.reset();
            match turn {
                Turn::Send(intent, price) => {
                    from = intent.chunk;
                    let (svc, lease, prepared, halt) =
                        (svc.clone(), lease.clone(), requests.at(price).clone(), halt.clone());
                    batches.spawn(async move {
                        batch::send(&svc, &lease, &prepared, (intent, price), &halt).await
                    });
                }
                Turn::Exhausted => more = !wants && more,
                Turn::Stopped => halt.cancel(),
            }
            ended.clear();
            continue;
        }
        tokio::select! {
            Some(done) = batches.join_next() => match done {
                Ok(done) => {
                    trouble = trouble.or_else(|| done.trouble.clone());
                    // People put back are taken up again by a later intent.
                    more |= !done.closing.left_over.is_empty();
                    ended.push(done.closing);
                }
                Err(error) => {
                    // Its intent stays open, and whoever takes over finds its people unknown.
                    tracing::error!(%error, "a batch failed");
                    return Err(Lost::Lease);
                }
            },
            _ = heartbeat.tick(), if !batches.is_empty() => beat(svc, lease, assignment, &halt).await?,
            else => break,
        }
    }
    match trouble {
        Some(trouble) => Ok(End::Trouble(trouble)),
        None if halt.is_cancelled() || finish(svc, lease, assignment).await? => Ok(End::Over),
        None => Ok(End::More),
    }
}

/// One commit: outcomes of the last batches, what the circuit breaker makes of them, intent of the next, if
/// one is wanted, from the chunk `next` on.
async fn turn(
    svc: &Services,
    lease: &Lease,
    assignment: &Assignment,
    ended: &[Closing],
    (next, tripped): (Option<i32>, Option<Tripped>),
) -> Result<Turn, Lost> {
    let id = assignment.id;
    svc.store
        .bot(&lease.scope, async |tx| {
            lease.hold_at_work(svc, tx).await?;
            if tripped.is_some() {
                // Before the counters: whoever steers the broadcast locks them in this order.
                bots::lock(tx).await?;
            }
            if !ended.is_empty() {
                sending::close_intents(tx, id, ended).await?;
            }
            if let Some(tripped) = &tripped {
                tripped.act(svc, tx, id).await?;
            }
            let (may_go_on, rate) = look(svc, tx, id).await?;
            if !may_go_on {
                return Ok(Turn::Stopped);
            }
            let Some(from) = next else { return Ok(Turn::Exhausted) };
            let paid = paying::next(svc, tx, assignment).await?;
            let (rate, most) = match paid {
                Some((offer, left)) => (svc.governors.pay(tx.bot, Some(offer.rate)), left),
                None if assignment.paid_cap.is_some() => {
                    (svc.governors.pay(tx.bot, None), u32::MAX)
                }
                None => (rate, u32::MAX),
            };
            let want = batch_size(rate).min(most);
            let intent = sending::open_intent(tx, id, lease.epoch, want, from).await?;
            Ok(match (intent, paid) {
                (None, _) => Turn::Exhausted,
                (Some(intent), None) => Turn::Send(intent, 0),
                (Some(intent), Some((offer, _))) => {
                    paying::count(tx, id, offer, &intent).await?;
                    Turn::Send(intent, offer.price)
                }
            })
        })
        .await
}

/// Whether every gate is open for the broadcast at this moment, and the bot's rate, which is followed from here on.
async fn look(
    svc: &Services,
    tx: &mut BotTx<'_>,
    id: BroadcastId,
) -> Result<(bool, u32), StoreError> {
    let look = sending::look(tx, Some(id)).await?;
    Ok((look.gates.let_through(look.status), svc.governors.follow(tx.bot, look.rate)))
}

/// Keeps the lease, sees whether a gate was shut, and says why nothing moves.
async fn beat(
    svc: &Services,
    lease: &Lease,
    assignment: &Assignment,
    halt: &CancellationToken,
) -> Result<(), Lost> {
    let id = assignment.id;
    let wait = svc.governors.wait(lease.scope.bot);
    let may_go_on = svc
        .store
        .bot(&lease.scope, async |tx| {
            lease.hold_at_work(svc, tx).await?;
            let (may_go_on, _) = look(svc, tx, id).await?;
            if may_go_on && wait > Duration::from_secs(2) {
                let why = format!("Telegram asked the bot to wait {} s.", wait.as_secs());
                sending::set_waiting(tx, id, Some(&why)).await?;
            }
            Ok::<_, Lost>(may_go_on)
        })
        .await?;
    if !may_go_on {
        halt.cancel();
    }
    Ok(())
}

/// Waits `delay` with the lease held. False: stopped by a person or by `stop`.
async fn wait(
    svc: &Services,
    lease: &Lease,
    assignment: &Assignment,
    why: &str,
    delay: Duration,
    stop: &CancellationToken,
) -> Result<bool, ServiceError> {
    let end = time::Instant::now() + delay;
    loop {
        let may_go_on = svc
            .store
            .bot(&lease.scope, async |tx| {
                lease.hold_at_work(svc, tx).await?;
                let (may_go_on, _) = look(svc, tx, assignment.id).await?;
                // Whoever stopped it may have said why: what is taken back is our own word alone.
                match may_go_on {
                    true => sending::set_waiting(tx, assignment.id, Some(why)).await?,
                    false => sending::take_back_waiting(tx, assignment.id, why).await?,
                }
                Ok::<_, Lost>(may_go_on)
            })
            .await;
        match may_go_on {
            Ok(true) if !stop.is_cancelled() => {}
            Ok(_) | Err(Lost::Lease) => return Ok(false),
            Err(Lost::Store(error)) => return Err(error.into()),
        }
        if time::Instant::now() >= end {
            return Ok(true);
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = time::sleep_until(end.min(time::Instant::now() + HEARTBEAT)) => {}
        }
    }
}

/// Everybody has an outcome: the broadcast is done, and the next in line may start. False: by now there is
/// somebody more.
async fn finish(svc: &Services, lease: &Lease, assignment: &Assignment) -> Result<bool, Lost> {
    let id = assignment.id;
    svc.store
        .bot(&lease.scope, async |tx| {
            lease.hold(svc, tx).await?;
            // Nobody gets in line between the end and the look at the line.
            bots::lock(tx).await?;
            let Some(broadcast) = broadcasts::lock(tx, id).await? else { return Ok(true) };
            // A person may have stopped it since the last batch.
            let Ok(status) = broadcast.status.after(Event::Finish) else { return Ok(true) };
            // Whoever was put in line once more while the last answers came waits for the lease as we do.
            if sending::has_more(tx, id).await? {
                return Ok(false);
            }
            broadcasts::set_status(tx, id, status).await?;
            let event = AuditEvent::BroadcastFinished {
                broadcast: id,
                tally: broadcast.tally,
                paid: (broadcast.paid > 0).then_some(broadcast.paid),
            };
            audit::record(tx, &Origin::system(SENDER), &event).await?;
            start_next_in_line(svc, tx).await?;
            Ok::<_, Lost>(true)
        })
        .await
}

/// Starts the first in line if nothing is being sent, and something may be. The caller has locked the bot. What
/// has not begun yet is looked at once more, as at its time: much can have changed while it stood in line.
pub(crate) async fn start_next_in_line(
    svc: &Services,
    tx: &mut BotTx<'_>,
) -> Result<(), StoreError> {
    if bots::is_read_only(tx).await? || broadcasts::sending(tx).await?.is_some() {
        return Ok(());
    }
    let origin = Origin::system(SENDER);
    while let Some(next) = broadcasts::first_in_line(tx).await? {
        let Some(broadcast) = broadcasts::lock(tx, next).await? else { return Ok(()) };
        let begins = broadcast.started_at.is_none();
        if begins && let Some(reason) = scheduler::in_the_way(svc, tx, &broadcast).await? {
            broadcasts::unqueue(tx, next).await?;
            sending::set_waiting(tx, next, Some(&reason)).await?;
            let event = AuditEvent::BroadcastReleased { broadcast: next, reason };
            audit::record(tx, &origin, &event).await?;
            continue;
        }
        broadcasts::set_status(tx, next, Status::Sending).await?;
        let event = if begins {
            AuditEvent::BroadcastSent { broadcast: next, audience: broadcast.total }
        } else {
            AuditEvent::BroadcastResumed { broadcast: next }
        };
        return Ok(audit::record(tx, &origin, &event).await?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::batch_size;

    #[test]
    fn a_batch_is_a_second_of_telegrams_pace_and_never_empty() {
        for (rate, want) in
            [(0, 1), (1, 1), (30, 30), (200, 100), (1_000, 100), (3_000, 300), (100_000, 1_000)]
        {
            assert_eq!(batch_size(rate), want);
        }
    }
}
