//! A draft while it is written: saved behind the scenes, and kept where a crash cannot reach it.
//!
//! Each letter goes into the browser's own storage at once and to the server within [`PAUSE`]; what the
//! server has, the storage forgets. A session that ended, a lost connection and somebody else's change
//! leave the text where it is and say so.

#[cfg(feature = "hydrate")]
use std::time::Duration;

#[cfg(feature = "hydrate")]
use contract::broadcasts::Saved;
use leptos::prelude::*;

/// How long after the first unsaved letter the draft is saved.
#[cfg(feature = "hydrate")]
const PAUSE: Duration = Duration::from_millis(1_200);

/// How long until saving is tried again after the network failed.
#[cfg(feature = "hydrate")]
const RETRY: Duration = Duration::from_secs(5);

/// What is known of the last letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "nobody types on the server"))]
pub(super) enum Saving {
    /// Nothing was typed yet.
    #[default]
    Untouched,
    /// Typed, and soon saved.
    Waiting,
    /// The server has it.
    Saved,
    /// The server does not have it, and why.
    Failed(String),
}

/// A draft in the browser. Copies are the same draft.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    /// Where it is saved; a new one has an address of its own after the first time.
    pub save: RwSignal<String>,
    /// The text in our markup.
    pub text: RwSignal<String>,
    /// The version that was saved last.
    pub version: RwSignal<String>,
    /// See [`Saving`].
    pub saving: RwSignal<Saving>,
    /// A text that this browser kept and the server never got.
    pub found: RwSignal<Option<String>>,
}

impl Draft {
    pub fn new(save: String, text: String, version: String) -> Self {
        Self {
            save: RwSignal::new(save),
            text: RwSignal::new(text),
            version: RwSignal::new(version),
            saving: RwSignal::default(),
            found: RwSignal::default(),
        }
    }
}

#[cfg(not(feature = "hydrate"))]
impl Draft {
    /// Events and effects never happen on the server.
    pub fn begin(self) {}

    pub fn typed(self, _: String) {}

    pub fn forget(self) {}
}

#[cfg(feature = "hydrate")]
impl Draft {
    /// Looks for a text that was typed here and never reached the server.
    pub fn begin(self) {
        let kept = browser::kept(&self.save.get_untracked());
        self.found.set(kept.filter(|kept| *kept != self.text.get_untracked()));
    }

    /// A letter was typed.
    pub fn typed(self, text: String) {
        browser::keep(&self.save.get_untracked(), &text);
        self.text.set(text);
        if self.saving.get_untracked() != Saving::Waiting {
            self.saving.set(Saving::Waiting);
            set_timeout(move || self.save_now(), PAUSE);
        }
    }

    /// The kept text is not wanted any more.
    pub fn forget(self) {
        browser::forget(&self.save.get_untracked());
        self.found.set(None);
    }

    fn save_now(self) {
        let (address, text) = (self.save.get_untracked(), self.text.get_untracked());
        leptos::task::spawn_local(async move {
            match browser::post(&address, &text, &self.version.get_untracked()).await {
                Ok(saved) => self.saved(&address, &text, saved),
                Err(browser::Refusal::Unreachable) => {
                    self.saving.set(Saving::Failed("No connection. Your text is kept here and saved as soon as there is one.".into()));
                    set_timeout(move || self.save_now(), RETRY);
                }
                Err(browser::Refusal::Refused(reason)) => self.saving.set(Saving::Failed(reason)),
            }
        });
    }

    fn saved(self, address: &str, text: &str, saved: Saved) {
        self.version.set(saved.version);
        browser::forget(address);
        if let Some(list) = address.strip_suffix("/broadcasts") {
            let own = format!("{list}/broadcasts/{}", saved.id);
            browser::rename_page(&own);
            self.save.set(own);
        }
        if self.text.get_untracked() == text {
            self.saving.set(Saving::Saved);
        } else {
            // More was typed while this was on its way.
            browser::keep(&self.save.get_untracked(), &self.text.get_untracked());
            set_timeout(move || self.save_now(), PAUSE);
        }
    }
}

/// What the browser does for a draft.
#[cfg(feature = "hydrate")]
mod browser {
    use contract::broadcasts::Saved;
    use leptos::prelude::window;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Headers, RequestInit, Response, Storage};

    use crate::paths;

    /// Why a draft was not saved.
    pub(super) enum Refusal {
        /// Nobody answered.
        Unreachable,
        /// The server said no, and what to do about it.
        Refused(String),
    }

    /// The part of a refusal that is for people.
    #[derive(serde::Deserialize)]
    struct Answer {
        message: String,
    }

    fn storage() -> Option<Storage> {
        window().local_storage().ok().flatten()
    }

    fn key(address: &str) -> String {
        format!("unsaved:{address}")
    }

    pub(super) fn kept(address: &str) -> Option<String> {
        storage()?.get_item(&key(address)).ok().flatten()
    }

    /// A full or forbidden storage is no reason to stop anybody from typing.
    pub(super) fn keep(address: &str, text: &str) {
        if let Some(storage) = storage() {
            let _ = storage.set_item(&key(address), text);
        }
    }

    pub(super) fn forget(address: &str) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(&key(address));
        }
    }

    /// Gives the page the address that a reload should open.
    pub(super) fn rename_page(address: &str) {
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
        }
    }

    /// Posts the same form as the button does, and asks for JSON.
    pub(super) async fn post(address: &str, text: &str, version: &str) -> Result<Saved, Refusal> {
        let answer = fetch(address, &paths::pairs(&[("text", text), ("if_unmodified_since", version)]))
            .await
            .map_err(|_| Refusal::Unreachable)?;
        let body = match answer.text() {
            Ok(text) => JsFuture::from(text).await.ok().and_then(|text| text.as_string()).unwrap_or_default(),
            Err(_) => String::new(),
        };
        match answer.status() {
            200 => serde_json::from_str(&body).map_err(|_| Refusal::Unreachable),
            401 => Err(Refusal::Refused(
                "Your session has ended. Your text is kept: sign in in another tab, then go on typing here.".into(),
            )),
            409 => Err(Refusal::Refused(
                "Somebody else changed this draft. Press Continue to see both versions; yours is kept.".into(),
            )),
            429 | 500.. => Err(Refusal::Unreachable),
            _ => {
                let message = serde_json::from_str::<Answer>(&body).map(|answer| answer.message);
                Err(Refusal::Refused(message.unwrap_or_else(|_| "The server did not take the draft.".into())))
            }
        }
    }

    async fn fetch(address: &str, body: &str) -> Result<Response, JsValue> {
        let headers = Headers::new()?;
        headers.set("accept", "application/json")?;
        headers.set("content-type", "application/x-www-form-urlencoded")?;
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_headers(&headers);
        init.set_body(&JsValue::from_str(body));
        JsFuture::from(window().fetch_with_str_and_init(address, &init)).await?.dyn_into()
    }
}
