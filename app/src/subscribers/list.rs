//! `/bots/{slug}/subscribers`.

use contract::{
    bots::BotFrame,
    page::Page,
    subscribers::{Filter, Row as Person},
};
use domain::subscriber::Status;
use leptos::prelude::*;

use super::{PersonStatus, handle, name_or_number};
use crate::{
    bots::{NobodyYet, bot_page},
    format::{capital, counted},
    frame::Section,
    page::Visit,
    paths, trail,
    ui::*,
};

const COLUMNS: [Column; 5] = [
    Column::text("Person"),
    Column::text("Status"),
    Column::text("Source"),
    Column::text("Language"),
    Column::text("Since"),
];

/// The people of one bot.
#[component]
pub(crate) fn SubscribersPage() -> impl IntoView {
    bot_page(Section::Subscribers, |visit, bot| async move {
        let filter = Filter {
            q: visit.asked("q"),
            status: visit.asked("status"),
            source: visit.asked("source"),
            after: visit.asked("after"),
        };
        let people = visit.backend.subscribers.list(&visit.cx, bot.slug.as_str(), &filter).await?;
        Ok(("Subscribers".to_owned(), view! { <Subscribers visit bot filter people /> }.into_any()))
    })
}

#[component]
fn Subscribers(visit: Visit, bot: BotFrame, filter: Filter, people: Page<Person>) -> impl IntoView {
    let is_narrowed =
        [&filter.q, &filter.status, &filter.source].iter().any(|value| !value.is_empty());
    let here = paths::subscribers(&bot.slug);
    let statuses =
        Status::ALL.iter().map(|status| (status.as_str().to_owned(), capital(status.as_str())));
    let options = std::iter::once((String::new(), "Everyone".to_owned())).chain(statuses).collect();
    let all = here.clone();
    let content = match (people.rows.is_empty(), is_narrowed) {
        (true, false) => view! { <NobodyYet slug=bot.slug api=bot.api /> }.into_any(),
        (true, true) => view! {
            <Empty
                glyph=Glyph::Search
                title="Nobody matches"
                sentence="Search for the beginning of a name, a username or a Telegram number."
            >
                <LinkButton href=all>"Show everyone"</LinkButton>
            </Empty>
        }
        .into_any(),
        (false, _) => view! { <People visit bot filter=filter.clone() people /> }.into_any(),
    };
    view! {
        <PageHeader title="Subscribers" lead="Everyone who ever pressed Start, the newest first." />
        <Filters label="Narrow the subscribers" action=here active=is_narrowed>
            <Field
                label="Search"
                name="q"
                kind="search"
                icon=Glyph::Search
                value=filter.q
                maxlength=80
            />
            <Select label="Status" name="status" options value=filter.status />
            <Field label="Source" name="source" value=filter.source maxlength=64 />
        </Filters>
        {content}
    }
}

#[component]
fn People(visit: Visit, bot: BotFrame, filter: Filter, people: Page<Person>) -> impl IntoView {
    let narrowed = [
        ("q", filter.q.as_str()),
        ("status", filter.status.as_str()),
        ("source", filter.source.as_str()),
    ];
    let links = trail::links(
        &paths::subscribers(&bot.slug),
        &narrowed,
        &filter.after,
        &visit.asked("trail"),
        people.next.as_deref(),
    );
    let summary = counted(people.rows.len() as u64, "person on this page", "people on this page");
    let rows = people
        .rows
        .into_iter()
        .map(|person| {
            let (href, since) = (paths::person(&bot.slug, person.chat), visit.time(person.since));
            let name = name_or_number(&person.name, person.chat);
            let detail = handle(person.username.as_deref(), person.chat);
            let source = person
                .source
                .map_or_else(dash, |source| view! { <code>{source}</code> }.into_any());
            let language = person.language.map_or_else(dash, IntoAny::into_any);
            view! {
                <Row>
                    <Cell column=COLUMNS[0] lead=true>
                        <RowLink href>
                            <Who name detail />
                        </RowLink>
                    </Cell>
                    <Cell column=COLUMNS[1]>
                        <PersonStatus status=person.status />
                    </Cell>
                    <Cell column=COLUMNS[2]>{source}</Cell>
                    <Cell column=COLUMNS[3]>{language}</Cell>
                    <Cell column=COLUMNS[4]>{since}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table caption="Subscribers" columns=&COLUMNS>
            {rows}
        </Table>
        <Pager summary first=links.first back=links.back next=links.next />
    }
}

/// What stands where nothing is known.
fn dash() -> AnyView {
    view! {
        <span class="muted" aria-label="none">
            "–"
        </span>
    }
    .into_any()
}
