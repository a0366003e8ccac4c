//! What a workspace may do, from what Stripe says.

use std::borrow::Cow;

use jiff::SignedDuration;

use super::{
    facts::{Facts, Invoice, InvoiceStatus, Status, Subscription},
    plan::{Interval, Plan, Plans},
    usage::{Limits, Meter, Usage},
};
use crate::Timestamp;

/// Days in which an overdue payment changes nothing.
pub const GRACE_DAYS: i64 = 14;

/// On which days of an overdue payment its owners are reminded.
pub const REMINDER_DAYS: [i64; 4] = [0, 3, 7, 12];

/// How a workspace stands with Stripe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// What it may use.
    pub plan: InForce<'a>,
    /// In which phase it is.
    pub phase: Phase,
    /// The subscription that decides, if there is one.
    pub subscription: Option<&'a Subscription>,
    /// Whether other subscriptions of it are being paid as well, which is a mistake of somebody's.
    pub has_others: bool,
}

/// What a workspace may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InForce<'a> {
    /// A plan; with how often it is paid, if it is.
    Plan(&'a Plan, Option<Interval>),
    /// It pays a price that this instance does not know. That is the instance's mistake, so nothing is
    /// limited until it is mended.
    UnknownPrice(&'a str),
}

/// In which phase a subscription is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// There is none.
    Free,
    /// The first payment is still to be made or confirmed. Until then the default plan is in force.
    Incomplete,
    /// The first payment is still to come.
    Trialing {
        /// When.
        until: Timestamp,
    },
    /// Paid.
    Active {
        /// When the next payment is due.
        renews: Timestamp,
    },
    /// Paid, and not going on.
    Ending {
        /// When it ends.
        at: Timestamp,
    },
    /// A payment failed, which changes nothing yet.
    PastDue {
        /// Since when.
        since: Timestamp,
        /// Until when it changes nothing.
        until: Timestamp,
    },
    /// A payment failed and was not made good in time: nothing new can be done.
    ReadOnly {
        /// Since when.
        since: Timestamp,
    },
}

/// Something that takes room, or that a workspace in arrears does not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Another bot.
    Bot,
    /// Another member, or an invitation of one.
    Member,
    /// A broadcast to so many people begins.
    Send(u64),
    /// Anything else that changes what a bot does.
    Change,
}

/// Why something has to wait. Nothing is lost by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wait {
    /// A payment is overdue for too long.
    #[error("this workspace is read-only until its overdue payment is made")]
    ReadOnly,
    /// There would be more than the plan gives.
    #[error("the plan gives {limit} {}, {used} are used", .meter.as_str())]
    Full {
        /// Of what.
        meter: Meter,
        /// How much there is.
        used: u64,
        /// How much there may be.
        limit: u64,
        /// How much more was wished for.
        wanted: u64,
    },
}

impl Status {
    /// Whether something is had for it, or would be but for a payment.
    const fn is_live(self) -> bool {
        match self {
            Self::Trialing | Self::Active | Self::PastDue | Self::Unpaid => true,
            // What nobody knows yet takes nothing away.
            Self::Unknown => true,
            Self::Incomplete | Self::IncompleteExpired | Self::Canceled | Self::Paused => false,
        }
    }

    /// Which of several subscriptions decides: the greatest.
    const fn weight(self) -> u8 {
        match self {
            Self::Trialing | Self::Active | Self::Unknown => 4,
            Self::PastDue => 3,
            Self::Unpaid => 2,
            Self::Incomplete | Self::Paused => 1,
            Self::IncompleteExpired | Self::Canceled => 0,
        }
    }
}

impl<'a> Standing<'a> {
    /// What follows from `facts` at `now`.
    pub fn of(facts: &'a Facts, plans: &'a Plans, now: Timestamp) -> Self {
        let key = |one: &&Subscription| (one.status.weight(), one.created, one.id.clone());
        let subscription = facts.subscriptions.iter().max_by_key(key);
        let subscription = subscription.filter(|one| one.status.weight() > 0 && !facts.is_deleted);
        let default = InForce::Plan(plans.default_plan(), None);
        let Some(one) = subscription else {
            return Self {
                plan: default,
                phase: Phase::Free,
                subscription: None,
                has_others: false,
            };
        };
        let live = facts.subscriptions.iter().filter(|other| other.status.is_live()).count();
        let plan = match plans.by_price(&one.price) {
            _ if !one.status.is_live() => default,
            Some((plan, every)) => InForce::Plan(plan, Some(every)),
            None => InForce::UnknownPrice(&one.price),
        };
        Self { plan, phase: phase(facts, one, now), subscription, has_others: live > 1 }
    }

    /// How much of everything it may use.
    pub fn limits(&self) -> Limits {
        match self.plan {
            InForce::Plan(plan, _) => plan.limits,
            InForce::UnknownPrice(_) => Limits::default(),
        }
    }

    /// What its plan is called.
    pub fn plan_name(&self) -> Cow<'a, str> {
        match self.plan {
            InForce::Plan(plan, _) => Cow::Borrowed(&plan.name),
            InForce::UnknownPrice(_) => Cow::Borrowed("Custom"),
        }
    }

    /// Whether nothing new can be done.
    pub const fn is_read_only(&self) -> bool {
        matches!(self.phase, Phase::ReadOnly { .. })
    }

    /// Whether `wish` can be fulfilled now.
    ///
    /// # Errors
    /// What it has to wait for.
    pub fn allows(&self, usage: &Usage, wish: Wish) -> Result<(), Wait> {
        if self.is_read_only() {
            return Err(Wait::ReadOnly);
        }
        let limits = self.limits();
        let more = |meter: Meter, wanted: u64| match limits.of(meter) {
            Some(limit) if usage.of(meter).saturating_add(wanted) > limit => {
                Err(Wait::Full { meter, used: usage.of(meter), limit, wanted })
            }
            _ => Ok(()),
        };
        match wish {
            Wish::Bot => more(Meter::Bots, 1),
            Wish::Member => more(Meter::Members, 1),
            // People who are there are never turned away; but who has more than the plan gives sends them
            // nothing new.
            Wish::Send(audience) => {
                more(Meter::Subscribers, 0)?;
                more(Meter::Messages, audience)
            }
            Wish::Change => Ok(()),
        }
    }
}

/// In which phase `one` is.
fn phase(facts: &Facts, one: &Subscription, now: Timestamp) -> Phase {
    let overdue = || {
        let since = unpaid(facts, one).map(|invoice| invoice.created).min();
        since.unwrap_or(one.period_start)
    };
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    match one.status {
        Status::Incomplete => Phase::Incomplete,
        Status::Trialing | Status::Active | Status::Unknown if one.cancel_at.is_some() => {
            Phase::Ending { at: one.cancel_at.unwrap_or(one.period_end) }
        }
        Status::Trialing => Phase::Trialing { until: one.trial_end.unwrap_or(one.period_end) },
        Status::Active | Status::Unknown => Phase::Active { renews: one.period_end },
        Status::PastDue | Status::Unpaid => {
            let since = overdue();
            let until = since.saturating_add(days(GRACE_DAYS)).unwrap_or(Timestamp::MAX);
            if now < until {
                Phase::PastDue { since, until }
            } else {
                Phase::ReadOnly { since: until }
            }
        }
        Status::Paused | Status::Canceled | Status::IncompleteExpired => Phase::Free,
    }
}

/// The invoices of `one` that a payment was tried for and that are still to be paid.
fn unpaid<'a>(facts: &'a Facts, one: &'a Subscription) -> impl Iterator<Item = &'a Invoice> {
    facts.invoices.iter().filter(|invoice| {
        matches!(invoice.status, InvoiceStatus::Open | InvoiceStatus::Uncollectible)
            && invoice.remaining > 0
            && invoice.attempted
            && invoice.subscription.as_ref() == Some(&one.id)
    })
}

/// Stripe's page on which what is overdue can be paid, or a payment be confirmed: of the oldest such invoice.
pub fn page_to_pay(facts: &Facts) -> Option<&str> {
    let open = facts.invoices.iter().filter(|invoice| {
        invoice.status == InvoiceStatus::Open && invoice.remaining > 0 && invoice.page.is_some()
    });
    open.min_by_key(|invoice| (invoice.created, &invoice.id)).and_then(|one| one.page.as_deref())
}

/// Which reminder of [`REMINDER_DAYS`] is due for a payment that is overdue since `since`: the latest.
pub fn reminder(since: Timestamp, now: Timestamp) -> Option<i64> {
    let days = now.duration_since(since).as_hours() / 24;
    if now < since {
        return None;
    }
    REMINDER_DAYS.iter().copied().filter(|day| *day <= days).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-26T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    fn one(id: &str, status: Status, price: &str) -> Subscription {
        Subscription {
            id: id.into(),
            status,
            item: "si_TEST".into(),
            price: price.into(),
            created: at("2026-10-20T08:00:00Z"),
            period_start: at("2026-11-20T08:00:00Z"),
            period_end: at("2026-12-20T08:00:00Z"),
            trial_end: None,
            cancel_at: None,
        }
    }

    fn open(subscription: &str, created: &str) -> Invoice {
        Invoice {
            id: format!("in_{created}"),
            number: None,
            status: InvoiceStatus::Open,
            subscription: Some(subscription.into()),
            currency: "eur".into(),
            total: 1900,
            remaining: 1900,
            created: at(created),
            attempted: true,
            page: Some(format!("https://stripe.test/{created}")),
            pdf: None,
        }
    }

    fn plans() -> Plans {
        let limits = Limits {
            bots: Some(1),
            subscribers: Some(100),
            messages: Some(1_000),
            members: Some(2),
        };
        let free = Plan { id: "free".into(), name: "Free".into(), limits, ..Plan::default() };
        let monthly = Some("price_team".into());
        let team = Plan { id: "team".into(), name: "Team".into(), monthly, ..Plan::default() };
        Plans::new("free", vec![free, team]).expect("plans")
    }

    fn facts(subscriptions: Vec<Subscription>) -> Facts {
        Facts { subscriptions, ..Facts::default() }
    }

    #[test]
    fn each_status_has_its_phase_and_its_plan() {
        let (plans, now) = (plans(), at(NOW));
        let renews = at("2026-12-20T08:00:00Z");
        let since = at("2026-11-20T08:00:00Z");
        let until = at("2026-12-04T08:00:00Z");
        let cases = [
            (Status::Active, Phase::Active { renews }, "Team"),
            (Status::Trialing, Phase::Trialing { until: renews }, "Team"),
            (Status::PastDue, Phase::PastDue { since, until }, "Team"),
            (Status::Unpaid, Phase::PastDue { since, until }, "Team"),
            (Status::Incomplete, Phase::Incomplete, "Free"),
            (Status::IncompleteExpired, Phase::Free, "Free"),
            (Status::Canceled, Phase::Free, "Free"),
            (Status::Paused, Phase::Free, "Free"),
            // Whatever Stripe will call it: nobody loses anything by a word.
            (Status::Unknown, Phase::Active { renews }, "Team"),
        ];
        for (status, phase, plan) in cases {
            let facts = facts(vec![one("sub_1", status, "price_team")]);
            let standing = Standing::of(&facts, &plans, now);
            assert_eq!(
                (standing.phase, standing.plan_name().as_ref()),
                (phase, plan),
                "{status:?}"
            );
        }
        let known: Status = serde_json::from_str("\"past_due\"").expect("a status");
        assert_eq!(known, Status::PastDue);
        let new: Status = serde_json::from_str("\"hibernating\"").expect("a status");
        assert_eq!(new, Status::Unknown);
    }

    #[test]
    fn of_several_the_one_that_gives_most_decides_in_whatever_order_they_come() {
        let (plans, now) = (plans(), at(NOW));
        let mut newer = one("sub_3", Status::Active, "price_team");
        newer.created = at("2026-11-01T08:00:00Z");
        let mut all = vec![
            one("sub_1", Status::Canceled, "price_team"),
            one("sub_2", Status::Active, "price_team"),
            newer,
            one("sub_4", Status::Incomplete, "price_team"),
        ];
        for _ in 0..all.len() {
            all.rotate_left(1);
            let facts = facts(all.clone());
            let standing = Standing::of(&facts, &plans, now);
            assert_eq!(standing.subscription.map(|one| one.id.as_str()), Some("sub_3"));
            assert!(standing.has_others);
        }
        let gone = Facts { is_deleted: true, ..facts(all) };
        assert_eq!(Standing::of(&gone, &plans, now).phase, Phase::Free);
    }

    #[test]
    fn an_overdue_payment_changes_nothing_for_fourteen_days() {
        let plans = plans();
        let mut facts = facts(vec![one("sub_1", Status::PastDue, "price_team")]);
        // Another subscription's, one that was not tried and one that is paid do not count.
        let paid = Invoice { remaining: 0, ..open("sub_1", "2026-10-01T00:00:00Z") };
        let untried = Invoice { attempted: false, ..open("sub_1", "2026-10-02T00:00:00Z") };
        facts.invoices = vec![
            open("sub_1", "2026-11-20T09:00:00Z"),
            open("sub_2", "2026-09-01T00:00:00Z"),
            paid,
            untried,
            open("sub_1", "2026-11-12T09:00:00Z"),
        ];
        let since = at("2026-11-12T09:00:00Z");
        let until = at("2026-11-26T09:00:00Z");
        let phase = |now| Standing::of(&facts, &plans, now).phase;
        let last = until - SignedDuration::from_micros(1);
        assert_eq!(phase(last), Phase::PastDue { since, until });
        assert_eq!(phase(until), Phase::ReadOnly { since: until });
        let standing = Standing::of(&facts, &plans, until);
        for wish in [Wish::Bot, Wish::Member, Wish::Send(0), Wish::Change] {
            assert_eq!(standing.allows(&Usage::default(), wish), Err(Wait::ReadOnly));
        }
        let reminded = |days: i64| reminder(since, since + SignedDuration::from_hours(24 * days));
        let want =
            [(-1, None), (0, Some(0)), (2, Some(0)), (3, Some(3)), (11, Some(7)), (40, Some(12))];
        for (days, want) in want {
            assert_eq!(reminded(days), want, "{days}");
        }
    }

    #[test]
    fn what_was_cancelled_lasts_to_the_end_of_the_period() {
        let plans = plans();
        let mut ending = one("sub_1", Status::Active, "price_team");
        ending.cancel_at = Some(ending.period_end);
        let facts = facts(vec![ending]);
        let standing = Standing::of(&facts, &plans, at(NOW));
        assert_eq!(standing.phase, Phase::Ending { at: at("2026-12-20T08:00:00Z") });
        assert_eq!(standing.plan_name(), "Team");
        assert!(!standing.has_others);
    }

    #[test]
    fn a_price_that_nobody_knows_limits_nothing() {
        let (plans, facts) = (plans(), facts(vec![one("sub_1", Status::Active, "price_other")]));
        let standing = Standing::of(&facts, &plans, at(NOW));
        assert_eq!(standing.plan, InForce::UnknownPrice("price_other"));
        let many = Usage { bots: 500, subscribers: 1 << 40, messages: 1 << 50, members: 9 };
        assert_eq!(standing.allows(&many, Wish::Send(u64::MAX)), Ok(()));
    }

    #[test]
    fn over_the_limit_new_things_wait() {
        let (plans, facts) = (plans(), Facts::default());
        let standing = Standing::of(&facts, &plans, at(NOW));
        let full = |meter, used, limit, wanted| Err(Wait::Full { meter, used, limit, wanted });
        let usage = Usage { bots: 0, subscribers: 100, messages: 900, members: 2 };
        assert_eq!(standing.allows(&usage, Wish::Bot), Ok(()));
        assert_eq!(standing.allows(&usage, Wish::Send(100)), Ok(()));
        assert_eq!(
            standing.allows(&usage, Wish::Send(101)),
            full(Meter::Messages, 900, 1_000, 101)
        );
        assert_eq!(standing.allows(&usage, Wish::Member), full(Meter::Members, 2, 2, 1));
        let over = Usage { subscribers: 101, ..usage };
        assert_eq!(standing.allows(&over, Wish::Send(0)), full(Meter::Subscribers, 101, 100, 0));
        // Nothing that is there is touched.
        assert_eq!(standing.allows(&over, Wish::Change), Ok(()));
        assert_eq!(standing.allows(&over, Wish::Bot), Ok(()));
    }

    #[test]
    fn the_oldest_invoice_that_can_be_paid_is_the_one_to_pay() {
        let mut facts = Facts::default();
        assert_eq!(page_to_pay(&facts), None);
        let hidden = Invoice { page: None, ..open("sub_1", "2026-11-01T00:00:00Z") };
        facts.invoices = vec![
            open("sub_1", "2026-11-20T00:00:00Z"),
            open("sub_1", "2026-11-10T00:00:00Z"),
            hidden,
        ];
        assert_eq!(page_to_pay(&facts), Some("https://stripe.test/2026-11-10T00:00:00Z"));
    }

    #[test]
    fn facts_are_the_same_in_whatever_order_they_came() {
        let first = open("sub_1", "2026-11-20T00:00:00Z");
        let second = open("sub_1", "2026-11-10T00:00:00Z");
        let given = |invoices| Facts { invoices, ..Facts::default() }.in_order();
        let want = given(vec![first.clone(), second.clone()]);
        assert_eq!(given(vec![second, first.clone(), first]), want);
        assert_eq!(want.invoices.len(), 2);
    }
}
