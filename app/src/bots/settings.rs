//! `/bots/{slug}/settings`: texts, token, the end.

use contract::{
    auth::Again,
    bots::{BotView, Destination, ReadOnly},
    form::FormState,
};
use domain::{markup, rights::Right};
use leptos::prelude::*;

use super::{bot_page, pace::Pace, relocate::Relocate};
use crate::{format::counted, frame::Section, page::Visit, paths, ui::*};

/// A bot's settings.
#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    bot_page(Section::Settings, |visit, bot| async move {
        let bot = visit.backend.bots.view(&visit.cx, bot.slug.as_str()).await?;
        let destinations = visit.backend.bots.destinations(&visit.cx, bot.slug.as_str()).await?;
        Ok(("Settings".to_owned(), view! { <Settings visit bot destinations /> }.into_any()))
    })
}

#[component]
fn Settings(visit: Visit, bot: BotView, destinations: Vec<Destination>) -> impl IntoView {
    let (edit, manage) = (bot.rights.allow(Right::Edit), bot.rights.allow(Right::Manage));
    // What somebody typed while the bot became read-only is not lost.
    let came_back = visit.form.values.contains_key("welcome");
    let texts = edit.then(|| match bot.read_only && !came_back {
        false => view! { <Texts form=visit.form.clone() bot=bot.clone() /> }.into_any(),
        true => view! { <Said bot=bot.clone() /> }.into_any(),
    });
    let nothing = (!edit && !manage).then(|| {
        view! {
            <Notice title="Nothing to change here">
                "Your rights on this bot are to look. Ask the owner of the workspace for more."
            </Notice>
        }
    });
    view! {
        <PageHeader title="Settings" lead=format!("@{}", bot.username) />
        <ErrorSummary errors=visit.form.errors.clone() wait_secs=visit.form.wait_secs />
        {nothing}
        {texts}
        {manage
            .then(|| {
                view! {
                    <Pace form=visit.form.clone() bot=bot.clone() />
                    <ReadOnlyCard bot=bot.clone() />
                    <Token
                        form=visit.form.clone()
                        bot=bot.clone()
                        fresh=visit.cx.is_fresh()
                    />
                    <Relocate
                        form=visit.form.clone()
                        bot=bot.clone()
                        destinations
                        fresh=visit.cx.is_fresh()
                    />
                    <Disconnect form=visit.form.clone() bot=bot.clone() />
                }
            })}
    }
}

/// What the form holds for `field`: what was typed before it came back, or what is saved.
fn typed(form: &FormState, field: &str, saved: &str) -> String {
    form.values.get(field).cloned().unwrap_or_else(|| saved.to_owned())
}

#[component]
fn Texts(form: FormState, bot: BotView) -> impl IntoView {
    let welcome = typed(&form, "welcome", &bot.welcome);
    let goodbye = typed(&form, "goodbye", &bot.goodbye);
    // Whoever saves over somebody else's change has seen it: the form carries the newest version,
    // and both texts are on the page.
    let moved =
        form.values.get("if_unmodified_since").is_some_and(|read| *read != bot.version).then(
            || {
                view! {
                    <Notice tone=Tone::Warn title="Somebody changed the texts meanwhile">
                        <p>"Yours are in the fields. The other version:"</p>
                        <div class="grid" data-columns="2">
                            <TelegramPreview message=markup::parse(&bot.welcome) />
                            <TelegramPreview message=markup::parse(&bot.goodbye) />
                        </div>
                    </Notice>
                }
            },
        );
    view! {
        <Card
            title="The bot’s own answers"
            lead="Sent at once, to the one person who asked. Empty: the bot says nothing."
        >
            {moved}
            <form class="stack" method="post" action=paths::settings(&bot.slug)>
                <input type="hidden" name="if_unmodified_since" value=bot.version />
                <div class="grid" data-columns="2">
                    <div class="stack">
                        <TextArea
                            label="To /start"
                            name="welcome"
                            value=welcome.clone()
                            error=form.error("welcome")
                            hint="**bold**, __italic__, [words](https://…)"
                            maxlength=20_000
                        />
                        <Answer text=welcome />
                    </div>
                    <div class="stack">
                        <TextArea
                            label="To /stop"
                            name="goodbye"
                            value=goodbye.clone()
                            error=form.error("goodbye")
                            hint="Say how to come back: /start"
                            maxlength=20_000
                        />
                        <Answer text=goodbye />
                    </div>
                </div>
                <div class="actions">
                    <Button kind=Kind::Primary>"Save the texts"</Button>
                </div>
            </form>
        </Card>
    }
}

/// The answers, where they cannot be edited for now.
#[component]
fn Said(bot: BotView) -> impl IntoView {
    let said = |command: &'static str, text: String| {
        let is_silent = text.trim().is_empty();
        view! {
            <div class="stack" data-tight="">
                <h3 class="eyebrow">{command}</h3>
                {is_silent.then(|| view! { <p class="muted">"The bot says nothing."</p> })}
                <Answer text />
            </div>
        }
    };
    view! {
        <Card title="The bot’s own answers" lead="Not given while the bot is read-only.">
            <div class="grid" data-columns="2">
                {said("To /start", bot.welcome)} {said("To /stop", bot.goodbye)}
            </div>
        </Card>
    }
}

#[component]
fn Answer(text: String) -> impl IntoView {
    (!text.trim().is_empty()).then(|| view! { <TelegramPreview message=markup::parse(&text) /> })
}

/// The switch that stops everything without losing anything.
#[component]
fn ReadOnlyCard(bot: BotView) -> impl IntoView {
    let (word, icon, label, lead) = match bot.read_only {
        false => (
            ReadOnly::ON,
            Glyph::Lock,
            "Make it read-only",
            "Stops everything for a while and loses nothing: what is being sent is paused, drafts and texts stay as \
             they are, nobody is answered. Start and /stop still count.",
        ),
        true => (
            ReadOnly::OFF,
            Glyph::Edit,
            "Let it be edited and sent from",
            "Nothing is edited or sent for now. Broadcasts that were paused by it wait to be resumed by hand.",
        ),
    };
    let badge = bot.read_only.then(|| view! { <Badge tone=Tone::Warn label="read-only" /> });
    view! {
        <Card title="Read-only" lead=lead id="read-only" aside=badge.into_any()>
            <form class="actions" method="post" action=paths::read_only(&bot.slug)>
                <input type="hidden" name="read_only" value=word />
                <Button icon=icon>{label}</Button>
            </form>
        </Card>
    }
}

#[component]
fn Token(form: FormState, bot: BotView, fresh: bool) -> impl IntoView {
    view! {
        <Card
            title="Telegram token"
            lead="Encrypted, opened only to send. Put a new one in force after BotFather’s /revoke."
        >
            <p>"In force: " <code>{bot.telegram_id}":…"{bot.token_last4}</code></p>
            <form class="form" method="post" action=paths::token(&bot.slug)>
                <TextArea
                    label="New token of the same bot"
                    name="token"
                    error=form.error("token")
                    rows=2
                    maxlength=4_000
                    required=true
                    verbatim=true
                />
                <AgainField error=form.error(Again::FIELD) fresh />
                <div class="actions">
                    <Button icon=Glyph::Key>"Put it in force"</Button>
                </div>
            </form>
        </Card>
    }
}

#[component]
fn Disconnect(form: FormState, bot: BotView) -> impl IntoView {
    let counts = bot.counts;
    let people = super::everyone(&counts);
    let what = format!(
        "Gannet stops receiving and sending for @{}, forgets its token, and cancels broadcasts that have begun. Its {} \
         are kept for 30 days; until then nobody else can take its address.",
        bot.username,
        counted(people, "subscriber", "subscribers"),
    );
    view! {
        <Card title="Disconnect the bot" danger=true id="disconnect">
            <p>{what}</p>
            <form class="form" method="post" action=paths::disconnect(&bot.slug)>
                <Field
                    label=format!("To go on, type {}", bot.username)
                    name="username"
                    value=form.value("username")
                    error=form.error("username")
                    autocomplete="off"
                    maxlength=64
                    required=true
                />
                <div class="actions">
                    <Button kind=Kind::Danger icon=Glyph::Trash>
                        {format!("Disconnect @{}", bot.username)}
                    </Button>
                </div>
            </form>
        </Card>
    }
}
