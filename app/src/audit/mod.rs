//! `/w/audit`: who did what, when, from where.

mod line;

use contract::{
    ClientError, FieldError,
    audit::{Choices, Entry, Filter},
    page::Page,
};
use domain::label::visible;
use leptos::prelude::*;

use crate::{
    format::{capital, counted},
    frame::{Frame, Place},
    page::{Visit, page, set_status},
    paths, trail,
    ui::*,
};
use line::{COLUMNS, Line};

/// The audit log of the workspace.
#[component]
pub(crate) fn AuditPage() -> impl IntoView {
    page(|visit| async move {
        visit.viewer()?;
        let filter = Filter {
            person: visit.asked("person"),
            bot: visit.asked("bot"),
            kind: visit.asked("kind"),
            resource: visit.asked("resource"),
            from: visit.asked("from"),
            to: visit.asked("to"),
            after: visit.asked("after"),
        };
        // What is no day is said at its field, and nothing is listed.
        let (entries, errors) = match visit.backend.audit.list(&visit.cx, &filter).await {
            Ok(entries) => (entries, Vec::new()),
            Err(ClientError::Invalid { fields }) => {
                set_status(422);
                (Page { rows: Vec::new(), next: None }, fields)
            }
            Err(error) => return Err(error),
        };
        let choices = visit.backend.audit.choices(&visit.cx).await?;
        let bots = visit.backend.bots.list(&visit.cx).await?;
        let bots = bots.into_iter().map(|bot| (bot.slug.to_string(), bot.name)).collect();
        let has_lines = !entries.rows.is_empty();
        let (inside, narrowed, wrong) = (visit.clone(), filter.clone(), errors.clone());
        let exports = has_lines.then(|| view! { <Exports filter=filter.clone() /> });
        Ok(view! {
            <Frame visit title="Audit log" place=Place::Audit>
                <PageHeader
                    title="Audit log"
                    lead="Everything that was done in this workspace, the newest first. Lines can be added, never changed; they are kept for two years."
                >
                    {exports}
                </PageHeader>
                <ErrorSummary errors=wrong />
                <Narrow filter=narrowed choices bots rows=entries.rows.clone() errors />
                <Log visit=inside filter entries />
            </Frame>
        }
        .into_any())
    })
}

/// Everything that the filters let through, as files.
#[component]
fn Exports(filter: Filter) -> impl IntoView {
    let address = |format: &'static str| {
        let pairs: Vec<_> = [("format", format)].into_iter().chain(filter.pairs()).collect();
        paths::query(paths::AUDIT_EXPORT, &pairs)
    };
    view! {
        <LinkButton href=address("csv")>"Export as CSV"</LinkButton>
        <LinkButton href=address("jsonl")>"Export as JSON lines"</LinkButton>
    }
}

#[component]
fn Narrow(
    filter: Filter,
    choices: Choices,
    bots: Vec<(String, String)>,
    rows: Vec<Entry>,
    errors: Vec<FieldError>,
) -> impl IntoView {
    let active = filter.pairs().iter().any(|(_, value)| !value.is_empty());
    let error = |name: &str| {
        errors.iter().find(|error| error.field == name).map(|error| error.message.clone())
    };
    let (from_error, to_error) = (error("from"), error("to"));
    let any = |text: &str| std::iter::once((String::new(), text.to_owned()));
    let mut people: Vec<(String, String)> = any("Everybody")
        .chain(choices.people.into_iter().map(|(id, name)| (id.to_string(), visible(&name))))
        .collect();
    if people.iter().all(|(id, _)| *id != filter.person) {
        // Somebody who has left, or whom the viewer meets in the log alone.
        let known =
            rows.iter().find(|row| row.actor_id.is_some_and(|id| id.to_string() == filter.person));
        let name = known.map_or_else(|| "Somebody else".to_owned(), |row| visible(&row.actor));
        people.push((filter.person.clone(), name));
    }
    let bots = any("The whole workspace").chain(bots).collect();
    let kinds = any("Everything").chain(choices.kinds.into_iter().map(|kind| {
        let words = capital(&kind.replace(['.', '_'], " "));
        (kind, words)
    }));
    let kinds = kinds.collect();
    view! {
        <Filters label="Narrow the audit log" action=paths::AUDIT active>
            <Select label="Person" name="person" options=people value=filter.person />
            <Select label="Bot" name="bot" options=bots value=filter.bot />
            <Select label="What happened" name="kind" options=kinds value=filter.kind />
            <Field label="From" name="from" kind="date" value=filter.from error=from_error />
            <Field label="To" name="to" kind="date" value=filter.to error=to_error />
            {(!filter.resource.is_empty())
                .then(|| {
                    view! {
                        <Field label="About" name="resource" value=filter.resource maxlength=64 />
                    }
                })}
        </Filters>
    }
}

#[component]
fn Log(visit: Visit, filter: Filter, entries: Page<Entry>) -> impl IntoView {
    if entries.rows.is_empty() {
        let is_narrowed =
            filter.pairs().iter().any(|(_, value)| !value.is_empty()) || !filter.after.is_empty();
        return if is_narrowed {
            view! {
                <Empty
                    glyph=Glyph::Search
                    title="No line matches"
                    sentence="Take a filter away, or choose other days."
                >
                    <LinkButton href=paths::AUDIT>"Show the whole log"</LinkButton>
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Empty
                    glyph=Glyph::Log
                    title="Nothing here yet"
                    sentence="Every change to the workspace and its bots will stand here, with who, when and from where."
                >
                    <LinkButton href=paths::HOME>"Go to the overview"</LinkButton>
                </Empty>
            }
            .into_any()
        };
    }
    let links = trail::links(
        paths::AUDIT,
        &filter.pairs(),
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
