//! `/bots/{slug}/subscribers/{chat}`.

use contract::{
    ClientError,
    bots::BotFrame,
    subscribers::{Person, PersonDelivery},
};
use leptos::prelude::*;

use super::{PersonStatus, handle, name_or_number};
use crate::{
    bots::bot_page, broadcasts::OutcomeBadge, format::capital, frame::Section, page::Visit, paths,
    ui::*,
};

const COLUMNS: [Column; 4] =
    [Column::text("Broadcast"), Column::text("Outcome"), Column::text("Why"), Column::text("When")];

/// One person.
#[component]
pub(crate) fn PersonPage() -> impl IntoView {
    bot_page(Section::Subscribers, |visit, bot| async move {
        let chat = visit.param("chat").parse().map_err(|_| ClientError::NotFound)?;
        let person = visit.backend.subscribers.person(&visit.cx, bot.slug.as_str(), chat).await?;
        let name = name_or_number(&person.row.name, person.row.chat);
        Ok((name, view! { <Subscriber visit bot person /> }.into_any()))
    })
}

#[component]
fn Subscriber(visit: Visit, bot: BotFrame, person: Person) -> impl IntoView {
    let Person { row, last_active_at, status_since, deliveries } = person;
    let crumbs = vec![(paths::subscribers(&bot.slug), "Subscribers".to_owned())];
    let history = if deliveries.is_empty() {
        view! { <p class="muted">"Nothing was sent to this person yet."</p> }.into_any()
    } else {
        view! { <History visit=visit.clone() bot deliveries /> }.into_any()
    };
    let (since, active, changed) =
        (visit.time(row.since), visit.time(last_active_at), visit.time(status_since));
    view! {
        <PageHeader
            title=name_or_number(&row.name, row.chat)
            lead=handle(row.username.as_deref(), row.chat)
            mark=view! { <PersonStatus status=row.status /> }.into_any()
            crumbs
        />
        <Card>
            <Facts>
                <Fact name="Telegram number">
                    <code>{row.chat}</code>
                </Fact>
                <Fact name="Source">{row.source.unwrap_or_else(|| "Not known".to_owned())}</Fact>
                <Fact name="Language">
                    {row.language.unwrap_or_else(|| "Not known".to_owned())}
                </Fact>
                <Fact name="First pressed Start">{since}</Fact>
                <Fact name="Last active">{active}</Fact>
                <Fact name=format!("{} since", capital(row.status.as_str()))>{changed}</Fact>
            </Facts>
        </Card>
        <h2>"What was sent"</h2>
        {history}
    }
}

#[component]
fn History(visit: Visit, bot: BotFrame, deliveries: Vec<PersonDelivery>) -> impl IntoView {
    let rows = deliveries
        .into_iter()
        .map(|delivery| {
            let (href, at) =
                (paths::broadcast(&bot.slug, delivery.broadcast), visit.time(delivery.at));
            view! {
                <Row>
                    <Cell column=COLUMNS[0] lead=true>
                        <RowLink href>{delivery.excerpt}</RowLink>
                    </Cell>
                    <Cell column=COLUMNS[1]>
                        <OutcomeBadge outcome=delivery.outcome />
                    </Cell>
                    <Cell column=COLUMNS[2]>
                        <span>{delivery.reason.unwrap_or_else(|| "–".to_owned())}</span>
                    </Cell>
                    <Cell column=COLUMNS[3]>{at}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table caption="What was sent to this person" columns=&COLUMNS>
            {rows}
        </Table>
    }
}
