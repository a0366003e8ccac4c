//! What all islands have in common.
//!
//! Our islands render nothing of their own: the server makes the markup, which works as it is, and
//! the island makes it livelier once there are scripts. So there is one source of the markup,
//! nothing has to be rendered twice, and the module that browsers load stays small.

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event, EventTarget, HtmlElement};

/// Hands the nearest element around the island that matches `selector` to `enliven`: once, in the
/// browser, as soon as the island is hydrated. On the server it only leaves its mark.
pub(crate) fn enliven(selector: &'static str, enliven: fn(&Element)) -> impl IntoView {
    let here = NodeRef::<html::Span>::new();
    // Effects run only where there is a browser.
    Effect::new(move || {
        let around = here.get().and_then(|here| here.closest(selector).ok().flatten());
        if let Some(around) = around {
            enliven(&around);
        }
    });
    view! { <span hidden node_ref=here></span> }
}

/// The first element in `root` that matches `selector`, if it is of the kind asked for.
pub(crate) fn find<T: JsCast>(root: &Element, selector: &str) -> Option<T> {
    root.query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// Calls `heard` at every `event` of `target`, as long as there is the page.
pub(crate) fn on(target: &EventTarget, event: &str, heard: impl FnMut(Event) + 'static) {
    let heard = Closure::<dyn FnMut(Event)>::new(heard);
    if target.add_event_listener_with_callback(event, heard.as_ref().unchecked_ref()).is_ok() {
        heard.forget();
    }
}

/// Shows or hides what matches `selector` in `root`.
pub(crate) fn show(root: &Element, selector: &str, shown: bool) {
    if let Some(element) = find::<HtmlElement>(root, selector) {
        element.set_hidden(!shown);
    }
}

/// Puts `text` into what matches `selector` in `root`.
pub(crate) fn say(root: &Element, selector: &str, text: &str) {
    if let Some(element) = find::<Element>(root, selector) {
        element.set_text_content(Some(text));
    }
}

/// Sets the attribute of `element`, or removes it.
pub(crate) fn mark(element: &Element, name: &str, value: Option<&str>) {
    // Fails only for names that are none.
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}
