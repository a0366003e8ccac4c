//! How states and outcomes look, alike on every page and in the browser.

use contract::broadcasts::Progress;
use domain::broadcast::{Status, Tally};
#[cfg(feature = "ssr")]
use {domain::broadcast::Outcome, leptos::prelude::*};

#[cfg(feature = "ssr")]
use crate::ui::{Badge, Tone};
use crate::{format::duration, ui::Part};

/// Where a broadcast stands.
#[cfg(feature = "ssr")]
#[component]
pub(crate) fn StatusBadge(status: Status) -> impl IntoView {
    let tone = match status {
        Status::Draft => Tone::Neutral,
        Status::Scheduled | Status::Sending => Tone::Brand,
        Status::Paused => Tone::Warn,
        Status::Done => Tone::Ok,
        Status::Cancelled => Tone::Bad,
    };
    view! { <Badge tone live=status == Status::Sending label=status.as_str()/> }
}

/// What became of one delivery.
#[cfg(feature = "ssr")]
#[component]
pub(crate) fn OutcomeBadge(outcome: Outcome) -> impl IntoView {
    let tone = match outcome {
        Outcome::Sent => Tone::Ok,
        Outcome::Blocked | Outcome::Unknown => Tone::Warn,
        Outcome::Deactivated | Outcome::Skipped => Tone::Neutral,
        Outcome::Failed => Tone::Bad,
    };
    view! { <Badge tone label=outcome.as_str()/> }
}

/// A tally as parts of a bar, and who has no outcome yet.
pub(super) fn parts(tally: &Tally, total: u64) -> Vec<Part> {
    let part = |label, value, mark| Part { label, value, mark };
    let mut parts = vec![
        part("Sent", tally.sent, "mark-ok"),
        part("Blocked", tally.blocked, "mark-warn"),
        part("Deactivated", tally.deactivated, "mark-muted"),
        part("Failed", tally.failed, "mark-bad"),
        part("Skipped", tally.skipped, "mark-brand"),
        part("Unknown", tally.unknown, "mark-unknown"),
    ];
    let left = total.saturating_sub(tally.total());
    if left > 0 {
        parts.push(part("Not yet", left, "mark-rest"));
    }
    parts
}

/// Rate and time left, or why neither is known.
pub(super) fn pace(progress: &Progress) -> String {
    match (&progress.waiting, progress.status, progress.left_secs) {
        (Some(reason), ..) => reason.clone(),
        (None, Status::Sending, Some(left)) => format!("{} a second · {} left", progress.per_second, duration(left)),
        (None, Status::Sending, None) => "starting".to_owned(),
        (None, status, _) => status.as_str().to_owned(),
    }
}

/// The colour of the bar.
pub(super) const fn bar_state(status: Status) -> Option<&'static str> {
    match status {
        Status::Paused | Status::Cancelled => Some("paused"),
        Status::Done => Some("done"),
        Status::Draft | Status::Scheduled | Status::Sending => None,
    }
}
