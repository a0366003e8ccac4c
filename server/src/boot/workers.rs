//! Work in the background.

use std::{sync::Arc, time::Duration};

use adapters::mail::Mailer;
use services::{Services, ingest::Ingest};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

/// Longest wait for work to end; what has not ended by then is taken up after the next start.
const LONGEST_STOP: Duration = Duration::from_secs(20);

/// The background loops of this process.
#[derive(Debug)]
pub struct Workers {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Workers {
    /// Starts all loops. Updates that are fetched go into `ingest`.
    pub fn start(
        services: &Services,
        ingest: Arc<Ingest>,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let (own, until) = (|| services.clone(), || stop.clone());
        tasks.spawn(services::engine::run(own(), until()));
        tasks.spawn(services::scheduler::run(own(), until()));
        tasks.spawn(services::ingest::apply::run(own(), until()));
        tasks.spawn(services::ingest::poll::run(own(), ingest, until()));
        tasks.spawn(services::jobs::run(own(), until()));
        tasks.spawn(services::mail::run(own(), mailer, until()));
        tasks.spawn(services::billing::events::run(own(), until()));
        tasks.spawn(services::billing::reconcile::run(own(), until()));
        Self { tasks, stop }
    }

    /// Lets what is under way end, and begins nothing new.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        if timeout(LONGEST_STOP, self.tasks.wait()).await.is_err() {
            warn!(after_secs = LONGEST_STOP.as_secs(), "work was cut off at shutdown");
        }
    }
}
