//! Connecting bots, and looking after them.

mod connect;
mod list;
mod overview;
mod pace;
mod relocate;
mod settings;

use std::future::Future;

use contract::{
    ClientError,
    bots::{BotFrame, Counts},
};
use domain::bot::{Api, Slug};
use leptos::prelude::*;

use crate::{
    frame::{Frame, Place, Section},
    page::{Visit, page},
    paths,
    ui::*,
};

pub(crate) use {connect::ConnectPage, list::BotsPage, overview::BotPage, settings::SettingsPage};

/// Makes a page of the bot in the address, in the bot's own frame.
///
/// The frame comes first: whoever may not see the bot learns nothing, not even whether the rest of
/// the address makes sense.
pub(crate) fn bot_page<Fut>(
    section: Section,
    make: impl FnOnce(Visit, BotFrame) -> Fut + Send + 'static,
) -> impl IntoView
where
    Fut: Future<Output = Result<(String, AnyView), ClientError>> + Send + 'static,
{
    page(move |visit| async move {
        visit.viewer()?;
        let bot = visit.backend.bots.frame(&visit.cx, &visit.param("slug")).await?;
        let (name, content) = make(visit.clone(), bot.clone()).await?;
        let title = format!("{name} · {}", bot.name);
        Ok(view! {
            <Frame visit title place=Place::Bot(bot, section)>
                {content}
            </Frame>
        }
        .into_any())
    })
}

/// A bot that nobody knows yet, and the way to the first subscriber.
#[component]
pub(crate) fn NobodyYet(slug: Slug, api: Api) -> impl IntoView {
    // A sandbox bot is unknown in the real Telegram, or worse, somebody else's.
    let link = (api == Api::Telegram).then(|| format!("https://t.me/{slug}"));
    let sentence = match api {
        Api::Telegram => {
            "Share the bot’s link. Whoever opens it and presses Start appears here at once."
        }
        Api::Sandbox => "Whoever presses Start in the sandbox appears here at once.",
    };
    view! {
        <Empty glyph=Glyph::Users title="Nobody has pressed Start yet" sentence>
            {link
                .map(|href| {
                    view! {
                        <LinkButton href icon=Glyph::Away>
                            "Open it in Telegram"
                        </LinkButton>
                    }
                })}
            <LinkButton href=paths::bot(&slug) kind=Kind::Quiet>
                "Look at its connection"
            </LinkButton>
        </Empty>
    }
}

/// Everyone who ever pressed Start.
const fn everyone(counts: &Counts) -> u64 {
    counts.active + counts.paused + counts.unsubscribed + counts.blocked + counts.deactivated
}
