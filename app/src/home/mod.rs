//! `/`: the landing page for strangers, the overview for everyone else.

mod first_steps;
mod landing;
mod overview;

use leptos::prelude::*;

use crate::page::page;

pub(crate) use first_steps::{FirstSteps, TrySandbox};

/// `/`.
#[component]
pub(crate) fn Home() -> impl IntoView {
    page(|visit| async move {
        if visit.cx.viewer.is_none() {
            return Ok(view! { <landing::Landing visit /> }.into_any());
        }
        let bots = visit.backend.bots.list(&visit.cx).await?;
        Ok(view! { <overview::Overview visit bots /> }.into_any())
    })
}
