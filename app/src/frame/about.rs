//! What holds for a bot on every page of it.

use contract::{approvals::Waiting, bots::BotFrame};
use domain::rights::Right;
use leptos::prelude::*;

use super::Section;
use crate::{format::counted, paths, ui::*};

/// Said above the content, as long as it holds.
#[component]
pub(super) fn About(bot: BotFrame, section: Section, here: String) -> impl IntoView {
    let waiting = bot.waiting.clone();
    let read_only = bot.read_only.then(|| view! { <ReadOnly bot section /> });
    view! {
        {read_only}
        <WaitingForYou waiting here />
    }
}

/// What waits for the viewer's approval, unless they look at it.
#[component]
pub(crate) fn WaitingForYou(
    /// The requests.
    mut waiting: Vec<Waiting>,
    /// The address of the page.
    here: String,
) -> impl IntoView {
    waiting.retain(|one| !here.contains(&one.broadcast.to_string()));
    let many = waiting.len() as u64;
    let lines = waiting
        .into_iter()
        .map(|one| {
            view! {
                <li>
                    <a href=paths::confirm(&one.slug, one.broadcast)>
                        <bdi>{one.excerpt}</bdi>
                    </a>
                    {format!(" to {}, asked by ", counted(one.audience, "person", "people"))}
                    <bdi>{one.asked_by}</bdi>
                </li>
            }
        })
        .collect_view();
    (many > 0).then(|| {
        let verb = if many == 1 { "waits" } else { "wait" };
        let title =
            format!("{} {verb} for your approval", counted(many, "broadcast", "broadcasts"),);
        view! {
            <Notice tone=Tone::Brand title>
                <ul role="list">{lines}</ul>
            </Notice>
        }
    })
}

#[component]
fn ReadOnly(bot: BotFrame, section: Section) -> impl IntoView {
    let manages = bot.rights.allow(Right::Manage);
    let way_out = match (manages, section) {
        (true, Section::Settings) => "You can turn this off below.".into_any(),
        (true, _) => {
            let href = format!("{}#read-only", paths::settings(&bot.slug));
            view! {
                "You can turn this off in the "
                <a href=href>"settings"</a>
                "."
            }
            .into_any()
        }
        (false, _) => "Somebody who manages the bot can turn this off.".into_any(),
    };
    view! {
        <Notice tone=Tone::Warn title="This bot is read-only">
            "Nothing is edited or sent, and nobody is answered. Who presses Start or writes /stop is still noted. "
            {way_out}
        </Notice>
    }
}
