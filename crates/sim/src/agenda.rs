//! What people are going to do by themselves.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{clock::Moment, deeds::Deed, world::World};

/// Deeds in the order in which they are due.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    due: Mutex<BinaryHeap<Reverse<Entry>>>,
    noted: AtomicU64,
    earlier: Notify,
}

#[derive(Debug)]
struct Entry {
    when: Moment,
    /// What was noted first is done first.
    number: u64,
    bot: i64,
    person: i64,
    deed: Deed,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.when, self.number).cmp(&(other.when, other.number))
    }
}

impl Agenda {
    /// Notes that a person will do something.
    pub fn note(&self, when: Moment, bot: i64, person: i64, deed: Deed) {
        let number = self.noted.fetch_add(1, Ordering::Relaxed);
        self.due.lock().push(Reverse(Entry { when, number, bot, person, deed }));
        self.earlier.notify_one();
    }

    pub fn clear(&self) {
        self.due.lock().clear();
    }

    /// Does what is due, for as long as the world turns.
    pub async fn run(world: Arc<World>) {
        let agenda = &world.agenda;
        loop {
            let next = agenda.due.lock().peek().map(|Reverse(entry)| entry.when);
            match next {
                Some(when) if when <= world.clock.now() => {
                    let entry = agenda.due.lock().pop();
                    if let Some(Reverse(entry)) = entry
                        && let Err(err) = world.person_does(entry.bot, entry.person, &entry.deed)
                    {
                        // The bot may be gone, or the person may have blocked it meanwhile.
                        tracing::debug!(bot.id = entry.bot, %err, "a person changed plans");
                    }
                }
                Some(when) => tokio::select! {
                    () = world.clock.sleep_until(when) => {}
                    () = agenda.earlier.notified() => {}
                    () = world.stop.cancelled() => return,
                },
                None => tokio::select! {
                    () = agenda.earlier.notified() => {}
                    () = world.stop.cancelled() => return,
                },
            }
        }
    }
}
