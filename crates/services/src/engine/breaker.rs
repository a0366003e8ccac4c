//! The circuit breaker at work: the broadcast pauses in the very commit that writes what made it trip.
//!
//! Its window is this process's own: after a restart, or a takeover, it fills anew.

use domain::{
    breaker::{Breaker, Verdict},
    broadcast::Event,
    ids::BroadcastId,
};
use store::{
    BotTx, StoreError,
    audit::Origin,
    broadcasts,
    sending::{self, Assignment, Closing},
};

use super::{SENDER, halt, notice, runner::Lease};
use crate::{Services, mail::Written};

/// A breaker that has tripped, and what the owners will be told.
pub(super) struct Tripped {
    verdict: Verdict,
    letters: Vec<Written>,
}

/// Takes in the outcomes of `ended`. Gives what there is to do about them, if there is.
pub(super) async fn look(
    svc: &Services,
    lease: &Lease,
    assignment: &Assignment,
    breaker: &mut Breaker,
    ended: &[Closing],
) -> Option<Tripped> {
    ended.iter().flat_map(|one| &one.results).for_each(|result| breaker.note(result.outcome));
    let verdict = breaker.trip()?;
    tracing::info!(bot.id = %lease.scope.bot, broadcast.id = %assignment.id, ?verdict, "a broadcast stops by itself");
    let letters = notice::letters(svc, &lease.scope, assignment.id, &verdict.reason()).await;
    Some(Tripped { verdict, letters })
}

impl Tripped {
    /// Pauses the broadcast, and lets the next in line begin: it has a message and people of its own. The caller
    /// has locked the bot.
    ///
    /// What a person has stopped meanwhile stays as it is, and nobody is told anything.
    pub(super) async fn act(
        &self,
        svc: &Services,
        tx: &mut BotTx<'_>,
        id: BroadcastId,
    ) -> Result<(), StoreError> {
        let Some(broadcast) = broadcasts::lock(tx, id).await? else { return Ok(()) };
        let Ok(status) = broadcast.status.after(Event::Release) else { return Ok(()) };
        halt::release(tx, &Origin::system(SENDER), id, status, &self.verdict.reason()).await?;
        sending::set_tripped(tx, id, self.verdict.trip).await?;
        for letter in &self.letters {
            letter.enqueue(tx, true).await?;
        }
        super::start_next_in_line(svc, tx).await
    }
}
