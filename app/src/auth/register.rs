//! `/auth/register`.

use contract::auth::Signups;
use leptos::prelude::*;

use super::lead_on;
use crate::{
    frame::Gate,
    page::{Visit, page},
    paths,
    ui::*,
};

/// Signing up.
#[component]
pub(crate) fn RegisterPage() -> impl IntoView {
    page(|visit| async move {
        lead_on(&visit);
        let signups = visit.backend.auth.signups();
        Ok(if signups == Signups::Open || !visit.typed("invitation").is_empty() {
            view! { <Register visit /> }.into_any()
        } else {
            view! { <Closed visit signups /> }.into_any()
        })
    })
}

/// No form: whoever fills one in wants it taken.
#[component]
fn Closed(visit: Visit, signups: Signups) -> impl IntoView {
    let login = paths::query(paths::LOGIN, &[("next", &visit.typed("next"))]);
    let why = match signups {
        Signups::Invite => {
            "Open the link in the mail that invited you. If you have none, ask the person who runs this Gannet."
        }
        Signups::Open | Signups::Closed => {
            "Its owner does not take new accounts at the moment. If you expected one, ask them."
        }
    };
    view! {
        <Gate title="Sign-ups are closed">
            <div class="card">
                <h1>{signups.refusal()}</h1>
                <p class="muted">{why}</p>
                <LinkButton href=login kind=Kind::Primary wide=true>
                    "Sign in"
                </LinkButton>
            </div>
        </Gate>
    }
}

#[component]
fn Register(visit: Visit) -> impl IntoView {
    let Visit { form, .. } = visit.clone();
    let next = visit.typed("next");
    let login = paths::query(paths::LOGIN, &[("next", &next)]);
    let invitation = visit.typed("invitation");
    let invitation = (!invitation.is_empty())
        .then(|| view! { <input type="hidden" name="invitation" value=invitation /> });
    let foot = view! { <p>"You have an account? " <a href=login>"Sign in"</a></p> }.into_any();
    view! {
        <Gate title="Create your account" foot>
            <div class="card">
                <h1>"Create your account"</h1>
                <p class="muted">"Next, a mail brings you a code of six digits."</p>
                <form class="form" method="post" action=paths::REGISTER>
                    <ErrorSummary errors=form.errors.clone() wait_secs=form.wait_secs />
                    <input type="hidden" name="next" value=next />
                    {invitation}
                    <Field
                        label="Your name"
                        name="name"
                        value=visit.typed("name")
                        error=form.error("name")
                        autocomplete="name"
                        maxlength=80
                        required=true
                    />
                    <Field
                        label="Email"
                        name="email"
                        kind="email"
                        value=visit.typed("email")
                        error=form.error("email")
                        autocomplete="email"
                        maxlength=254
                        required=true
                    />
                    <PasswordField
                        label="Password"
                        name="password"
                        error=form.error("password")
                        new=true
                    />
                    <Button kind=Kind::Primary wide=true>
                        "Create account"
                    </Button>
                </form>
            </div>
        </Gate>
    }
}
