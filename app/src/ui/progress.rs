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
    let (high, limit_text) = (limit * 8 / 10, limit.max(1).to_string());
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
                low=high.to_string()
                high=limit_text.clone()
                max=limit_text
                optimum="0"
                value=used.to_string()
                aria-label=label
            ></meter>
        </div>
    }
}
