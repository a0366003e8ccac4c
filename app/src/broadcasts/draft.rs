//! A draft for whoever looks at it and does not write: without the right, or while the bot is read-only.

use contract::{bots::BotFrame, broadcasts::View};
use domain::markup;
use leptos::prelude::*;

use super::{StatusBadge, marks::arrival};
use crate::{page::Visit, paths, ui::*};

#[component]
pub(super) fn DraftView(visit: Visit, bot: BotFrame, draft: View) -> impl IntoView {
    let send = bot.may_send().then(|| {
        view! {
            <LinkButton
                href=paths::confirm(&bot.slug, draft.id)
                icon=Glyph::Send
                kind=Kind::Primary
            >
                "Look at sending it"
            </LinkButton>
        }
    });
    view! {
        <PageHeader
            title="Draft"
            mark=view! { <StatusBadge status=draft.status /> }.into_any()
            crumbs=vec![(paths::broadcasts(&bot.slug), "Broadcasts".to_owned())]
        >
            {send}
        </PageHeader>
        <ErrorSummary errors=visit.form.errors.clone() />
        <div class="grid" data-columns="side">
            <Card title="Not sent yet">
                <Facts>
                    <Fact name="Written by">
                        <bdi>{draft.author}</bdi>
                    </Fact>
                    <Fact name="Begun">{visit.time(draft.created_at)}</Fact>
                    {arrival(draft.manner).map(|how| view! { <Fact name="Arrives">{how}</Fact> })}
                </Facts>
            </Card>
            <div class="stack" data-tight="">
                <h2 class="eyebrow">"The message"</h2>
                <TelegramPreview message=markup::parse(&draft.text) />
            </div>
        </div>
    }
}
