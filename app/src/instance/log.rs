//! `/instance/log`: what happened to accounts, for the admins of the instance.

use contract::instance::{LogFilter, LogLine};
use domain::{audit::AccountEvent, label::visible};
use leptos::prelude::*;

use crate::{
    format::{capital, counted},
    frame::{Frame, Place},
    page::{Visit, page},
    paths, trail,
    ui::*,
};

const COLUMNS: [Column; 4] = [
    Column::text("What happened"),
    Column::text("Account"),
    Column::text("From"),
    Column::text("When"),
];

/// The log of the instance.
#[component]
pub(crate) fn LogPage() -> impl IntoView {
    page(|visit| async move {
        visit.viewer()?;
        let filter = LogFilter {
            email: visit.asked("email"),
            kind: visit.asked("kind"),
            after: visit.asked("after"),
        };
        let lines = visit.backend.instance.log(&visit.cx, &filter).await?;
        let links = trail::links(
            paths::INSTANCE_LOG,
            &filter.pairs(),
            &filter.after,
            &visit.asked("trail"),
            lines.next.as_deref(),
        );
        let is_empty = lines.rows.is_empty();
        let summary = counted(lines.rows.len() as u64, "line on this page", "lines on this page");
        let inside = visit.clone();
        let rows = lines
            .rows
            .into_iter()
            .map(|line| view! { <Line visit=inside.clone() line /> })
            .collect_view();
        let list = if is_empty {
            view! {
                <Empty
                    glyph=Glyph::Search
                    title="No line matches"
                    sentence="Take a filter away, or look at an earlier page."
                >
                    <LinkButton href=paths::INSTANCE_LOG>"Show the whole log"</LinkButton>
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Table caption="What happened to accounts" columns=&COLUMNS>
                    {rows}
                </Table>
                <Pager summary first=links.first back=links.back next=links.next />
            }
            .into_any()
        };
        Ok(view! {
            <Frame visit title="Log of the instance" place=Place::Instance>
                <PageHeader
                    title="Log of the instance"
                    lead="Sign-ups, sign-ins, refusals and changes of accounts. What is done in a workspace stands in its own audit log, for its owners."
                    crumbs=vec![(paths::INSTANCE.to_owned(), "Instance".to_owned())]
                />
                <Narrow filter />
                {list}
            </Frame>
        }
        .into_any())
    })
}

#[component]
fn Narrow(filter: LogFilter) -> impl IntoView {
    let active = filter.pairs().iter().any(|(_, value)| !value.is_empty());
    let mut kinds: Vec<(String, String)> = AccountEvent::kinds()
        .iter()
        .map(|kind| {
            let words = kind.trim_start_matches("account.").replace('_', " ");
            ((*kind).to_owned(), capital(&words))
        })
        .collect();
    kinds.sort_by(|one, other| one.1.cmp(&other.1));
    kinds.insert(0, (String::new(), "Everything".to_owned()));
    view! {
        <Filters label="Narrow the log" action=paths::INSTANCE_LOG active>
            <Field label="Address of the account" name="email" kind="email" value=filter.email maxlength=254 />
            <Select label="What happened" name="kind" options=kinds value=filter.kind />
        </Filters>
    }
}

#[component]
fn Line(visit: Visit, line: LogLine) -> impl IntoView {
    let at = visit.time(line.at);
    let only = |name: &str, value: &str| paths::query(paths::INSTANCE_LOG, &[(name, value)]);
    let kind = only("kind", &line.kind);
    let account = match line.email {
        Some(email) => {
            let href = only("email", &email);
            view! {
                <a class="wrap-anywhere" href=href>
                    {visible(&email)}
                </a>
            }
            .into_any()
        }
        None => {
            let words = if line.is_gone { "gone" } else { "none" };
            view! { <span class="muted">{words}</span> }.into_any()
        }
    };
    let dash = |text: String| if text.is_empty() { "–".to_owned() } else { visible(&text) };
    let name = line.name.map(|name| view! { <Fact name="Name">{visible(&name)}</Fact> });
    view! {
        <Row>
            <Cell column=COLUMNS[0] lead=true>
                <details class="line">
                    <summary>
                        <span>{line.sentence}</span>
                    </summary>
                    <Facts>
                        <Fact name="Kind">
                            <a href=kind>
                                <code>{visible(&line.kind)}</code>
                            </a>
                        </Fact>
                        {name}
                        <Fact name="With">{dash(line.user_agent)}</Fact>
                    </Facts>
                </details>
            </Cell>
            <Cell column=COLUMNS[1]>{account}</Cell>
            <Cell column=COLUMNS[2]>
                <span class="wrap-anywhere">{dash(line.ip)}</span>
            </Cell>
            <Cell column=COLUMNS[3]>{at}</Cell>
        </Row>
    }
}
