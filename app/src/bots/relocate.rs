//! Moving a bot to another workspace, on its settings page.

use contract::{
    bots::{BotView, Destination, Relocate as MoveForm},
    form::FormState,
};
use leptos::prelude::*;

use crate::{paths, ui::*};

/// The form, for owners of this workspace who own another one.
#[component]
pub(super) fn Relocate(
    form: FormState,
    bot: BotView,
    destinations: Vec<Destination>,
    fresh: bool,
) -> impl IntoView {
    if destinations.is_empty() {
        return ().into_any();
    }
    let options = destinations.into_iter().map(|one| (one.id.to_string(), one.name)).collect();
    view! {
        <Card
            title="Move to another workspace"
            lead="Subscribers, broadcasts, texts, token and links move along. Subscribers and Telegram notice nothing."
        >
            <p>
                "People of this workspace lose the bot at once, and what they were allowed to do with it. What was done until now stays in the audit log of this workspace."
            </p>
            <form class="form" method="post" action=paths::relocate(&bot.slug)>
                <Select
                    label="To which of your workspaces"
                    name="workspace"
                    options
                    value=form.value("workspace")
                    error=form.error("workspace")
                />
                <AgainField error=form.error(MoveForm::AGAIN) fresh called=MoveForm::AGAIN />
                <div class="actions">
                    <Button>{format!("Move @{}", bot.username)}</Button>
                </div>
            </form>
        </Card>
    }
    .into_any()
}
