//! `/bots/{slug}/broadcasts/new`, and a draft's own page: writing.

use contract::{
    ClientError,
    approvals::Request,
    bots::BotFrame,
    broadcasts::{TestRecipient, View},
    form::FormState,
};
use domain::{
    approval::State,
    broadcast::{Manner, Status},
    markup,
    rights::Right,
};
use leptos::prelude::*;

use super::{Composer, StatusBadge};
use crate::{bots::bot_page, format::Clock, frame::Section, page::Visit, paths, ui::*};

/// An empty composer.
#[component]
pub(crate) fn NewBroadcastPage() -> impl IntoView {
    bot_page(Section::Broadcasts, |visit, bot| async move {
        if !bot.rights.allow(Right::Edit) {
            return Err(ClientError::Forbidden);
        }
        // What somebody typed while the bot became read-only is not lost.
        if bot.read_only && !visit.form.values.contains_key("text") {
            return Ok(("New broadcast".to_owned(), view! { <NotNow bot /> }.into_any()));
        }
        Ok(("New broadcast".to_owned(), compose(visit, bot, None).await?))
    })
}

#[component]
fn NotNow(bot: BotFrame) -> impl IntoView {
    let list = paths::broadcasts(&bot.slug);
    view! {
        <PageHeader title="New broadcast" crumbs=vec![(list.clone(), "Broadcasts".to_owned())] />
        <Empty
            glyph=Glyph::Lock
            title="Not while the bot is read-only"
            sentence="Drafts can be written again as soon as that is turned off."
        >
            <LinkButton href=list>"Back to the broadcasts"</LinkButton>
        </Empty>
    }
}

/// The composer with `draft` in it, or with what came back from saving it.
pub(super) async fn compose(
    visit: Visit,
    bot: BotFrame,
    draft: Option<View>,
) -> Result<AnyView, ClientError> {
    let in_force = match &draft {
        Some(draft) => {
            let api = &visit.backend.approvals;
            let standing = api.standing(&visit.cx, bot.slug.as_str(), draft.id).await?;
            standing.in_force(&draft.edition).cloned()
        }
        None => None,
    };
    let recipient = visit.backend.broadcasts.test_recipient(&visit.cx, bot.slug.as_str()).await?;
    let clock = visit.clock();
    // The page's own id is unique, and a new draft's from here on: posted twice, it is one draft.
    let id = match draft {
        Some(_) => None,
        None => Some(visit.form.values.get("id").cloned().unwrap_or(visit.cx.request_id)),
    };
    Ok(view! { <Write form=visit.form clock bot draft id recipient in_force /> }.into_any())
}

#[component]
fn Write(
    form: FormState,
    clock: Clock,
    bot: BotFrame,
    draft: Option<View>,
    id: Option<String>,
    recipient: TestRecipient,
    in_force: Option<Request>,
) -> impl IntoView {
    let saved = draft.as_ref().map(|draft| draft.text.clone()).unwrap_or_default();
    let version = draft.as_ref().map(|draft| draft.version.clone()).unwrap_or_default();
    let text = form.values.get("text").cloned().unwrap_or_else(|| saved.clone());
    let manner = match form.values.contains_key("text") {
        // A box that is not ticked is not sent.
        true => Manner {
            silent: form.value("silent") == "on",
            protected: form.value("protected") == "on",
        },
        false => draft.as_ref().map(|draft| draft.manner).unwrap_or_default(),
    };
    let read = form.values.get("if_unmodified_since").cloned().unwrap_or_else(|| version.clone());
    // Both versions are in sight, and the form carries the newest one's mark: saving again is a
    // decision.
    let theirs = (draft.is_some() && read != version && text != saved)
        .then(|| view! { <Theirs text=saved.clone() /> });
    let (save, title) = match &draft {
        Some(draft) if draft.status == Status::Scheduled => {
            (paths::broadcast(&bot.slug, draft.id), "Scheduled")
        }
        Some(draft) => (paths::broadcast(&bot.slug, draft.id), "Draft"),
        None => (paths::broadcasts(&bot.slug), "New broadcast"),
    };
    let asked = draft.as_ref().zip(in_force).map(|(draft, request)| {
        let confirm = paths::confirm(&bot.slug, draft.id);
        view! { <InForce confirm request /> }
    });
    let status = draft.as_ref().map_or(Status::Draft, |draft| draft.status);
    let by_hand = status == Status::Scheduled;
    let at = draft.as_ref().and_then(|draft| draft.plan.clone()).map(|plan| {
        let when = clock.by(plan.at, &plan.zone);
        view! {
            <Notice tone=Tone::Brand title="It goes out by itself">
                {when} ". What stands here is saved when you press a button, and not before."
            </Notice>
        }
    });
    let may_discard =
        draft.as_ref().map(|draft| paths::broadcast_action(&bot.slug, draft.id, "discard"));
    let linked = match &recipient {
        TestRecipient::Linked { name } => Some(name.clone()),
        TestRecipient::Unlinked { .. } => None,
    };
    let link = draft.map(|draft| paths::broadcast_action(&bot.slug, draft.id, "link"));
    view! {
        <PageHeader
            title
            mark=view! { <StatusBadge status /> }.into_any()
            crumbs=vec![(paths::broadcasts(&bot.slug), "Broadcasts".to_owned())]
        >
            {may_discard.map(|discard| view! { <Discard discard /> })}
        </PageHeader>
        <ErrorSummary errors=form.errors.clone() />
        {theirs}
        {at}
        {asked}
        <Composer save id text manner version error=form.error("text") linked by_hand />
        <TestCard recipient link />
    }
}

/// Whoever writes on knows what it costs.
#[component]
fn InForce(confirm: String, request: Request) -> impl IntoView {
    let (title, what) = match request.state {
        State::Approved => {
            ("This message was approved", "With a change it has to be asked for once more. ")
        }
        _ => ("This message waits for approval", "With a change the request is void. "),
    };
    view! {
        <Notice tone=Tone::Brand title>
            {what} <a href=confirm>"See where it stands"</a>
            "."
        </Notice>
    }
}

#[component]
fn Theirs(text: String) -> impl IntoView {
    view! {
        <Notice tone=Tone::Warn title="Somebody changed this draft meanwhile">
            <p>
                "Your text is in the field. This is the other version; saving puts yours in its place."
            </p>
            <pre class="theirs">{text.clone()}</pre>
            <details>
                <summary>"As Telegram shows it"</summary>
                <TelegramPreview message=markup::parse(&text) />
            </details>
        </Notice>
    }
}

#[component]
fn Discard(discard: String) -> impl IntoView {
    view! {
        <OpenButton
            target="discard"
            icon=Glyph::Trash
            kind=Kind::Quiet
            label="Throw the draft away"
        />
        <Dialog id="discard" title="Throw this draft away?">
            <p>"The text is gone for good. Nothing was sent."</p>
            <div class="actions">
                <CloseButton target="discard">"Keep it"</CloseButton>
                <PostButton action=discard kind=Kind::Danger>
                    "Throw it away"
                </PostButton>
            </div>
        </Dialog>
    }
}

/// Who has not linked their Telegram can do so here. A draft must exist to come back to.
#[component]
fn TestCard(recipient: TestRecipient, link: Option<String>) -> impl IntoView {
    match recipient {
        TestRecipient::Linked { .. } => ().into_any(),
        TestRecipient::Unlinked { sandbox: true, .. } => link
            .map(|link| {
                view! {
                    <Card
                        title="See it in Telegram first"
                        lead="In the sandbox we press Start for you; then “Send to me” works."
                    >
                        <PostButton action=link icon=Glyph::Sandbox>
                            "Press Start for me"
                        </PostButton>
                    </Card>
                }
            })
            .into_any(),
        TestRecipient::Unlinked { link, .. } => view! {
            <Card
                title="See it in Telegram first"
                lead="Open your own link once and press Start; then “Send to me” works."
            >
                <Copy text=link.clone() label="Copy your link" />
                <div class="actions">
                    <LinkButton href=link icon=Glyph::Away>
                        "Open it in Telegram"
                    </LinkButton>
                </div>
            </Card>
        }
        .into_any(),
    }
}
