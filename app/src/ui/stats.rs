//! Figures in tiles.

use leptos::prelude::*;

use super::Tone;

/// Tiles beside each other, of [`Stat`].
#[component]
pub fn Stats(
    /// The tiles.
    children: Children,
) -> impl IntoView {
    view! { <dl class="stats">{children()}</dl> }
}

/// One figure.
#[component]
pub fn Stat(
    /// What is counted.
    #[prop(into)]
    label: String,
    /// The figure, ready to be read.
    #[prop(into)]
    value: String,
    /// What it means, or how it changed.
    #[prop(optional, into)]
    note: Option<String>,
    /// Colours the figure.
    #[prop(optional)]
    tone: Tone,
) -> impl IntoView {
    view! {
        <div>
            <dt>{label}</dt>
            <dd data-tone=tone.word()>{value}</dd>
            {note.map(|note| view! { <dd>{note}</dd> })}
        </div>
    }
}
