//! Hashing and checking passwords (`auth.password-storage`), a few at a time.
//!
//! bcrypt at cost 12 takes a quarter of a second of a core. At most half the cores work on it at once,
//! a few more requests wait for a moment, and the rest are sent away. The work is done by threads of
//! its own that come after all others: a flood of sign-ins leaves the other pages as fast as they are.

mod threads;

use std::{io, num::NonZero, sync::Arc, time::Duration};

use base64::{Engine, alphabet, engine::general_purpose};
use bcrypt::{BcryptError, HashParts};
use contract::{auth::Admission, cx::RequestCx};
use domain::password;
use threads::Threads;
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};
use zeroize::Zeroizing;

use crate::ServiceError;

/// How bcrypt writes bytes.
const BCRYPT: general_purpose::GeneralPurpose =
    general_purpose::GeneralPurpose::new(&alphabet::BCRYPT, general_purpose::NO_PAD);

/// Cost of new hashes: 2^12 rounds.
pub const COST: u32 = 12;

/// How much of the machine passwords may take.
#[derive(Clone, Copy, Debug)]
pub struct Lanes {
    /// Cost of new hashes, 4 to 31. Older ones are hashed anew at sign-in.
    pub cost: u32,
    /// Most passwords worked on at once.
    pub at_once: usize,
    /// Most requests that wait for their turn, of strangers and of those who are known each.
    pub waiting: usize,
    /// Longest wait.
    pub patience: Duration,
}

impl Default for Lanes {
    /// Cost 12, half the cores, 8 waiting for at most 2 s.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            cost: COST,
            at_once: (cores / 2).max(1),
            waiting: 8,
            patience: Duration::from_secs(2),
        }
    }
}

/// The one place where passwords are hashed. One per process; cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    lanes: Lanes,
    /// Hash of something nobody types, to be checked where there is no account.
    decoy: Arc<str>,
    turns: Arc<Semaphore>,
    threads: Threads,
    strangers: Queue,
    known: Queue,
}

/// Those who wait for a turn: as many as there are places, of whom so many stand at the gate.
#[derive(Clone)]
struct Queue {
    places: Arc<Semaphore>,
    gate: Arc<Semaphore>,
}

impl Queue {
    fn new(places: usize, gate: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), gate: Arc::new(Semaphore::new(gate)) }
    }
}

/// Why no passwords can be worked on.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// No randomness, or a cost out of bounds.
    #[error(transparent)]
    Hash(#[from] BcryptError),
    /// No threads.
    #[error("no threads for passwords: {0}")]
    Threads(#[from] io::Error),
}

/// Whose password it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Anybody's: waits behind everybody else.
    Stranger,
    /// That of somebody who has signed in with this browser before, or is signed in: strangers cannot
    /// fill this lane.
    Known,
}

impl Lane {
    /// The lane of who tries to sign in as `who`.
    pub fn of(cx: &RequestCx, who: Option<Admission>) -> Self {
        let knows = |who| cx.browser.as_ref().is_some_and(|browser| browser.knows(who));
        if who.is_some_and(knows) { Self::Known } else { Self::Stranger }
    }
}

impl Passwords {
    /// Takes as long as one hash, and blocks: call it at start.
    ///
    /// # Errors
    /// When the system gives no randomness or no threads, or the cost is out of bounds.
    pub fn new(lanes: Lanes) -> Result<Self, NotReady> {
        let mut nobody = [0; 32];
        getrandom::fill(&mut nobody).map_err(BcryptError::from)?;
        Ok(Self {
            lanes,
            decoy: bcrypt::non_truncating_hash(nobody, lanes.cost)?.into(),
            turns: Arc::new(Semaphore::new(lanes.at_once)),
            threads: Threads::start(lanes.at_once)?,
            strangers: Queue::new(lanes.at_once + lanes.waiting, lanes.at_once),
            known: Queue::new(lanes.at_once + lanes.waiting, lanes.at_once + lanes.waiting),
        })
    }

    /// Hashes a password that has passed [`domain::password::check`].
    ///
    /// # Errors
    /// [`ServiceError::Away`] when too many passwords are being worked on.
    pub async fn hash(&self, password: &str, lane: Lane) -> Result<String, ServiceError> {
        let password = Zeroizing::new(password::normalize(password));
        let cost = self.lanes.cost;
        self.in_turn(lane, move || bcrypt::non_truncating_hash(password.as_bytes(), cost))
            .await?
            .map_err(|err| ServiceError::bug("hashing a password", err))
    }

    /// Whether `password` is the one that was hashed. Without a hash the answer is no, after the same
    /// work.
    ///
    /// # Errors
    /// [`ServiceError::Away`] when too many passwords are being worked on.
    pub async fn is_right(
        &self,
        password: &str,
        hash: Option<&str>,
        lane: Lane,
    ) -> Result<bool, ServiceError> {
        let password = Zeroizing::new(password::normalize(password));
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let checked = self
            .in_turn(lane, move || bcrypt::non_truncating_verify(password.as_bytes(), &hash))
            .await?;
        match checked {
            Ok(same) => Ok(same && known),
            // No password that could be set is so long; the account has no part in this answer.
            Err(BcryptError::Truncation(_)) => Ok(false),
            Err(err) => Err(ServiceError::bug("checking a password", err)),
        }
    }

    /// What stands for a password that nobody knows, with a salt of its own: an account that has it waits
    /// for its owner to choose one. No work is done for it; that there is a text with this hash is as
    /// probable as that somebody guesses one.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn unknown(&self) -> Result<String, ServiceError> {
        let mut drawn = [0; 16 + 23];
        getrandom::fill(&mut drawn).map_err(|err| ServiceError::bug("drawing a hash", err))?;
        let (salt, digest) = drawn.split_at(16);
        let (salt, digest) = (BCRYPT.encode(salt), BCRYPT.encode(digest));
        Ok(format!("$2b${:02}${salt}{digest}", self.lanes.cost))
    }

    /// Sends strangers away at once when no more of them can wait, before anything else is done for them:
    /// in a flood a refusal costs next to nothing. A browser in which anybody has signed in goes on.
    ///
    /// # Errors
    /// [`ServiceError::Away`].
    pub fn has_room(&self, cx: &RequestCx) -> Result<(), ServiceError> {
        if cx.browser.is_none() && self.strangers.places.available_permits() == 0 {
            return Err(busy());
        }
        Ok(())
    }

    /// Whether a hash was made at another cost than today's.
    pub fn is_dated(&self, hash: &str) -> bool {
        hash.parse::<HashParts>().is_ok_and(|parts| parts.get_cost() != self.lanes.cost)
    }

    /// Runs `work` on a thread of its own when its turn comes. It runs to its end, turn in hand, even
    /// when nobody waits for it any more: a client that hangs up frees no core.
    ///
    /// Strangers come one by one to the queue for a turn, as many as there are turns, and wait for that
    /// by themselves: whoever is known has at most so many before them, however many strangers there are.
    async fn in_turn<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let Queue { places, gate } = match lane {
            Lane::Stranger => &self.strangers,
            Lane::Known => &self.known,
        };
        let place = places.clone().try_acquire_owned().map_err(|_| busy())?;
        let taken = timeout(self.lanes.patience, async {
            let gate = gate.clone().acquire_owned().await;
            (gate, self.turns.clone().acquire_owned().await)
        });
        let (Ok(gate), Ok(turn)) = taken.await.map_err(|_| busy())? else {
            unreachable!("no semaphore here is ever closed");
        };
        let (done, result) = oneshot::channel();
        self.threads.run(move || {
            let made = work();
            // Free before anybody hears of it: whoever asks next finds the place.
            drop((place, gate, turn));
            // Whoever asked may have gone.
            let _ = done.send(made);
        });
        result.await.map_err(|err| ServiceError::bug("working on a password", err))
    }
}

fn busy() -> ServiceError {
    ServiceError::Away(
        "Many people are signing in at this moment. Please try again in a few seconds.".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick(at_once: usize, waiting: usize, patience: Duration) -> Passwords {
        Passwords::new(Lanes { cost: 4, at_once, waiting, patience }).expect("randomness")
    }

    #[tokio::test]
    async fn a_password_is_right_in_either_normal_form_and_nothing_is_right_without_a_hash() {
        let passwords = quick(1, 8, Duration::from_secs(2));
        let hash = passwords.hash("Caf\u{e9}-1234567", Lane::Known).await.expect("hashed");
        assert!(hash.starts_with("$2b$04$"), "{hash}");
        let cases = [
            ("Caf\u{e9}-1234567", Some(hash.as_str()), true),
            ("Cafe\u{301}-1234567", Some(hash.as_str()), true),
            ("cafe-1234567", Some(hash.as_str()), false),
            ("", Some(hash.as_str()), false),
            ("Caf\u{e9}-1234567", None, false),
        ];
        for (password, hash, want) in cases {
            assert_eq!(
                passwords.is_right(password, hash, Lane::Stranger).await.expect("checked"),
                want,
                "{password}"
            );
        }
    }

    #[tokio::test]
    async fn a_longer_password_with_the_same_start_is_another_one() {
        let passwords = quick(1, 8, Duration::from_secs(2));
        let longest = "Aa1!".to_owned() + &"a".repeat(67);
        let hash = passwords.hash(&longest, Lane::Known).await.expect("hashed");
        assert!(passwords.is_right(&longest, Some(&hash), Lane::Known).await.expect("checked"));
        assert!(
            !passwords
                .is_right(&(longest.clone() + "a"), Some(&hash), Lane::Known)
                .await
                .expect("checked")
        );
        assert!(
            !passwords
                .is_right(&longest.repeat(900), Some(&hash), Lane::Known)
                .await
                .expect("checked")
        );
        assert!(matches!(
            passwords.hash(&(longest + "a"), Lane::Known).await,
            Err(ServiceError::Bug { .. })
        ));
    }

    #[tokio::test]
    async fn a_password_that_nobody_knows_looks_like_any_other_and_is_no_other() {
        let passwords = quick(1, 8, Duration::from_secs(2));
        let (one, other) =
            (passwords.unknown().expect("drawn"), passwords.unknown().expect("drawn"));
        assert_ne!(one, other);
        let parts: HashParts = one.parse().expect("a hash");
        assert_eq!((parts.get_cost(), one.len()), (4, 60));
        let right = passwords.is_right("Aa1!aaaaaa", Some(&one), Lane::Stranger).await;
        assert!(!right.expect("it can be checked"));
    }

    #[tokio::test]
    async fn a_hash_is_dated_when_its_cost_is_another() {
        let passwords = quick(1, 8, Duration::from_secs(2));
        let hash = passwords.hash("Aa1!aaaaaa", Lane::Known).await.expect("hashed");
        assert!(!passwords.is_dated(&hash));
        assert!(passwords.is_dated(&hash.replacen("$04$", "$05$", 1)));
    }

    #[test]
    fn by_default_half_the_cores_hash_at_cost_twelve() {
        let lanes = Lanes::default();
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        assert_eq!((lanes.cost, lanes.at_once), (12, (cores / 2).max(1)));
        let hash = bcrypt::non_truncating_hash("Aa1!aaaaaa", COST).expect("hashed");
        assert!(hash.starts_with("$2b$12$"), "{hash}");
    }

    #[tokio::test]
    async fn whoever_finds_the_queue_full_is_sent_away_at_once_and_the_impatient_later() {
        let passwords = quick(1, 1, Duration::from_millis(50));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let working = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.in_turn(Lane::Stranger, move || held.recv().is_ok()).await }
        });
        while passwords.turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let (waits, refused) = tokio::join!(
            passwords.in_turn(Lane::Stranger, || ()),
            passwords.in_turn(Lane::Stranger, || ())
        );
        assert!(matches!(waits, Err(ServiceError::Away(_))));
        assert!(matches!(refused, Err(ServiceError::Away(_))));

        // The work outlives its caller, and so does its turn.
        working.abort();
        assert!(working.await.is_err_and(|err| err.is_cancelled()));
        assert!(matches!(
            passwords.in_turn(Lane::Stranger, || ()).await,
            Err(ServiceError::Away(_))
        ));
        release.send(()).expect("still working");
        while passwords.turns.available_permits() == 0 {
            tokio::task::yield_now().await;
        }
        assert!(passwords.in_turn(Lane::Stranger, || ()).await.is_ok());
    }

    #[tokio::test]
    async fn whoever_is_known_goes_before_all_strangers_that_wait() {
        let passwords = quick(1, 8, Duration::from_secs(60));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let order = Arc::new(std::sync::Mutex::new(Vec::new()));
        let come = |lane: Lane, name: &'static str| {
            let (passwords, order) = (passwords.clone(), Arc::clone(&order));
            tokio::spawn(async move {
                passwords
                    .in_turn(lane, move || order.lock().expect("whole").push(name))
                    .await
                    .expect("a turn");
            })
        };
        let working = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.in_turn(Lane::Stranger, move || held.recv().is_ok()).await }
        });
        while passwords.turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let mut all: Vec<_> = (0..8).map(|_| come(Lane::Stranger, "stranger")).collect();
        while passwords.strangers.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(
            matches!(passwords.in_turn(Lane::Stranger, || ()).await, Err(ServiceError::Away(_))),
            "a ninth stranger finds no place"
        );
        all.push(come(Lane::Known, "owner"));
        while passwords.known.places.available_permits() == 9 {
            tokio::task::yield_now().await;
        }
        release.send(()).expect("still working");
        for task in all {
            task.await.expect("done");
        }
        assert!(working.await.is_ok());
        let order = order.lock().expect("whole");
        let place = order.iter().position(|name| *name == "owner").expect("served");
        // One stranger stands at the gate already.
        assert!(place <= 1, "{order:?}");
    }
}
