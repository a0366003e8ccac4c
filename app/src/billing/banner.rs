//! What holds about the plan, on every page.

use contract::billing::Told;
use domain::billing::{
    notice::{Kind as About, Notice as Holding},
    usage::Meter,
};
use leptos::prelude::*;

use super::is_said_there;
use crate::{paths, ui::*};

/// The most pressing thing that holds about the workspace's plan; nothing where all is well.
#[component]
pub(crate) fn PlanBanner(
    /// Everything that holds.
    mut told: Vec<Told>,
    /// The address of the page.
    here: String,
) -> impl IntoView {
    let is_there = here.starts_with(paths::SUBSCRIPTION);
    told.retain(|one| !(is_there && is_said_there(one.notice.kind)));
    told.sort_by(|a, b| a.notice.cmp(&b.notice));
    told.into_iter().next().map(|Told { notice, is_owner }| {
        let (tone, title, text) = words(&notice);
        let way = if is_there {
            // Everything that can be done stands below.
            ().into_any()
        } else if is_owner {
            view! { <a href=paths::SUBSCRIPTION>"See to it under Subscription"</a> "." }.into_any()
        } else {
            "An owner of the workspace can see to it.".into_any()
        };
        view! {
            <Notice tone title>
                {text} " " {way}
            </Notice>
        }
    })
}

fn words(notice: &Holding) -> (Tone, &'static str, &'static str) {
    let of_messages = notice.meter() == Some(Meter::Messages);
    match notice.kind {
        About::ReadOnly => (
            Tone::Bad,
            "This workspace is read-only",
            "Its payment is overdue for too long. Nothing is deleted, and everything goes on once it is paid.",
        ),
        About::PastDue => (
            Tone::Warn,
            "A payment failed",
            "Nothing changes for now. Without a payment the workspace becomes read-only.",
        ),
        About::Confirm => {
            (Tone::Warn, "A payment waits for you", "It has to be confirmed, or made once more.")
        }
        About::Twice => {
            (Tone::Warn, "Two subscriptions are being paid", "Only one of them is of use.")
        }
        About::Full if of_messages => (
            Tone::Warn,
            "The plan’s messages of this month are used",
            "What is being sent is sent to its end. New broadcasts wait for next month, or a larger plan.",
        ),
        About::Full => (
            Tone::Warn,
            "The plan’s subscribers are used up",
            "Everybody who comes is welcomed and answered. Broadcasts wait as soon as there are more than the plan is for.",
        ),
        About::Near if of_messages => {
            (Tone::Neutral, "Most of this month’s messages are used", "Nothing has to wait yet.")
        }
        About::Near => (
            Tone::Neutral,
            "There are nearly as many subscribers as the plan is for",
            "Nothing has to wait yet.",
        ),
        About::TrialEnds => {
            (Tone::Neutral, "The trial ends soon", "Then the first payment is made.")
        }
    }
}
