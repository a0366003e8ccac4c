//! Invoices: drafted, finalized, paid, voided.

use serde_json::{Value, json};

use super::{
    super::{
        calendar::{DAY, HOUR},
        fields::Fields,
        shape::{invoice, payment, subscription},
        state::State,
    },
    discount, money, pay, price_label,
};

/// A draft for a subscription with these lines: computed, and not yet in the books.
pub(crate) fn draft(
    state: &State,
    subscription: &Value,
    reason: &str,
    mut lines: Vec<Value>,
    period: (i64, i64),
) -> Value {
    let customer = state.at(subscription.text("customer"));
    let new = invoice::New { customer, subscription, reason, period, now: state.now };
    let mut invoice = invoice::invoice(&new);
    let discounts = take_off(state, subscription, &mut lines);
    for line in &mut lines {
        line["invoice"] = invoice["id"].clone();
    }
    let subtotal: i64 = lines.iter().map(|line| line.int("amount")).sum();
    let off: i64 = discounts.iter().map(|(_, amount)| amount).sum();
    let total = subtotal - off;
    // A credit of the customer's is used up first; a debt is asked for as well.
    let due = (total + customer.int("balance")).max(0);
    invoice["lines"]["data"] = Value::Array(lines);
    invoice["discounts"] = discounts.iter().map(|(discount, _)| json!(discount)).collect();
    invoice["total_discount_amounts"] = discounts
        .iter()
        .map(|(discount, amount)| json!({"amount": amount, "discount": discount}))
        .collect();
    for name in ["subtotal", "subtotal_excluding_tax"] {
        invoice[name] = subtotal.into();
    }
    for name in ["total", "total_excluding_tax"] {
        invoice[name] = total.into();
    }
    for name in ["amount_due", "amount_remaining"] {
        invoice[name] = due.into();
    }
    invoice["customer_tax_ids"] = state
        .all("tax_id")
        .filter(|tax_id| tax_id["customer"] == customer["id"])
        .map(|tax_id| json!({"type": tax_id["type"], "value": tax_id["value"]}))
        .collect();
    invoice
}

/// Notes on each line what discounts take off it; answers the sum of each discount.
fn take_off(state: &State, subscription: &Value, lines: &mut [Value]) -> Vec<(String, i64)> {
    let discounts = subscription.rows("discounts").iter().filter_map(Value::as_str);
    let mut sums = Vec::new();
    for discount in discounts {
        let coupon = discount::coupon_of(state, discount);
        let mut fixed = coupon.number("amount_off");
        let mut sum = 0;
        for line in lines.iter_mut().filter(|line| line.yes("discountable")) {
            let off = match &mut fixed {
                None => discount::taken_off(coupon, line.int("amount")),
                Some(left) => {
                    let off = (*left).min(line.int("amount").max(0));
                    *left -= off;
                    off
                }
            };
            if off > 0 {
                sum += off;
                if let Some(amounts) = line["discount_amounts"].as_array_mut() {
                    amounts.push(json!({"amount": off, "discount": discount}));
                }
            }
        }
        if sum > 0 {
            sums.push((discount.to_owned(), sum));
        }
    }
    sums
}

/// Lines for one period of everything in a subscription.
pub(crate) fn period_lines(
    state: &State,
    subscription: &Value,
    period: (i64, i64),
    trial: bool,
) -> Vec<Value> {
    let lines = subscription.rows("items").iter().map(|item| {
        let (price, quantity) = (&item["price"], item.int("quantity"));
        let name = name_of(state, price);
        let description = match trial {
            true => format!("Trial period for {name}"),
            false => format!("{quantity} × {name} (at {})", price_label(price)),
        };
        invoice::line(&invoice::Line {
            item,
            price,
            quantity,
            amount: if trial { 0 } else { price.int("unit_amount") * quantity },
            description,
            period,
            proration: false,
        })
    });
    lines.collect()
}

/// How a price is called on invoices: by its product.
pub(crate) fn name_of<'a>(state: &'a State, price: &Value) -> &'a str {
    state.at(price.text("product")).text("name")
}

/// Puts a draft into the books, as the latest invoice of its subscription.
pub(crate) fn enter(state: &mut State, invoice: Value) -> String {
    let subscription = invoice::subscription_of(&invoice).to_owned();
    let id = state.insert("invoice", invoice);
    state.emit(&id, "invoice.created");
    state.change(&subscription, |subscription| subscription["latest_invoice"] = json!(id));
    id
}

/// Makes a draft final: it gets its number, its page and a payment intent; balances are settled.
pub(crate) fn finalize(state: &mut State, id: &str) {
    let customer = state.at(id).text("customer").to_owned();
    let number = state.next_invoice_number(&customer);
    let page = format!("{}/i/{id}", state.base_url);
    let now = state.now;
    let (total, due) = (state.at(id).int("total"), state.at(id).int("amount_due"));
    // What was paid out of the balance, or what goes into it.
    let balance = state.at(&customer).int("balance") + total - due;
    state.change(id, |invoice| {
        invoice["status"] = json!("open");
        invoice["number"] = json!(number);
        invoice["invoice_pdf"] = json!(format!("{page}/pdf"));
        invoice["hosted_invoice_url"] = json!(page);
        invoice["effective_at"] = json!(now);
        invoice["ending_balance"] = json!(balance);
        invoice["automatically_finalizes_at"] = Value::Null;
        invoice["status_transitions"]["finalized_at"] = json!(now);
    });
    if state.at(&customer).int("balance") != balance {
        state
            .update(&customer, "customer.updated", |customer| customer["balance"] = json!(balance));
    }
    if due > 0 {
        let intent = payment::intent(state.at(id), now);
        let intent = state.insert("payment_intent", intent);
        let asked = invoice::payment(state.at(id), &intent, now);
        state.insert("invoice_payment", asked);
        state.emit(&intent, "payment_intent.created");
    }
    state.emit(id, "invoice.finalized");
    use_up_discounts(state, id);
}

/// A coupon for once is gone with the first invoice that it took something off.
fn use_up_discounts(state: &mut State, invoice: &str) {
    let used = state.at(invoice).rows("discounts").to_vec();
    let subscription = invoice::subscription_of(state.at(invoice)).to_owned();
    for discount in used.iter().filter_map(Value::as_str) {
        if discount::coupon_of(state, discount).text("duration") == "once" {
            let now = state.now;
            state.change(&subscription, |subscription| {
                if let Some(discounts) = subscription["discounts"].as_array_mut() {
                    discounts.retain(|kept| kept != discount);
                }
            });
            state.change(discount, |discount| discount["end"] = json!(now));
            state.emit(discount, "customer.discount.deleted");
        }
    }
}

/// Finalizes and collects at once. An invoice over nothing is paid by that.
pub(crate) fn finalize_and_collect(
    state: &mut State,
    id: &str,
    presence: pay::Presence,
) -> pay::Attempt {
    finalize(state, id);
    if state.at(id).int("amount_due") == 0 {
        settle(state, id);
        return pay::Attempt::Paid;
    }
    pay::attempt(state, id, None, presence)
}

/// An invoice is paid, whoever paid it; its subscription follows.
pub(crate) fn settle(state: &mut State, id: &str) {
    let now = state.now;
    let previous = state.change(id, |invoice| {
        let due = invoice["amount_due"].clone();
        invoice["amount_paid"] = due;
        invoice["amount_remaining"] = json!(0);
        invoice["attempted"] = json!(true);
        invoice["status"] = json!("paid");
        invoice["next_payment_attempt"] = Value::Null;
        invoice["status_transitions"]["paid_at"] = json!(now);
        invoice["auto_advance"] = json!(false);
    });
    let object = state.at(id).clone();
    let livemode = object.yes("livemode");
    state.emit_data(
        "invoice.updated",
        livemode,
        json!({"object": object, "previous_attributes": previous}),
    );
    state.emit(id, "invoice.paid");
    state.emit(id, "invoice.payment_succeeded");
    if let Some(asked) = payment_of(state, id) {
        state.change(&asked, |asked| {
            asked["amount_paid"] = asked["amount_requested"].clone();
            asked["status"] = json!("paid");
            asked["status_transitions"]["paid_at"] = json!(now);
        });
        state.emit(&asked, "invoice_payment.paid");
    }
    let customer = state.at(id).text("customer").to_owned();
    state.update(&customer, "customer.updated", |customer| customer["delinquent"] = json!(false));
    revive(state, id);
}

/// A subscription that waited for this payment is active with it.
fn revive(state: &mut State, invoice: &str) {
    let subscription = invoice::subscription_of(state.at(invoice)).to_owned();
    let owes = state.all("invoice").any(|other| {
        invoice::subscription_of(other) == subscription
            && other.text("status") == "open"
            && other.int("amount_remaining") > 0
    });
    let status = state.at(&subscription).text("status");
    if status == "incomplete" || (matches!(status, "past_due" | "unpaid") && !owes) {
        state.update(&subscription, "customer.subscription.updated", |subscription| {
            subscription["status"] = json!("active");
        });
    }
}

/// An invoice that is not to be paid any more.
pub(crate) fn void(state: &mut State, id: &str) {
    let now = state.now;
    state.change(id, |invoice| {
        invoice["status"] = json!("void");
        invoice["next_payment_attempt"] = Value::Null;
        invoice["auto_advance"] = json!(false);
        invoice["status_transitions"]["voided_at"] = json!(now);
    });
    state.emit(id, "invoice.voided");
}

/// The record of how an invoice is to be paid.
pub(crate) fn payment_of(state: &State, invoice: &str) -> Option<String> {
    let found = state.all("invoice_payment").find(|asked| asked.text("invoice") == invoice)?;
    Some(found.text("id").to_owned())
}

/// The payment intent of an invoice.
pub(crate) fn intent_of(state: &State, invoice: &str) -> Option<String> {
    let asked = payment_of(state, invoice)?;
    Some(state.at(&asked)["payment"].text("payment_intent").to_owned())
}

/// Begins the next period, with a draft that is final an hour later, as Stripe's are.
pub(crate) fn renew(state: &mut State, id: &str) {
    let current = state.at(id).clone();
    let (_, ended) = subscription::period(&current);
    let next = next_period(&current);
    let mut renewed = current.clone();
    set_period(&mut renewed, next);
    let mut lines = state.pending_lines.remove(id).unwrap_or_default();
    lines.extend(period_lines(state, &renewed, next, false));
    let collected = current.text("status") != "unpaid";
    let mut invoice =
        draft(state, &renewed, "subscription_cycle", lines, subscription::period(&current));
    invoice["auto_advance"] = json!(collected);
    if collected {
        invoice["automatically_finalizes_at"] = json!(ended + HOUR);
    }
    let previous = state.change(id, |subscription| {
        set_period(subscription, next);
        if subscription.text("status") == "trialing" {
            subscription["status"] = json!("active");
        }
    });
    enter(state, invoice);
    let object = state.at(id).clone();
    let data = json!({"object": object, "previous_attributes": previous});
    state.emit_data("customer.subscription.updated", current.yes("livemode"), data);
}

/// The period after the current one.
pub(crate) fn next_period(subscription: &Value) -> (i64, i64) {
    let (_, ended) = subscription::period(subscription);
    let anchor = subscription.int("billing_cycle_anchor");
    let price = subscription.rows("items").first().map(|item| &item["price"]);
    let end = price.map_or(ended + 30 * DAY, |price| {
        super::super::calendar::period_end(anchor, ended, super::interval(price))
    });
    (ended, end)
}

/// Puts a period on all items.
pub(crate) fn set_period(subscription: &mut Value, (start, end): (i64, i64)) {
    if let Some(items) = subscription["items"]["data"].as_array_mut() {
        for item in items {
            item["current_period_start"] = json!(start);
            item["current_period_end"] = json!(end);
        }
    }
}

/// What an invoice comes to, in words.
pub(crate) fn amount(invoice: &Value, name: &str) -> String {
    money(invoice.int(name), invoice.text("currency"))
}
