//! What a workspace is told about its plan, as long as it holds.

use jiff::{SignedDuration, tz::TimeZone};

use super::{
    standing::{Phase, Standing, page_to_pay, reminder},
    usage::{Level, Meter, Usage, level},
};
use crate::{Timestamp, billing::facts::Facts, words::words};

/// How long before the first payment people are told of it.
const TRIAL_ENDS: SignedDuration = SignedDuration::from_hours(3 * 24);

words! {
    /// What it is about.
    pub enum Kind {
        /// A payment was not made good in time.
        ReadOnly = "read_only",
        /// A payment failed.
        PastDue = "past_due",
        /// A payment waits for its customer to make or confirm it.
        Confirm = "confirm",
        /// Two subscriptions are being paid.
        Twice = "twice",
        /// All of a limit is used.
        Full = "full",
        /// Most of a limit is used.
        Near = "near",
        /// The first payment is soon.
        TrialEnds = "trial_ends",
    }
}

/// One of them. Of the same kind about the same people are told once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// What it is about.
    pub kind: Kind,
    /// About which limit, month or payment.
    pub about: String,
}

impl Notice {
    /// Whether it concerns everybody who works there; the others are the owners' affair.
    pub const fn is_for_all(&self) -> bool {
        matches!(self.kind, Kind::ReadOnly | Kind::Full | Kind::Near)
    }

    /// The limit that it is about.
    pub fn meter(&self) -> Option<Meter> {
        self.about.split(' ').next()?.parse().ok()
    }
}

/// What holds at `now`.
pub fn notices(
    standing: &Standing<'_>,
    facts: &Facts,
    usage: &Usage,
    now: Timestamp,
) -> Vec<Notice> {
    let mut all = Vec::new();
    let mut tell = |kind, about: String| all.push(Notice { kind, about });
    match standing.phase {
        Phase::ReadOnly { since } => tell(Kind::ReadOnly, since.to_string()),
        Phase::PastDue { since, .. } => {
            let day = reminder(since, now).unwrap_or_default();
            tell(Kind::PastDue, format!("{since} {day}"));
        }
        Phase::Incomplete if page_to_pay(facts).is_some() => {
            let which = standing.subscription.map(|one| one.id.clone());
            tell(Kind::Confirm, which.unwrap_or_default());
        }
        Phase::Trialing { until } if until.duration_since(now) <= TRIAL_ENDS => {
            tell(Kind::TrialEnds, until.to_string());
        }
        Phase::Incomplete
        | Phase::Trialing { .. }
        | Phase::Free
        | Phase::Active { .. }
        | Phase::Ending { .. } => {}
    }
    if standing.has_others {
        tell(Kind::Twice, String::new());
    }
    let limits = standing.limits();
    let month = now.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string();
    for &meter in Meter::ALL {
        let about = match meter {
            Meter::Messages => format!("{meter} {month}"),
            Meter::Bots | Meter::Subscribers | Meter::Members => meter.to_string(),
        };
        match level(usage.of(meter), limits.of(meter)) {
            Level::Fine => {}
            // What is a handful of things says by itself how many there are left.
            Level::Near if matches!(meter, Meter::Bots | Meter::Members) => {}
            Level::Full if matches!(meter, Meter::Bots | Meter::Members) => {}
            Level::Near => tell(Kind::Near, about),
            Level::Full => tell(Kind::Full, about),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::{
        facts::{Status, Subscription},
        plan::{Plan, Plans},
        usage::Limits,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    fn plans() -> Plans {
        let limits = Limits {
            bots: Some(1),
            subscribers: Some(100),
            messages: Some(1_000),
            members: Some(2),
        };
        let free = Plan { id: "free".into(), name: "Free".into(), limits, ..Plan::default() };
        Plans::new("free", vec![free]).expect("plans")
    }

    #[test]
    fn a_limit_is_told_of_once_a_month_or_for_as_long_as_it_holds() {
        let (plans, facts) = (plans(), Facts::default());
        let told = |usage: Usage, now| {
            let standing = Standing::of(&facts, &plans, at(now));
            notices(&standing, &facts, &usage, at(now))
        };
        let now = "2026-11-30T23:59:59Z";
        assert_eq!(told(Usage { bots: 1, members: 2, ..Usage::default() }, now), []);
        let near = |about: &str| Notice { kind: Kind::Near, about: about.into() };
        let full = |about: &str| Notice { kind: Kind::Full, about: about.into() };
        let usage = Usage { subscribers: 80, messages: 1_000, ..Usage::default() };
        assert_eq!(told(usage, now), [near("subscribers"), full("messages 2026-11")]);
        let next = told(usage, "2026-12-01T00:00:00Z");
        assert_eq!(next, [near("subscribers"), full("messages 2026-12")]);
        assert_eq!(next[1].meter(), Some(Meter::Messages));
    }

    #[test]
    fn an_overdue_payment_is_told_of_four_times_and_then_of_its_end() {
        let plans = plans();
        let since = at("2026-11-01T10:00:00Z");
        let overdue = Subscription {
            id: "sub_TEST".into(),
            status: Status::PastDue,
            item: "si_TEST".into(),
            price: "price_TEST".into(),
            created: at("2026-01-01T10:00:00Z"),
            period_start: since,
            period_end: at("2026-12-01T10:00:00Z"),
            trial_end: None,
            cancel_at: None,
        };
        let facts = Facts { subscriptions: vec![overdue], ..Facts::default() };
        let mut told = Vec::new();
        for hours in 0..24 * 20 {
            let now = since + SignedDuration::from_hours(hours);
            let standing = Standing::of(&facts, &plans, now);
            for notice in notices(&standing, &facts, &Usage::default(), now) {
                if !told.contains(&notice) {
                    told.push(notice);
                }
            }
        }
        let kinds: Vec<_> = told.iter().map(|notice| notice.kind).collect();
        use Kind::{PastDue, ReadOnly};
        assert_eq!(kinds, [PastDue, PastDue, PastDue, PastDue, ReadOnly]);
    }
}
