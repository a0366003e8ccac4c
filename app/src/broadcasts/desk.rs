//! A draft while it is written: previewed with each letter, saved behind the scenes, and kept where
//! a crash cannot reach it.
//!
//! Each letter goes into the browser's own storage at once and to the server within [`PAUSE`]; what
//! the server has, the storage forgets. A session that ended, a lost connection and somebody else's
//! change leave the text where it is and say so.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use domain::{broadcast::Manner, markup};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, Event, HtmlDocument, HtmlElement, HtmlFormElement, HtmlInputElement,
    HtmlTextAreaElement, KeyboardEvent, SubmitEvent,
};

use super::{
    composer::length,
    post::{self, Refusal, Saved, Typed},
};
use crate::ui::{
    island::{find, mark, on, say, show},
    telegram_html,
};

/// How long after the first unsaved letter the draft is saved.
const PAUSE: Duration = Duration::from_millis(1_200);

/// How long until saving is tried again after the network failed.
const RETRY: Duration = Duration::from_secs(5);

/// The composer's form in the browser.
struct Desk {
    form: HtmlFormElement,
    field: HtmlTextAreaElement,
    version: HtmlInputElement,
    /// A save is under way or will be soon.
    saving: Cell<bool>,
    /// A save is under way.
    posting: Cell<bool>,
    /// The button that was pressed to go on, while the text is saved first.
    leaving: RefCell<Option<HtmlElement>>,
    /// The form goes out by itself now.
    going: Cell<bool>,
}

/// Makes the form live.
pub(super) fn open(around: &Element) {
    let (Some(form), Some(field), Some(version)) = (
        around.dyn_ref::<HtmlFormElement>().cloned(),
        find(around, "textarea"),
        find(around, "[name=if_unmodified_since]"),
    ) else {
        return;
    };
    let desk = Rc::new(Desk {
        form,
        field,
        version,
        saving: Cell::new(false),
        posting: Cell::new(false),
        leaving: RefCell::new(None),
        going: Cell::new(false),
    });
    show(around, ".toolbar", true);
    show(around, ".composer-by-hand", false);
    desk.offer_what_was_kept();
    // A browser that reloads puts its own text back into the field.
    desk.preview();
    let on_desk = |event: &str, act: fn(&Rc<Desk>, &Event)| {
        let desk = Rc::clone(&desk);
        on(around, event, move |event| act(&desk, &event));
    };
    on_desk("input", |desk, _| desk.typed());
    on_desk("click", Desk::pressed);
    on_desk("keydown", Desk::shortcut);
    on_desk("submit", Desk::leave);
}

impl Desk {
    fn address(&self) -> String {
        self.form.get_attribute("action").unwrap_or_default()
    }

    /// The id that a new draft will have: when an answer is lost and it is saved again, it is one.
    fn new_id(&self) -> String {
        let field = find::<HtmlInputElement>(&self.form, "[name=id]");
        field.map(|field| field.value()).unwrap_or_default()
    }

    fn key(&self) -> String {
        format!("unsaved:{}", self.address())
    }

    /// A letter was typed.
    fn typed(self: &Rc<Self>) {
        keep(&self.key(), &self.field.value());
        self.preview();
        if self.form.has_attribute("data-by-hand") {
            self.tell("Not saved yet", None);
        } else {
            self.save_soon(PAUSE);
        }
    }

    /// Everything that is saved.
    fn now(&self) -> Typed {
        let is_ticked = |name: &str| {
            let input = find::<HtmlInputElement>(&self.form, &format!("[name={name}]"));
            input.is_some_and(|input| input.checked())
        };
        let manner = Manner { silent: is_ticked("silent"), protected: is_ticked("protected") };
        Typed { text: self.field.value(), manner }
    }

    /// The preview, the length and what Telegram would say to the text.
    fn preview(&self) {
        let text = self.field.value();
        let message = markup::parse(&text);
        if let Some(bubble) = find::<Element>(&self.form, ".bubble-text") {
            bubble.set_inner_html(&telegram_html(&message));
        }
        say(&self.form, ".label-side", &length(&message));
        let refusal = message.check().err().filter(|_| !text.trim().is_empty());
        show(&self.form, "#f-text-error", refusal.is_some());
        mark(&self.field, "aria-invalid", refusal.is_some().then_some("true"));
        if let Some(refusal) = refusal {
            say(&self.form, "#f-text-error span", &refusal.to_string());
        }
    }

    fn save_soon(self: &Rc<Self>, pause: Duration) {
        if !self.saving.replace(true) {
            self.tell("Saving …", None);
            self.save_after(pause);
        }
    }

    fn save_after(self: &Rc<Self>, pause: Duration) {
        let desk = Rc::clone(self);
        set_timeout(move || leptos::task::spawn_local(desk.save()), pause);
    }

    async fn save(self: Rc<Self>) {
        if self.posting.replace(true) {
            return;
        }
        let typed = self.now();
        let outcome =
            post::draft(&self.address(), &self.new_id(), &typed, &self.version.value()).await;
        self.posting.set(false);
        self.settle(&typed, outcome);
        if let Some(button) = self.leaving.take() {
            self.going.set(true);
            // Fails only for a button of another form.
            let _ = self.form.request_submit_with_submitter(Some(&button));
        }
    }

    /// A button was pressed that leads on. The text is saved first, as at any time, so that this
    /// browser need not keep it and no second draft comes of it; then the form goes out by itself.
    /// It goes when saving failed too: the server has a page for each reason.
    fn leave(self: &Rc<Self>, event: &Event) {
        if self.going.take() {
            return;
        }
        let Some(button) = event.dyn_ref::<SubmitEvent>().and_then(SubmitEvent::submitter) else {
            return;
        };
        event.prevent_default();
        if self.leaving.replace(Some(button)).is_none() {
            leptos::task::spawn_local(Rc::clone(self).save());
        }
    }

    /// What comes of having posted `typed`.
    fn settle(self: &Rc<Self>, typed: &Typed, outcome: Result<Saved, Refusal>) {
        match outcome {
            Ok(saved) => self.saved(typed, &saved),
            Err(Refusal::Unreachable) => {
                self.tell(
                    "",
                    Some(
                        "No connection. Your text is kept here and saved as soon as there is one.",
                    ),
                );
                self.save_after(RETRY);
            }
            Err(Refusal::Refused(reason)) => {
                self.saving.set(false);
                self.tell("", Some(&reason));
            }
        }
    }

    fn saved(self: &Rc<Self>, typed: &Typed, saved: &Saved) {
        self.version.set_value(&saved.version);
        forget(&self.key());
        // A new draft has an address of its own from now on, for the next save and for a reload.
        if let Some(list) = self.address().strip_suffix("/broadcasts") {
            let own = format!("{list}/broadcasts/{}", saved.id);
            mark(&self.form, "action", Some(&own));
            if let Ok(history) = window().history() {
                let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&own));
            }
        }
        if self.now() == *typed {
            self.saving.set(false);
            self.tell("Saved", None);
        } else {
            // More was typed while this was on its way.
            keep(&self.key(), &self.field.value());
            self.save_after(PAUSE);
        }
    }

    /// Says how saving goes, and what is in the way.
    fn tell(&self, state: &str, trouble: Option<&str>) {
        say(&self.form, ".composer-state", state);
        show(&self.form, ".composer-trouble", trouble.is_some());
        say(&self.form, ".composer-reason", trouble.unwrap_or_default());
    }

    /// A text that was typed here and never reached the server, because of a crash or the like.
    fn offer_what_was_kept(&self) {
        if let Some(kept) = kept(&self.key()).filter(|kept| *kept != self.field.value()) {
            say(&self.form, ".composer-found .clip", &kept);
            show(&self.form, ".composer-found", true);
        }
    }

    /// A button of the toolbar, or an answer to what was found.
    fn pressed(self: &Rc<Self>, event: &Event) {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(button) = target.and_then(|target| target.closest("button").ok().flatten()) else {
            return;
        };
        if let (Some(before), Some(after)) =
            (button.get_attribute("data-before"), button.get_attribute("data-after"))
        {
            self.wrap(&before, &after);
        }
        match button.get_attribute("data-found").as_deref() {
            Some("take") => {
                self.field.set_value(&kept(&self.key()).unwrap_or_default());
                self.typed();
            }
            Some(_) => forget(&self.key()),
            None => return,
        }
        show(&self.form, ".composer-found", false);
    }

    /// Ctrl or Cmd with B, I or K.
    fn shortcut(self: &Rc<Self>, event: &Event) {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        if !(key.ctrl_key() || key.meta_key()) || key.alt_key() {
            return;
        }
        let (before, after) = match key.key().as_str() {
            "b" => ("**", "**"),
            "i" => ("__", "__"),
            "k" => ("[", "](https://)"),
            _ => return,
        };
        event.prevent_default();
        self.wrap(before, after);
    }

    /// Puts signs around the selection, as if they had been typed: the browser's undo takes them
    /// back.
    fn wrap(&self, before: &str, after: &str) {
        let end = |position: Result<Option<u32>, _>| position.ok().flatten().unwrap_or_default();
        let (from, to) = (end(self.field.selection_start()), end(self.field.selection_end()));
        // Browsers count as Telegram does, in UTF-16.
        let units: Vec<u16> = self.field.value().encode_utf16().collect();
        let chosen =
            units.get(from as usize..to as usize).map(String::from_utf16_lossy).unwrap_or_default();
        let _ = self.field.focus();
        if let Some(page) = document().dyn_ref::<HtmlDocument>() {
            let typed = format!("{before}{chosen}{after}");
            let _ = page.exec_command_with_show_ui_and_value("insertText", false, &typed);
        }
        let inside = from + before.len() as u32;
        let _ = self.field.set_selection_range(inside, inside + (to - from));
    }
}

fn kept(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// A full or forbidden storage is no reason to stop anybody from typing.
fn keep(key: &str, text: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, text);
    }
}

fn forget(key: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.remove_item(key);
    }
}
