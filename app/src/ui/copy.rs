//! A text that people take elsewhere.

#![expect(missing_docs, reason = "the island macro makes a struct it does not document")]

use leptos::prelude::*;

use super::{Glyph, Icon};

/// A text in a box that one press selects, and with scripts a button that copies it.
#[island]
pub fn Copy(
    /// What is copied.
    text: String,
    /// Said aloud by the button: "Copy the link".
    label: String,
) -> impl IntoView {
    let ready = RwSignal::new(false);
    let copied = RwSignal::new(false);
    Effect::new(move || ready.set(true));

    let copy = {
        let text = text.clone();
        move |_| {
            // The answer is a promise nobody has to wait for: without the right nothing is copied, and
            // the text still stands there to be selected.
            drop(window().navigator().clipboard().write_text(&text));
            copied.set(true);
            set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
        }
    };
    view! {
        <div class="copy">
            <code>{text}</code>
            <button
                class="btn"
                type="button"
                hidden=move || !ready.get()
                aria-label=label
                on:click=copy
            >
                <Show when=move || copied.get() fallback=|| view! { <Icon glyph=Glyph::Copy/> }>
                    <Icon glyph=Glyph::Check/>
                </Show>
            </button>
            <output class="vh">{move || copied.get().then_some("Copied")}</output>
        </div>
    }
}
