//! What can be had.

use contract::billing::{Cost, Offer, Overview};
use domain::billing::standing::Phase;
use leptos::prelude::*;

use super::words::{each, limit};
use crate::{
    format::{counted, money},
    paths,
    ui::*,
};

/// All plans beside each other, each with the way to it.
#[component]
pub(super) fn Offers(overview: Overview) -> impl IntoView {
    let phase = overview.phase;
    let plans = overview.plans;
    let first = match phase {
        Phase::Ending { .. } => {
            Some("To change to another one, keep yours first, under Manage billing.")
        }
        Phase::PastDue { .. } | Phase::ReadOnly { .. } => {
            Some("To change to another one, pay what is open first.")
        }
        Phase::Free | Phase::Incomplete | Phase::Active { .. } | Phase::Trialing { .. } => None,
    };
    (!plans.is_empty()).then(|| {
        let cards =
            plans.into_iter().map(|offer| view! { <OneOffer offer phase /> }).collect_view();
        view! {
            <h2 id="plans">"Plans"</h2>
            {first.map(|first| view! { <p class="hint">{first}</p> })}
            <Grid columns="3">{cards}</Grid>
        }
    })
}

#[component]
fn OneOffer(offer: Offer, phase: Phase) -> impl IntoView {
    let Offer { id, name, description, prices, trial_days, limits, features, is_current } = offer;
    let is_free = prices.is_empty();
    let aside = is_current.then(|| view! { <Badge tone=Tone::Ok label="Yours" /> }.into_any());
    let limits = limits
        .into_iter()
        .map(|(meter, most)| view! { <li>{limit(meter, most)}</li> })
        .collect_view();
    let features = features.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    let trial = trial_days.filter(|_| phase == Phase::Free).map(|days| {
        let days = counted(days.into(), "day", "days");
        view! { <p class="hint">{format!("The first {days} are free.")}</p> }
    });
    let ways =
        prices.into_iter().map(|cost| view! { <Way plan=id.clone() cost phase /> }).collect_view();
    let has_another = matches!(phase, Phase::Active { .. } | Phase::Trialing { .. });
    let free = is_free.then(|| view! { <p><strong>"Costs nothing"</strong></p> });
    let back = (is_free && has_another)
        .then(|| view! { <p class="hint">"What there is once you cancel yours."</p> });
    view! {
        <section class="card">
            <div class="card-head">
                <h3>{name}</h3>
                {aside}
                <p>{description}</p>
            </div>
            {free}
            {back}
            {ways}
            {trial}
            <ul>{limits} {features}</ul>
        </section>
    }
}

/// What it costs, and the button that leads there: to Stripe's page of payment, or to what a change would cost.
#[component]
fn Way(plan: String, cost: Cost, phase: Phase) -> impl IntoView {
    let Cost { every, amount, is_current } = cost;
    let price = match amount {
        Some(amount) => view! {
            <strong>{money(amount.amount, &amount.currency)}</strong>
            {format!(" {}", each(every))}
        }
        .into_any(),
        None => view! { {format!("Paid {}", super::words::per(every))} " (Stripe’s page says how much)" }.into_any(),
    };
    let way = match phase {
        _ if is_current => view! { <span class="hint">"What you pay now"</span> }.into_any(),
        Phase::Free | Phase::Incomplete => view! {
            <form method="post" action=paths::CHECKOUT>
                <input type="hidden" name="plan" value=plan autocomplete="off" />
                <Button name="every" value=every.as_str()>
                    {format!("Choose, {}", super::words::per(every))}
                </Button>
            </form>
        }
        .into_any(),
        Phase::Active { .. } | Phase::Trialing { .. } => {
            let href =
                paths::query(paths::CHANGE_PLAN, &[("plan", &plan), ("every", every.as_str())]);
            view! { <LinkButton href>{format!("Change to it, {}", super::words::per(every))}</LinkButton> }.into_any()
        }
        Phase::Ending { .. } | Phase::PastDue { .. } | Phase::ReadOnly { .. } => ().into_any(),
    };
    view! {
        <div class="split">
            <span>{price}</span>
            {way}
        </div>
    }
}
