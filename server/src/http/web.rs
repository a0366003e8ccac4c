//! What every layer and handler knows.

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{blocks::Blocks, metrics::traffic::Traffic, static_files::Site};
use crate::config::WebConfig;

/// What every layer and handler knows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Web {
    /// Addresses and who may come.
    pub config: Arc<WebConfig>,
    /// The static files and their names.
    pub site: Arc<Site>,
    /// Who is shut out.
    pub blocks: Arc<Blocks>,
    /// What was answered so far.
    pub traffic: Arc<Traffic>,
    /// Cancelled when we are told to stop: probes say 503, streams end.
    pub drain: CancellationToken,
    /// Requests that run to their end whatever the client does; waited for at shutdown.
    pub tasks: TaskTracker,
}

impl Web {
    /// Serves `site` under `config` until `drain`.
    pub fn new(config: WebConfig, site: Site, drain: CancellationToken) -> Self {
        let (config, site) = (Arc::new(config), Arc::new(site));
        let (blocks, traffic) = (Arc::default(), Arc::default());
        Self { config, site, blocks, traffic, drain, tasks: TaskTracker::new() }
    }
}
