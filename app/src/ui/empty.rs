//! A list with nothing in it.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// One sentence, a button, a link: an empty list leads on.
#[component]
pub fn Empty(
    /// What will stand here one day.
    glyph: Glyph,
    /// What is not there yet.
    #[prop(into)]
    title: String,
    /// One sentence: how it gets there.
    #[prop(into)]
    sentence: String,
    /// The button and the link.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon glyph />
            <h2>{title}</h2>
            <p>{sentence}</p>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </div>
    }
}
