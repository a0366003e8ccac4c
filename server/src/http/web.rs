//! What every layer and handler knows.

use std::{ops::Deref, sync::Arc};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{blocks::Blocks, metrics::traffic::Traffic, static_files::Site};
use crate::config::WebConfig;

/// What every layer and handler knows. One count to clone: each layer does so for each request.
#[derive(Clone, Debug)]
pub struct Web(Arc<Facts>);

/// What there is to know.
#[derive(Debug)]
pub struct Facts {
    /// Addresses and who may come.
    pub config: WebConfig,
    /// The static files and their names.
    pub site: Arc<Site>,
    /// Where forms of the page about payments may end: origins of Stripe's.
    pub pays_at: Vec<String>,
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
        let (site, blocks, traffic) = (Arc::new(site), Arc::default(), Arc::default());
        let (pays_at, tasks) = (Vec::new(), TaskTracker::new());
        Self(Arc::new(Facts { config, site, pays_at, blocks, traffic, drain, tasks }))
    }

    /// The same, with forms about payments that end at these origins.
    pub fn paying_at(self, pays_at: Vec<String>) -> Self {
        let Facts { config, site, blocks, traffic, drain, tasks, .. } = &*self.0;
        Self(Arc::new(Facts {
            config: config.clone(),
            site: Arc::clone(site),
            pays_at,
            blocks: Arc::clone(blocks),
            traffic: Arc::clone(traffic),
            drain: drain.clone(),
            tasks: tasks.clone(),
        }))
    }
}

impl Deref for Web {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}
