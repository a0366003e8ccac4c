//! Starting, steering and stopping a Stripe from Rust.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::net::TcpListener;

use super::{
    control,
    ledger::Asked,
    pages,
    post::{Delivery, Redelivery},
    setup::{NewCoupon, NewProduct, NewWebhook, Setup},
    site::Door,
    steer::{Hook, Unable},
    stock,
    trouble::{ListedTrouble, Trouble},
    world::World,
};
use crate::{clock::Clock, error::SimError, listen};

/// How long everything that goes on may take to end.
const SHUTDOWN: Duration = Duration::from_secs(5);
/// Longest that [`Stripe::delivered`] waits.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A Stripe that runs on the current runtime. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Stripe {
    world: Arc<World>,
    address: SocketAddr,
}

impl Drop for Stripe {
    fn drop(&mut self) {
        self.world.stop.cancel();
    }
}

impl Stripe {
    /// Starts one.
    ///
    /// # Errors
    /// [`SimError::NotLoopback`] and [`SimError::Listen`].
    pub async fn start(setup: Setup) -> Result<Self, SimError> {
        if !setup.listen.ip().to_canonical().is_loopback() {
            return Err(SimError::NotLoopback(setup.listen));
        }
        let cannot = |source| SimError::Listen { address: setup.listen, source };
        let listener = TcpListener::bind(setup.listen).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let world = Arc::new(World::new(&setup, format!("http://{address}")));
        world.with(|state| stock::stock(state, &setup));
        world.tasks.spawn(world.clone().live());
        let door = Door {
            world: world.clone(),
            pages: pages::router(world.clone()),
            control: control::router(world.clone()),
        };
        let (stop, tasks) = (world.stop.clone(), world.tasks.clone());
        world.tasks.spawn(listen::accept(listener, stop, tasks, door));
        Ok(Self { world, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What goes before `/v1/…`, and what `STRIPE_API_URL` is set to.
    pub fn base_url(&self) -> String {
        self.world.base_url.clone()
    }

    /// The key of test mode.
    pub fn secret_key(&self) -> &str {
        &self.world.rules.secret_key
    }

    /// The key of live mode.
    pub fn live_key(&self) -> &str {
        &self.world.rules.live_key
    }

    /// The time it lives in.
    pub fn clock(&self) -> &Clock {
        &self.world.clock
    }

    /// Now, in seconds since the Unix epoch.
    pub fn now(&self) -> i64 {
        self.world.now()
    }

    /// Lets time pass, at most two years at once. When this returns, everything that was due has
    /// happened, each thing at its own moment; its events are on their way.
    pub fn advance(&self, by: Duration) {
        self.world.advance(by);
    }

    /// Puts a product with its prices in.
    pub fn add_product(&self, product: &NewProduct) {
        self.world.with(|state| stock::add_product(state, product));
    }

    /// Puts a coupon in.
    pub fn add_coupon(&self, coupon: &NewCoupon) {
        self.world.with(|state| stock::add_coupon(state, coupon));
    }

    /// An endpoint of test mode for events of these kinds, for all when there are none.
    pub fn add_webhook(&self, url: &str, events: &[&str]) -> Hook {
        self.add_webhook_with(&NewWebhook {
            url: url.to_owned(),
            secret: None,
            events: events.iter().map(|kind| (*kind).to_owned()).collect(),
        })
    }

    /// The same with a secret of your choice.
    pub fn add_webhook_with(&self, new: &NewWebhook) -> Hook {
        self.world.add_webhook(new)
    }

    /// Takes an endpoint away.
    ///
    /// # Errors
    /// [`Unable::NoSuch`].
    pub fn remove_webhook(&self, id: &str) -> Result<(), Unable> {
        self.world.remove_webhook(id)
    }

    /// A new secret for an endpoint; for `keep_old` events are signed with the old one as well.
    ///
    /// # Errors
    /// [`Unable::NoSuch`].
    pub fn roll_secret(&self, id: &str, keep_old: Duration) -> Result<String, Unable> {
        self.world.roll_secret(id, keep_old)
    }

    /// An object as the API shows it. What was deleted is there as that.
    pub fn object(&self, id: &str) -> Option<Value> {
        self.world.with(|state| state.get(id).is_some().then(|| state.shown(id)))
    }

    /// All objects of a kind (`customer`, `subscription`, `invoice`, `charge`, `checkout.session`,
    /// `event` …), oldest first, those of live mode too, deleted ones left out.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        self.world
            .with(|state| state.ids(kind, |_| true).iter().map(|id| state.shown(id)).collect())
    }

    /// All events, oldest first.
    pub fn events(&self) -> Vec<Value> {
        self.objects("event")
    }

    /// What the API was asked, in order.
    pub fn requests(&self) -> Vec<Asked> {
        self.world.asked()
    }

    /// Begins that record anew.
    pub fn forget_requests(&self) {
        self.world.forget_asked();
    }

    /// Holds events back from now on.
    pub fn hold_events(&self) {
        self.world.post.hold();
    }

    /// Ids of the events that are held back, oldest first.
    pub fn held_events(&self) -> Vec<String> {
        self.world.post.held()
    }

    /// Ends that, and sends what was held back.
    pub fn release_events(&self) {
        self.world.release();
    }

    /// Ends that, and forgets what was held back: only [`Stripe::deliver`] brings it then.
    pub fn drop_held_events(&self) -> Vec<String> {
        self.world.post.let_go()
    }

    /// Brings an event once or several times, to its endpoints or to a place of your choice, held
    /// back or not, without retries. Answers how each attempt ended.
    pub async fn deliver(&self, wanted: &Redelivery) -> Vec<Delivery> {
        self.world.bring_on_command(wanted).await
    }

    /// An event of any kind about any object, sent like every other. Answers its id.
    pub fn make_event(&self, kind: &str, object: &Value, livemode: bool) -> String {
        self.world.make_event(kind, object, livemode)
    }

    /// Every attempt to bring an event, in order.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.world.post.log()
    }

    /// Waits until no event is on its way or waits for its next attempt, at most 10 s. False when
    /// one still does.
    pub async fn delivered(&self) -> bool {
        self.world.post.quiet(LONGEST_WAIT).await
    }

    /// Lets something go wrong with requests of the API; answers the number to end it by.
    pub fn add_trouble(&self, trouble: Trouble) -> u64 {
        self.world.troubles.add(trouble)
    }

    /// Ends one trouble; answers whether there was one.
    pub fn remove_trouble(&self, id: u64) -> bool {
        self.world.troubles.remove(id)
    }

    /// Ends all troubles.
    pub fn clear_troubles(&self) {
        self.world.troubles.clear();
    }

    /// The troubles in force.
    pub fn troubles(&self) -> Vec<ListedTrouble> {
        self.world.troubles.list()
    }

    /// Lets the next `times` charges of a customer be declined with this code (`generic_decline`,
    /// `insufficient_funds`, `expired_card` …), whatever their card.
    ///
    /// # Errors
    /// [`Unable::NoSuch`].
    pub fn decline_next(&self, customer: &str, code: &str, times: u32) -> Result<(), Unable> {
        self.world.decline_next(customer, code, times)
    }

    /// Gives a charge back as the Dashboard does: all of it that is left without an amount. Answers
    /// the refund's id.
    ///
    /// # Errors
    /// [`Unable::NoSuch`], [`Unable::NotNow`].
    pub fn refund(&self, charge: &str, amount: Option<i64>) -> Result<String, Unable> {
        self.world.refund(charge, amount, Some("requested_by_customer"))
    }

    /// Lets the cardholder dispute a charge (`fraudulent`, `product_not_received` …). Answers the
    /// dispute's id.
    ///
    /// # Errors
    /// [`Unable::NoSuch`], [`Unable::NotNow`].
    pub fn open_dispute(&self, charge: &str, reason: &str) -> Result<String, Unable> {
        self.world.open_dispute(charge, reason)
    }

    /// Lets the bank decide.
    ///
    /// # Errors
    /// [`Unable::NoSuch`], [`Unable::NotNow`].
    pub fn close_dispute(&self, dispute: &str, won: bool) -> Result<(), Unable> {
        self.world.close_dispute(dispute, won)
    }

    /// Deletes a customer as the Dashboard does: subscriptions end with it.
    ///
    /// # Errors
    /// [`Unable::NoSuch`].
    pub fn delete_customer(&self, customer: &str) -> Result<(), Unable> {
        self.world.delete_customer(customer)
    }

    /// Ends a subscription at once, as the Dashboard does.
    ///
    /// # Errors
    /// [`Unable::NoSuch`], [`Unable::NotNow`].
    pub fn cancel_subscription(&self, subscription: &str) -> Result<(), Unable> {
        self.world.cancel_subscription(subscription)
    }

    /// Does on the page of a Checkout session what a person with this card does, authentication
    /// included.
    ///
    /// # Errors
    /// [`Unable::NoSuch`]; [`Unable::NotNow`] with the reason when the card is declined or the session
    /// is not open.
    pub fn pay_session(&self, session: &str, card_number: &str) -> Result<(), Unable> {
        self.world.pay_session(session, card_number)
    }

    /// Lets a Checkout session expire.
    ///
    /// # Errors
    /// [`Unable::NoSuch`], [`Unable::NotNow`].
    pub fn expire_session(&self, session: &str) -> Result<(), Unable> {
        self.world.expire_session(session)
    }

    /// Everything that is known, as one JSON text: for tests that look for what must not be there.
    pub fn dump(&self) -> String {
        self.world.with(|state| state.dump())
    }

    /// Stops listening and lets requests in flight end. Takes at most 5 s.
    pub async fn shutdown(self) {
        let world = self.world.clone();
        world.stop.cancel();
        world.tasks.close();
        if tokio::time::timeout(SHUTDOWN, world.tasks.wait()).await.is_err() {
            tracing::warn!("some requests of the simulated Stripe did not end in time");
        }
    }
}
