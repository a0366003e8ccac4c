//! Connecting bots, and looking after them.

mod connect;
mod list;
mod overview;
mod settings;

use std::future::Future;

use contract::{
    ClientError,
    bots::{BotFrame, Counts},
};
use leptos::prelude::*;

use crate::{
    frame::{Frame, Place, Section},
    page::{Visit, page},
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

/// Everyone who ever pressed Start.
const fn everyone(counts: &Counts) -> u64 {
    counts.active + counts.paused + counts.unsubscribed + counts.blocked + counts.deactivated
}
