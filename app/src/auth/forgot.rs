//! `/auth/forgot-password`.

use leptos::prelude::*;

use crate::{
    frame::Gate,
    page::{Visit, page},
    paths,
    ui::*,
};

/// Asking for a link that sets a new password.
#[component]
pub(crate) fn ForgotPage() -> impl IntoView {
    page(|visit| async move { Ok(view! { <Forgot visit /> }.into_any()) })
}

#[component]
fn Forgot(visit: Visit) -> impl IntoView {
    let form = visit.form.clone();
    let sent = (visit.asked("done") == "sent" && form.errors.is_empty()).then(|| {
        view! {
            <Flash
                tone=Tone::Ok
                message="If the address has an account, a link is on its way. It works once, for 60 minutes."
            />
        }
    });
    let foot =
        view! { <p>"You know it after all? " <a href=paths::LOGIN>"Sign in"</a></p> }.into_any();
    view! {
        <Gate title="Forgot your password?" foot>
            <div class="card">
                <h1>"Forgot your password?"</h1>
                <p class="muted">"A mail brings you a link by which you choose a new one."</p>
                {sent}
                <form class="form" method="post" action=paths::FORGOT>
                    <ErrorSummary errors=form.errors.clone() wait_secs=form.wait_secs />
                    <Field
                        label="Email"
                        name="email"
                        kind="email"
                        value=visit.typed("email")
                        error=form.error("email")
                        autocomplete="username"
                        maxlength=254
                        required=true
                    />
                    <Button kind=Kind::Primary wide=true>
                        "Send me a link"
                    </Button>
                </form>
            </div>
        </Gate>
    }
}
