//! What stands around a page's content: for the signed-in the navigation, for the others the gate.

mod about;
mod gate;
mod nav;

pub(crate) use {about::WaitingForYou, gate::Gate};

use contract::bots::BotFrame;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{billing::PlanBanner, page::Visit, ui::*};
use about::About;
use nav::{BottomBar, Sidebar, Tabs};

/// Which entry of the navigation is the page's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The overview.
    Overview,
    /// The list of bots, or connecting one.
    Bots,
    /// A page of one bot.
    Bot(BotFrame, Section),
    /// The audit log.
    Audit,
    /// The workspace and its people.
    Workspace,
    /// The viewer's account.
    Account,
    /// The instance as a whole.
    Instance,
    /// No entry: a refusal.
    Elsewhere,
}

/// The pages of one bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// How it is.
    Overview,
    /// The people.
    Subscribers,
    /// Groups and channels.
    Chats,
    /// The messages.
    Broadcasts,
    /// Texts, token, the end.
    Settings,
}

/// A page of somebody who is signed in. Shows what the last action led to, if the address says so.
#[component]
pub(crate) fn Frame(
    /// The request.
    visit: Visit,
    /// The page's name, for the window.
    #[prop(into)]
    title: String,
    /// Where it is.
    place: Place,
    /// The content.
    children: Children,
) -> impl IntoView {
    let flash = done(&visit.asked("done")).map(|message| view! { <Flash tone=Tone::Ok message /> });
    let (told, here) = (visit.told.clone(), visit.here.clone());
    let of_bot = match &place {
        Place::Bot(bot, section) => Some(view! {
            <Tabs bot=bot.clone() section=*section />
            <About bot=bot.clone() section=*section here=visit.here.clone() />
        }),
        _ => None,
    };
    view! {
        <Title text=title formatter=window_title />
        <a class="skip" href="#main">
            "Skip to the content"
        </a>
        <div class="frame">
            <header class="topbar">
                <Brand />
                <OpenButton target="menu" icon=Glyph::Menu kind=Kind::Quiet label="Menu" />
            </header>
            <Sidebar visit place=place.clone() />
            <main class="main" id="main" tabindex="-1">
                {of_bot}
                <PlanBanner told here />
                {flash}
                {children()}
            </main>
            <BottomBar place />
            <Keys />
        </div>
    }
}

/// The name of a page for the window. Part of it may have been typed by anybody: a subscriber's
/// name, a message.
fn window_title(page: String) -> String {
    format!("{} · Gannet", escaped(&page))
}

/// What an action led to. The address carries one of these words, never a sentence, so nobody can
/// put words into our mouth by a link.
fn done(word: &str) -> Option<&'static str> {
    Some(match word {
        "repaired" => "The connection was set up anew.",
        "saved" => "Saved.",
        "rotated" => "The new token is in force. The old one is forgotten.",
        "paced" => "Saved. What is being sent follows within a second.",
        "read_only" => "The bot is read-only. What was being sent has been paused.",
        "writable" => "The bot may be edited and sent from again. What was paused can be resumed.",
        "disconnected" => "The bot was disconnected. Its subscribers are kept for 30 days.",
        "tested" => "Sent to you. Look into your Telegram.",
        "linked" => "Your Telegram is linked. You can send yourself a test now.",
        "set_up" => "You look after this Gannet now.",
        "lifted" => "Let in again.",
        "invited" => "The invitation is on its way.",
        "withdrawn" => "The invitation was withdrawn. Its link does not work any more.",
        "removed" => "That person lost the workspace, from their next click on.",
        "signed_out" => "That person was signed out everywhere, and told by mail.",
        "joined" => "Welcome to the team.",
        "left" => "You left the workspace.",
        "asked" => "The others were told by mail. You get a mail of the outcome.",
        "approved" => "Approved. It can be sent now, as it is.",
        "refused" => "Refused. Whoever asked was told by mail.",
        "taken_back" => "You took the request back.",
        "moved" => "The bot moved, and you with it: this is its workspace now.",
        "owner_given" => "The workspace has an owner again. A mail tells them, and its admins.",
        "closing" => {
            "The workspace goes in 30 days. Until then its owners can keep it, under Team, Workspace."
        }
        "workspace_kept" => "The workspace stays, with everything in it.",
        "repeated" => "They are in line to get it once more. That is on record.",
        "discarded" => "The draft was thrown away.",
        "addressed" => "Saved. Look at what will happen before you send.",
        "scheduled" => "It goes out by itself, at its time.",
        "put_forward" => {
            "That night the clock skips the time you chose. It goes out as much later: see below when exactly."
        }
        "shown_twice" => {
            "That night the clock shows the time you chose twice. It goes out the first time: see below when exactly."
        }
        "unscheduled" => "It is a draft again, and does not go out by itself.",
        _ => return None,
    })
}
