//! What happens by itself because its time has come.

use super::{
    super::{
        calendar::{DAY, HOUR},
        fields::Fields,
        shape::subscription,
        state::State,
    },
    bill, cancel, checkout, pay, subscribe,
};

/// How long a first payment may stay open.
const INCOMPLETE: i64 = 23 * HOUR;
/// Most things that are caught up with at once, so that a mistake cannot go on for ever.
const MOST: usize = 100_000;

/// One thing that is due.
#[derive(Clone, Debug, PartialEq)]
enum Due {
    ExpireSession(String),
    ExpireIncomplete(String),
    TrialWillEnd(String),
    Finalize(String),
    Retry(String),
    End(String),
    Renew(String),
}

impl State {
    /// Lets everything happen that is due until `now`, one after the other, each at its own moment.
    pub fn catch_up(&mut self, now: i64) {
        for _ in 0..MOST {
            let Some((at, due)) = self.next_due().filter(|(at, _)| *at <= now) else { break };
            self.now = self.now.max(at);
            self.cause = super::super::state::Cause::default();
            self.happen(due);
        }
        self.now = self.now.max(now);
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::ExpireSession(id) => checkout::expire(self, &id),
            Due::ExpireIncomplete(id) => cancel::expire_incomplete(self, &id),
            Due::TrialWillEnd(id) => subscribe::told_of_trial_end(self, &id),
            Due::Finalize(id) => {
                bill::finalize_and_collect(self, &id, pay::Presence::Away);
            }
            Due::Retry(id) => {
                pay::attempt(self, &id, None, pay::Presence::Away);
            }
            Due::End(id) => cancel::end(self, &id, None),
            Due::Renew(id) => bill::renew(self, &id),
        }
    }

    /// What is due next, and when.
    fn next_due(&self) -> Option<(i64, Due)> {
        let sessions = self.all("checkout.session").filter(|s| s.text("status") == "open");
        let sessions =
            sessions.map(|session| (session.int("expires_at"), Due::ExpireSession(id_of(session))));
        let invoices = self.all("invoice").filter_map(due_of_invoice);
        let subscriptions = self.all("subscription").filter_map(|s| self.due_of_subscription(s));
        // The first of those at the same moment is taken: invoices before the next period.
        sessions.chain(invoices).chain(subscriptions).min_by_key(|(at, _)| *at)
    }

    fn due_of_subscription(&self, subscription: &serde_json::Value) -> Option<(i64, Due)> {
        let id = id_of(subscription);
        let (_, period_end) = subscription::period(subscription);
        let ends = subscription.number("cancel_at");
        match subscription.text("status") {
            "incomplete" => {
                Some((subscription.int("created") + INCOMPLETE, Due::ExpireIncomplete(id)))
            }
            "canceled" | "incomplete_expired" => None,
            "trialing" if !subscribe::is_told(self, &id) => {
                let warned =
                    (subscription.int("trial_end") - 3 * DAY, Due::TrialWillEnd(id.clone()));
                let end = ends.filter(|at| *at < warned.0).map(|at| (at, Due::End(id)));
                Some(end.unwrap_or(warned))
            }
            _ => match ends {
                Some(at) if at <= period_end => Some((at, Due::End(id))),
                _ => Some((period_end, Due::Renew(id))),
            },
        }
    }
}

fn id_of(object: &serde_json::Value) -> String {
    object.text("id").to_owned()
}

fn due_of_invoice(invoice: &serde_json::Value) -> Option<(i64, Due)> {
    let id = id_of(invoice);
    match invoice.text("status") {
        "draft" => Some((invoice.number("automatically_finalizes_at")?, Due::Finalize(id))),
        "open" => Some((invoice.number("next_payment_attempt")?, Due::Retry(id))),
        _ => None,
    }
}
