//! One line of the log: a sentence, and behind it the details.
//!
//! What people and clients called themselves is shown with everything written out that could hide in it.

use contract::audit::{Detail, Entry};
use domain::label::visible;
use leptos::prelude::*;

use crate::{page::Visit, paths, ui::*};

pub(super) const COLUMNS: [Column; 4] = [
    Column::text("What happened"),
    Column::text("Bot"),
    Column::text("From"),
    Column::text("When"),
];

#[component]
pub(super) fn Line(visit: Visit, entry: Entry) -> impl IntoView {
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
    let only = |name: &str, value: &str| paths::query(paths::AUDIT, &[(name, value)]);
    let person = entry.actor_id.map(|id| {
        let href = only("person", &id.to_string());
        view! {
            <Fact name="Who">
                <a href=href>"Everything by them"</a>
            </Fact>
        }
    });
    let resource = entry.resource.map(|id| {
        let href = only("resource", &id);
        view! {
            <Fact name="About">
                <a href=href>"Everything about it"</a>
            </Fact>
        }
    });
    let kind = only("kind", &entry.kind);
    let facts = entry.facts.into_iter().map(|detail| view! { <Changed detail /> }).collect_view();
    let agent = entry.user_agent.filter(|agent| !agent.is_empty());
    let agent = agent.map(|agent| view! { <Fact name="With">{visible(&agent)}</Fact> });
    let request = entry.request_id.map(|id| {
        view! {
            <Fact name="Request">
                <code>{visible(&id)}</code>
            </Fact>
        }
    });
    let place = entry.seq.map(|seq| view! { <Fact name="Line">{seq}</Fact> });
    let from = match (entry.ip.as_deref(), entry.is_erased) {
        (Some(ip), _) => visible(ip),
        (None, true) => "gone with the account".to_owned(),
        (None, false) => "–".to_owned(),
    };
    view! {
        <Row>
            <Cell column=COLUMNS[0] lead=true>
                <details class="line">
                    <summary>
                        <bdi>{visible(&entry.actor)}</bdi>
                        " "
                        <span>{visible(&entry.sentence)}</span>
                    </summary>
                    <Facts>
                        <Fact name="Kind">
                            <a href=kind>
                                <code>{entry.kind}</code>
                            </a>
                        </Fact>
                        {facts}
                        {person}
                        {resource}
                        {agent}
                        {request}
                        {place}
                    </Facts>
                </details>
            </Cell>
            <Cell column=COLUMNS[1]>{bot}</Cell>
            <Cell column=COLUMNS[2]>
                <span class="wrap-anywhere">{from}</span>
            </Cell>
            <Cell column=COLUMNS[3]>{at}</Cell>
        </Row>
    }
}

/// A detail; before → after where there is a before.
#[component]
fn Changed(detail: Detail) -> impl IntoView {
    let before = detail.before.map(|before| {
        view! {
            <del>{visible(&before)}</del>
            " → "
        }
    });
    view! {
        <Fact name=crate::format::capital(&visible(&detail.name))>
            {before} <span class="wrap-anywhere">{visible(&detail.value)}</span>
        </Fact>
    }
}
