//! `/auth/register`.

use leptos::prelude::*;

use crate::{
    frame::Gate,
    page::{Visit, page, see_other},
    paths,
    ui::*,
};

/// Signing up.
#[component]
pub(crate) fn RegisterPage() -> impl IntoView {
    page(|visit| async move {
        if visit.cx.viewer.is_some() {
            see_other(paths::HOME);
        }
        Ok(view! { <Register visit /> }.into_any())
    })
}

#[component]
fn Register(visit: Visit) -> impl IntoView {
    let Visit { form, .. } = visit.clone();
    let next = visit.typed("next");
    let login = paths::query(paths::LOGIN, &[("next", &next)]);
    let foot = view! { <p>"You have an account? " <a href=login>"Sign in"</a></p> }.into_any();
    view! {
        <Gate title="Create your account" foot>
            <div class="card">
                <h1>"Create your account"</h1>
                <p class="muted">"Next, a mail brings you a code of six digits."</p>
                <form class="form" method="post" action=paths::REGISTER>
                    <ErrorSummary errors=form.errors.clone() wait_secs=form.wait_secs />
                    <input type="hidden" name="next" value=next />
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
