//! What is on its way.

use leptos::prelude::*;

/// Grey lines where text will stand. Only islands have anything to wait for.
#[component]
pub fn Skeleton(
    /// How many lines.
    #[prop(default = 3)]
    lines: usize,
) -> impl IntoView {
    view! {
        <div class="skeleton" role="status" aria-label="Loading">
            {(0..lines).map(|_| view! { <span></span> }).collect_view()}
        </div>
    }
}
