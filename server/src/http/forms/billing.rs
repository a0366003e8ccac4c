//! The plan of a workspace: paying for one, changing it, managing what is paid.

use app::paths;
use axum::{extract::State, response::Response};
use contract::billing::{Changed, Choice, Confirmed, Errand};

use super::{Forms, Posted};

/// `POST /account/subscription/checkout`: on to Stripe's page of payment.
pub async fn checkout(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Choice>() {
        Ok(form) => forms.backend.billing.checkout(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    posted.finish(&forms, paths::SUBSCRIPTION, outcome).await
}

/// `POST /account/subscription/portal`: on to Stripe's Customer Portal.
pub async fn portal(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Errand>() {
        Ok(form) => forms.backend.billing.portal(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    posted.finish(&forms, paths::SUBSCRIPTION, outcome).await
}

/// `POST /account/subscription/change`: another plan, at the amount that was shown.
pub async fn change(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = match posted.read::<Confirmed>() {
        Ok(form) => forms.backend.billing.change(&posted.cx, form).await,
        Err(error) => Err(error),
    };
    let next = |changed| match changed {
        Changed::Done => paths::query(paths::SUBSCRIPTION, &[("done", "plan_changed")]),
        Changed::Confirm(url) => url,
    };
    posted.finish(&forms, paths::SUBSCRIPTION, outcome.map(next)).await
}

/// `POST /account/subscription/look`: looks at Stripe now.
pub async fn look(State(forms): State<Forms>, posted: Posted) -> Response {
    let outcome = forms.backend.billing.look(&posted.cx).await;
    posted.settle(&forms, paths::SUBSCRIPTION, "looked", outcome).await
}
