//! `/auth/2fa`: the second step of signing in.

use contract::{
    ClientError,
    second_factor::{LATE, Pending},
};
use leptos::prelude::*;

use crate::{
    auth::Login,
    frame::Gate,
    page::{Visit, page, see_other},
    paths,
    ui::*,
};

/// Asks for the code; or for the password again, where none was given within ten minutes.
#[component]
pub(crate) fn SecondFactorPage() -> impl IntoView {
    page(|mut visit| async move {
        if visit.cx.viewer.is_some() {
            see_other(paths::HOME);
        }
        if visit.extension::<Pending>().is_none() {
            visit.form = visit.form.refused(&ClientError::field("", LATE));
            return Ok(view! { <Login visit /> }.into_any());
        }
        Ok(view! { <SecondFactor visit /> }.into_any())
    })
}

#[component]
fn SecondFactor(visit: Visit) -> impl IntoView {
    let form = visit.form.clone();
    let (next, error) = (visit.typed("next"), form.error("code"));
    let kept = (!form.value("kept").is_empty())
        .then(|| view! { <input type="hidden" name="kept" value=form.value("kept") /> });
    let with_backup = visit.typed("with") == "backup";
    let other = if with_backup { "" } else { "backup" };
    let switch = paths::query(paths::SECOND_FACTOR, &[("with", other), ("next", &next)]);
    let (title, field, other) = if with_backup {
        let field = view! {
            <Field
                label="Backup code"
                name="code"
                error
                hint="Sixteen letters and digits. It works once."
                autocomplete="off"
                maxlength=32
                required=true
                autofocus=true
            />
        }
        .into_any();
        ("Enter a backup code", field, "Use the authenticator app")
    } else {
        let field = view! { <CodeField error autofocus=true /> }.into_any();
        ("Enter your code", field, "Use a backup code")
    };
    // What was typed before travels in this form; the link would lose it.
    let switch = kept.is_none().then(|| {
        view! {
            <p>
                "No phone at hand? " <a href=switch>{other}</a>
            </p>
        }
    });
    let foot = view! {
        <div class="stack" data-tight="">
            {switch}
            <p>
                "Somebody else? " <a href=paths::LOGIN>"Sign in with another account"</a>
            </p>
        </div>
    }
    .into_any();
    view! {
        <Gate title foot>
            <div class="card">
                <h1>{title}</h1>
                <p class="muted">"Your password was right. This is the second step."</p>
                <form class="form" method="post" action=paths::SECOND_FACTOR>
                    <ErrorSummary errors=form.errors.clone() wait_secs=form.wait_secs />
                    <input type="hidden" name="next" value=next />
                    <input
                        type="hidden"
                        name="with"
                        value=if with_backup { "backup" } else { "" }
                    />
                    {kept}
                    {field}
                    <Button kind=Kind::Primary wide=true>
                        "Sign in"
                    </Button>
                </form>
            </div>
        </Gate>
    }
}
