//! `/w/export`: everything of the workspace as files.

use contract::{
    auth::Again,
    export::{Export, File, State},
};
use leptos::prelude::*;
use leptos_meta::Meta;

use super::team_page;
use crate::{
    format::{bytes, count},
    page::Visit,
    paths,
    ui::*,
};

const COLUMNS: [Column; 3] = [Column::text("File"), Column::number("Rows"), Column::number("Size")];

/// Asking for an export, following it, and fetching its files.
#[component]
pub(crate) fn ExportPage() -> impl IntoView {
    team_page(paths::EXPORT, "Export", |visit| async move {
        let export = visit.backend.exports.current(&visit.cx).await?;
        let is_being_written = matches!(export, Some(Export { state: State::Writing { .. }, .. }));
        let there = export.map(|export| view! { <There visit=visit.clone() export /> });
        let ask = (!is_being_written).then(|| view! { <Ask visit=visit.clone() /> });
        Ok(view! {
            {there}
            {ask}
        }
        .into_any())
    })
}

#[component]
fn Ask(visit: Visit) -> impl IntoView {
    let form = visit.form.clone();
    view! {
        <Card
            title="Export the workspace"
            lead="Members, bots, rights, subscribers, broadcasts with their approvals, what became of each message, and the audit log: each as a table (CSV) and as JSON lines. Tokens and passwords are not among them."
        >
            <form class="form" method="post" action=paths::EXPORT>
                <AgainField error=form.error(Again::FIELD) fresh=visit.cx.is_fresh() />
                <p class="hint">
                    "It is written in the background, and a mail tells you when it is ready. An earlier export goes."
                </p>
                <div class="actions">
                    <Button kind=Kind::Primary icon=Glyph::Download>
                        "Write an export"
                    </Button>
                </div>
            </form>
        </Card>
    }
}

#[component]
fn There(visit: Visit, export: Export) -> impl IntoView {
    let Export { id, asked_by, asked_at, state } = export;
    let at = visit.time(asked_at);
    let asked = view! {
        <Fact name="Asked for by">
            <bdi>{asked_by}</bdi>
        </Fact>
        <Fact name="When">{at}</Fact>
    };
    match state {
        State::Writing { done, total } => view! {
            <Meta http_equiv="refresh" content="3" />
            <Card title="Being written" lead="You need not wait here: a mail tells you when it is ready.">
                <Progress label="How far the export is" done total detail="rows" />
                <Facts>{asked}</Facts>
                <div class="actions">
                    <LinkButton href=paths::EXPORT>"Look again"</LinkButton>
                </div>
            </Card>
        }
        .into_any(),
        State::Ready { at, until, files } => {
            let (since, until) = (visit.time(at), visit.time(until));
            let rows = files
                .into_iter()
                .map(|File { name, rows, bytes: size }| {
                    let (href, saved_as) = (paths::export_file(&id, &name), name.clone());
                    view! {
                        <Row>
                            <Cell column=COLUMNS[0] lead=true>
                                <a href=href download=saved_as>
                                    {name}
                                </a>
                            </Cell>
                            <Cell column=COLUMNS[1]>{count(rows)}</Cell>
                            <Cell column=COLUMNS[2]>{bytes(size)}</Cell>
                        </Row>
                    }
                })
                .collect_view();
            view! {
                <h2>"Ready"</h2>
                <Notice tone=Tone::Warn title="These files name people">
                    "Keep them where you would keep a list of customers. Each time one is fetched, that is on record."
                </Notice>
                <Table caption="Files of the export" columns=&COLUMNS>
                    {rows}
                </Table>
                <Facts>
                    {asked} <Fact name="Ready">{since}</Fact>
                    <Fact name="To be fetched until">{until}</Fact>
                </Facts>
            }
            .into_any()
        }
    }
}
