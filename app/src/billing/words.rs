//! Plans in words.

use domain::billing::{plan::Interval, standing::Phase, usage::Meter};

use crate::{format::counted, ui::Tone};

/// `monthly`, `yearly`.
pub(super) const fn per(every: Interval) -> &'static str {
    match every {
        Interval::Month => "monthly",
        Interval::Year => "yearly",
    }
}

/// `a month`, `a year`.
pub(super) const fn each(every: Interval) -> &'static str {
    match every {
        Interval::Month => "a month",
        Interval::Year => "a year",
    }
}

/// What a limit is on.
pub(super) const fn limit_name(meter: Meter) -> &'static str {
    match meter {
        Meter::Bots => "Bots",
        Meter::Subscribers => "Active subscribers",
        Meter::Messages => "Messages this month",
        Meter::Members => "Members and invitations",
    }
}

/// A limit as a plan offers it.
pub(super) fn limit(meter: Meter, most: Option<u64>) -> String {
    let (one, many, of) = match meter {
        Meter::Bots => ("bot", "bots", ""),
        Meter::Subscribers => ("active subscriber", "active subscribers", ""),
        Meter::Messages => ("message", "messages", " a month"),
        Meter::Members => ("member", "members", ""),
    };
    match most {
        Some(most) => format!("{}{of}", counted(most, one, many)),
        None => format!("Unlimited {many}"),
    }
}

/// A phase in a word or two.
pub(super) const fn phase(phase: Phase) -> (Tone, &'static str) {
    match phase {
        Phase::Free => (Tone::Neutral, "Free"),
        Phase::Incomplete => (Tone::Warn, "Waiting for payment"),
        Phase::Trialing { .. } => (Tone::Brand, "Trial"),
        Phase::Active { .. } => (Tone::Ok, "Active"),
        Phase::Ending { .. } => (Tone::Warn, "Cancelled"),
        Phase::PastDue { .. } => (Tone::Warn, "Payment overdue"),
        Phase::ReadOnly { .. } => (Tone::Bad, "Read-only"),
    }
}
