//! `/w`: the workspace's name, and the viewer's other workspaces.

use contract::team::Workspace;
use domain::rights::Role;
use leptos::prelude::*;

use super::{
    approval::ApprovalCard,
    ending::{Delete, Leaving},
    team_page,
};
use crate::{paths, ui::*};

const COLUMNS: [Column; 3] =
    [Column::text("Workspace"), Column::text("Your role"), Column::text("Work in it")];

/// What concerns the workspace as a whole.
#[component]
pub(crate) fn WorkspacePage() -> impl IntoView {
    team_page(paths::WORKSPACE, "Workspace", |visit| async move {
        let viewer = visit.viewer()?.clone();
        let (closing, mine): (Vec<_>, Vec<_>) = visit
            .backend
            .team
            .workspaces(&visit.cx)
            .await?
            .into_iter()
            .partition(|workspace| workspace.closes_at.is_some());
        let delete = match viewer.role {
            Role::Owner => {
                let ending = visit.backend.team.ending(&visit.cx).await?;
                let (visit, name) = (visit.clone(), viewer.workspace_name.clone());
                Some(view! { <Delete visit name ending /> })
            }
            Role::Admin | Role::Member => None,
        };
        let (form, current) = (visit.form.clone(), viewer.workspace);
        let naming = form.clone();
        let rename = (viewer.role != Role::Member).then(|| {
            let form = naming;
            let name = form.values.get("name").cloned().unwrap_or(viewer.workspace_name.clone());
            view! {
                <Card title="Name">
                    <form class="form" method="post" action=paths::RENAME>
                        <Field
                            label="The workspace’s name"
                            name="name"
                            value=name
                            error=form.error("name")
                            maxlength=80
                            required=true
                        />
                        <div class="actions">
                            <Button kind=Kind::Primary>"Save"</Button>
                        </div>
                    </form>
                </Card>
            }
        });
        let security = (viewer.role == Role::Owner).then(|| {
            view! {
                <Card title="Security" lead="What the workspace asks of its members.">
                    <div class="actions">
                        <LinkButton href=paths::SECURITY icon=Glyph::Shield>
                            "Two-step sign-in for everybody"
                        </LinkButton>
                    </div>
                </Card>
            }
        });
        let export = (viewer.role == Role::Owner).then(|| {
            view! {
                <Card title="Export" lead="Everything of the workspace as files that people and programs can read.">
                    <div class="actions">
                        <LinkButton href=paths::EXPORT icon=Glyph::Download>
                            "Export the workspace"
                        </LinkButton>
                    </div>
                </Card>
            }
        });
        let approval = match viewer.role {
            Role::Owner => {
                let above = visit.backend.approvals.bound(&visit.cx).await?;
                Some(view! { <ApprovalCard visit=visit.clone() above /> })
            }
            Role::Admin | Role::Member => None,
        };
        let many = mine.len() > 1;
        let leave = many.then(|| {
            view! {
                <Card
                    danger=true
                    title="Leave this workspace"
                    lead="You lose it with everything in it that was shown to you. Whoever looks after it can invite you again."
                >
                    <PostButton action=paths::LEAVE kind=Kind::Danger icon=Glyph::Out>
                        {format!("Leave “{}”", viewer.workspace_name)}
                    </PostButton>
                </Card>
            }
        });
        Ok(view! {
            {rename}
            {security}
            {export}
            {approval}
            <h2>"Your workspaces"</h2>
            <Mine mine current />
            <Leaving visit workspaces=closing />
            <Card
                title="Another workspace"
                lead="With bots, people and a log of its own. You are its owner."
            >
                <form class="form" method="post" action=paths::FOUND>
                    <Field
                        label="Name of the new workspace"
                        name="called"
                        value=form.value("called")
                        error=form.error("called")
                        maxlength=80
                        required=true
                    />
                    <div class="actions">
                        <Button icon=Glyph::Plus>"Create it"</Button>
                    </div>
                </form>
            </Card>
            {leave}
            {delete}
        }
        .into_any())
    })
}

#[component]
fn Mine(mine: Vec<Workspace>, current: domain::ids::WorkspaceId) -> impl IntoView {
    let rows = mine
        .into_iter()
        .map(|Workspace { id, name, role, .. }| {
            let aloud = format!(" {name}");
            let go = if id == current {
                view! { <span class="muted">"You are here"</span> }.into_any()
            } else {
                view! {
                    <form method="post" action=paths::SWITCH>
                        <input type="hidden" name="workspace" value=id.to_string() />
                        <Button kind=Kind::Quiet>
                            "Switch" <span class="vh">" to"{aloud}</span>
                        </Button>
                    </form>
                }
                .into_any()
            };
            view! {
                <Row>
                    <Cell column=COLUMNS[0] lead=true>
                        <bdi>{name}</bdi>
                    </Cell>
                    <Cell column=COLUMNS[1]>{role.as_str()}</Cell>
                    <Cell column=COLUMNS[2]>{go}</Cell>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Table caption="Your workspaces" columns=&COLUMNS>
            {rows}
        </Table>
    }
}
