//! A way of several pages.

use leptos::prelude::*;

/// Where one is on the way. Steps before `current` are done.
#[component]
pub fn Steps(
    /// What each step is called.
    names: Vec<&'static str>,
    /// The step that is open, from 0; beyond the last, all are done.
    current: usize,
) -> impl IntoView {
    let steps = names
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            let state = (at < current).then_some("done");
            let aria = (at == current).then_some("step");
            view! {
                <li data-state=state aria-current=aria>
                    {name}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="steps">{steps}</ol> }
}
