//! Keys for those who would rather not reach for the mouse.
//!
//! The markup says what a key does: a link with `data-key="b"` is where `g b` leads, one with
//! `data-key="+"` what `c` begins. So a page brings its keys along, and the help lists what there
//! is.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement, KeyboardEvent};

use super::{
    CloseButton, Dialog,
    island::{enliven, find, on, show},
};

/// Where the browser remembers that somebody wants no keys.
const OFF: &str = "keys-off";

/// How long `g` waits for the letter behind it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What each key does, for the help.
const HELP: [(&str, &str); 9] = [
    ("?", "This help"),
    ("/", "Search"),
    ("c", "New broadcast"),
    ("j  k", "Next row, row before"),
    ("g h", "Overview"),
    ("g b", "Bots"),
    ("g s", "Subscribers of this bot"),
    ("g c", "Broadcasts of this bot"),
    ("g a", "Audit log"),
];

/// The help, and the keys themselves where there are scripts. Opened by `?` or a button.
#[component]
pub fn Keys() -> impl IntoView {
    let lines = HELP
        .map(|(key, what)| {
            view! {
                <dt>
                    <kbd>{key}</kbd>
                </dt>
                <dd>{what}</dd>
            }
        })
        .collect_view();
    view! {
        <div class="keys">
            <Dialog id="keys" title="Keys">
                <dl class="facts">{lines}</dl>
                <div class="check">
                    <input id="f-keys" type="checkbox" checked />
                    <label for="f-keys">"Use these keys in this browser"</label>
                </div>
                <div class="actions">
                    <CloseButton target="keys">"Close"</CloseButton>
                </div>
            </Dialog>
            <Listen />
        </div>
    }
}

/// Listens to keys.
#[island]
pub fn Listen() -> impl IntoView {
    enliven(".keys", listen)
}

fn listen(around: &Element) {
    if let Some(body) = document().body() {
        show(&body, ".keys-help", true);
    }
    let is_on = Rc::new(Cell::new(!is_switched_off()));
    if let Some(switch) = find::<HtmlInputElement>(around, "input") {
        switch.set_checked(is_on.get());
        let is_on = Rc::clone(&is_on);
        on(&switch.clone(), "change", move |_| {
            is_on.set(switch.checked());
            remember(switch.checked());
        });
    }
    let goes = Rc::new(Cell::new(false));
    on(&document(), "keydown", move |event| {
        if is_on.get() {
            press(&event, &goes);
        }
    });
}

fn press(event: &Event, goes: &Rc<Cell<bool>>) {
    let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
    if key.ctrl_key() || key.meta_key() || key.alt_key() || is_typing(event) {
        return;
    }
    let letter = key.key();
    if goes.take() {
        return follow(&letter);
    }
    match letter.as_str() {
        "g" => {
            goes.set(true);
            let goes = Rc::clone(goes);
            set_timeout(move || goes.set(false), PATIENCE);
        }
        "c" => follow("+"),
        "j" => step(1),
        "k" => step(-1),
        "/" => focus("input[type=search]", event),
        "?" => {
            if let Some(help) = document()
                .get_element_by_id("keys")
                .and_then(|help| help.dyn_into::<HtmlElement>().ok())
            {
                let _ = help.show_popover();
            }
        }
        _ => {}
    }
}

/// Whether the key belongs to a field or to something that is open.
fn is_typing(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| {
        target
            .closest("input, textarea, select, [contenteditable], :popover-open")
            .is_ok_and(|field| field.is_some())
    })
}

fn follow(key: &str) {
    // Letters and the plus are what follows `g`; anything else is no selector either.
    let link = document().query_selector(&format!("a[data-key='{key}']")).ok().flatten();
    if let Some(link) = link.and_then(|link| link.dyn_into::<HtmlElement>().ok()) {
        link.click();
    }
}

fn focus(selector: &str, event: &Event) {
    let field = document().query_selector(selector).ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        let _ = field.focus();
    }
}

/// Moves the focus from row to row, from the first one on.
fn step(by: i32) {
    let Ok(rows) = document().query_selector_all(".row-link") else { return };
    let here = document().active_element();
    let at = (0..rows.length())
        .find(|&at| rows.get(at).is_some_and(|row| here.as_deref() == Some(&row)));
    let next = at.map_or(0, |at| (at as i32 + by).max(0) as u32);
    if let Some(row) = rows.get(next).and_then(|row| row.dyn_into::<HtmlElement>().ok()) {
        let _ = row.focus();
    }
}

fn is_switched_off() -> bool {
    let storage = window().local_storage().ok().flatten();
    storage.and_then(|storage| storage.get_item(OFF).ok().flatten()).is_some()
}

fn remember(is_on: bool) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = if is_on { storage.remove_item(OFF) } else { storage.set_item(OFF, "1") };
    }
}
