//! A broadcast's progress, as it happens.

use std::{cell::RefCell, rc::Rc, time::Duration};

use contract::broadcasts::{Progress, Rate};
use domain::broadcast::{Status, Tally};
use js_sys::{JSON, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, EventSource, MessageEvent};

use super::marks::{bar_state, pace, parts, reached};
use crate::ui::{
    Legend,
    island::{enliven, find, mark, on, say},
};

/// How long to wait before the page is made anew after the stream was refused.
const RETRY: Duration = Duration::from_secs(3);

/// How long the last figures stay before the page of the new state replaces them.
const LAST_LOOK: Duration = Duration::from_millis(700);

/// Shows a progress and, where there are scripts, keeps it true: the server sends each change. When
/// the broadcast comes into another state the page is made anew, because other things can then be
/// done.
#[component]
pub fn Live(
    /// The address of the stream.
    events: String,
    /// How far it was when the page was made.
    progress: Progress,
) -> impl IntoView {
    view! {
        <div class="stack" data-live=events data-status=progress.status.as_str()>
            <div class="progress">
                <div>
                    <strong>{reached(&progress)}</strong>
                    <small>{pace(&progress)}</small>
                </div>
                <progress
                    max=progress.total.max(1).to_string()
                    value=progress.tally.total().to_string()
                    data-state=bar_state(progress.status)
                    aria-label="How far it is"
                ></progress>
            </div>
            <Legend parts=parts(&progress) />
            <Follow />
        </div>
    }
}

/// Listens to the stream.
#[island]
pub fn Follow() -> impl IntoView {
    enliven("[data-live]", follow)
}

/// Listens while the page is in sight. A hidden page gives its connection back: browsers have six
/// to a host.
fn follow(around: &Element) {
    // Calls off the refresh that is meant for browsers without scripts.
    let _ = window().stop();
    let source = Rc::new(RefCell::new(open(around)));
    let around = around.clone();
    on(&document(), "visibilitychange", move |_| {
        let mut source = source.borrow_mut();
        if document().hidden() {
            if let Some(source) = source.take() {
                source.close();
            }
        } else if source.is_none() {
            *source = open(&around);
        }
    });
}

fn open(around: &Element) -> Option<EventSource> {
    let source = EventSource::new(&around.get_attribute("data-live")?).ok()?;
    let page = around.clone();
    on(&source, "progress", move |event| {
        let text = event.dyn_into::<MessageEvent>().ok().and_then(|event| event.data().as_string());
        if let Some(progress) = text.as_deref().and_then(read) {
            tell(&page, &progress);
        }
    });
    on(&source, "error", {
        let source = source.clone();
        move |_| {
            // Broken streams are opened again by the browser; a refused one is not, and the page
            // then says why.
            if source.ready_state() == EventSource::CLOSED {
                set_timeout(reload, RETRY);
            }
        }
    });
    Some(source)
}

fn tell(around: &Element, progress: &Progress) {
    if around.get_attribute("data-status").as_deref() != Some(progress.status.as_str()) {
        // Long enough to see the last figures, and no race should page and stream ever disagree.
        return set_timeout(reload, LAST_LOOK);
    }
    say(around, ".progress strong", &reached(progress));
    say(around, ".progress small", &pace(progress));
    if let Some(bar) = find::<Element>(around, "progress") {
        mark(&bar, "value", Some(&progress.tally.total().to_string()));
    }
    for part in parts(progress) {
        say(around, &format!("[data-part='{}']", part.label), &crate::format::count(part.value));
    }
}

fn reload() {
    let _ = window().location().reload();
}

/// Reads the stream's JSON with the browser's own parser: a second one in the module would be a
/// seventh of it.
fn read(text: &str) -> Option<Progress> {
    let root = JSON::parse(text).ok()?;
    let field = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
    let tally = field(&root, "tally")?;
    let number = |of: &JsValue, name| Some(field(of, name)?.as_f64()? as u64);
    let count = |name| number(&tally, name);
    Some(Progress {
        status: field(&root, "status")?.as_string()?.parse::<Status>().ok()?,
        total: number(&root, "total")?,
        tally: Tally {
            sent: count("sent")?,
            blocked: count("blocked")?,
            deactivated: count("deactivated")?,
            failed: count("failed")?,
            skipped: count("skipped")?,
            unknown: count("unknown")?,
        },
        per_second: Rate(number(&root, "per_second")?),
        left_secs: number(&root, "left_secs"),
        in_line: field(&root, "in_line")?.as_bool()?,
        waiting: field(&root, "waiting")?.as_string(),
    })
}
