//! `/bots/{slug}/broadcasts/{id}`: a draft is written here, a broadcast followed.

use contract::{
    ClientError,
    bots::BotFrame,
    broadcasts::{Again, Delivery, DeliveryFilter, View},
    page::Page,
};
use domain::{
    breaker::Trip,
    broadcast::{Audience, NOBODY_SENT_IT, Outcome, Status},
    markup,
    rights::Right,
    text::excerpt,
};
use leptos::prelude::*;

use super::{
    Live, OutcomeBadge, StatusBadge,
    compose::compose,
    draft::DraftView,
    faster::so_far,
    marks::{self, arrival},
    recipients::counted_as,
    scheduled::ScheduledView,
};
use crate::{
    bots::bot_page,
    format::{capital, count, counted},
    frame::Section,
    page::{Visit, refresh_in},
    paths, trail,
    ui::*,
};

const COLUMNS: [Column; 5] = [
    Column::text("Recipient"),
    Column::text("Outcome"),
    Column::text("Why"),
    Column::text("When"),
    Column::text("Send again"),
];

/// Without the last: where nobody chooses.
const PLAIN: &[Column] = COLUMNS.split_at(4).0;

/// Seconds between two looks where there are no scripts.
const REFRESH_SECS: u32 = 4;

/// One broadcast.
#[component]
pub(crate) fn BroadcastPage() -> impl IntoView {
    bot_page(Section::Broadcasts, |visit, bot| async move {
        let id = visit.param("id").parse().map_err(|_| ClientError::NotFound)?;
        let (api, cx, slug) = (&visit.backend.broadcasts, &visit.cx, bot.slug.as_str());
        let broadcast = api.view(cx, slug, id).await?;
        // What somebody typed while the bot became read-only is not lost.
        let came_back = visit.form.values.contains_key("text");
        let may_edit = bot.may_edit() || came_back && bot.rights.allow(Right::Edit);
        let scheduled = match broadcast.status {
            Status::Scheduled => broadcast.plan.clone(),
            _ => None,
        };
        // What goes out by itself is written on only by whoever means to.
        let asks = came_back || visit.asked("edit") == "text";
        let writes = scheduled.is_none() || asks && bot.rights.allow(Right::Send);
        if broadcast.status.is_editable() && may_edit && writes {
            let title = if scheduled.is_some() { "Scheduled" } else { "Draft" };
            return Ok((title.to_owned(), compose(visit, bot, Some(broadcast)).await?));
        }
        if let Some(plan) = scheduled {
            let standing = visit.backend.approvals.standing(cx, slug, id).await?;
            let content = view! { <ScheduledView visit bot broadcast plan standing /> };
            return Ok(("Scheduled".to_owned(), content.into_any()));
        }
        if broadcast.status.is_editable() {
            let content = view! { <DraftView visit bot draft=broadcast /> };
            return Ok(("Draft".to_owned(), content.into_any()));
        }
        let filter =
            DeliveryFilter { outcome: visit.asked("outcome"), after: visit.asked("after") };
        let deliveries = api.deliveries(cx, slug, id, &filter).await?;
        let title = excerpt(&markup::parse(&broadcast.text).text, 60);
        let content = view! { <Broadcast visit=visit.clone() bot broadcast title=title.clone() filter deliveries /> };
        Ok((title, content.into_any()))
    })
}

#[component]
fn Broadcast(
    visit: Visit,
    bot: BotFrame,
    broadcast: View,
    title: String,
    filter: DeliveryFilter,
    deliveries: Page<Delivery>,
) -> impl IntoView {
    let status = broadcast.status;
    let message = markup::parse(&broadcast.text);
    let controls = bot
        .rights
        .allow(Right::Send)
        .then(|| view! { <Controls bot=bot.clone() broadcast=broadcast.clone() /> });
    view! {
        <PageHeader
            title
            mark=view! { <StatusBadge status /> }.into_any()
            crumbs=vec![(paths::broadcasts(&bot.slug), "Broadcasts".to_owned())]
        >
            {controls}
        </PageHeader>
        <ErrorSummary errors=visit.form.errors.clone() />
        <div class="grid" data-columns="side">
            <div class="stack">
                <How visit=visit.clone() bot=bot.clone() broadcast=broadcast.clone() />
                <Deliveries visit bot broadcast filter deliveries />
            </div>
            <div class="stack" data-tight="">
                <h2 class="eyebrow">"The message"</h2>
                <TelegramPreview message />
            </div>
        </div>
    }
}

/// Pause, resume, cancel: what the state allows.
#[component]
fn Controls(bot: BotFrame, broadcast: View) -> impl IntoView {
    let action = |name| paths::broadcast_action(&bot.slug, broadcast.id, name);
    let (pause, resume, end) = (action("pause"), action("resume"), action("cancel"));
    // Its time came, and something was in the way: nobody has got it.
    let is_unbegun = broadcast.status == Status::Paused && broadcast.started_at.is_none();
    let back = is_unbegun.then(|| {
        view! {
            <PostButton action=action("unschedule") icon=Glyph::Edit>
                "Back to draft"
            </PostButton>
        }
    });
    let hold = match broadcast.status {
        Status::Sending => view! {
            <PostButton action=pause icon=Glyph::Pause>
                "Pause"
            </PostButton>
        }
        .into_any(),
        // It goes on by itself: what can be done is to have it wait for a person again.
        Status::Paused if broadcast.progress.in_line => view! {
            <PostButton action=pause icon=Glyph::Pause>
                "Leave the line"
            </PostButton>
        }
        .into_any(),
        // It says why on every page of the bot.
        Status::Paused if bot.read_only => ().into_any(),
        Status::Paused => view! {
            <PostButton action=resume icon=Glyph::Play kind=Kind::Primary>
                {match (is_unbegun, broadcast.tripped.is_some()) {
                    (true, _) => "Send now",
                    (false, true) => "Go on",
                    (false, false) => "Resume",
                }}
            </PostButton>
        }
        .into_any(),
        _ => ().into_any(),
    };
    let left = broadcast.progress.total.saturating_sub(broadcast.progress.tally.total());
    let cancel = (!broadcast.status.is_over()).then(|| {
        view! {
            <OpenButton target="cancel" icon=Glyph::Stop kind=Kind::Quiet>
                "Cancel"
            </OpenButton>
            <Dialog id="cancel" title="Cancel this broadcast?">
                <p>
                    {format!("{} will not be written to. ", counted_as(broadcast.to.audience, left))}
                    "Who has it keeps it. This cannot be undone; to stop for a while, pause."
                </p>
                <div class="actions">
                    <CloseButton target="cancel">"Go on sending"</CloseButton>
                    <PostButton action=end kind=Kind::Danger>
                        "Cancel it for good"
                    </PostButton>
                </div>
            </Dialog>
        }
    });
    view! {
        {hold}
        {back}
        {cancel}
    }
}

#[component]
fn How(visit: Visit, bot: BotFrame, broadcast: View) -> impl IntoView {
    let progress = broadcast.progress.clone();
    let parts = marks::parts(&progress);
    let stopped = broadcast.status == Status::Paused && !progress.in_line;
    let why = progress.waiting.clone().filter(|_| stopped);
    let detail = match why {
        Some(_) => broadcast.status.as_str().to_owned(),
        None => marks::pace(&progress),
    };
    let has_begun = broadcast.started_at.is_some();
    let halted = why.map(|why| {
        let (title, what) = if has_begun {
            (format!("It stopped because {why}"), what_now(&why, broadcast.tripped))
        } else {
            let what = "Nobody has got it yet. Send it now, or take it back to a draft.";
            (format!("It did not begin because {why}"), what)
        };
        view! { <Notice tone=Tone::Warn title>{what}</Notice> }
    });
    let nobody = (broadcast.status == Status::Done && progress.total == 0).then(|| {
        let nobody = match broadcast.to.audience {
            Audience::Subscribers => {
                "Nobody was subscribed when its time came, so it went to nobody."
            }
            _ => "There was nobody to get it when its time came, so it went to nobody.",
        };
        view! { <Notice>{nobody}</Notice> }
    });
    let figures = match broadcast.status {
        Status::Sending => {
            // Without scripts the page looks again by itself; the island stops that and listens
            // instead.
            refresh_in(REFRESH_SECS);
            view! { <Live events=paths::events(&bot.slug, broadcast.id) progress /> }.into_any()
        }
        Status::Done | Status::Cancelled => {
            view! { <Parts label="What became of it" parts /> }.into_any()
        }
        Status::Paused | Status::Draft | Status::Scheduled => view! {
            <Progress
                label="How far it is"
                done=progress.tally.total()
                total=progress.total
                state="paused"
                detail=detail
            />
            <Legend parts />
        }
        .into_any(),
    };
    let lost = broadcast.progress.tally.unknown;
    let may_choose = broadcast.repeatable > 0 && may_send(&bot);
    let unknown = (lost > 0).then(|| {
        let choose = may_choose.then(|| {
            view! {
                " "
                <a href=paths::unknown(&bot.slug, broadcast.id)>"See who, and send it again"</a>
            }
        });
        view! {
            <Notice
                tone=Tone::Warn
                title=format!("{} unknown", counted(lost, "outcome is", "outcomes are"))
            >
                "The request went out and no answer came back, so nobody can tell whether it arrived. We never send twice by ourselves."
                {choose}
            </Notice>
        }
    });
    let planned = broadcast.plan.map(|plan| visit.clock().by(plan.at, &plan.zone));
    let (started, ended) = (
        broadcast.started_at.map(|at| visit.time(at)),
        broadcast.finished_at.map(|at| visit.time(at)),
    );
    view! {
        <Card title="Results">
            {figures} {halted} {nobody} {unknown} <Facts>
                {broadcast
                    .to
                    .audience
                    .has_chats()
                    .then(|| {
                        view! {
                            <Fact name="Goes to">
                                {counted_as(broadcast.to.audience, broadcast.progress.total)}
                            </Fact>
                        }
                    })}
                <Fact name="Written by">
                    <bdi>{broadcast.author}</bdi>
                </Fact>
                {arrival(broadcast.manner).map(|how| view! { <Fact name="Arrives">{how}</Fact> })}
                {broadcast.paid.map(|paid| view! { <Fact name="Paid">{so_far(&paid)}</Fact> })}
                {planned.map(|at| view! { <Fact name="Was to begin">{at}</Fact> })}
                {started.map(|at| view! { <Fact name="Started">{at}</Fact> })}
                {ended.map(|at| view! { <Fact name="Ended">{at}</Fact> })}
            </Facts>
        </Card>
    }
}

/// Whether the viewer may send anything of the bot now.
fn may_send(bot: &BotFrame) -> bool {
    bot.rights.allow(Right::Send) && !bot.read_only
}

/// What can be done about a broadcast that stopped by itself.
fn what_now(why: &str, tripped: Option<Trip>) -> &'static str {
    match tripped {
        Some(Trip::Gone) => {
            "Everybody else still gets it if you go on. If you expected this (an old list, say), go on: it does not \
             stop for this again. If not, cancel, and look at where these people came from."
        }
        Some(Trip::Failing) => {
            "The results below say what Telegram objects to. If it is the message, cancel, and write a corrected one. \
             If it is not, go on: it does not stop for this again."
        }
        Some(Trip::Unanswered) => {
            "Whoever got no answer may have got the message all the same, so nobody is written to again by itself. Go on              once Telegram answers; it stops again while it does not."
        }
        None if why == NOBODY_SENT_IT => {
            "Nobody is lost: resumed, it goes on where it stopped. If it stops like this again, tell whoever looks \
             after this Gannet that nothing sends for this bot."
        }
        None => "Nobody is lost: resumed, it goes on where it stopped.",
    }
}

#[component]
fn Deliveries(
    visit: Visit,
    bot: BotFrame,
    broadcast: View,
    filter: DeliveryFilter,
    deliveries: Page<Delivery>,
) -> impl IntoView {
    let here = paths::broadcast(&bot.slug, broadcast.id);
    let links = trail::links(
        &here,
        &[("outcome", filter.outcome.as_str())],
        &filter.after,
        &visit.asked("trail"),
        deliveries.next.as_deref(),
    );
    let outcomes =
        Outcome::ALL.iter().map(|outcome| (outcome.as_str().to_owned(), capital(outcome.as_str())));
    let options =
        std::iter::once((String::new(), "All outcomes".to_owned())).chain(outcomes).collect();
    let summary = counted(deliveries.rows.len() as u64, "line on this page", "lines on this page");
    let chooses = filter.outcome == Outcome::Unknown.as_str()
        && may_send(&bot)
        && deliveries.rows.iter().any(|delivery| delivery.repeatable);
    let is_empty = deliveries.rows.is_empty();
    let rows = deliveries
        .rows
        .into_iter()
        .map(|delivery| view! { <Line visit=visit.clone() bot=bot.clone() delivery chooses /> })
        .collect::<Vec<_>>();
    let table = view! {
        <Table caption="Who got it" columns=if chooses { &COLUMNS } else { PLAIN }>
            {rows}
        </Table>
    };
    let list = if is_empty {
        view! { <p class="muted">"Nobody is in this list yet. Reload the page to look again."</p> }
            .into_any()
    } else {
        let pager = view! { <Pager summary first=links.first back=links.back next=links.next /> };
        match chooses {
            true => view! {
                <Choose bot broadcast>{table}</Choose>
                {pager}
            }
            .into_any(),
            false => view! {
                {table}
                {pager}
            }
            .into_any(),
        }
    };
    view! {
        <Filters label="Narrow the results" action=here active=!filter.outcome.is_empty()>
            <Select label="Who got it, and who not" name="outcome" options value=filter.outcome />
        </Filters>
        {list}
    }
}

/// One attempt to reach one person.
#[component]
fn Line(visit: Visit, bot: BotFrame, delivery: Delivery, chooses: bool) -> impl IntoView {
    let is_person = delivery.chat > 0;
    let name = match delivery.name.as_str() {
        "" if is_person => format!("Person {}", delivery.chat),
        "" => format!("Chat {}", delivery.chat),
        name => name.to_owned(),
    };
    let href = match is_person {
        true => paths::person(&bot.slug, delivery.chat),
        false => paths::chats(&bot.slug),
    };
    let at = visit.time(delivery.at);
    let attempt = (delivery.attempt > 1).then(|| format!("attempt {}", delivery.attempt));
    let tick = chooses.then(|| {
        let tick = delivery.repeatable.then(|| {
            let (id, name) = (
                format!("again-{}-{}", delivery.chat, delivery.attempt),
                name.clone(),
            );
            view! {
                <label class="tick" for=id.clone()>
                    <input id=id.clone() type="checkbox" name=format!("{}{}", Again::TO, delivery.chat) />
                    <span class="vh">{format!("Send again to {name}")}</span>
                </label>
            }
        });
        // Of who is being sent it already there is a later line, or will be.
        let tick = match tick {
            Some(tick) => tick.into_any(),
            None => view! { <span>"–"</span> }.into_any(),
        };
        view! { <Cell column=COLUMNS[4]>{tick}</Cell> }
    });
    view! {
        <Row>
            <Cell column=COLUMNS[0] lead=true>
                <RowLink href>
                    <bdi>{name}</bdi>
                </RowLink>
            </Cell>
            <Cell column=COLUMNS[1]>
                <span class="cluster">
                    <OutcomeBadge outcome=delivery.outcome />
                    {attempt.map(|attempt| view! { <small>{attempt}</small> })}
                </span>
            </Cell>
            <Cell column=COLUMNS[2]>
                <span>{delivery.reason.unwrap_or_else(|| "–".to_owned())}</span>
            </Cell>
            <Cell column=COLUMNS[3]>{at}</Cell>
            {tick}
        </Row>
    }
}

/// The form around a list in which people are ticked. It leads to a question, and sends nothing.
#[component]
fn Choose(bot: BotFrame, broadcast: View, children: Children) -> impl IntoView {
    let again = paths::again(&bot.slug, broadcast.id);
    let all = paths::query(&again, &[("all", "on")]);
    let everybody = match broadcast.repeatable {
        1 => "Send again to the one".to_owned(),
        many => format!("Send again to all {}", count(many)),
    };
    view! {
        <form class="stack" method="get" action=again>
            {children()}
            <div class="actions">
                <Button>"Send again to those ticked"</Button>
                <LinkButton href=all>{everybody}</LinkButton>
            </div>
        </form>
    }
}
