//! `/w/audit`: who did what, when, from where.

use contract::{
    audit::{Entry, Filter},
    page::Page,
};
use leptos::prelude::*;

use crate::{
    format::counted,
    frame::{Frame, Place},
    page::{Visit, page},
    paths, trail,
    ui::*,
};

const COLUMNS: [Column; 4] = [
    Column::text("What happened"),
    Column::text("Bot"),
    Column::text("From"),
    Column::text("When"),
];

/// The audit log of the workspace.
#[component]
pub(crate) fn AuditPage() -> impl IntoView {
    page(|visit| async move {
        visit.viewer()?;
        let filter = Filter { bot: visit.asked("bot"), after: visit.asked("after") };
        let entries = visit.backend.audit.list(&visit.cx, &filter).await?;
        let bots = visit.backend.bots.list(&visit.cx).await?;
        let names = bots.into_iter().map(|bot| (bot.slug.to_string(), bot.name));
        let options = std::iter::once((String::new(), "The whole workspace".to_owned()))
            .chain(names)
            .collect();
        let (chosen, inside) = (filter.bot.clone(), visit.clone());
        Ok(view! {
            <Frame visit title="Audit log" place=Place::Audit>
                <PageHeader
                    title="Audit log"
                    lead="Everything that was done in this workspace, the newest first. Lines can be added, never changed."
                />
                <Filters label="Narrow the audit log" action=paths::AUDIT active=!chosen.is_empty()>
                    <Select label="Bot" name="bot" options value=chosen />
                </Filters>
                <Log visit=inside filter entries />
            </Frame>
        }
        .into_any())
    })
}

#[component]
fn Log(visit: Visit, filter: Filter, entries: Page<Entry>) -> impl IntoView {
    if entries.rows.is_empty() {
        return view! {
            <Empty
                glyph=Glyph::Log
                title="Nothing here yet"
                sentence="Every change to the workspace and its bots will stand here, with who, when and from where."
            >
                <LinkButton href=paths::HOME>"Go to the overview"</LinkButton>
            </Empty>
        }
        .into_any();
    }
    let links = trail::links(
        paths::AUDIT,
        &[("bot", filter.bot.as_str())],
        &filter.after,
        &visit.asked("trail"),
        entries.next.as_deref(),
    );
    let summary = counted(entries.rows.len() as u64, "line on this page", "lines on this page");
    let rows = entries
        .rows
        .into_iter()
        .map(|entry| view! { <Line visit=visit.clone() entry /> })
        .collect_view();
    view! {
        <Table caption="Audit log" columns=&COLUMNS>
            {rows}
        </Table>
        <Pager summary first=links.first back=links.back next=links.next />
    }
    .into_any()
}

#[component]
fn Line(visit: Visit, entry: Entry) -> impl IntoView {
    let bot = match entry.bot {
        Some(slug) => {
            let href = format!("{}/{slug}", paths::BOTS);
            view! { <a href=href>"@"{slug}</a> }.into_any()
        }
        None => view! {
            <span class="muted" aria-label="none">
                "–"
            </span>
        }
        .into_any(),
    };
    let at = visit.time(entry.at);
    view! {
        <Row>
            <Cell column=COLUMNS[0] lead=true>
                <details class="line">
                    <summary>
                        <bdi>{entry.actor}</bdi>
                        " "
                        <span>{entry.sentence}</span>
                    </summary>
                    <Facts>
                        <Fact name="Kind">
                            <code>{entry.kind}</code>
                        </Fact>
                        {entry.user_agent.map(|agent| view! { <Fact name="With">{agent}</Fact> })}
                        <Fact name="Details">
                            <pre>{entry.details}</pre>
                        </Fact>
                    </Facts>
                </details>
            </Cell>
            <Cell column=COLUMNS[1]>{bot}</Cell>
            <Cell column=COLUMNS[2]>
                <span class="wrap-anywhere">{entry.ip.unwrap_or_else(|| "–".to_owned())}</span>
            </Cell>
            <Cell column=COLUMNS[3]>{at}</Cell>
        </Row>
    }
}
