//! How far something is.

use leptos::prelude::*;

/// A bar with its figures in words.
#[component]
pub fn Progress(
    /// What is under way, said aloud.
    #[prop(into)]
    label: String,
    /// How many are done.
    done: u64,
    /// How many there are.
    total: u64,
    /// `paused` or `done` colour the bar.
    #[prop(optional)]
    state: Option<&'static str>,
    /// Beside the figures: rate and time left.
    #[prop(optional, into)]
    detail: String,
) -> impl IntoView {
    view! {
        <div class="progress">
            <div>
                <output>
                    {format!("{} of {}", crate::format::count(done), crate::format::count(total))}
                </output>
                <small>{detail}</small>
            </div>
            <progress
                max=total.max(1).to_string()
                value=done.to_string()
                data-state=state
                aria-label=label
            ></progress>
        </div>
    }
}

/// A part of a fixed whole (a quota).
#[component]
pub fn Meter(
    /// What is measured.
    #[prop(into)]
    label: String,
    /// How much is used.
    used: u64,
    /// How much there is.
    limit: u64,
) -> impl IntoView {
    // Amber from four fifths on, red over the limit: a browser calls it so only where `low` lies above the
    // optimum and the value above `high`, also where the limit is 1.
    let tenths = limit.saturating_mul(8).saturating_sub(1);
    let low = format!("{}.{}", tenths / 10, tenths % 10);
    view! {
        <div class="progress">
            <div>
                <span>{label.clone()}</span>
                <small>
                    {format!("{} of {}", crate::format::count(used), crate::format::count(limit))}
                </small>
            </div>
            <meter
                min="0"
                low=low
                high=limit.to_string()
                max=limit.max(used).max(1).to_string()
                optimum="0"
                value=used.to_string()
                aria-label=label
            ></meter>
        </div>
    }
}
