//! `/auth/reset-password`: where the link from the mail leads.

use leptos::prelude::*;

use crate::{
    frame::Gate,
    page::{Visit, hide_address, page},
    paths,
    ui::*,
};

/// Choosing a new password. Looking at the page uses the link up for nobody.
#[component]
pub(crate) fn ResetPage() -> impl IntoView {
    page(|visit| async move {
        hide_address();
        let is_open = visit.backend.auth.is_reset_open(&visit.asked("token")).await?;
        Ok(match is_open {
            true => view! { <Choose visit /> }.into_any(),
            false => view! { <Void /> }.into_any(),
        })
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
                    "It is used up, older than 60 minutes, or another one was used. Your password is what it was."
                </p>
                <LinkButton href=paths::FORGOT kind=Kind::Primary wide=true>
                    "Ask for a new link"
                </LinkButton>
            </div>
        </Gate>
    }
}
