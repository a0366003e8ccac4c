//! `/w/security`: what the workspace asks of its members.

use contract::{auth::Again, second_factor::Rule};
use leptos::prelude::*;

use crate::{
    frame::{Frame, Place},
    page::{Visit, page},
    paths,
    ui::*,
};

/// The rules of the current workspace, for its owners.
#[component]
pub(crate) fn SecurityPage() -> impl IntoView {
    page(|visit| async move {
        let workspace = visit.viewer()?.workspace_name.clone();
        let required = visit.backend.second_factor.is_required(&visit.cx).await?;
        Ok(view! {
            <Frame visit=visit.clone() title="Security" place=Place::Workspace>
                <PageHeader title="Security" lead=format!("What “{workspace}” asks of its members.") />
                <Security visit required />
            </Frame>
        }
        .into_any())
    })
}

#[component]
fn Security(visit: Visit, required: bool) -> impl IntoView {
    let form = visit.form.clone();
    // A box that is not ticked sends nothing: after a refusal the page shows what was sent.
    let checked = match form.errors.is_empty() {
        true => required,
        false => !form.value(Rule::FIELD).is_empty(),
    };
    view! {
        <Card title="Two-step sign-in">
            <form class="form" method="post" action=paths::SECURITY>
                <ErrorSummary errors=form.errors.clone() wait_secs=form.wait_secs />
                <Checkbox
                    label="Every member needs two-step sign-in"
                    name=Rule::FIELD
                    checked
                    error=form.error(Rule::FIELD)
                    hint="Members without it are led to set it up before they see anything of this workspace, from their next click on. You need it yourself first."
                />
                <AgainField error=form.error(Again::FIELD) fresh=visit.cx.is_fresh() />
                <div class="actions">
                    <Button kind=Kind::Primary>"Save"</Button>
                </div>
            </form>
        </Card>
    }
}
