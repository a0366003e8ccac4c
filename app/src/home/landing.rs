//! What this is, for those who do not know it yet.

use contract::auth::Signups;
use domain::markup;
use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use crate::{page::Visit, paths, ui::*};

const MESSAGE: &str = "**Spring is here** 🌱\n\nEverything __minus 20 %__ until Sunday.\n\
    Use `SPRING20` in [our shop](https://shop.example).";

/// Icon, heading, sentence.
const PROMISES: [(Glyph, &str, &str); 3] = [
    (
        Glyph::Lock,
        "Sealed",
        "Each bot is walled off in the database itself. Tokens are encrypted and opened only to send. Everything that \
         anyone does stands in a log that cannot be changed.",
    ),
    (
        Glyph::Chart,
        "Honest",
        "You see before you send: how many people, how long, when it ends. Afterwards: who got it, who blocked you, \
         and what nobody can know.",
    ),
    (
        Glyph::Home,
        "Yours",
        "One program and a database on your own machine. No third party learns who your subscribers are, and the \
         source is open.",
    ),
];

/// The landing page.
#[component]
pub(super) fn Landing(visit: Visit) -> impl IntoView {
    let promises = PROMISES
        .map(|(glyph, title, sentence)| {
            view! {
                <li>
                    <Icon glyph />
                    <h2>{title}</h2>
                    <p>{sentence}</p>
                </li>
            }
        })
        .collect_view();
    let signups = visit.backend.auth.signups();
    let way_in = if signups == Signups::Open {
        view! {
            <div class="actions">
                <LinkButton href=paths::REGISTER kind=Kind::Primary>
                    "Create your account"
                </LinkButton>
                <LinkButton href=paths::LOGIN>"Sign in"</LinkButton>
            </div>
            <p class="small muted">
                "No bot yet? Try it with a sandbox bot and a thousand sandbox people."
            </p>
        }
        .into_any()
    } else {
        view! {
            <div class="actions">
                <LinkButton href=paths::LOGIN kind=Kind::Primary>
                    "Sign in"
                </LinkButton>
            </div>
            <p class="small muted">{signups.refusal()}</p>
        }
        .into_any()
    };
    view! {
        <Title text="Gannet · Write to everyone who pressed Start" />
        <Meta
            name="description"
            content="Gannet runs Telegram bots for many owners on one server, each sealed from the others."
        />
        <a class="skip" href="#main">
            "Skip to the content"
        </a>
        <div class="landing">
            <header class="split">
                <Brand />
                <nav class="cluster" aria-label="Account">
                    <LinkButton href=paths::LOGIN kind=Kind::Quiet>
                        "Sign in"
                    </LinkButton>
                </nav>
            </header>
            <main id="main">
                <section class="hero">
                    <div class="stack">
                        <h1 class="hero-title">"Write to everyone who pressed Start."</h1>
                        <p class="hero-lead">
                            "Gannet connects your Telegram bot, gathers its subscribers, and sends them your message at
                            Telegram’s own pace: no duplicates, nothing lost, nothing made up."
                        </p>
                        {way_in}
                    </div>
                    <div class="hero-scene" aria-hidden="true" inert>
                        <div class="chat">
                            <TelegramBubble message=markup::parse(MESSAGE) time="9:41" />
                        </div>
                        <div class="card">
                            <div class="split">
                                <strong>"10,000 people"</strong>
                                <small class="muted">"done in 5 min 34 s"</small>
                            </div>
                            <Parts
                                label="Example"
                                parts=vec![
                                    Part {
                                        label: "Sent",
                                        value: 9_430,
                                        mark: "mark-ok",
                                    },
                                    Part {
                                        label: "Blocked",
                                        value: 429,
                                        mark: "mark-warn",
                                    },
                                    Part {
                                        label: "Gone",
                                        value: 141,
                                        mark: "mark-muted",
                                    },
                                ]
                            />
                        </div>
                    </div>
                </section>
                <ul class="promises" role="list">
                    {promises}
                </ul>
            </main>
            <footer class="split">
                <span class="small muted">"Open source, Apache-2.0"</span>
                <ThemeSwitch current=visit.theme next=paths::HOME />
            </footer>
        </div>
    }
}
