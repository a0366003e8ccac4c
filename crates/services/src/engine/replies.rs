//! Answers to `/start` and `/stop`: at most once each, before any broadcast.
//!
//! Each is marked by a commit just before its request leaves, and that commit carries the outcome of the
//! one before. A crash loses one answer at most, and a stop none: what surely did not arrive is put back.

use std::time::Duration;

use adapters::telegram::{Credentials, Outgoing, SendError};
use domain::{ids::ChatId, subscriber::Event};
use store::{
    replies::{self, Reply},
    subscribers,
};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    runner::{Lease, Lost},
    token,
};
use crate::Services;

/// Longest wait before Telegram is tried again when it cannot be reached.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How often replies are looked for when nobody rings.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How long to wait when the database did not do what it was asked.
const BREATH: Duration = Duration::from_secs(1);

/// What became of a reply that was taken.
enum Fate {
    /// It is over; what Telegram says of the person comes with it.
    Over(Option<Event>),
    /// It surely did not arrive, and may be sent again.
    Back,
}

/// Sends replies until `stop`, until `idle` when none are left, or until the lease is lost. They are looked
/// for when `bell` says so: a look of its own for each of hundreds of bots would be most of the work.
///
/// What fails is tried again: the broadcast beside it goes on, and so do they.
pub(super) async fn run(
    svc: &Services,
    lease: &Lease,
    who: Credentials,
    bell: &Notify,
    stop: &CancellationToken,
    idle: &CancellationToken,
) {
    let mut line = Line { svc, lease, who, stop, next: None, unsettled: Vec::new(), unreached: 0 };
    while !stop.is_cancelled() && lease.is_alive() {
        match line.step().await {
            Ok(true) => {}
            Ok(false) if idle.is_cancelled() => return,
            Ok(false) => tokio::select! {
                () = bell.notified() => {}
                () = idle.cancelled() => {}
                () = line.rest(LOOK_AGAIN) => {}
            },
            Err(Lost::Lease) => return,
            Err(Lost::Store(error)) => {
                tracing::warn!(%error, bot.id = %lease.scope.bot, "replies are held up");
                line.rest(BREATH).await;
            }
        }
    }
    if !line.unsettled.is_empty()
        && let Err(error) = line.turn(None).await
    {
        tracing::warn!(%error, bot.id = %lease.scope.bot, "what became of a reply was not written down");
    }
}

/// The replies of one bot on their way.
struct Line<'a> {
    svc: &'a Services,
    lease: &'a Lease,
    who: Credentials,
    stop: &'a CancellationToken,
    /// The first in line, if it has been looked at.
    next: Option<Reply>,
    /// Those taken whose fate is not written down yet.
    unsettled: Vec<(Uuid, ChatId, Fate)>,
    /// How often in a row Telegram was not reached.
    unreached: u32,
}

impl Line<'_> {
    /// Brings one reply on its way. False: none waits.
    async fn step(&mut self) -> Result<bool, Lost> {
        if self.next.is_none() {
            self.turn(None).await?;
        }
        let Some(reply) = self.next.take() else { return Ok(false) };
        if !self.place(reply.chat).await {
            return Ok(true);
        }
        let taken = self.turn(Some(reply.id)).await;
        if taken.is_err() {
            // Perhaps it is marked, and surely it was not sent.
            self.unsettled.push((reply.id, reply.chat, Fate::Back));
        }
        // This process may have been stopped since the commit: then the reply is lost rather than sent twice.
        if !taken? || !self.lease.is_alive() {
            return Ok(true);
        }
        let fate = self.attempt(&reply).await;
        let is_back = matches!(fate, Fate::Back);
        self.unsettled.push((reply.id, reply.chat, fate));
        if is_back {
            self.next = None;
            self.turn(None).await?;
        }
        if self.unreached > 0 {
            self.rest(Duration::from_secs(1 << self.unreached.min(6)).min(LONGEST_WAIT)).await;
        }
        Ok(true)
    }

    /// One commit: the fate of those before, the mark of the one to be sent now (false: it is gone), and a
    /// look at the next.
    async fn turn(&mut self, take: Option<Uuid>) -> Result<bool, Lost> {
        let (svc, unsettled) = (self.svc, &self.unsettled);
        let (taken, next) = svc
            .store
            .bot(&self.lease.scope, async |tx| {
                self.lease.hold(svc, tx).await?;
                for (id, chat, fate) in unsettled {
                    match fate {
                        Fate::Back => replies::put_back(tx, *id).await?,
                        Fate::Over(event) => {
                            replies::done(tx, *id).await?;
                            if let Some(event) = event {
                                subscribers::apply(tx, *chat, *event).await?;
                            }
                        }
                    }
                }
                let taken = match take {
                    Some(id) => replies::take(tx, id).await?,
                    None => false,
                };
                Ok::<_, Lost>((taken, replies::next(tx).await?))
            })
            .await?;
        self.unsettled.clear();
        self.next = next;
        Ok(taken)
    }

    async fn attempt(&mut self, reply: &Reply) -> Fate {
        let (svc, bot) = (self.svc, self.lease.scope.bot);
        let message = Outgoing::from(reply.message.clone());
        let sent = self.lease.kept(svc, svc.telegram.send(&self.who, reply.chat, &message)).await;
        if let Err(SendError::NotSent(_)) = sent {
            self.unreached += 1;
            return Fate::Back;
        }
        self.unreached = 0;
        match sent {
            Ok(_) => Fate::Over(None),
            Err(SendError::Blocked) => Fate::Over(Some(Event::Blocked)),
            Err(SendError::Deactivated) => Fate::Over(Some(Event::Deactivated)),
            Err(SendError::SlowDown(wait)) => {
                svc.governors.slow_down(bot, wait);
                Fate::Back
            }
            Err(SendError::Unauthorized) => self.unauthorized().await,
            Err(
                error @ (SendError::ChatNotFound
                | SendError::Rejected { .. }
                | SendError::Muted { .. }
                | SendError::NoStars { .. }
                | SendError::Migrated(_)
                | SendError::NotSent(_)
                | SendError::Unanswered(_)),
            ) => {
                tracing::info!(%error, bot.id = %bot, "a reply was not delivered");
                Fate::Over(None)
            }
        }
    }

    /// Goes on with the token in force. Without another one the reply is lost: nobody knows for how long
    /// there will be none.
    async fn unauthorized(&mut self) -> Fate {
        match token::another(self.svc, self.lease, &self.who).await {
            Ok(Some(who)) => {
                self.who = who;
                Fate::Back
            }
            Ok(None) => Fate::Over(None),
            Err(error) => {
                tracing::warn!(?error, bot.id = %self.lease.scope.bot, "the token in force cannot be opened");
                self.unreached += 1;
                Fate::Back
            }
        }
    }

    /// Waits for the bot's next place. False: stopped, or the lease is lost.
    async fn place(&self, chat: ChatId) -> bool {
        let bot = self.lease.scope.bot;
        while self.wait(self.svc.governors.reserve(bot, chat).at).await {
            if !self.svc.governors.is_silent(bot) {
                return true;
            }
        }
        false
    }

    async fn rest(&self, long: Duration) {
        self.wait(Instant::now() + long).await;
    }

    async fn wait(&self, until: Instant) -> bool {
        self.lease.wait(self.svc, until, self.stop).await
    }
}
