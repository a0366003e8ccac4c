//! Money that goes back: refunds and disputes.

use serde_json::{Value, json};

use super::super::{calendar::DAY, fields::Fields, refusal::Refusal, shape::payment, state::State};

/// How long one may answer a dispute.
const DISPUTE_DAYS: i64 = 14;

/// Gives a charge back, or a part of it; all that is left when no amount is given.
///
/// # Errors
/// For a charge that did not succeed, is given back already, or is disputed, and for more than is left.
pub(crate) fn refund(
    state: &mut State,
    charge: &str,
    amount: Option<i64>,
    reason: Option<&str>,
) -> Result<String, Refusal> {
    let shown = state.at(charge).clone();
    let left = shown.int("amount") - shown.int("amount_refunded");
    if shown.text("status") != "succeeded" {
        let message = format!("Charge {charge} has not succeeded, so it cannot be refunded.");
        return Err(Refusal::state("charge_not_refundable", message));
    }
    if shown.yes("disputed") {
        let message = format!("Charge {charge} has been charged back; cannot issue a refund.");
        return Err(Refusal::state("charge_disputed", message));
    }
    if left == 0 {
        let message = format!("Charge {charge} has already been refunded.");
        return Err(Refusal::state("charge_already_refunded", message));
    }
    let amount = amount.unwrap_or(left);
    if amount > left {
        let message = format!(
            "Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        );
        return Err(Refusal::invalid("amount", message));
    }
    let refund = payment::refund(&shown, amount, reason, state.now);
    let refund = state.insert("refund", refund);
    let previous = state.change(charge, |charge| {
        charge["amount_refunded"] = json!(charge.int("amount_refunded") + amount);
        charge["refunded"] = json!(amount == left);
    });
    let data = json!({"object": state.at(charge), "previous_attributes": previous});
    state.emit_data("charge.refunded", shown.yes("livemode"), data);
    state.emit(&refund, "refund.created");
    Ok(refund)
}

/// A cardholder disputes a charge with their bank.
///
/// # Errors
/// For a charge that did not succeed or is disputed already.
pub(crate) fn open(state: &mut State, charge: &str, reason: &str) -> Result<String, Refusal> {
    let shown = state.at(charge).clone();
    if shown.text("status") != "succeeded" || shown.yes("disputed") {
        let message = format!("Charge {charge} cannot be disputed.");
        return Err(Refusal::state("charge_not_disputable", message));
    }
    let due_by = state.now + DISPUTE_DAYS * DAY;
    let dispute = payment::dispute(&shown, reason, due_by, state.now);
    let dispute = state.insert("dispute", dispute);
    state.update(charge, "charge.updated", |charge| charge["disputed"] = json!(true));
    state.emit(&dispute, "charge.dispute.created");
    state.emit(&dispute, "charge.dispute.funds_withdrawn");
    Ok(dispute)
}

/// The bank has decided about a dispute.
///
/// # Errors
/// For one that is decided already.
pub(crate) fn close(state: &mut State, dispute: &str, won: bool) -> Result<Value, Refusal> {
    if !matches!(state.at(dispute).text("status"), "needs_response" | "under_review") {
        return Err(Refusal::state("dispute_closed", format!("Dispute {dispute} is closed.")));
    }
    state.change(dispute, |dispute| dispute["status"] = json!(if won { "won" } else { "lost" }));
    state.emit(dispute, "charge.dispute.closed");
    if won {
        state.emit(dispute, "charge.dispute.funds_reinstated");
    }
    Ok(state.at(dispute).clone())
}
