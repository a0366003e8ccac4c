//! `/auth/reset-password`: where the link from the mail leads.

use leptos::prelude::*;
use leptos_meta::Meta;

use crate::{
    frame::Gate,
    page::{Visit, page},
    paths,
    ui::*,
};

/// Choosing a new password. Looking at the page uses the link up for nobody.
#[component]
pub(crate) fn ResetPage() -> impl IntoView {
    page(|visit| async move {
        let is_open = visit.backend.auth.is_reset_open(&visit.asked("token")).await?;
        Ok(view! {
            // The address holds the link's secret.
            <Meta name="referrer" content="no-referrer" />
            {if is_open {
                view! { <Choose visit /> }.into_any()
            } else {
                view! { <Void /> }.into_any()
            }}
        }
        .into_any())
    })
}

#[component]
fn Choose(visit: Visit) -> impl IntoView {
    let form = visit.form.clone();
    let lead = if visit.asked("done") == "verified" {
        "Your address is confirmed. You signed up in another browser, or somebody else did with your address: so choose \
         the password now, and only you know it."
    } else {
        "Everybody who is signed in to your account will be signed out."
    };
    view! {
        <Gate title="Choose a new password">
            <div class="card">
                <h1>"Choose a new password"</h1>
                <p class="muted">{lead}</p>
                <form class="form" method="post" action=paths::RESET>
                    <ErrorSummary errors=form.errors.clone() wait_secs=form.wait_secs />
                    <input type="hidden" name="token" value=visit.asked("token") />
                    <PasswordField
                        label="New password"
                        name="password"
                        error=form.error("password")
                        new=true
                    />
                    <Button kind=Kind::Primary wide=true>
                        "Set the password"
                    </Button>
                </form>
            </div>
        </Gate>
    }
}

#[component]
fn Void() -> impl IntoView {
    view! {
        <Gate title="This link does not work any more">
            <div class="card">
                <h1>"This link does not work any more"</h1>
                <p>
                    "It is used up, older than 60 minutes, or a newer one took its place. Your password is what it was."
                </p>
                <LinkButton href=paths::FORGOT kind=Kind::Primary wide=true>
                    "Ask for a new link"
                </LinkButton>
            </div>
        </Gate>
    }
}
