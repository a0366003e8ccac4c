//! Letters about a workspace's plan, to its owners.

use domain::billing::{notice::Kind, usage::Meter};

use super::{Block, Letter};

/// What holds about a plan. `url` is where it is seen to; `until` is a day, for what has one; `used` is a limit with
/// how much of it is used.
pub fn plan_notice(
    kind: Kind,
    url: &str,
    workspace: &str,
    plan: &str,
    until: Option<String>,
    used: Option<(Meter, u64, Option<u64>)>,
) -> Letter {
    let (subject, text, label) = words(kind);
    let third = match (used, until) {
        (Some((meter, used, Some(limit))), _) => (name(meter), format!("{used} of {limit}")),
        (_, Some(until)) if kind == Kind::TrialEnds => ("First payment", until),
        (_, Some(until)) => ("Read-only from", until),
        (_, None) => ("Seen to under", "Account → Subscription".to_owned()),
    };
    Letter {
        subject,
        heading: subject,
        blocks: vec![
            Block::Text(text),
            Block::Facts([("Workspace", workspace.to_owned()), ("Plan", plan.to_owned()), third]),
            Block::Link { label, url: url.to_owned() },
        ],
        footer: "You get this because you own this workspace.".to_owned(),
    }
}

const fn words(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::Near => (
            "Most of your plan is used",
            "Four fifths of a limit of your plan are used. Nothing has to wait yet; what happens at the limit, and what \
             a larger plan gives, is on this page.",
            "Look at the plan",
        ),
        Kind::Full => (
            "A limit of your plan is reached",
            "A limit of your plan is reached. New broadcasts wait until there is room; what is being sent is sent to \
             its end, everybody is still answered, and nothing is deleted.",
            "Look at the plan",
        ),
        Kind::PastDue => (
            "A payment for your workspace failed",
            "The payment for this plan did not go through. Nothing changes for now, and the payment is tried again; \
             without it the workspace becomes read-only on the day below. Another card can be given on Stripe’s page.",
            "See to the payment",
        ),
        Kind::ReadOnly => (
            "Your workspace is read-only",
            "The payment for this plan is overdue for more than 14 days, so nothing new can be sent or changed. \
             Nothing is deleted, and everything goes on as soon as it is paid.",
            "See to the payment",
        ),
        Kind::Confirm => (
            "A payment waits for you",
            "Your bank asks you to confirm the payment for this plan, or it has to be made once more. The plan begins \
             when that is done.",
            "See to the payment",
        ),
        Kind::TrialEnds => (
            "Your trial ends soon",
            "The trial of this plan ends, and the first payment is made on the day below. Whoever does not want that \
             cancels before, under Manage billing.",
            "Look at the plan",
        ),
        Kind::Twice => (
            "Your workspace pays twice",
            "There are two subscriptions for this workspace, and both are paid. Only one is of use: cancel the other \
             under Manage billing.",
            "Look at the plan",
        ),
    }
}

const fn name(meter: Meter) -> &'static str {
    match meter {
        Meter::Bots => "Bots",
        Meter::Subscribers => "Subscribers",
        Meter::Messages => "Messages this month",
        Meter::Members => "Members",
    }
}
