//! How long it still takes, second by second.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::prelude::*;
use web_sys::Element;

use super::island::{enliven, say, show};

/// A wait that runs down before one's eyes. Without scripts it is not there: what stands around it
/// says how long the wait was when the page was made.
#[component]
pub fn Countdown(
    /// Whole seconds from now.
    secs: u64,
) -> impl IntoView {
    view! {
        <div class="countdown" data-secs=secs.to_string()>
            <p class="countdown-left" role="timer" hidden></p>
            <Tick />
        </div>
    }
}

/// Counts down.
#[island]
pub fn Tick() -> impl IntoView {
    enliven(".countdown", count_down)
}

fn count_down(around: &Element) {
    let secs = around.get_attribute("data-secs").and_then(|secs| secs.parse::<u64>().ok());
    let Some(secs) = secs else { return };
    // The clock and not a count of ticks: a tab in the background ticks more slowly.
    let end = js_sys::Date::now() + secs as f64 * 1000.0;
    show(around, ".countdown-left", true);
    let around = around.clone();
    let handle: Rc<Cell<Option<IntervalHandle>>> = Rc::default();
    let tick = {
        let handle = Rc::clone(&handle);
        move || {
            let left = ((end - js_sys::Date::now()) / 1000.0).ceil().max(0.0) as u64;
            say(&around, ".countdown-left", &left_of(left));
            if left == 0
                && let Some(handle) = handle.take()
            {
                handle.clear();
            }
        }
    };
    tick();
    handle.set(set_interval_with_handle(tick, Duration::from_secs(1)).ok());
}

/// `3:07 to go`.
fn left_of(secs: u64) -> String {
    match secs {
        0 => "You can go on now.".to_owned(),
        secs => format!("{}:{:02} to go", secs / 60, secs % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::left_of;

    #[test]
    fn the_last_second_is_followed_by_good_news() {
        let cases = [(0, "You can go on now."), (1, "0:01 to go"), (187, "3:07 to go")];
        for (secs, want) in cases {
            assert_eq!(left_of(secs), want);
        }
    }
}
