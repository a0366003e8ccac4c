//! How states and outcomes look, alike on every page and in the browser.

use contract::broadcasts::Progress;
use domain::broadcast::{Status, Tally};
#[cfg(feature = "ssr")]
use {
    domain::broadcast::{Manner, Outcome},
    leptos::prelude::*,
};

#[cfg(feature = "ssr")]
use crate::ui::{Badge, Tone};
use crate::{
    format::{count, duration},
    ui::Part,
};

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
    view! { <Badge tone live=status == Status::Sending label=status.as_str() /> }
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
    view! { <Badge tone label=outcome.as_str() /> }
}

/// How a message arrives, where that is not as any other.
#[cfg(feature = "ssr")]
pub(super) const fn arrival(manner: Manner) -> Option<&'static str> {
    match manner {
        Manner { silent: false, protected: false } => None,
        Manner { silent: true, protected: false } => Some("Without sound"),
        Manner { silent: false, protected: true } => Some("Not to be forwarded or saved"),
        Manner { silent: true, protected: true } => {
            Some("Without sound; not to be forwarded or saved")
        }
    }
}

/// How many have an outcome, in words.
pub(super) fn reached(progress: &Progress) -> String {
    format!("{} of {}", count(progress.tally.total()), count(progress.total))
}

/// A tally as parts of a bar; while it can still change, with those who have no outcome yet.
pub(super) fn parts(progress: &Progress) -> Vec<Part> {
    let Tally { sent, blocked, deactivated, failed, skipped, unknown } = progress.tally;
    let part = |label, value, mark| Part { label, value, mark };
    let mut parts = vec![
        part("Sent", sent, "mark-ok"),
        part("Blocked", blocked, "mark-warn"),
        part("Deactivated", deactivated, "mark-muted"),
        part("Failed", failed, "mark-bad"),
        part("Skipped", skipped, "mark-brand"),
        part("Unknown", unknown, "mark-unknown"),
    ];
    if !progress.status.is_over() {
        parts.push(part(
            "Not yet",
            progress.total.saturating_sub(progress.tally.total()),
            "mark-rest",
        ));
    }
    parts
}

/// Rate and time left, or why neither is known.
pub(super) fn pace(progress: &Progress) -> String {
    match (&progress.waiting, progress.status, progress.left_secs) {
        (Some(reason), ..) => reason.clone(),
        (None, Status::Sending, Some(left)) => {
            format!("{} a second · {} left", progress.per_second, duration(left))
        }
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
