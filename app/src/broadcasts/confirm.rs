//! `/bots/{slug}/broadcasts/{id}/confirm`: what pressing Send would do.

use contract::{
    ClientError,
    bots::BotFrame,
    broadcasts::{Estimate, View},
};
use domain::markup;
use futures::try_join;
use leptos::prelude::*;

use crate::{
    bots::bot_page,
    format::{counted, duration},
    frame::Section,
    page::{Visit, see_other},
    paths,
    ui::*,
};

/// The last look before sending.
#[component]
pub(crate) fn ConfirmPage() -> impl IntoView {
    bot_page(Section::Broadcasts, |visit, bot| async move {
        let id = visit.param("id").parse().map_err(|_| ClientError::NotFound)?;
        let (api, cx, slug) = (&visit.backend.broadcasts, &visit.cx, bot.slug.as_str());
        let (draft, estimate) = try_join!(api.view(cx, slug, id), api.estimate(cx, slug))?;
        if !draft.status.is_editable() {
            see_other(&paths::broadcast(&bot.slug, id));
        }
        Ok((
            "Send".to_owned(),
            view! { <Confirm visit=visit.clone() bot draft estimate /> }.into_any(),
        ))
    })
}

#[component]
fn Confirm(visit: Visit, bot: BotFrame, draft: View, estimate: Estimate) -> impl IntoView {
    let message = markup::parse(&draft.text);
    let unsendable = message.check().err();
    let edit = paths::broadcast(&bot.slug, draft.id);
    let crumbs = vec![
        (paths::broadcasts(&bot.slug), "Broadcasts".to_owned()),
        (edit.clone(), "Draft".to_owned()),
    ];
    let verdict = if let Some(reason) = unsendable {
        view! {
            <Blocked
                title="The text cannot be sent yet"
                reason=reason.to_string()
                edit=edit.clone()
            />
        }
        .into_any()
    } else if estimate.audience == 0 {
        let reason =
            "Nobody is active in this bot right now. Share its link first; the draft is kept."
                .to_owned();
        view! { <Blocked title="There is nobody to send to" reason edit=edit.clone() /> }.into_any()
    } else {
        view! { <Verdict visit=visit.clone() bot draft estimate edit=edit.clone() /> }.into_any()
    };
    view! {
        <PageHeader title="Ready to send?" crumbs />
        <ErrorSummary errors=visit.form.errors.clone() />
        <div class="grid" data-columns="side">
            {verdict}
            <div class="stack" data-tight="">
                <h2 class="eyebrow">"The message"</h2>
                <TelegramPreview message />
            </div>
        </div>
    }
}

#[component]
fn Blocked(title: &'static str, reason: String, edit: String) -> impl IntoView {
    view! {
        <Card title>
            <p>{reason}</p>
            <div class="actions">
                <LinkButton href=edit icon=Glyph::Edit>
                    "Back to the text"
                </LinkButton>
            </div>
        </Card>
    }
}

#[component]
fn Verdict(
    visit: Visit,
    bot: BotFrame,
    draft: View,
    estimate: Estimate,
    edit: String,
) -> impl IntoView {
    let clock = visit.clock();
    let people = counted(estimate.audience, "person", "people");
    let label = format!("Send to {people}");
    let send = paths::broadcast_action(&bot.slug, draft.id, "send");
    view! {
        <Card title="What will happen">
            <Facts>
                <Fact name="Goes to">
                    <strong>{people}</strong>
                    ", everyone active in "
                    <bdi>{bot.name}</bdi>
                </Fact>
                <Fact name="Takes">
                    {duration(estimate.secs)}" at "{estimate.rate}" messages a second"
                </Fact>
                <Fact name="Done by">
                    {clock.moment(estimate.finish_at)}" ("{clock.zone().to_owned()}")"
                </Fact>
            </Facts>
            <Notice>
                "You can pause, resume or cancel while it goes out. What has arrived stays. Who unsubscribes meanwhile is left out."
            </Notice>
            <form class="actions" method="post" action=send>
                <input type="hidden" name="version" value=draft.version />
                <Button kind=Kind::Primary icon=Glyph::Send>
                    {label}
                </Button>
                <LinkButton href=edit kind=Kind::Quiet>
                    "Back to the text"
                </LinkButton>
            </form>
        </Card>
    }
}
