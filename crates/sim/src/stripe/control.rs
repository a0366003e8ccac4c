//! `/control/…`: the same from outside, as JSON over HTTP. `STRIPE.md` lists it all.
//!
//! Only programs on this machine get through, as with the simulator of Telegram.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ledger::Asked,
    post::{Delivery, Redelivery},
    setup::{NewCoupon, NewProduct, NewWebhook},
    state::API_VERSION,
    steer::{Hook, LONGEST_LEAP, Unable},
    stock,
    trouble::{ListedTrouble, Trouble},
    world::World,
};
use crate::control::programs_only;

type Answer<T> = Result<Json<T>, Unable>;
type Shared = State<Arc<World>>;

const PATHS: &[&str] = &[
    "/control/objects/{id}",
    "/control/objects?kind=",
    "/control/requests",
    "/control/requests/{request}",
    "/control/events/hold",
    "/control/events/deliver",
    "/control/events",
    "/control/deliveries",
    "/control/troubles",
    "/control/troubles/{id}",
    "/control/clock",
    "/control/products",
    "/control/coupons",
    "/control/webhooks",
    "/control/webhooks/{id}",
    "/control/webhooks/{id}/roll",
    "/control/customers/{id}",
    "/control/customers/{id}/decline",
    "/control/charges/{id}/refund",
    "/control/charges/{id}/dispute",
    "/control/disputes/{id}/close",
    "/control/subscriptions/{id}",
    "/control/sessions/{id}/pay",
    "/control/sessions/{id}/expire",
];

/// Everything below `/control`.
pub(super) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/control", get(about))
        .route("/control/objects", get(objects))
        .route("/control/objects/{id}", get(object))
        .route("/control/requests", get(requests).delete(forget_requests))
        .route("/control/requests/{request}", get(request))
        .route("/control/events", get(events).post(make_event))
        .route("/control/events/hold", put(hold).get(held))
        .route("/control/events/deliver", post(deliver))
        .route("/control/deliveries", get(deliveries))
        .route("/control/troubles", get(troubles).post(add_trouble).delete(clear_troubles))
        .route("/control/troubles/{id}", delete(remove_trouble))
        .route("/control/clock", get(clock).post(advance))
        .route("/control/products", post(add_product))
        .route("/control/coupons", post(add_coupon))
        .route("/control/webhooks", post(add_webhook))
        .route("/control/webhooks/{id}", delete(remove_webhook))
        .route("/control/webhooks/{id}/roll", post(roll))
        .route("/control/customers/{id}", delete(delete_customer))
        .route("/control/customers/{id}/decline", post(decline))
        .route("/control/charges/{id}/refund", post(refund))
        .route("/control/charges/{id}/dispute", post(dispute))
        .route("/control/disputes/{id}/close", post(close_dispute))
        .route("/control/subscriptions/{id}", delete(cancel))
        .route("/control/sessions/{id}/pay", post(pay))
        .route("/control/sessions/{id}/expire", post(expire))
        .fallback(|| async {
            let why = "there is nothing here; GET /control lists what there is";
            (StatusCode::NOT_FOUND, Json(json!({"error": why})))
        })
        .layer(middleware::from_fn(programs_only))
        .with_state(world)
}

impl IntoResponse for Unable {
    fn into_response(self) -> Response {
        let status = match &self {
            Unable::NoSuch(_) => StatusCode::NOT_FOUND,
            Unable::NotNow(_) => StatusCode::CONFLICT,
        };
        (status, Json(json!({"error": self.to_string()}))).into_response()
    }
}

async fn about() -> Json<Value> {
    Json(json!({
        "what": "a simulator of Stripe, for tests; see its STRIPE.md for what can be done below /control",
        "version": env!("CARGO_PKG_VERSION"),
        "api_version": API_VERSION,
        "paths": PATHS,
    }))
}

#[derive(Deserialize)]
struct OfKind {
    kind: String,
}

async fn objects(State(world): Shared, Query(of): Query<OfKind>) -> Json<Vec<Value>> {
    Json(
        world
            .with(|state| state.ids(&of.kind, |_| true).iter().map(|id| state.shown(id)).collect()),
    )
}

async fn object(State(world): Shared, Path(id): Path<String>) -> Answer<Value> {
    world.with(|state| match state.get(&id) {
        Some(_) => Ok(Json(state.shown(&id))),
        None => Err(Unable::NoSuch(id)),
    })
}

async fn requests(State(world): Shared) -> Json<Vec<Asked>> {
    Json(world.asked())
}

async fn request(State(world): Shared, Path(id): Path<String>) -> Answer<Asked> {
    let found = world.asked().into_iter().find(|asked| asked.request == id);
    found.map(Json).ok_or(Unable::NoSuch(id))
}

async fn forget_requests(State(world): Shared) -> Json<Value> {
    world.forget_asked();
    Json(json!({}))
}

async fn events(State(world): Shared) -> Json<Vec<Value>> {
    Json(world.with(|state| state.all("event").cloned().collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MadeUp {
    kind: String,
    object: Value,
    #[serde(default)]
    livemode: bool,
}

async fn make_event(State(world): Shared, Json(new): Json<MadeUp>) -> Json<Value> {
    Json(json!({"id": world.make_event(&new.kind, &new.object, new.livemode)}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hold {
    hold: bool,
    /// With `hold: false`: forget what was held back instead of sending it.
    #[serde(default)]
    forget: bool,
}

async fn hold(State(world): Shared, Json(wanted): Json<Hold>) -> Json<Value> {
    match wanted {
        Hold { hold: true, .. } => world.post.hold(),
        Hold { forget: true, .. } => {
            world.post.let_go();
        }
        Hold { .. } => world.release(),
    }
    Json(json!({"held": world.post.held()}))
}

async fn held(State(world): Shared) -> Json<Value> {
    Json(json!({"held": world.post.held()}))
}

async fn deliver(State(world): Shared, Json(wanted): Json<Redelivery>) -> Answer<Vec<Delivery>> {
    if !world.with(|state| state.get(&wanted.event).is_some()) {
        return Err(Unable::NoSuch(format!("event {}", wanted.event)));
    }
    Ok(Json(world.bring_on_command(&wanted).await))
}

async fn deliveries(State(world): Shared) -> Json<Vec<Delivery>> {
    Json(world.post.log())
}

async fn troubles(State(world): Shared) -> Json<Vec<ListedTrouble>> {
    Json(world.troubles.list())
}

async fn add_trouble(State(world): Shared, Json(trouble): Json<Trouble>) -> Json<Value> {
    Json(json!({"id": world.troubles.add(trouble)}))
}

async fn clear_troubles(State(world): Shared) -> Json<Value> {
    world.troubles.clear();
    Json(json!({}))
}

async fn remove_trouble(State(world): Shared, Path(id): Path<u64>) -> Json<Value> {
    Json(json!({"removed": world.troubles.remove(id)}))
}

async fn clock(State(world): Shared) -> Json<Value> {
    Json(json!({"now": world.now()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leap {
    advance_secs: f64,
}

async fn advance(State(world): Shared, Json(leap): Json<Leap>) -> Answer<Value> {
    if !(0.0..=LONGEST_LEAP.as_secs_f64()).contains(&leap.advance_secs) {
        return Err(Unable::NotNow("time goes forward, at most two years at once".to_owned()));
    }
    world.advance(Duration::from_secs_f64(leap.advance_secs));
    Ok(Json(json!({"now": world.now()})))
}

async fn add_product(State(world): Shared, Json(new): Json<NewProduct>) -> Json<Value> {
    world.with(|state| stock::add_product(state, &new));
    Json(json!({"id": new.id}))
}

async fn add_coupon(State(world): Shared, Json(new): Json<NewCoupon>) -> Json<Value> {
    world.with(|state| stock::add_coupon(state, &new));
    Json(json!({"id": new.id}))
}

async fn add_webhook(State(world): Shared, Json(new): Json<NewWebhook>) -> Json<Hook> {
    Json(world.add_webhook(&new))
}

async fn remove_webhook(State(world): Shared, Path(id): Path<String>) -> Answer<Value> {
    world.remove_webhook(&id)?;
    Ok(Json(json!({})))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Roll {
    keep_old_secs: u64,
}

async fn roll(State(world): Shared, Path(id): Path<String>, Json(how): Json<Roll>) -> Answer<Hook> {
    let secret = world.roll_secret(&id, Duration::from_secs(how.keep_old_secs))?;
    Ok(Json(Hook { id, secret }))
}

async fn delete_customer(State(world): Shared, Path(id): Path<String>) -> Answer<Value> {
    world.delete_customer(&id)?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Decline {
    code: String,
    times: u32,
}

impl Default for Decline {
    fn default() -> Self {
        Self { code: "generic_decline".to_owned(), times: 1 }
    }
}

async fn decline(
    State(world): Shared,
    Path(id): Path<String>,
    Json(how): Json<Decline>,
) -> Answer<Value> {
    world.decline_next(&id, &how.code, how.times)?;
    Ok(Json(json!({})))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Back {
    amount: Option<i64>,
    reason: Option<String>,
}

async fn refund(
    State(world): Shared,
    Path(id): Path<String>,
    Json(how): Json<Back>,
) -> Answer<Value> {
    let refund = world.refund(&id, how.amount, how.reason.as_deref())?;
    Ok(Json(json!({"id": refund})))
}

async fn dispute(
    State(world): Shared,
    Path(id): Path<String>,
    Json(how): Json<Back>,
) -> Answer<Value> {
    let reason = how.reason.as_deref().unwrap_or("fraudulent");
    Ok(Json(json!({"id": world.open_dispute(&id, reason)?})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    won: bool,
}

async fn close_dispute(
    State(world): Shared,
    Path(id): Path<String>,
    Json(decision): Json<Decision>,
) -> Answer<Value> {
    world.close_dispute(&id, decision.won)?;
    Ok(Json(json!({})))
}

async fn cancel(State(world): Shared, Path(id): Path<String>) -> Answer<Value> {
    world.cancel_subscription(&id)?;
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payment {
    card: String,
}

async fn pay(
    State(world): Shared,
    Path(id): Path<String>,
    Json(with): Json<Payment>,
) -> Answer<Value> {
    world.pay_session(&id, &with.card)?;
    Ok(Json(json!({})))
}

async fn expire(State(world): Shared, Path(id): Path<String>) -> Answer<Value> {
    world.expire_session(&id)?;
    Ok(Json(json!({})))
}
