//! `/account/subscription`: what the workspace has, what it pays, and how much of it is used.

mod banner;
mod change;
mod papers;
mod plans;
mod words;

pub(crate) use {banner::PlanBanner, change::ChangePlanPage};

use contract::billing::Overview;
use domain::billing::{
    notice::Kind as Told,
    standing::Phase,
    usage::{Level, level},
};
use leptos::prelude::*;

use crate::{
    account::account_page,
    page::{Visit, go_on_in},
    paths,
    ui::*,
};
use papers::{History, Invoices, Returns};
use plans::Offers;
use words::{limit_name, per};

/// How often the page looks by itself whether Stripe has told of a payment, and after how many seconds each time.
const LOOKS: u8 = 20;
const LOOK_SECS: u32 = 3;

const DONE: [(&str, &str); 4] = [
    ("plan_changed", "The plan was changed. Stripe sends the invoice by mail."),
    ("looked", "This is how it stands with Stripe at this moment."),
    ("back", "You are back from Stripe. What you changed there shows here within seconds."),
    (
        "not_paid",
        "You left Stripe’s page without paying. Nothing was changed, and you can come back to it.",
    ),
];

/// The plan of the current workspace. For its owners.
#[component]
pub(crate) fn SubscriptionPage() -> impl IntoView {
    account_page(paths::SUBSCRIPTION, "Subscription", &DONE, |visit| async move {
        let overview = visit.backend.billing.overview(&visit.cx).await?;
        let waiting = (visit.asked("done") == "paid").then(|| waiting(&visit, &overview));
        if visit.asked("done") == "back" && visit.asked("n").is_empty() {
            // By then Stripe has told of what was changed there.
            let again = paths::query(paths::SUBSCRIPTION, &[("done", "back"), ("n", "1")]);
            go_on_in(LOOK_SECS, &again);
        }
        let papers = overview.stripe.clone().map(|stripe| {
            let (returns, history) = (stripe.returns.clone(), stripe.history.clone());
            view! {
                <Invoices visit=visit.clone() stripe />
                <Returns visit=visit.clone() returns />
                <History visit=visit.clone() history />
            }
        });
        let (own, mine) = (visit.clone(), overview.clone());
        let (used, offered) = (overview.clone(), overview.clone());
        Ok(view! {
            {waiting}
            <Problems visit overview />
            <Grid columns="side">
                <Plan visit=own overview=mine />
                <Usage overview=used />
            </Grid>
            <Offers overview=offered />
            {papers}
        }
        .into_any())
    })
}

/// Whoever comes from Stripe's page has paid there; here that counts once Stripe has told it.
fn waiting(visit: &Visit, overview: &Overview) -> AnyView {
    if !matches!(overview.phase, Phase::Free | Phase::Incomplete) {
        return view! { <Flash tone=Tone::Ok message="Thank you. The plan is in force." /> }
            .into_any();
    }
    let n: u8 = visit.asked("n").parse().unwrap_or_default();
    if n >= LOOKS {
        return view! {
            <Notice tone=Tone::Warn title="Stripe has not told of your payment yet">
                "That can take a few minutes. Nothing is lost: if you paid, the plan begins by itself. "
                <PostButton action=paths::LOOK>"Ask Stripe now"</PostButton>
            </Notice>
        }
        .into_any();
    }
    let again = (n + 1).to_string();
    let next = paths::query(paths::SUBSCRIPTION, &[("done", "paid"), ("n", &again)]);
    go_on_in(LOOK_SECS, &next);
    view! {
        <Notice tone=Tone::Brand title="Waiting for Stripe">
            <p role="status">
                "Your payment is with Stripe. The plan begins as soon as Stripe confirms it, usually within seconds; this page looks by itself. "
                <a href=next>"Look again"</a>
            </p>
        </Notice>
    }
    .into_any()
}

/// What an owner has to see to.
#[component]
fn Problems(visit: Visit, overview: Overview) -> impl IntoView {
    let page = overview.stripe.as_ref().and_then(|stripe| stripe.page_to_pay.clone());
    let overdue = match overview.phase {
        Phase::PastDue { until, .. } => Some(view! {
            <Notice tone=Tone::Warn title="A payment failed">
                <p>
                    "Nothing changes until " {visit.time(until)}
                    ". Pay it on Stripe’s page, with any card; or give another card, with which Stripe tries again by itself in the next days."
                </p>
                <WaysToPay page=page.clone() />
            </Notice>
        }.into_any()),
        Phase::ReadOnly { .. } => Some(view! {
            <Notice tone=Tone::Bad title="This workspace is read-only">
                <p>
                    "Its payment is overdue for more than 14 days, so nothing new is sent or changed. Nothing was deleted, and everything goes on as soon as it is paid."
                </p>
                <WaysToPay page=page.clone() />
            </Notice>
        }.into_any()),
        Phase::Incomplete => page.map(|href| view! {
            <Notice tone=Tone::Warn title="Your payment waits for you">
                <p>"Your bank asks you to confirm it, or it has to be made once more. The plan begins then."</p>
                <div class="actions">
                    <LinkButton href kind=Kind::Primary>"Confirm or pay on Stripe’s page"</LinkButton>
                </div>
            </Notice>
        }.into_any()),
        Phase::Free | Phase::Trialing { .. } | Phase::Active { .. } | Phase::Ending { .. } => None,
    };
    let twice = overview.has_others.then(|| view! {
        <Notice tone=Tone::Warn title="Two subscriptions are being paid">
            <p>"Only one is of use. Cancel the other under Manage billing, and ask for the money back there."</p>
        </Notice>
    });
    let unknown = overview.is_unknown_price.then(|| view! {
        <Notice tone=Tone::Warn title="What you pay for is not on the list here">
            <p>"Whoever runs this Gannet has changed its plans. Until that is mended nothing is limited for you."</p>
        </Notice>
    });
    view! {
        {overdue}
        {twice}
        {unknown}
    }
}

/// What is open is paid on its page, or with another card when Stripe tries again.
#[component]
fn WaysToPay(
    /// Stripe's page of it.
    page: Option<String>,
) -> impl IntoView {
    view! {
        <div class="actions">
            {page.map(|href| view! { <LinkButton href kind=Kind::Primary>"Pay on Stripe’s page"</LinkButton> })}
            <PortalButton errand="payment">"Give another card"</PortalButton>
        </div>
    }
}

/// The plan in force, and what happens next.
#[component]
fn Plan(visit: Visit, overview: Overview) -> impl IntoView {
    let Overview { plan, every, phase, stripe, .. } = overview;
    let next = match phase {
        Phase::Trialing { until } => Some(("First payment", until)),
        Phase::Active { renews } => Some(("Next payment", renews)),
        Phase::Ending { at } => Some(("Ends", at)),
        Phase::PastDue { until, .. } => Some(("Read-only from", until)),
        Phase::ReadOnly { since } => Some(("Read-only since", since)),
        Phase::Free | Phase::Incomplete => None,
    };
    let next = next.map(|(name, at)| (name, visit.time(at)));
    let (tone, state) = words::phase(phase);
    let is_test = stripe.as_ref().is_some_and(|stripe| stripe.is_test);
    let is_customer = stripe.as_ref().is_some_and(|stripe| stripe.is_customer);
    let email = stripe.as_ref().and_then(|stripe| stripe.email.clone());
    let looked = stripe.as_ref().and_then(|stripe| stripe.looked_at).map(|at| visit.time(at));
    let lead = match &stripe {
        None => "Nothing is sold on this Gannet: everything is free.",
        Some(_) if is_test => "Payments run in Stripe’s test mode: no money moves.",
        Some(_) => "Paid on Stripe’s pages. No card ever reaches this server.",
    };
    view! {
        <Card title="Your plan" lead aside=view! { <Badge tone label=state /> }.into_any()>
            <Facts>
                <Fact name="Plan">
                    <strong>{plan}</strong>
                    {every.map(|every| format!(", paid {}", per(every)))}
                </Fact>
                {next.map(|(name, at)| view! { <Fact name>{at}</Fact> })}
                {email.map(|email| view! { <Fact name="Stripe’s mail goes to"><bdi>{email}</bdi></Fact> })}
                {looked.map(|at| view! { <Fact name="Seen at Stripe">{at}</Fact> })}
            </Facts>
            {is_customer.then(|| view! { <Manage phase /> })}
        </Card>
    }
}

#[component]
fn Manage(phase: Phase) -> impl IntoView {
    let ends = match phase {
        Phase::Ending { .. } => "There the plan can be kept after all, too.",
        _ => "What is cancelled lasts to the end of the period that is paid.",
    };
    let runs =
        matches!(phase, Phase::Active { .. } | Phase::Trialing { .. } | Phase::PastDue { .. });
    view! {
        <div class="actions">
            <PortalButton errand="">"Manage billing"</PortalButton>
            {runs.then(|| view! { <PortalButton errand="cancel" quiet=true>"Cancel the plan"</PortalButton> })}
            <PostButton action=paths::LOOK kind=Kind::Quiet>"Ask Stripe now"</PostButton>
        </div>
        <p class="hint">
            "Cards, invoices, refunds and disputes are managed on Stripe’s page. " {ends}
        </p>
    }
}

/// On to Stripe's Customer Portal.
#[component]
fn PortalButton(
    /// What for; see [`contract::billing::Errand`].
    errand: &'static str,
    /// Beside the way.
    #[prop(optional)]
    quiet: bool,
    /// The label.
    children: Children,
) -> impl IntoView {
    let kind = if quiet { Kind::Quiet } else { Kind::Neutral };
    view! {
        <form method="post" action=paths::PORTAL>
            <Button kind name="errand" value=errand>
                {children()}
            </Button>
        </form>
    }
}

/// How much of everything is used.
#[component]
fn Usage(overview: Overview) -> impl IntoView {
    let rows = overview
        .usage
        .into_iter()
        .map(|used| {
            let name = limit_name(used.meter);
            match used.limit {
                Some(limit) => {
                    let over = (level(used.used, Some(limit)) == Level::Full && used.used > limit)
                        .then(|| view! { <p class="hint">"New things wait; nothing is taken away."</p> });
                    view! {
                        <Meter label=name used=used.used limit />
                        {over}
                    }
                    .into_any()
                }
                None => view! {
                    <div class="progress">
                        <div>
                            <span>{name}</span>
                            <small>{format!("{}, without limit", crate::format::count(used.used))}</small>
                        </div>
                    </div>
                }
                .into_any(),
            }
        })
        .collect_view();
    view! {
        <Card title="Used">
            <div class="stack">{rows}</div>
        </Card>
    }
}

/// Whether a notice is one that the page about the plan says itself.
fn is_said_there(kind: Told) -> bool {
    !matches!(kind, Told::Full | Told::Near | Told::TrialEnds)
}
