//! Going faster for Stars: what it would cost, and the form in which whoever sends types how much it may.

use contract::broadcasts::{Faster, Paid};
use leptos::prelude::*;

use super::confirm::Look;
use crate::{
    format::{count, counted, duration},
    ui::*,
};

/// The offer. Closed until somebody wants it, for it costs.
#[component]
pub(super) fn Offer(look: Look, faster: Faster) -> impl IntoView {
    let form = look.visit.form.clone();
    let came_back = form.values.contains_key("stars");
    let saved = look.draft.paid.as_ref().map(|paid| paid.cap.to_string()).unwrap_or_default();
    let value = form.values.get("stars").cloned().unwrap_or(saved);
    let Faster { rate, stars, secs, free_secs } = faster;
    view! {
        <Card title="Faster, paid with Stars" id="faster">
            <details open=came_back || look.draft.paid.is_some()>
                <summary>
                    {format!("{} instead of {}", duration(secs), duration(free_secs))}
                </summary>
                <form class="form" method="post" action=look.action("pay")>
                    <input type="hidden" name="if_unmodified_since" value=look.draft.version.clone() />
                    <p>
                        "Telegram takes the Stars from the balance of the bot itself, for "
                        {count(u64::from(rate))} " messages a second. For everybody that is at the most "
                        <strong>{counted(stars, "Star", "Stars")}</strong>
                        ". Beyond the number that you type here, or without a balance, it goes on for free."
                    </p>
                    <Field
                        label="Stars that it may cost at the most"
                        name="stars"
                        value
                        error=form.error("stars")
                        hint="Empty: it costs nothing."
                        autocomplete="off"
                        inputmode="numeric"
                        maxlength=10
                    />
                    <div class="actions">
                        <Button icon=Glyph::Clock>"Save what it may cost"</Button>
                    </div>
                </form>
            </details>
        </Card>
    }
}

/// `12.3 of at most 50 Stars`, and why no more.
pub(super) fn so_far(paid: &Paid) -> String {
    let Paid { cap, so_far, unpaid_because } = paid;
    let spent = format!("{}.{}", count(so_far / 1_000), so_far % 1_000 / 100);
    let cap = counted(u64::from(*cap), "Star", "Stars");
    match unpaid_because {
        Some(why) => format!("At most {spent} of {cap}; it went on for free: {why}"),
        None => format!("At most {spent} of {cap}"),
    }
}
