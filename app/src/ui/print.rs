//! To paper.

use leptos::prelude::*;
use web_sys::Element;

use super::island::{enliven, find, on, show};

/// A button that prints the page; only where there are scripts.
#[component]
pub fn Print() -> impl IntoView {
    view! {
        <div class="print">
            <button class="btn" type="button" hidden>
                "Print"
            </button>
            <PrintsPage />
        </div>
    }
}

/// Prints at the press of the button.
#[island]
pub fn PrintsPage() -> impl IntoView {
    enliven(".print", print)
}

fn print(around: &Element) {
    let Some(button) = find::<Element>(around, "button") else { return };
    show(around, "button", true);
    on(&button, "click", |_| {
        // Fails where printing is forbidden; the page can be printed by hand.
        let _ = window().print();
    });
}
