//! `/bots/{slug}/broadcasts/{id}/confirm`: what pressing Send would do, and whose word it takes first.

use contract::{
    ClientError,
    approvals::Standing,
    bots::BotFrame,
    broadcasts::{Estimate, View},
};
use domain::{approval::State, markup};
use futures::try_join;
use leptos::prelude::*;

use super::approval::{Approved, Ask, Decide, Waits};
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
        let (draft, estimate, standing) = try_join!(
            api.view(cx, slug, id),
            api.estimate(cx, slug),
            visit.backend.approvals.standing(cx, slug, id),
        )?;
        if !draft.status.is_editable() {
            see_other(&paths::broadcast(&bot.slug, id));
        }
        let look = Look { visit, bot, draft, estimate };
        Ok(("Send".to_owned(), view! { <Confirm look standing /> }.into_any()))
    })
}

/// What is looked at.
#[derive(Clone)]
pub(super) struct Look {
    /// The request for the page.
    pub visit: Visit,
    /// Whose message.
    pub bot: BotFrame,
    /// The message.
    pub draft: View,
    /// Who would get it.
    pub estimate: Estimate,
}

impl Look {
    /// `12,345 people`.
    pub fn people(&self) -> String {
        counted(self.estimate.audience, "person", "people")
    }

    /// The draft's own page.
    pub fn edit(&self) -> String {
        paths::broadcast(&self.bot.slug, self.draft.id)
    }

    /// Where an action is posted.
    pub fn action(&self, name: &str) -> String {
        paths::broadcast_action(&self.bot.slug, self.draft.id, name)
    }
}

#[component]
fn Confirm(look: Look, standing: Standing) -> impl IntoView {
    let message = markup::parse(&look.draft.text);
    let crumbs = vec![
        (paths::broadcasts(&look.bot.slug), "Broadcasts".to_owned()),
        (look.edit(), "Draft".to_owned()),
    ];
    let errors = look.visit.form.errors.clone();
    let wait_secs = look.visit.form.wait_secs;
    let unsendable = message.check().err().map(|reason| reason.to_string());
    view! {
        <PageHeader title="Ready to send?" crumbs />
        <ErrorSummary errors wait_secs />
        <div class="grid" data-columns="side">
            <Verdict look unsendable standing />
            <div class="stack" data-tight="">
                <h2 class="eyebrow">"The message"</h2>
                <TelegramPreview message />
            </div>
        </div>
    }
}

/// What can be done with it now.
#[component]
fn Verdict(look: Look, unsendable: Option<String>, standing: Standing) -> impl IntoView {
    let blocked = |title: &'static str, reason: String| {
        view! { <Blocked title reason edit=look.edit() /> }.into_any()
    };
    if look.bot.read_only {
        let reason = "It can be sent as soon as that is turned off; the draft is kept.";
        return blocked("Not while the bot is read-only", reason.to_owned());
    }
    if let Some(reason) = unsendable {
        return blocked("The text cannot be sent yet", reason);
    }
    if look.estimate.audience == 0 {
        let reason =
            "Nobody is active in this bot right now. Share its link first; the draft is kept.";
        return blocked("There is nobody to send to", reason.to_owned());
    }
    let is_needed = standing.above.is_some_and(|above| look.estimate.audience > u64::from(above));
    let in_force = standing.in_force(&look.draft.version).cloned();
    match in_force {
        Some(request) if request.state == State::Approved => {
            let by = view! { <Approved look=look.clone() request /> }.into_any();
            view! { <Send look by /> }.into_any()
        }
        _ if !is_needed => view! { <Send look by=().into_any() /> }.into_any(),
        Some(request) if request.not_you.is_none() => view! { <Decide look request /> }.into_any(),
        Some(request) => view! { <Waits look request /> }.into_any(),
        None => view! { <Ask look standing /> }.into_any(),
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

/// Audience and duration. `children`: further facts.
#[component]
pub(super) fn WhatHappens(
    look: Look,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let clock = look.visit.clock();
    let (people, Estimate { secs, rate, finish_at, .. }) = (look.people(), look.estimate);
    view! {
        <Facts>
            <Fact name="Goes to">
                <strong>{people}</strong>
                ", everyone active in "
                <bdi>{look.bot.name}</bdi>
            </Fact>
            <Fact name="Takes">{duration(secs)}" at "{rate}" messages a second"</Fact>
            <Fact name="Done by">
                {clock.moment(finish_at)}" ("{clock.zone().to_owned()}")"
            </Fact>
            {children.map(|children| children())}
        </Facts>
    }
}

/// The button that everything leads to. `by`: whose word it rests on.
#[component]
fn Send(look: Look, by: AnyView) -> impl IntoView {
    let label = format!("Send to {}", look.people());
    let (send, edit, version) = (look.action("send"), look.edit(), look.draft.version.clone());
    view! {
        <Card title="What will happen">
            <WhatHappens look />
            {by}
            <Notice>
                "You can pause, resume or cancel while it goes out. What has arrived stays. Who unsubscribes meanwhile is left out."
            </Notice>
            <form class="actions" method="post" action=send>
                <input type="hidden" name="version" value=version />
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
