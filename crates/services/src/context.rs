//! What every use case needs.

use std::sync::Arc;

use adapters::{
    anchors::Anchors,
    places::Places,
    telegram::{ApiBase, Telegram},
    vault::Vault,
};
use contract::auth::Signups;
use domain::{bot::Api, ids::InstanceId, paid::Offer};
use store::Store;
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::{
    billing::Billing, broadcasts::Meters, engine::Governors, refusals::Refusals, sandbox::Sandbox,
};

/// Facts about this instance that use cases decide by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `BASE_URL` without a slash at its end: where links in mail lead.
    pub base_url: String,
    /// Whether Telegram can call us: an https address that is no private one.
    pub is_public: bool,
    /// `TELEGRAM_API_URL`: where real bots live.
    pub telegram: ApiBase,
    /// `TELEGRAM_RATE_PER_BOT`: messages a second.
    pub rate_per_bot: u32,
    /// `TELEGRAM_PAID_RATE` and `TELEGRAM_PAID_PRICE_MILLISTARS`: what going faster costs; none: it is not offered.
    pub paid: Option<Offer>,
    /// Who may sign up.
    pub signups: Signups,
}

/// Wakes a background loop that would otherwise look again only after its interval.
#[derive(Clone, Debug, Default)]
pub struct Nudges {
    /// There is something to send.
    pub send: Arc<Notify>,
    /// An update arrived.
    pub apply: Arc<Notify>,
    /// A mail was written.
    pub mail: Arc<Notify>,
    /// A job was enqueued.
    pub jobs: Arc<Notify>,
    /// A bot was connected, or polls no longer.
    pub poll: Arc<Notify>,
    /// Stripe told something.
    pub billing: Arc<Notify>,
}

/// Everything a use case works with. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub store: Store,
    /// Keys and sealed secrets.
    pub vault: Arc<Vault>,
    /// The Bot API.
    pub telegram: Arc<dyn Telegram>,
    /// The sandbox, where it is offered.
    pub sandbox: Option<Arc<dyn Sandbox>>,
    /// Facts about this instance.
    pub settings: Arc<Settings>,
    /// This process, as the holder of leases.
    pub instance: InstanceId,
    /// Keeps each bot within Telegram's limits.
    pub governors: Arc<Governors>,
    /// How fast broadcasts move.
    pub meters: Arc<Meters>,
    /// The background loops' bells.
    pub nudges: Nudges,
    /// In which country an address is, where a file knows.
    pub places: Option<Arc<Places>>,
    /// Keys the hashes of codes sent by mail (`FixedKey::OneTimeCodes`).
    pub code_key: Arc<Zeroizing<[u8; 32]>>,
    /// What is sold here, and through whom.
    pub billing: Arc<Billing>,
    /// Refusals that are not on record yet.
    pub refusals: Refusals,
    /// Where the chains of the audit log are anchored; none where nobody keeps house.
    pub anchors: Option<Arc<Anchors>>,
}

impl Services {
    /// The country of an address, as far as it is one and a file knows it.
    pub fn country(&self, ip: &str) -> Option<String> {
        self.places.as_ref()?.country(ip.parse().ok()?)
    }

    /// Where bots of `api` live; none for sandbox bots where the sandbox is off.
    pub fn base(&self, api: Api) -> Option<ApiBase> {
        match api {
            Api::Telegram => Some(self.settings.telegram.clone()),
            Api::Sandbox => self.sandbox.as_ref().map(|sandbox| sandbox.base()),
        }
    }
}
