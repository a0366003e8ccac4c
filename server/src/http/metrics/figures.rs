//! The figures of a process.

use std::{
    fs,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use adapters::telegram::{Fate, Sends};
use services::backlog;
use store::Store;
use tokio::time::timeout;
use tracing::warn;

use super::{
    exposition::{Exposition, Kind},
    traffic::{BOUNDS, CLASSES, Traffic},
};

/// Longest wait for the database; without it the other figures are told.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the figures come from. Cheap to clone.
#[derive(Clone)]
pub struct Figures {
    /// Messages.
    pub sends: Arc<Sends>,
    /// Pools, and what waits.
    pub store: Store,
    /// Requests.
    pub traffic: Arc<Traffic>,
    /// When the process began.
    pub since: SystemTime,
}

impl Figures {
    /// All of them, now.
    pub async fn collect(&self) -> String {
        let mut text = Exposition::default();
        self.process(&mut text);
        self.sends(&mut text);
        self.requests(&mut text);
        self.connections(&mut text);
        self.waiting(&mut text).await;
        text.into_text()
    }

    fn process(&self, text: &mut Exposition) {
        text.family("gannet_build_info", Kind::Gauge, "The version that runs; always 1.")
            .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
        let since = self.since.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let help = "When the process began, in seconds since 1970.";
        text.single("process_start_time_seconds", Kind::Gauge, help, since);
        if let Some(bytes) = resident_bytes() {
            let help = "Memory of the process that lies in RAM.";
            text.single("process_resident_memory_bytes", Kind::Gauge, help, bytes);
        }
    }

    fn sends(&self, text: &mut Exposition) {
        let help =
            "Requests to send a message, by what became of them; too_many are Telegram's 429.";
        let mut family = text.family("gannet_sends_total", Kind::Counter, help);
        for fate in Fate::ALL {
            family.sample(&[("result", fate.as_str())], self.sends.ended(fate));
        }
        let help = "Requests to send a message that are under way.";
        text.single("gannet_sends_in_flight", Kind::Gauge, help, self.sends.in_flight());
    }

    fn requests(&self, text: &mut Exposition) {
        let help = "Answers to HTTP requests, by the class of their status.";
        let mut family = text.family("gannet_http_responses_total", Kind::Counter, help);
        for (class, count) in CLASSES.into_iter().zip(self.traffic.answers()) {
            family.sample(&[("class", class)], count);
        }
        let (counts, sum) = self.traffic.acknowledged();
        let help = "How long Telegram waited until an update was stored.";
        text.family("gannet_webhook_acknowledgement_seconds", Kind::Histogram, help)
            .histogram(&BOUNDS, &counts, sum);
    }

    fn connections(&self, text: &mut Exposition) {
        let help = "Connections to the database that this process has in use, open, and may open.";
        let mut family = text.family("gannet_database_connections", Kind::Gauge, help);
        let pools = [("app", self.store.app_usage()), ("worker", self.store.worker_usage())];
        for (role, (in_use, open, most)) in pools {
            for (state, count) in [("in_use", in_use), ("open", open), ("max", most)] {
                family.sample(&[("role", role), ("state", state)], count);
            }
        }
    }

    /// What waits is asked of the database; where it does not answer, that is what is told.
    async fn waiting(&self, text: &mut Exposition) {
        let asked = timeout(PATIENCE, backlog::waiting(&self.store)).await;
        let found = match asked {
            Ok(Ok(waiting)) => Some(waiting),
            Ok(Err(error)) => {
                warn!(%error, "what waits could not be counted");
                None
            }
            Err(_) => None,
        };
        let help = "Whether the database answered within two seconds.";
        text.single("gannet_database_up", Kind::Gauge, help, u8::from(found.is_some()));
        let Some(backlog::Waiting { updates, broadcasts }) = found else { return };
        let mut gauge = |name, help, value: f64| text.single(name, Kind::Gauge, help, value);
        gauge(
            "gannet_updates_waiting",
            "Updates that are stored and not in effect yet, counted up to 10000.",
            updates.waiting as f64,
        );
        gauge(
            "gannet_updates_oldest_waiting_seconds",
            "For how long the oldest of them has waited; 0 when none does.",
            updates.oldest_secs.unwrap_or_default(),
        );
        gauge(
            "gannet_broadcasts_sending",
            "Broadcasts that are being sent, counted up to 10000.",
            broadcasts.sending as f64,
        );
        gauge(
            "gannet_broadcasts_oldest_queued_seconds",
            "For how long the first broadcast in line has waited for another of its bot; 0 when none does.",
            broadcasts.oldest_secs.unwrap_or_default(),
        );
    }
}

/// What the kernel says of this process; nothing where it says it otherwise.
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_how_much_lies_in_memory() {
        let bytes = resident_bytes().expect("on Linux it does");
        assert!(bytes > 1 << 20, "{bytes}");
    }
}
