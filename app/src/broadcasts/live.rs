//! A broadcast's progress, as it happens.

use contract::broadcasts::Progress;
use leptos::prelude::*;

use super::marks::{bar_state, pace, parts};
use crate::{format::count, ui::Legend};

/// Shows a progress and, where there are scripts, keeps it true: the server sends each change. When the
/// broadcast comes into another state the page is made anew, because other things can then be done.
#[island]
pub fn Live(
    /// The address of the stream.
    events: String,
    /// How far it was when the page was made.
    progress: Progress,
) -> impl IntoView {
    let progress = RwSignal::new(progress);
    Effect::new(move || stream::follow(events.clone(), progress));
    view! {
        <div class="progress">
            <div>
                <strong>{move || progress.with(|p| format!("{} of {}", count(p.tally.total()), count(p.total)))}</strong>
                <small>{move || progress.with(pace)}</small>
            </div>
            <progress
                max=move || progress.with(|p| p.total.max(1).to_string())
                value=move || progress.with(|p| p.tally.total().to_string())
                data-state=move || progress.with(|p| bar_state(p.status))
                aria-label="How far it is"
            ></progress>
        </div>
        {move || progress.with(|p| view! { <Legend parts=parts(&p.tally, p.total)/> })}
    }
}

#[cfg(not(feature = "hydrate"))]
mod stream {
    use super::{Progress, RwSignal};

    /// The server has nothing to follow: effects never run there.
    pub(super) fn follow(_: String, _: RwSignal<Progress>) {}
}

#[cfg(feature = "hydrate")]
mod stream {
    use std::{cell::RefCell, rc::Rc, time::Duration};

    use leptos::prelude::*;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{EventSource, MessageEvent};

    use super::Progress;

    /// How long to wait before the page is made anew after the stream was refused.
    const RETRY: Duration = Duration::from_secs(3);

    /// Listens while the page is in sight. A hidden page gives its connection back: browsers have six
    /// to a host.
    pub(super) fn follow(address: String, progress: RwSignal<Progress>) {
        // Stops the refresh that is meant for browsers without scripts.
        let _ = window().stop();
        let source = Rc::new(RefCell::new(open(&address, progress)));
        let watch = Closure::<dyn FnMut()>::new(move || {
            let mut source = source.borrow_mut();
            if document().hidden() {
                if let Some(source) = source.take() {
                    source.close();
                }
            } else if source.is_none() {
                *source = open(&address, progress);
            }
        });
        let _ = document().add_event_listener_with_callback("visibilitychange", watch.as_ref().unchecked_ref());
        // It lives as long as the page.
        watch.forget();
    }

    fn open(address: &str, progress: RwSignal<Progress>) -> Option<EventSource> {
        let source = EventSource::new(address).ok()?;
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            if let Ok(news) = serde_json::from_str::<Progress>(&text) {
                let is_other = news.status != progress.with_untracked(|old| old.status);
                progress.set(news);
                if is_other {
                    reload();
                }
            }
        });
        let failed = {
            let source = source.clone();
            Closure::<dyn FnMut()>::new(move || {
                // Broken streams are opened again by the browser; a refused one is not, and the page
                // then says why.
                if source.ready_state() == EventSource::CLOSED {
                    set_timeout(reload, RETRY);
                }
            })
        };
        let _ = source.add_event_listener_with_callback("progress", heard.as_ref().unchecked_ref());
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        heard.forget();
        failed.forget();
        Some(source)
    }

    fn reload() {
        let _ = window().location().reload();
    }
}
