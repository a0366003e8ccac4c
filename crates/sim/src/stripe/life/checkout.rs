//! From a Checkout session to a subscription.

use serde_json::{Map, Value, json};

use super::{
    super::{
        calendar::DAY,
        cards::{Bank, Card},
        fields::Fields,
        shape::{address, customer, payment},
        state::{AfterAuthentication, State},
    },
    discount::{self, Chosen},
    pay::{self, Attempt, Presence},
    subscribe::{self, Wanted},
};

/// What a person filled in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entered {
    pub card: Option<Card>,
    pub email: Option<String>,
    pub name: Option<String>,
    /// Fields of an address.
    pub address: Map<String, Value>,
    /// Kind and number of a tax id.
    pub tax_id: Option<(String, String)>,
}

/// What Checkout answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// Subscribed: on to the success page.
    Done,
    /// The bank asks: on to the page of this payment method's authentication.
    Asks { payment_method: String },
    /// Back to the page, with a decline code.
    Declined(String),
}

/// The prices and quantities of a session.
fn items(state: &State, session: &str) -> Vec<(Value, i64)> {
    let plan = state.plans.get(session);
    let lines = plan.map(|plan| plan.rows("line_items")).unwrap_or_default();
    lines
        .iter()
        .map(|line| (state.at(line.text("price")).clone(), line.number("quantity").unwrap_or(1)))
        .collect()
}

/// Puts a code's discount on an open session.
///
/// # Errors
/// What is to be said about the code.
pub(crate) fn apply_code(state: &mut State, session: &str, code: &str) -> Result<(), &'static str> {
    let livemode = state.at(session).yes("livemode");
    let chosen = discount::by_code(state, code, livemode)?;
    set_discount(state, session, Some(&chosen));
    Ok(())
}

/// Notes a discount on a session and reckons its amounts anew.
pub(crate) fn set_discount(state: &mut State, session: &str, chosen: Option<&Chosen>) {
    let coupon = chosen.map(|chosen| state.at(&chosen.coupon).clone());
    let subtotal = state.at(session).int("amount_subtotal");
    let off = coupon.as_ref().map_or(0, |coupon| discount::taken_off(coupon, subtotal));
    let trial = trial_end(state, session).is_some();
    state.change(session, |session| {
        session["discounts"] = match chosen {
            Some(chosen) => json!([{
                "coupon": chosen.promotion_code.is_none().then_some(&chosen.coupon),
                "promotion_code": chosen.promotion_code,
            }]),
            None => json!([]),
        };
        session["total_details"]["amount_discount"] = json!(if trial { 0 } else { off });
        session["amount_total"] = json!(if trial { 0 } else { subtotal - off });
    });
    if let Some(plan) = state.plans.get_mut(session) {
        plan["coupon"] = json!(chosen.map(|chosen| &chosen.coupon));
        plan["promotion_code"] = json!(chosen.and_then(|chosen| chosen.promotion_code.as_ref()));
    }
}

/// When the trial that a session offers would end.
pub(crate) fn trial_end(state: &State, session: &str) -> Option<i64> {
    let data = &state.plans.get(session)?["subscription_data"];
    let days = data.number("trial_period_days").map(|days| state.now + days * DAY);
    days.or(data.number("trial_end"))
}

/// Takes a card for a session, and subscribes when the bank has nothing against it.
pub(crate) fn submit(state: &mut State, session: &str, entered: &Entered) -> Outcome {
    let customer = customer_of(state, session, entered);
    let Some(card) = entered.card else {
        // Without a card only where nothing is due and none is asked for.
        complete(state, session, None, Presence::Confirmed);
        return Outcome::Done;
    };
    if let Bank::Declines(code) = card.bank {
        return Outcome::Declined(code.to_owned());
    }
    let due_now = state.at(session).int("amount_total") > 0;
    let method = attach(state, card, &customer);
    // What is asked of the bank now is a charge; a card for later is only set up.
    let asked = match card.bank {
        Bank::AsksOnce | Bank::AsksAlways => Attempt::Asks,
        Bank::FailsLater if !due_now => Attempt::Paid,
        Bank::FailsLater => Attempt::Declined("generic_decline".to_owned()),
        _ => declined_on_order(state, &customer, due_now),
    };
    match asked {
        Attempt::Declined(code) => {
            detach(state, &method);
            Outcome::Declined(code)
        }
        Attempt::Asks => {
            let after = AfterAuthentication::Checkout {
                session: session.to_owned(),
                payment_method: method.clone(),
            };
            state.after_authentication.insert(method.clone(), after);
            Outcome::Asks { payment_method: method }
        }
        _ => {
            complete(state, session, Some(&method), Presence::Confirmed);
            Outcome::Done
        }
    }
}

/// A decline that was ordered for this customer, taken off the list.
fn declined_on_order(state: &mut State, customer: &str, due_now: bool) -> Attempt {
    let planned = state.planned_declines.get_mut(customer).filter(|_| due_now);
    match planned.and_then(|codes| codes.pop_front()) {
        Some(code) => Attempt::Declined(code),
        None => Attempt::Paid,
    }
}

/// The customer of a session, made when there is none, with what they entered.
fn customer_of(state: &mut State, session: &str, entered: &Entered) -> String {
    let shown = state.at(session).clone();
    let known = shown.opt("customer").map(str::to_owned);
    let id = known.clone().unwrap_or_else(|| {
        let mut new = customer::customer(shown.yes("livemode"), state.now);
        new["email"] = json!(entered.email.as_deref().or(shown.opt("customer_email")));
        new["name"] = json!(entered.name);
        state.insert("customer", new)
    });
    if known.is_none() {
        state.emit(&id, "customer.created");
    }
    let updates = state.plans.get(session).map(|plan| plan["customer_update"].clone());
    let updates = updates.unwrap_or_default();
    let may = |what: &str| known.is_none() || updates.text(what) == "auto";
    let (may_name, may_address) = (may("name"), may("address"));
    state.update(&id, "customer.updated", |customer| {
        if may_name && let Some(name) = &entered.name {
            customer["name"] = json!(name);
        }
        if may_address && !entered.address.is_empty() {
            customer["address"] = address(&entered.address);
        }
    });
    if let Some((kind, value)) = &entered.tax_id {
        let tax_id = customer::tax_id(&id, kind, value, shown.yes("livemode"), state.now);
        let tax_id = state.insert("tax_id", tax_id);
        state.emit(&tax_id, "customer.tax_id.created");
    }
    let customer = state.at(&id).clone();
    let tax_ids: Vec<_> = state
        .all("tax_id")
        .filter(|tax_id| tax_id.text("customer") == id)
        .map(|tax_id| json!({"type": tax_id["type"], "value": tax_id["value"]}))
        .collect();
    state.change(session, |session| {
        session["customer"] = json!(id);
        session["customer_details"] = json!({
            "address": customer["address"],
            "business_name": null,
            "email": customer["email"],
            "individual_name": null,
            "name": customer["name"],
            "phone": customer["phone"],
            "tax_exempt": customer["tax_exempt"],
            "tax_ids": tax_ids,
        });
    });
    id
}

/// Saves a card with a customer. Its number is not kept anywhere.
pub(crate) fn attach(state: &mut State, card: Card, customer: &str) -> String {
    let expires = super::super::calendar::day(state.now + 3 * 366 * DAY);
    let year = expires.rsplit(' ').next().and_then(|year| year.parse().ok()).unwrap_or(2_099);
    let method = payment::payment_method(card, state.at(customer), year, state.now);
    let method = state.insert("payment_method", method);
    state.cards.insert(method.clone(), card);
    state.emit(&method, "payment_method.attached");
    method
}

/// Takes a card off its customer.
pub(crate) fn detach(state: &mut State, method: &str) {
    state.cards.remove(method);
    state.update(method, "payment_method.detached", |method| method["customer"] = Value::Null);
}

/// Subscribes as a session says and closes it.
pub(crate) fn complete(state: &mut State, session: &str, method: Option<&str>, presence: Presence) {
    let shown = state.at(session).clone();
    let plan = state.plans.get(session).cloned().unwrap_or_default();
    let data = &plan["subscription_data"];
    let mut fields = vec![
        ("metadata", super::super::shape::metadata(data.get("metadata"))),
        ("default_payment_method", json!(method)),
    ];
    if data.given("description") {
        fields.push(("description", data["description"].clone()));
    }
    if shown["automatic_tax"].yes("enabled") {
        let ours = json!({"disabled_reason": null, "enabled": true, "liability": {"type": "self"}});
        fields.push(("automatic_tax", ours));
    }
    if data["trial_settings"].is_object() {
        fields.push(("trial_settings", data["trial_settings"].clone()));
    }
    let discount = plan.opt("coupon").map(|coupon| Chosen {
        coupon: coupon.to_owned(),
        promotion_code: plan.opt("promotion_code").map(str::to_owned),
    });
    let wanted = Wanted {
        customer: shown.text("customer").to_owned(),
        items: items(state, session),
        trial_end: trial_end(state, session),
        discount,
        fields,
        presence,
        leave_open: false,
    };
    let (subscription, _) = subscribe::begin(state, &wanted);
    let invoice = state.at(&subscription)["latest_invoice"].clone();
    state.change(session, |session| {
        session["status"] = json!("complete");
        session["payment_status"] = json!(match session.int("amount_total") {
            0 => "no_payment_required",
            _ => "paid",
        });
        session["subscription"] = json!(subscription);
        session["invoice"] = invoice;
        session["url"] = Value::Null;
    });
    state.emit(session, "checkout.session.completed");
}

/// Closes an open session for good.
pub(crate) fn expire(state: &mut State, session: &str) {
    state.change(session, |session| {
        session["status"] = json!("expired");
        session["url"] = Value::Null;
    });
    state.emit(session, "checkout.session.expired");
}

/// A person has answered their bank about a payment method or an invoice. Answers whether what
/// follows went well; `None` when nothing waits for them.
pub(crate) fn confirmed(state: &mut State, waiting: &str, yes: bool) -> Option<bool> {
    match state.after_authentication.remove(waiting)? {
        AfterAuthentication::Checkout { session, payment_method } => {
            let open = state.at(&session).text("status") == "open";
            if yes && open {
                set_up(state, &payment_method);
                complete(state, &session, Some(&payment_method), Presence::Confirmed);
            } else {
                detach(state, &payment_method);
            }
            Some(yes && open)
        }
        AfterAuthentication::Invoice { invoice, payment_method } => {
            let open = state.at(&invoice).text("status") == "open";
            if !yes || !open {
                return Some(false);
            }
            let paid = pay::attempt(state, &invoice, Some(&payment_method), Presence::Confirmed);
            Some(paid == Attempt::Paid)
        }
        AfterAuthentication::Card { session, payment_method } => {
            if yes {
                set_up(state, &payment_method);
                let customer = state.at(&session).text("customer").to_owned();
                make_default(state, &customer, &payment_method);
            } else {
                detach(state, &payment_method);
            }
            Some(yes)
        }
    }
}

/// A card whose bank has asked once need not be asked again, if that is the kind of bank it is.
fn set_up(state: &mut State, method: &str) {
    if let Some(card) = state.cards.get_mut(method)
        && card.bank == Bank::AsksOnce
    {
        card.bank = Bank::Pays;
    }
}

/// Charges everything of a customer to this payment method from now on.
pub(crate) fn make_default(state: &mut State, customer: &str, method: &str) {
    state.update(customer, "customer.updated", |customer| {
        customer["invoice_settings"]["default_payment_method"] = json!(method);
    });
    let own = state.ids("subscription", |subscription| {
        subscription.text("customer") == customer
            && !subscription["default_payment_method"].is_null()
            && !matches!(subscription.text("status"), "canceled" | "incomplete_expired")
    });
    for subscription in own {
        state.update(&subscription, "customer.subscription.updated", |subscription| {
            subscription["default_payment_method"] = json!(method);
        });
    }
}
