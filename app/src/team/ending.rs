//! The end of a workspace, on `/w`: what goes with it, and what can still be kept.

use contract::{
    auth::Again,
    team::{Ending, Workspace},
};
use leptos::prelude::*;

use crate::{format::counted, page::Visit, paths, ui::*};

const COLUMNS: [Column; 3] =
    [Column::text("Workspace"), Column::text("Goes for good"), Column::text("Keep")];

/// The viewer's workspaces that are about to go.
#[component]
pub(super) fn Leaving(visit: Visit, workspaces: Vec<Workspace>) -> impl IntoView {
    if workspaces.is_empty() {
        return ().into_any();
    }
    let rows = workspaces
        .into_iter()
        .map(|Workspace { id, name, closes_at, .. }| {
            let aloud = format!(" {name}");
            let goes = closes_at.map(|at| visit.time(at));
            view! {
                <Row>
                    <Cell column=COLUMNS[0] lead=true>
                        <bdi>{name}</bdi>
                    </Cell>
                    <Cell column=COLUMNS[1]>{goes}</Cell>
                    <Cell column=COLUMNS[2]>
                        <form method="post" action=paths::KEEP>
                            <input type="hidden" name="workspace" value=id.to_string() />
                            <Button>"Keep it" <span class="vh">{aloud}</span></Button>
                        </form>
                    </Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <h2>"About to be deleted"</h2>
        <p class="muted">
            "Nothing is sent there, and only its owners see it. Kept, a workspace is as it was; broadcasts that were being sent wait for you."
        </p>
        <Table caption="Workspaces that are about to be deleted" columns=&COLUMNS>
            {rows}
        </Table>
    }
    .into_any()
}

/// Marking the current workspace, which is called `name`.
#[component]
pub(super) fn Delete(visit: Visit, name: String, ending: Ending) -> impl IntoView {
    let form = visit.form.clone();
    let goes_at = visit.time(ending.goes_at);
    view! {
        <Card title="Delete this workspace" danger=true id="delete">
            <p>"From the moment you press the button:"</p>
            <ul>
                <li>"Its bots send nothing more; broadcasts that are being sent stop."</li>
                <li>{others(ending.others)}</li>
                <li>"Its owners get a mail, and can keep it until the day below."</li>
                {ending
                    .pays
                    .then(|| {
                        view! {
                            <li>
                                "Its subscription is cancelled: it ends with the period that is paid, and nothing more is charged. Kept, it goes on."
                            </li>
                        }
                    })}
            </ul>
            <p>"And on " <strong>{goes_at}</strong> ", for good:"</p>
            <ul>
                <li>{bots(&ending.bots)}</li>
                <li>"Everything else in it. Its audit log is kept for whoever runs this server."</li>
            </ul>
            <form class="form" method="post" action=paths::CLOSE>
                <Field
                    label=format!("To go on, type {name}")
                    name="typed"
                    value=form.value("typed")
                    error=form.error("typed")
                    autocomplete="off"
                    maxlength=200
                    required=true
                />
                <AgainField error=form.error(Again::FIELD) fresh=visit.cx.is_fresh() />
                <div class="actions">
                    <Button kind=Kind::Danger icon=Glyph::Trash>
                        "Delete this workspace"
                    </Button>
                </div>
            </form>
        </Card>
    }
}

fn others(count: u64) -> String {
    match count {
        0 => "You work in another workspace; without one you get a new, empty one.".to_owned(),
        _ => format!(
            "{} lose it at once; owners still see it in this list.",
            counted(count, "other person", "other people")
        ),
    }
}

fn bots(names: &[String]) -> String {
    if names.is_empty() {
        return "It has no bots that would go.".to_owned();
    }
    let names: Vec<_> = names.iter().map(|name| format!("@{name}")).collect();
    format!(
        "{} go{}, with subscribers, broadcasts and results.",
        names.join(", "),
        if names.len() == 1 { "es" } else { "" }
    )
}
