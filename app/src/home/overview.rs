//! All bots at a glance.

use contract::bots::{BotCard, LastBroadcast};
use domain::bot::Api;
use leptos::prelude::*;

use super::first_steps::FirstSteps;
use crate::{
    broadcasts::StatusBadge,
    format::{count, counted, percent},
    frame::{Frame, Place, WaitingForYou},
    page::Visit,
    paths,
    ui::*,
};

/// The overview.
#[component]
pub(super) fn Overview(visit: Visit, bots: Vec<BotCard>) -> impl IntoView {
    let content = if bots.is_empty() {
        let name = visit.cx.viewer.as_ref().map(|viewer| viewer.name.clone()).unwrap_or_default();
        let sandbox = visit.backend.bots.sandbox_offered();
        view! {
            <PageHeader
                title=format!("Welcome, {name}")
                lead="Three steps lead to your first broadcast. The first one takes a minute."
            />
            <FirstSteps sandbox once=visit.cx.request_id.clone() />
        }
        .into_any()
    } else {
        view! { <Colony visit=visit.clone() bots /> }.into_any()
    };
    view! {
        <Frame visit title="Overview" place=Place::Overview>
            {content}
        </Frame>
    }
}

#[component]
fn Colony(visit: Visit, bots: Vec<BotCard>) -> impl IntoView {
    let active: u64 = bots.iter().map(|bot| bot.active).sum();
    let today: u64 = bots.iter().filter_map(|bot| bot.growth.last()).sum();
    let fortnight: u64 = bots.iter().flat_map(|bot| &bot.growth).sum();
    let total = bots.len() as u64;
    // Somebody who has subscribers and never wrote is one step from what they came for.
    let silent = bots
        .iter()
        .find(|bot| bot.active > 0 && !bot.read_only)
        .filter(|_| bots.iter().all(|bot| bot.last_broadcast.is_none()));
    let waiting = bots.iter().flat_map(|bot| bot.waiting.clone()).collect();
    let next_step = silent.map(|bot| {
        let write = paths::new_broadcast(&bot.slug);
        view! {
            <Notice
                tone=Tone::Brand
                title=format!(
                    "{} wait for your first message",
                    counted(bot.active, "person", "people"),
                )
            >
                <a href=write>"Write it now"</a>
                ". You will see who gets it before anything is sent."
            </Notice>
        }
    });
    let here = visit.here.clone();
    let cards =
        bots.into_iter().map(|bot| view! { <BotTile visit=visit.clone() bot /> }).collect_view();
    view! {
        <PageHeader title="Overview">
            <LinkButton href=paths::CONNECT icon=Glyph::Plus>
                "Connect a bot"
            </LinkButton>
        </PageHeader>
        <WaitingForYou waiting here />
        {next_step}
        <Stats>
            <Stat label="Active subscribers" value=count(active) />
            <Stat label="New today" value=count(today) />
            <Stat label="New in 14 days" value=count(fortnight) />
            <Stat label="Bots" value=count(total) />
        </Stats>
        <div class="grid" data-columns="2">
            {cards}
        </div>
    }
}

#[component]
fn BotTile(visit: Visit, bot: BotCard) -> impl IntoView {
    let sandbox =
        (bot.api == Api::Sandbox).then(|| view! { <Badge tone=Tone::Brand label="Sandbox" /> });
    let read_only = bot.read_only.then(|| view! { <Badge tone=Tone::Warn label="read-only" /> });
    let write = (!bot.read_only).then(|| {
        view! {
            <LinkButton href=paths::new_broadcast(&bot.slug) icon=Glyph::Send>
                "New broadcast"
            </LinkButton>
        }
    });
    let trouble = bot.trouble.map(|trouble| view! { <Notice tone=Tone::Warn>{trouble}</Notice> });
    let fortnight = counted(bot.growth.iter().sum(), "new person", "new people");
    let last = match bot.last_broadcast {
        Some(last) => view! { <Last visit last /> }.into_any(),
        None => view! { <p class="muted">"Nothing was sent yet."</p> }.into_any(),
    };
    let label = bot.name.clone();
    view! {
        <section class="card bot-tile" aria-label=label>
            <div class="card-head">
                <h2>
                    <a href=paths::bot(&bot.slug)>
                        <Who name=bot.name detail=format!("@{}", bot.slug) />
                    </a>
                </h2>
                {sandbox}
                {read_only}
            </div>
            {trouble}
            <div class="bot-figures">
                <p>
                    <b class="figure">{count(bot.active)}</b>
                    <span class="small muted">"active"</span>
                </p>
                <div>
                    <Sparkline values=bot.growth label=format!("{fortnight} in 14 days") />
                    <p class="small muted">{fortnight}" in 14 days"</p>
                </div>
            </div>
            {last}
            <div class="actions">
                {write}
                <LinkButton href=paths::subscribers(&bot.slug) kind=Kind::Quiet>
                    "Subscribers"
                </LinkButton>
            </div>
        </section>
    }
}

#[component]
fn Last(visit: Visit, last: LastBroadcast) -> impl IntoView {
    let reached = format!("{} sent", percent(last.tally.sent, last.total));
    view! {
        <div class="last">
            <div class="split">
                <span class="clip">{last.excerpt}</span>
                <StatusBadge status=last.status />
            </div>
            <p class="small muted">
                {visit.time(last.started_at)}" · "{counted(last.total, "person", "people")}" · "
                {reached}
            </p>
        </div>
    }
}
