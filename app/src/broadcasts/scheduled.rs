//! A broadcast that waits for its time.

use contract::{
    approvals::Standing,
    bots::BotFrame,
    broadcasts::{Plan, View},
};
use domain::{markup, rights::Right, text::excerpt};
use leptos::prelude::*;

use super::{
    StatusBadge,
    marks::arrival,
    recipients::{counted_as, then},
};
use crate::{
    format::{Clock, capital, duration},
    page::{Visit, refresh_in},
    paths,
    ui::*,
};

/// Longest until the page is made anew: the number of people changes meanwhile.
const LONGEST_REFRESH_SECS: u64 = 60 * 60;

#[component]
pub(super) fn ScheduledView(
    visit: Visit,
    bot: BotFrame,
    broadcast: View,
    plan: Plan,
    standing: Standing,
) -> impl IntoView {
    let message = markup::parse(&broadcast.text);
    let title = excerpt(&message.text, 60);
    let left = u64::try_from(plan.at.duration_since(visit.cx.now).as_secs()).unwrap_or_default();
    // It is another page from then on.
    let soon = left.saturating_add(2).min(LONGEST_REFRESH_SECS);
    refresh_in(u32::try_from(soon).unwrap_or(u32::MAX));
    let people = broadcast.active.unwrap_or_default();
    let waits = bot.read_only.then(|| {
        view! {
            <Notice tone=Tone::Warn title="The bot is read-only">
                "If it still is when the time has come, the broadcast is paused instead."
            </Notice>
        }
    });
    let word = (!standing.lets(&broadcast.edition, people)).then(|| {
        let confirm = paths::confirm(&bot.slug, broadcast.id);
        let may_send = bot.may_send();
        view! {
            <Notice tone=Tone::Warn title="It has no second person’s approval">
                "Without it the broadcast is paused when its time has come. "
                {may_send
                    .then(|| view! { <a href=confirm>"See where it stands"</a> })}
            </Notice>
        }
    });
    let controls = bot
        .rights
        .allow(Right::Send)
        .then(|| view! { <Controls bot=bot.clone() broadcast=broadcast.clone() /> });
    view! {
        <PageHeader
            title
            mark=view! { <StatusBadge status=broadcast.status /> }.into_any()
            crumbs=vec![(paths::broadcasts(&bot.slug), "Broadcasts".to_owned())]
        />
        <ErrorSummary errors=visit.form.errors.clone() />
        {waits}
        {word}
        <div class="grid" data-columns="side">
            <Card title="Waits for its time">
                <Facts>
                    <When visit=visit.clone() plan left />
                    <Fact name="Goes to">
                        {capital(then(broadcast.to.audience))}
                        "; now that is "
                        <strong>{counted_as(broadcast.to.audience, people)}</strong>
                    </Fact>
                    {arrival(broadcast.manner)
                        .map(|how| view! { <Fact name="Arrives">{how}</Fact> })}
                    <Fact name="Written by">
                        <bdi>{broadcast.author.clone()}</bdi>
                    </Fact>
                </Facts>
                {controls}
            </Card>
            <div class="stack" data-tight="">
                <h2 class="eyebrow">"The message"</h2>
                <TelegramPreview message />
            </div>
        </div>
    }
}

/// The moment by the clock it was chosen by, and by the viewer's where that is another.
#[component]
fn When(visit: Visit, plan: Plan, left: u64) -> impl IntoView {
    let clock = visit.clock();
    let (when, here) = (clock.by(plan.at, &plan.zone), clock.by(plan.at, clock.zone()));
    let mine =
        (clock.zone() != plan.zone).then(|| view! { <Fact name="By your clock">{here}</Fact> });
    let left = match left {
        0 => "any moment now".to_owned(),
        secs => format!("in {}", duration(secs)),
    };
    view! {
        <Fact name="Begins">
            <strong>{when}</strong>
            ", "
            {left}
        </Fact>
        {mine}
        <Fact name="Time set by">
            <bdi>{plan.by}</bdi>
        </Fact>
    }
}

#[component]
fn Controls(bot: BotFrame, broadcast: View) -> impl IntoView {
    let confirm = paths::confirm(&bot.slug, broadcast.id);
    let text = paths::query(&paths::broadcast(&bot.slug, broadcast.id), &[("edit", "text")]);
    let unschedule = paths::broadcast_action(&bot.slug, broadcast.id, "unschedule");
    let now = bot.may_send().then(|| {
        view! {
            <LinkButton href=confirm.clone() icon=Glyph::Send kind=Kind::Primary>
                "Send now"
            </LinkButton>
            <LinkButton href=format!("{confirm}#at-a-time") icon=Glyph::Clock>
                "Change the time"
            </LinkButton>
        }
    });
    let write = (bot.may_edit() && bot.may_send()).then(|| {
        view! {
            <LinkButton href=text icon=Glyph::Edit>
                "Change the text"
            </LinkButton>
        }
    });
    view! {
        <div class="actions">
            {now} {write}
            <PostButton action=unschedule kind=Kind::Quiet>
                "Back to draft"
            </PostButton>
        </div>
    }
}

/// What a form about the time begins with: day, time of day and zone.
pub(super) fn chosen(plan: &Plan) -> (String, String, String) {
    let (day, time) = Clock::fields(plan.at, &plan.zone);
    (day, time, plan.zone.clone())
}
