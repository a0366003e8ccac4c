//! The way from a new account to the first broadcast.

use leptos::prelude::*;

use crate::{paths, ui::*};

/// What the way consists of.
const STEPS: [&str; 3] = ["Connect a bot", "People press Start", "Send to all"];

/// Two doors, side by side: a bot to play with, or one's own.
#[component]
pub(crate) fn FirstSteps(
    /// Whether this instance has a sandbox.
    sandbox: bool,
    /// See [`TrySandbox`].
    once: String,
) -> impl IntoView {
    view! {
        <Steps names=STEPS.to_vec() current=0 />
        <div class="grid" data-columns=sandbox.then_some("2")>
            {sandbox.then(|| view! { <TrySandbox once /> })}
            <Card
                title="Connect my bot"
                lead="You have a token from BotFather, or will have one in a minute."
            >
                <ul class="ticks" role="list">
                    <li>
                        <Icon glyph=Glyph::Check />
                        "Paste the token, or BotFather’s whole message"
                    </li>
                    <li>
                        <Icon glyph=Glyph::Check />
                        "See its name and picture before anything is saved"
                    </li>
                    <li>
                        <Icon glyph=Glyph::Check />
                        "The token is encrypted and never shown again"
                    </li>
                </ul>
                <div class="actions">
                    <LinkButton
                        href=paths::CONNECT
                        kind=if sandbox { Kind::Neutral } else { Kind::Primary }
                        icon=Glyph::Plug
                    >
                        "Connect my bot"
                    </LinkButton>
                </div>
            </Card>
        </div>
    }
}

/// A bot that is nobody's risk.
#[component]
pub(crate) fn TrySandbox(
    /// The page's own id: whoever presses the button twice makes one bot.
    once: String,
) -> impl IntoView {
    view! {
        <Card
            title="Try with a sandbox bot"
            lead="A Telegram of our own, with people in it. Ready in seconds."
        >
            <ul class="ticks" role="list">
                <li>
                    <Icon glyph=Glyph::Check />
                    "1,000 people press Start while you watch"
                </li>
                <li>
                    <Icon glyph=Glyph::Check />
                    "Some block the bot, some leave, as in life"
                </li>
                <li>
                    <Icon glyph=Glyph::Check />
                    "Nothing leaves this machine"
                </li>
            </ul>
            <PostButton action=paths::SANDBOX kind=Kind::Primary icon=Glyph::Sandbox once>
                "Try with a sandbox bot"
            </PostButton>
        </Card>
    }
}
