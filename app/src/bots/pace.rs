//! How fast a bot sends, in its settings: in messages a second, and in what that means for its own people.

use contract::{bots::BotView, form::FormState};
use domain::{broadcast::duration_at, pacing};
use leptos::prelude::*;

use crate::{
    format::{counted, duration},
    paths,
    ui::*,
};

/// The rate, and how long a broadcast takes at it.
#[component]
pub(super) fn Pace(form: FormState, bot: BotView) -> impl IntoView {
    let (fastest, people) = (bot.fastest, bot.counts.active);
    let now = pacing::rate(bot.rate, fastest);
    let saved = bot.rate.map(|rate| rate.to_string()).unwrap_or_default();
    let typed = form.values.get("rate").cloned().unwrap_or(saved);
    let badge = (now < fastest).then(|| view! { <Badge tone=Tone::Brand label="slowed down" /> });
    let mut rates = vec![fastest, now, 1];
    rates.dedup();
    let takes = (people > 0).then(|| {
        let rows = rates
            .into_iter()
            .map(|rate| {
                let name = counted(u64::from(rate), "message a second", "messages a second");
                let name = if rate == now { format!("{name} (now)") } else { name };
                view! { <Fact name>{duration(duration_at(people, rate).as_secs())}</Fact> }
            })
            .collect_view();
        view! {
            <p>
                {format!(
                    "What that means for this bot: a broadcast to {} takes",
                    counted(people, "active subscriber", "active subscribers"),
                )}
            </p>
            <Facts>{rows}</Facts>
        }
    });
    view! {
        <Card
            title="Pace"
            lead="How fast the bot sends, whatever it sends. Slower spares what your messages lead to: a shop, a phone line."
            id="pace"
            aside=badge.into_any()
        >
            {takes}
            <form class="form" method="post" action=paths::rate(&bot.slug)>
                <Field
                    label="Messages a second, at most"
                    name="rate"
                    value=typed
                    error=form.error("rate")
                    hint=format!(
                        "1 to {fastest}. Empty: as fast as possible, which is {fastest} a second here. A broadcast that is \
                         being sent follows within a second.",
                    )
                    autocomplete="off"
                    inputmode="numeric"
                    maxlength=10
                />
                <div class="actions">
                    <Button icon=Glyph::Clock>"Save the pace"</Button>
                </div>
            </form>
        </Card>
    }
}
