//! `/bots/connect`: token, look, done.

use contract::bots::TokenPreview;
use leptos::prelude::*;

use crate::{
    frame::{Frame, Place},
    home::TrySandbox,
    page::{Visit, page},
    paths,
    ui::*,
};

const STEPS: [&str; 3] = ["Token", "Look", "Done"];

/// What can go wrong, and what mends it.
const TROUBLES: [(&str, &str); 5] = [
    (
        "Telegram does not know the token",
        "Copy it once more, from the first digit to the last letter: 123456789:AA… Nothing may be missing on either side.",
    ),
    (
        "The token was revoked",
        "Write /token to BotFather, choose the bot and paste the new token here.",
    ),
    (
        "The bot is connected in Gannet already",
        "A bot belongs to one workspace. Disconnect it there first, or make another bot with /newbot.",
    ),
    (
        "Another program receives the bot’s messages",
        "Connecting takes the messages over from it. Stop the other program first, so that the two do not quarrel.",
    ),
    ("Telegram does not answer", "Nothing was saved. Wait a minute and press the button again."),
];

/// Connecting a bot.
#[component]
pub(crate) fn ConnectPage() -> impl IntoView {
    page(|visit| async move {
        visit.viewer()?;
        // The handler of the form sends along what Telegram said.
        let content = match visit.extension::<TokenPreview>() {
            Some(preview) => view! { <Look preview /> }.into_any(),
            None => view! { <Token visit=visit.clone() /> }.into_any(),
        };
        Ok(view! {
            <Frame visit title="Connect a bot" place=Place::Bots>
                {content}
            </Frame>
        }
        .into_any())
    })
}

fn crumbs() -> Vec<(String, String)> {
    vec![(paths::BOTS.to_owned(), "Bots".to_owned())]
}

#[component]
fn Token(visit: Visit) -> impl IntoView {
    let form = visit.form.clone();
    let troubles = TROUBLES
        .map(|(what, fix)| {
            view! {
                <dt>{what}</dt>
                <dd>{fix}</dd>
            }
        })
        .collect_view();
    let refused = !form.errors.is_empty();
    let sandbox = visit.backend.bots.sandbox_offered().then({
        let once = visit.cx.request_id.clone();
        move || view! { <TrySandbox once /> }
    });
    let columns = sandbox.is_some().then_some("side");
    view! {
        <PageHeader title="Connect a bot" crumbs=crumbs() />
        <Steps names=STEPS.to_vec() current=0 />
        <div class="grid" data-columns=columns>
            <Card title="Your bot’s token">
                <form class="form" method="post" action=paths::CONNECT>
                    <ErrorSummary errors=form.errors.clone() wait_secs=form.wait_secs />
                    <TextArea
                        label="Token, or BotFather’s whole message"
                        name="token"
                        error=form.error("token")
                        hint="We ask Telegram whose it is and show you. Nothing is saved before you say so."
                        rows=4
                        maxlength=4_000
                        placeholder="123456789:AAH…"
                        required=true
                        verbatim=true
                    />
                    <div class="actions">
                        <Button kind=Kind::Primary icon=Glyph::Search>
                            "Look it up"
                        </Button>
                    </div>
                </form>
                <details>
                    <summary>"How do I get a token?"</summary>
                    <ol class="how">
                        <li>
                            "Open "
                            <a
                                href="https://t.me/BotFather"
                                target="_blank"
                                rel="noopener noreferrer"
                            >
                                "@BotFather"
                            </a> " in Telegram."
                        </li>
                        <li>
                            "Write " <code>"/newbot"</code>
                            " and answer its two questions: a name, and a username that ends in "
                            <code>"bot"</code> "."
                        </li>
                        <li>
                            "Copy its whole answer and paste it above. We find the token in it."
                        </li>
                    </ol>
                </details>
                <details open=refused>
                    <summary>"It does not work"</summary>
                    <dl class="troubles">{troubles}</dl>
                </details>
            </Card>
            {sandbox}
        </div>
    }
}

#[component]
fn Look(preview: TokenPreview) -> impl IntoView {
    let TokenPreview { name, username, picture, ticket, held_by } = preview;
    let (label, icon) = if held_by.is_some() {
        ("Take it over and connect", Glyph::Warn)
    } else {
        ("Connect this bot", Glyph::Plug)
    };
    let rival = held_by.map(|host| {
        view! {
            <Notice tone=Tone::Warn title="Another program receives its messages">
                "They go to "
                <code>{host}</code>
                " now. Connecting takes them over: that program will get nothing more.
                Stop it first, or it may take them back."
            </Notice>
            <input type="hidden" name="take_over" value="yes" />
        }
    });
    view! {
        <PageHeader title="Is this your bot?" crumbs=crumbs() />
        <Steps names=STEPS.to_vec() current=1 />
        <section class="card look">
            <Avatar name=name.clone() picture size="large" />
            <div>
                <h2>
                    <bdi>{name}</bdi>
                </h2>
                <p class="muted">"@"{username}</p>
            </div>
            <p>
                "Gannet will receive its messages from now on. Whoever presses Start becomes a subscriber."
            </p>
            <form class="stack" method="post" action=paths::CONNECT autocomplete="off">
                <input type="hidden" name="token" value=ticket />
                {rival}
                <div class="actions">
                    <Button kind=Kind::Primary icon name="step" value="connect">
                        {label}
                    </Button>
                    <LinkButton href=paths::CONNECT kind=Kind::Quiet>
                        "Use another token"
                    </LinkButton>
                </div>
            </form>
        </section>
    }
}
