//! `/bots/{slug}/broadcasts`.

use contract::{bots::BotFrame, broadcasts::Row as Broadcast, page::Page};
use domain::broadcast::Status;
use leptos::prelude::*;

use super::StatusBadge;
use crate::{
    bots::bot_page,
    format::{count, counted},
    frame::Section,
    page::Visit,
    paths, trail,
    ui::*,
};

const COLUMNS: [Column; 4] = [
    Column::text("Message"),
    Column::text("Status"),
    Column::number("Sent"),
    Column::text("Last change"),
];

/// The broadcasts of one bot.
#[component]
pub(crate) fn BroadcastsPage() -> impl IntoView {
    bot_page(Section::Broadcasts, |visit, bot| async move {
        let page = visit
            .backend
            .broadcasts
            .list(&visit.cx, bot.slug.as_str(), &visit.asked("after"))
            .await?;
        Ok(("Broadcasts".to_owned(), view! { <Broadcasts visit bot page /> }.into_any()))
    })
}

#[component]
fn Broadcasts(visit: Visit, bot: BotFrame, page: Page<Broadcast>) -> impl IntoView {
    let may_write = bot.may_edit();
    let new = paths::new_broadcast(&bot.slug);
    let content = if page.rows.is_empty() {
        view! { <Nothing bot may_write /> }.into_any()
    } else {
        view! { <List visit bot page /> }.into_any()
    };
    view! {
        <PageHeader title="Broadcasts" lead="One message to everyone who is active.">
            {may_write
                .then(|| {
                    view! {
                        <LinkButton href=new kind=Kind::Primary icon=Glyph::Plus key="+">
                            "New broadcast"
                        </LinkButton>
                    }
                })}
        </PageHeader>
        {content}
    }
}

#[component]
fn Nothing(bot: BotFrame, may_write: bool) -> impl IntoView {
    view! {
        <Empty
            glyph=Glyph::Send
            title="No broadcasts yet"
            sentence="Write one message and send it to everyone who pressed Start."
        >
            {may_write
                .then(|| {
                    view! {
                        <LinkButton href=paths::new_broadcast(
                            &bot.slug,
                        )>"Write the first one"</LinkButton>
                    }
                })}
            <LinkButton href=paths::subscribers(&bot.slug) kind=Kind::Quiet>
                "Who would get it"
            </LinkButton>
        </Empty>
    }
}

#[component]
fn List(visit: Visit, bot: BotFrame, page: Page<Broadcast>) -> impl IntoView {
    let links = trail::links(
        &paths::broadcasts(&bot.slug),
        &[],
        &visit.asked("after"),
        &visit.asked("trail"),
        page.next.as_deref(),
    );
    let summary =
        counted(page.rows.len() as u64, "broadcast on this page", "broadcasts on this page");
    let rows = page
        .rows
        .into_iter()
        .map(|row| {
            let excerpt =
                if row.excerpt.is_empty() { "Empty draft".to_owned() } else { row.excerpt };
            let sent = match (row.status, row.begins_at) {
                (Status::Scheduled, Some(at)) => view! { "at "{visit.time(at)} }.into_any(),
                (Status::Draft | Status::Scheduled, _) => "–".into_any(),
                _ => format!("{} of {}", count(row.tally.sent), count(row.total)).into_any(),
            };
            let (href, changed) = (paths::broadcast(&bot.slug, row.id), visit.time(row.updated_at));
            view! {
                <Row>
                    <Cell column=COLUMNS[0] lead=true>
                        <RowLink href>
                            <bdi>{excerpt}</bdi>
                        </RowLink>
                    </Cell>
                    <Cell column=COLUMNS[1]>
                        <StatusBadge status=row.status />
                    </Cell>
                    <Cell column=COLUMNS[2]>{sent}</Cell>
                    <Cell column=COLUMNS[3]>{changed}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table caption="Broadcasts" columns=&COLUMNS>
            {rows}
        </Table>
        <Pager summary first=links.first back=links.back next=links.next />
    }
}
