//! What concerns the whole simulator: faults, limits, time, a fresh start.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error::SimError,
    faults::{Fault, Listed},
    ledger::Stats,
    limits::Limits,
    methods::ALL,
    names::Profile,
    world::World,
};

type Answer<T> = Result<Json<T>, SimError>;
type Shared = State<Arc<World>>;

/// Most that the clock can be moved at a time: a year.
const LONGEST_LEAP_SECS: f64 = 366.0 * 86_400.0;

pub(super) async fn about(State(world): Shared) -> Json<Value> {
    Json(json!({
        "what": "a simulator of the Telegram Bot API; see its README for what can be done below /sim",
        "version": env!("CARGO_PKG_VERSION"),
        "strict": world.rules.strict,
        "bots": world.bots.all().len(),
        "methods": ALL.iter().map(|spec| spec.name).collect::<Vec<_>>(),
        "paths": [
            "/sim/bots", "/sim/bots/{bot}", "/sim/bots/{bot}/token", "/sim/bots/{bot}/people",
            "/sim/bots/{bot}/people/{person}", "/sim/bots/{bot}/reactions", "/sim/bots/{bot}/groups",
            "/sim/bots/{bot}/updates", "/sim/bots/{bot}/chats", "/sim/bots/{bot}/chats/{chat}",
            "/sim/bots/{bot}/ledger", "/sim/bots/{bot}/ledger/stats", "/sim/bots/{bot}/ledger/chats",
            "/sim/bots/{bot}/ledger/duplicates", "/sim/people/{person}", "/sim/ledger", "/sim/faults",
            "/sim/faults/{fault}", "/sim/limits", "/sim/clock", "/sim/reset",
        ],
    }))
}

pub(super) async fn ledger(State(world): Shared) -> Json<BTreeMap<i64, Stats>> {
    let bots = world.bots.all();
    Json(bots.iter().map(|bot| (bot.id, bot.ledger().stats())).collect())
}

pub(super) async fn name_person(
    State(world): Shared,
    Path(person): Path<i64>,
    Json(profile): Json<Profile>,
) -> Json<Value> {
    world.people.name(person, profile);
    world.touch();
    Json(json!({}))
}

pub(super) async fn faults(State(world): Shared) -> Json<Vec<Listed>> {
    Json(world.faults.list())
}

pub(super) async fn add_fault(State(world): Shared, Json(fault): Json<Fault>) -> Json<Value> {
    Json(json!({"id": world.faults.add(fault)}))
}

pub(super) async fn remove_fault(State(world): Shared, Path(fault): Path<u64>) -> Json<Value> {
    Json(json!({"removed": world.faults.remove(fault)}))
}

pub(super) async fn clear_faults(State(world): Shared) -> Json<Value> {
    world.faults.clear();
    Json(json!({}))
}

pub(super) async fn limits(State(world): Shared) -> Json<Limits> {
    Json(*world.limits.read())
}

pub(super) async fn set_limits(State(world): Shared, Json(limits): Json<Limits>) -> Json<Limits> {
    *world.limits.write() = limits;
    Json(limits)
}

pub(super) async fn clock(State(world): Shared) -> Json<Value> {
    Json(json!({"now_us": world.clock.now()}))
}

/// A leap in time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leap {
    advance_secs: f64,
}

pub(super) async fn advance(State(world): Shared, Json(leap): Json<Leap>) -> Answer<Value> {
    if !(0.0..=LONGEST_LEAP_SECS).contains(&leap.advance_secs) {
        return Err(SimError::OutOfBounds("time goes forward, at most a year at once"));
    }
    world.clock.advance(Duration::from_secs_f64(leap.advance_secs));
    Ok(Json(json!({"now_us": world.clock.now()})))
}

/// How fresh a start is wanted.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Fresh {
    keep_bots: bool,
}

pub(super) async fn reset(State(world): Shared, Json(fresh): Json<Fresh>) -> Json<Value> {
    world.reset(fresh.keep_bots);
    Json(json!({}))
}
