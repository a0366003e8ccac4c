//! Above how many recipients a second person is asked; for owners.

use contract::approvals::Bound;
use leptos::prelude::*;

use crate::{page::Visit, paths, ui::*};

#[component]
pub(super) fn ApprovalCard(visit: Visit, above: Option<u32>) -> impl IntoView {
    let form = &visit.form;
    let now = above.map(|above| above.to_string()).unwrap_or_default();
    let value = form.values.get("above").cloned().unwrap_or(now);
    let (error, again) = (form.error("above"), form.error(Bound::AGAIN));
    view! {
        <Card
            title="A second person’s approval"
            lead="A broadcast to more people than this is sent only after somebody else has looked at it: somebody with the right to send who neither wrote, changed nor asked for it."
            id="approval"
        >
            <form class="form" method="post" action=paths::APPROVAL>
                <Field
                    label="Ask for it above how many recipients"
                    name="above"
                    value
                    error
                    hint="From 1 to 10,000,000, in digits alone. Leave it empty to ask for nobody."
                    autocomplete="off"
                    inputmode="numeric"
                    maxlength=12
                />
                <AgainField error=again fresh=visit.cx.is_fresh() called=Bound::AGAIN />
                <div class="actions">
                    <Button>"Save the number"</Button>
                </div>
            </form>
        </Card>
    }
}
