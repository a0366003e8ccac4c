//! The whole of one simulator, as its tasks share it.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    ledger::Asked,
    post::Post,
    setup::Setup,
    state::{Cause, State},
    trouble::Troubles,
};
use crate::clock::Clock;

/// How often time is looked at: objects show whole seconds.
const TICK: Duration = Duration::from_secs(1);

/// What does not change while it runs.
#[derive(Debug)]
pub(crate) struct Rules {
    pub secret_key: String,
    pub live_key: String,
    pub latency: Duration,
    pub control: bool,
}

/// One Stripe.
#[derive(Debug)]
pub(crate) struct World {
    pub rules: Rules,
    pub clock: Clock,
    pub stop: CancellationToken,
    pub tasks: TaskTracker,
    pub base_url: String,
    pub troubles: Troubles,
    pub post: Post,
    state: Mutex<State>,
    asked: Mutex<Vec<Asked>>,
}

impl World {
    pub fn new(setup: &Setup, base_url: String) -> Self {
        let now = secs(&setup.clock);
        Self {
            rules: Rules {
                secret_key: setup.secret_key.clone(),
                live_key: setup.live_key.clone(),
                latency: setup.latency,
                control: setup.control,
            },
            clock: setup.clock.clone(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            base_url: base_url.clone(),
            troubles: Troubles::default(),
            post: Post::new(setup),
            state: Mutex::new(State::new(now, base_url, setup.after_retries)),
            asked: Mutex::new(Vec::new()),
        }
    }

    /// Works on everything as it is now: what was due has happened, and events that come of the work
    /// are sent off after it.
    pub fn with<T>(self: &Arc<Self>, work: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        state.catch_up(secs(&self.clock));
        state.cause = Cause::default();
        let done = work(&mut state);
        let events = std::mem::take(&mut state.outbox);
        for event in events {
            self.send_off(&state, event);
        }
        done
    }

    pub fn now(&self) -> i64 {
        secs(&self.clock)
    }

    pub fn note(&self, asked: Asked) {
        self.asked.lock().push(asked);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().clone()
    }

    pub fn forget_asked(&self) {
        self.asked.lock().clear();
    }

    /// Lets happen what is due, as time goes by.
    pub async fn live(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.clock.sleep(TICK) => self.with(|_| ()),
                () = self.stop.cancelled() => return,
            }
        }
    }
}

fn secs(clock: &Clock) -> i64 {
    i64::try_from(clock.now().unix_secs()).unwrap_or(i64::MAX)
}
