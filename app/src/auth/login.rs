//! `/auth/login`.

use contract::auth::Signups;
use leptos::prelude::*;

use super::lead_on;
use crate::{
    frame::Gate,
    page::{Visit, page},
    paths,
    ui::*,
};

/// Signing in.
#[component]
pub(crate) fn LoginPage() -> impl IntoView {
    page(|visit| async move {
        lead_on(&visit);
        Ok(view! { <Login visit /> }.into_any())
    })
}

/// The form, wherever one has to begin again.
#[component]
pub(crate) fn Login(visit: Visit) -> impl IntoView {
    let form = visit.form.clone();
    let next = visit.typed("next");
    // What was typed into another form when its session had ended: it comes back after signing in.
    let kept = (!form.value("kept").is_empty())
        .then(|| view! { <input type="hidden" name="kept" value=form.value("kept") /> });
    let register = paths::query(paths::REGISTER, &[("next", &next)]);
    let detour = (!next.is_empty() && form.errors.is_empty())
        .then(|| view! { <p class="muted">"Then you will be where you wanted to go."</p> });
    let done = match visit.asked("done").as_str() {
        "reset" => Some("Your password was changed. Sign in with the new one."),
        "closed" => {
            Some("Your account is closed and goes in 30 days. Signing in before then keeps it.")
        }
        _ => None,
    };
    let done = done
        .filter(|_| form.errors.is_empty())
        .map(|message| view! { <Flash tone=Tone::Ok message /> });
    let signups = visit.backend.auth.signups();
    let foot = if signups == Signups::Open {
        view! { <p>"No account yet? " <a href=register>"Create one"</a></p> }.into_any()
    } else {
        view! { <p class="muted">{signups.refusal()}</p> }.into_any()
    };
    view! {
        <Gate title="Sign in" foot>
            <div class="card">
                <h1>"Sign in"</h1>
                {detour}
                {done}
                <form class="form" method="post" action=paths::LOGIN>
                    <ErrorSummary errors=form.errors.clone() wait_secs=form.wait_secs />
                    <input type="hidden" name="next" value=next />
                    {kept}
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
                    <PasswordField label="Password" name="password" error=form.error("password") />
                    <Button kind=Kind::Primary wide=true>
                        "Sign in"
                    </Button>
                </form>
                <p>
                    <a href=paths::FORGOT>"Forgot your password?"</a>
                </p>
            </div>
        </Gate>
    }
}
