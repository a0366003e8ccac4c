//! `/bots/{slug}`: how a bot is.

use contract::{
    ClientError,
    bots::{BotView, Connection, Counts},
};
use domain::{
    bot::{Api, Delivery},
    rights::Right,
};
use futures::join;
use leptos::prelude::*;

use super::{NobodyYet, bot_page};
use crate::{
    format::count,
    frame::Section,
    page::{Visit, refresh_in},
    paths,
    ui::*,
};

/// Seconds between two looks while sandbox people arrive.
const REFRESH_SECS: u32 = 2;

/// How a bot is.
#[component]
pub(crate) fn BotPage() -> impl IntoView {
    bot_page(Section::Overview, |visit, bot| async move {
        let (api, cx, slug) = (&visit.backend.bots, &visit.cx, bot.slug.as_str());
        let (view, connection) = join!(api.view(cx, slug), api.connection(cx, slug));
        let content = view! { <Overview visit=visit.clone() bot=view? connection /> }.into_any();
        Ok(("Overview".to_owned(), content))
    })
}

#[component]
fn Overview(
    visit: Visit,
    bot: BotView,
    connection: Result<Connection, ClientError>,
) -> impl IntoView {
    let clock = visit.clock();
    let days = bot.growth.len() as i64;
    let points = bot
        .growth
        .iter()
        .enumerate()
        .map(|(at, &value)| Point { label: clock.days_ago(days - 1 - at as i64), value })
        .collect();
    let is_sandbox = bot.api == Api::Sandbox;
    let sandbox =
        is_sandbox.then(|| view! { <Badge tone=Tone::Brand label="Sandbox" /> }.into_any());
    let arriving = bot.sandbox_people.map(|coming| {
        refresh_in(REFRESH_SECS);
        view! { <Arriving here=super::everyone(&bot.counts) coming /> }
    });
    let may_write = bot.rights.allow(Right::Edit) && !bot.read_only;
    let write = may_write.then(|| paths::new_broadcast(&bot.slug));
    let is_new = bot.counts == Counts::default();
    let figures = match (is_new, arriving.is_some()) {
        (false, _) => view! { <Audience bot=bot.clone() /> }.into_any(),
        (true, true) => ().into_any(),
        (true, false) => view! { <NobodyYet slug=bot.slug.clone() api=bot.api /> }.into_any(),
    };
    view! {
        <PageHeader
            title=bot.name.clone()
            lead=format!("@{}", bot.username)
            mark=sandbox.into_any()
        >
            {write
                .map(|href| {
                    view! {
                        <LinkButton href kind=Kind::Primary icon=Glyph::Send key="+">
                            "New broadcast"
                        </LinkButton>
                    }
                })}
        </PageHeader>
        {arriving}
        {figures}
        <div class="grid" data-columns="2">
            {(!is_new)
                .then(|| {
                    view! {
                        <Card title="New subscribers" lead="The last 14 days.">
                            <BarChart
                                label="New subscribers in the last 14 days"
                                key="Day"
                                unit="New subscribers"
                                points
                            />
                        </Card>
                    }
                })}
            <ConnectionCard visit bot=bot.clone() connection />
            {(!is_sandbox).then(|| view! { <Share bot=bot.clone() /> })}
            {(!bot.sources.is_empty()).then(|| view! { <Sources bot /> })}
        </div>
    }
}

/// While the sandbox' people come in, for a minute at most, the page looks again by itself.
#[component]
fn Arriving(here: u64, coming: u64) -> impl IntoView {
    view! {
        <Card
            title="Sandbox people are pressing Start"
            lead="This page looks again by itself until all are here."
        >
            <Progress label="People who are here" done=here total=here + coming />
        </Card>
    }
}

#[component]
fn Audience(bot: BotView) -> impl IntoView {
    let Counts { active, paused, unsubscribed, blocked, deactivated } = bot.counts;
    view! {
        <Stats>
            <Stat label="Active" value=count(active) note="can be written to" />
            <Stat label="Paused" value=count(paused) note="asked for silence" />
            <Stat label="Unsubscribed" value=count(unsubscribed) note="wrote /stop" />
            <Stat label="Blocked" value=count(blocked) note="blocked the bot" />
            <Stat label="Deactivated" value=count(deactivated) note="left Telegram" />
        </Stats>
    }
}

#[component]
fn ConnectionCard(
    visit: Visit,
    bot: BotView,
    connection: Result<Connection, ClientError>,
) -> impl IntoView {
    let may_repair = bot.rights.allow(Right::Manage);
    let repair = may_repair.then(|| {
        view! {
            <PostButton action=paths::repair(&bot.slug) icon=Glyph::Repair>
                "Repair"
            </PostButton>
        }
    });
    let (badge, body) = match connection {
        Err(error) => (
            view! { <Badge tone=Tone::Warn label="Unknown" /> }.into_any(),
            view! {
                <Notice tone=Tone::Warn title="We could not look at it just now">
                    {error.to_string()}
                </Notice>
            }
            .into_any(),
        ),
        Ok(connection) => {
            let tone = if connection.trouble.is_some() { Tone::Warn } else { Tone::Ok };
            let label = if connection.trouble.is_some() { "Needs a look" } else { "All is well" };
            (
                view! { <Badge tone label /> }.into_any(),
                view! { <State visit connection /> }.into_any(),
            )
        }
    };
    view! {
        <Card title="Connection" aside=badge>
            {body}
            <div class="actions">{repair}</div>
        </Card>
    }
}

#[component]
fn State(visit: Visit, connection: Connection) -> impl IntoView {
    let way = match connection.delivery {
        Delivery::Webhook => "Telegram calls us (webhook)",
        Delivery::Polling => "We ask Telegram (long polling)",
    };
    let last = match connection.last_update_at {
        Some(at) => visit.time(at).into_any(),
        None => "None yet".into_any(),
    };
    let here = match connection.waiting_since {
        Some(since) => {
            let some = count(connection.waiting);
            let many = connection.waiting >= Connection::MOST;
            let some = if many { format!("{some} or more") } else { some };
            let since = visit.time(since);
            view! { {some} ", since " {since} }.into_any()
        }
        None => "None".into_any(),
    };
    let trouble =
        connection.trouble.map(|trouble| view! { <Notice tone=Tone::Warn>{trouble}</Notice> });
    view! {
        {trouble}
        <Facts>
            <Fact name="Updates arrive">{way}</Fact>
            <Fact name="Last update">{last}</Fact>
            <Fact name="Waiting at Telegram">
                {connection.pending.map_or_else(|| "Unknown".to_owned(), count)}
            </Fact>
            <Fact name="Waiting here">{here}</Fact>
            {connection.last_error.map(|error| view! { <Fact name="Last error">{error}</Fact> })}
        </Facts>
    }
}

#[component]
fn Share(bot: BotView) -> impl IntoView {
    let link = format!("https://t.me/{}", bot.username);
    view! {
        <Card
            title="Link to share"
            lead="Add a word after start= and you will see where people came from."
        >
            <Copy text=format!("{link}?start=instagram") label="Copy the link" />
            <p class="small muted">"The word: up to 64 letters, digits, _ and -."</p>
        </Card>
    }
}

#[component]
fn Sources(bot: BotView) -> impl IntoView {
    let most = bot.sources.first().map_or(1, |(_, people)| (*people).max(1));
    let rows = bot
        .sources
        .into_iter()
        .map(|(source, people)| {
            let href = paths::query(&paths::subscribers(&bot.slug), &[("source", &source)]);
            view! {
                <li>
                    <a href=href>
                        <code>{source}</code>
                    </a>
                    <span>{count(people)}</span>
                    <progress
                        max=most.to_string()
                        value=people.to_string()
                        aria-hidden="true"
                    ></progress>
                </li>
            }
        })
        .collect_view();
    view! {
        <Card title="Where they came from">
            <ul class="ranks" role="list">
                {rows}
            </ul>
        </Card>
    }
}
