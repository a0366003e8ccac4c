//! `/bots/{slug}/broadcasts/{id}/again`: the last look before people of unknown outcome are written to once more.

use contract::{
    ClientError,
    bots::BotFrame,
    broadcasts::{Again, Repeats, View},
};
use domain::{broadcast::Status, markup};
use futures::try_join;
use leptos::prelude::*;

use crate::{
    bots::bot_page,
    format::{counted, duration},
    frame::Section,
    page::Visit,
    paths,
    ui::*,
};

/// The last look before sending once more.
#[component]
pub(crate) fn AgainPage() -> impl IntoView {
    bot_page(Section::Broadcasts, |visit, bot| async move {
        let id = visit.param("id").parse().map_err(|_| ClientError::NotFound)?;
        let which = chosen(&visit);
        let (api, cx, slug) = (&visit.backend.broadcasts, &visit.cx, bot.slug.as_str());
        let (broadcast, repeats) =
            try_join!(api.view(cx, slug, id), api.repeats(cx, slug, id, &which))?;
        let content = view! { <Look visit bot broadcast which repeats /> };
        Ok(("Send again".to_owned(), content.into_any()))
    })
}

/// Whom the address means.
fn chosen(visit: &Visit) -> Again {
    Again::of(visit.query.latest_values().map(|(name, value)| (name.as_ref(), value)))
}

#[component]
fn Look(
    visit: Visit,
    bot: BotFrame,
    broadcast: View,
    which: Again,
    repeats: Repeats,
) -> impl IntoView {
    let message = markup::parse(&broadcast.text);
    let crumbs = vec![
        (paths::broadcasts(&bot.slug), "Broadcasts".to_owned()),
        (paths::broadcast(&bot.slug, broadcast.id), "Results".to_owned()),
    ];
    let list = paths::unknown(&bot.slug, broadcast.id);
    let what = match why_not(&bot, &which, &repeats) {
        Some((title, reason)) => view! {
            <Card title>
                <p>{reason}</p>
                <div class="actions">
                    <LinkButton href=list>"Back to the unknown outcomes"</LinkButton>
                </div>
            </Card>
        }
        .into_any(),
        None => view! { <Question bot broadcast which repeats list /> }.into_any(),
    };
    view! {
        <PageHeader title="Send it once more?" crumbs />
        <ErrorSummary errors=visit.form.errors />
        <div class="grid" data-columns="side">
            {what}
            <div class="stack" data-tight="">
                <h2 class="eyebrow">"The message"</h2>
                <TelegramPreview message />
            </div>
        </div>
    }
}

/// What keeps it from being sent once more: a title, and what to do.
fn why_not(
    bot: &BotFrame,
    which: &Again,
    repeats: &Repeats,
) -> Option<(&'static str, &'static str)> {
    if bot.read_only {
        return Some((
            "Not while the bot is read-only",
            "It can be sent once more as soon as that is turned off in the bot's settings.",
        ));
    }
    if repeats.people > 0 {
        return None;
    }
    if !which.all && which.chats.is_empty() {
        return Some((
            "Nobody is chosen",
            "Tick those who are to get it once more, or take all of them.",
        ));
    }
    Some((
        "There is nobody to send it to",
        "Either they are being sent it already, or their outcome is known by now, or they have opted out. The \
         results say which.",
    ))
}

#[component]
fn Question(
    bot: BotFrame,
    broadcast: View,
    which: Again,
    repeats: Repeats,
    list: String,
) -> impl IntoView {
    let people = counted(repeats.people, "person", "people");
    let label = format!("Send again to {people}");
    let when = match broadcast.status {
        Status::Sending => "after everybody who has not had it yet",
        Status::Paused => "once the broadcast goes on; it stays paused until then",
        Status::Draft | Status::Scheduled | Status::Done | Status::Cancelled => "at once",
    };
    let takes = duration(repeats.secs);
    let them = if which.all {
        view! { <input type="hidden" name="all" value="on" /> }.into_any()
    } else {
        let each =
            |chat| view! { <input type="hidden" name=format!("{}{chat}", Again::TO) value="on" /> };
        which.chats.into_iter().map(each).collect_view().into_any()
    };
    view! {
        <Card title="What will happen">
            <Facts>
                <Fact name="Goes to">
                    <strong>{people}</strong>
                    " of unknown outcome"
                </Fact>
                <Fact name="When">{when}</Fact>
                <Fact name="Takes">{takes}</Fact>
            </Facts>
            <Notice
                tone=Tone::Warn
                title="They may have received it already. Whoever did gets it twice."
            >
                "The request went out and no answer came back, so nobody can tell. This is a further attempt: both stay in the results, and that you asked for it is on record. Who opted out since is left out."
            </Notice>
            <form class="actions" method="post" action=paths::again(&bot.slug, broadcast.id)>
                <input type="hidden" name="until" value=repeats.until />
                {them}
                <Button kind=Kind::Primary icon=Glyph::Send>
                    {label}
                </Button>
                <LinkButton href=list kind=Kind::Quiet>
                    "Leave it unknown"
                </LinkButton>
            </form>
        </Card>
    }
}
