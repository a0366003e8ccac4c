//! A text that people take elsewhere.

use std::time::Duration;

use leptos::prelude::*;
use web_sys::Element;

use super::{
    Glyph, Icon,
    island::{enliven, find, mark, on, say, show},
};

/// How long a button says that it has copied.
const SAID: Duration = Duration::from_secs(2);

/// A text in a box that one press selects, and with scripts a button that copies it.
#[component]
pub fn Copy(
    /// What is copied.
    #[prop(into)]
    text: String,
    /// Said aloud by the button: "Copy the link".
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! {
        <div class="copy">
            <code>{text}</code>
            <button class="btn" type="button" aria-label=label hidden>
                <Icon glyph=Glyph::Copy />
                <Icon glyph=Glyph::Check />
            </button>
            <output class="vh"></output>
            <Clip />
        </div>
    }
}

/// Copies at the press of the button.
#[island]
pub fn Clip() -> impl IntoView {
    enliven(".copy", clip)
}

fn clip(around: &Element) {
    let Some(button) = find::<Element>(around, "button") else { return };
    show(around, "button", true);
    let around = around.clone();
    on(&button.clone(), "click", move |_| {
        let text = find::<Element>(&around, "code")
            .and_then(|code| code.text_content())
            .unwrap_or_default();
        // Nobody has to wait for the answer: without the right nothing is copied, and the text
        // still stands there to be selected.
        drop(window().navigator().clipboard().write_text(&text));
        mark(&button, "data-state", Some("done"));
        say(&around, "output", "Copied");
        let (around, button) = (around.clone(), button.clone());
        set_timeout(
            move || {
                mark(&button, "data-state", None);
                say(&around, "output", "");
            },
            SAID,
        );
    });
}
