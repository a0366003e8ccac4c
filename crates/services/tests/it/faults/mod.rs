//! What the engine and the inbox make of lines that break: to Telegram, and to the database.

mod database;
mod telegram;

use std::{sync::Arc, time::Duration};

use adapters::telegram::{ApiBase, BotApi};
use domain::{
    broadcast::{Status, Tally},
    ids::BroadcastId,
};
use services::{Services, Settings};
use sim::{FaultProxy, Upstream};
use testdb::Place;

use contract::broadcasts::BroadcastsApi;

use crate::rig::Rig;

/// Longest that a call to Telegram takes here.
const DEADLINE: Duration = Duration::from_secs(1);

/// Most people who may be in flight: two intents of half a second or a hundred people each.
const IN_FLIGHT: u64 = 200;

/// A line to the rig's Telegram.
async fn line_to_telegram(rig: &Rig) -> FaultProxy {
    let url = rig.sim.base_url();
    let address = url.strip_prefix("http://").and_then(|address| address.parse().ok());
    FaultProxy::start(Upstream::Tcp(address.expect("an address"))).await.expect("a port")
}

/// A line to the rig's database.
async fn line_to_database(rig: &Rig) -> FaultProxy {
    let server = match rig.db.server() {
        Place::Socket(path) => Upstream::Unix(path.clone()),
        Place::Tcp(host, port) => {
            let mut found = tokio::net::lookup_host((host.as_str(), *port)).await.expect("a host");
            Upstream::Tcp(found.next().expect("an address"))
        }
    };
    FaultProxy::start(server).await.expect("a port")
}

/// Another instance, whose Telegram is at the end of `line`.
fn with_telegram_behind(rig: &Rig, line: &FaultProxy) -> Services {
    let telegram = ApiBase::parse(&format!("http://{}", line.address())).expect("a base");
    let svc = rig.another_instance();
    Services {
        telegram: Arc::new(BotApi::new().with_deadline(DEADLINE)),
        settings: Arc::new(Settings { telegram, ..Settings::clone(&svc.settings) }),
        ..svc
    }
}

/// Another instance, whose database is at the end of `line`.
fn with_database_behind(rig: &Rig, line: &FaultProxy) -> Services {
    Services { store: rig.db.store_by_way_of(line.address(), 8, 4), ..rig.another_instance() }
}

/// Begins a broadcast.
async fn begin(rig: &Rig) -> BroadcastId {
    let (id, version) = rig.draft("Hello").await;
    rig.svc.send(&rig.cx(), rig.slug(), id, &version).await.expect("sent");
    id
}

/// Waits until the broadcast is done, and sees that nobody was lost and nobody got it twice, and that
/// whatever Telegram took is called sent or unknown. Gives its tally.
async fn ends_well(rig: &Rig, id: BroadcastId, people: u64) -> Tally {
    let (_, tally) = rig.until(id, |status, _| status == Status::Done).await;
    let stats = rig.sim.stats(rig.telegram_bot).expect("stats");
    let accepted = stats.accepted as u64;
    assert_eq!(tally.total(), people, "everybody has an outcome");
    assert!(stats.most_in_one_chat <= 1, "nobody was written to twice");
    assert!(tally.sent <= accepted, "what is called sent was accepted: {tally:?}, {accepted}");
    assert!(accepted <= tally.sent + tally.unknown, "{tally:?}, {accepted} accepted");
    tally
}
