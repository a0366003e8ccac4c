//! `/auth/verify`.

use leptos::prelude::*;

use super::lead_on;
use crate::{
    frame::Gate,
    page::{Visit, page},
    paths,
    ui::*,
};

/// Taking the code from the mail.
#[component]
pub(crate) fn VerifyPage() -> impl IntoView {
    page(|visit| async move {
        lead_on(&visit);
        Ok(view! { <Verify visit /> }.into_any())
    })
}

#[component]
fn Verify(visit: Visit) -> impl IntoView {
    let email = visit.typed("email");
    let form = visit.form.clone();
    let (code_error, email_error) = (form.error("code"), form.error("email"));
    let resent = (visit.asked("done") == "sent")
        .then(|| view! { <Flash tone=Tone::Ok message="Another code is on its way. Only the newest one works." /> });
    let is_known = !email.is_empty() && email_error.is_none();
    let lead = if is_known {
        view! {
            <p class="muted wrap-anywhere">
                "We sent it to " <strong>{email.clone()}</strong> ". It works for 15 minutes."
            </p>
        }
        .into_any()
    } else {
        view! { <p class="muted">"It is in the mail that we sent you, and works for 15 minutes."</p> }.into_any()
    };
    let address = if is_known {
        view! { <input type="hidden" name="email" value=email.clone() /> }.into_any()
    } else {
        view! {
            <Field
                label="Email"
                name="email"
                kind="email"
                value=email.clone()
                error=email_error
                autocomplete="email"
                required=true
            />
        }
        .into_any()
    };
    let next = visit.typed("next");
    // What they typed into the form before, so that only the address has to be typed again.
    let name = visit.typed("name");
    let mend =
        paths::query(paths::REGISTER, &[("name", &name), ("email", &email), ("next", &next)]);
    let foot = view! {
        <div class="stack" data-tight="">
            {is_known
                .then({
                    let (name, next) = (name.clone(), next.clone());
                    move || {
                        view! {
                            <form method="post" action=paths::RESEND>
                                <input type="hidden" name="email" value=email />
                                <input type="hidden" name="name" value=name.clone() />
                                <input type="hidden" name="next" value=next.clone() />
                                <Button kind=Kind::Quiet icon=Glyph::Mail>
                                    "Send another code"
                                </Button>
                            </form>
                        }
                    }
                })}
            <p>"Mistyped your address? " <a href=mend>"Mend it"</a></p>
        </div>
    }
    .into_any();
    view! {
        <Gate title="Enter the code" foot>
            <div class="card">
                <h1>"Enter the code"</h1>
                {lead}
                {resent}
                <form class="form" method="post" action=paths::VERIFY>
                    <ErrorSummary errors=form.errors wait_secs=form.wait_secs />
                    <input type="hidden" name="name" value=name />
                    <input type="hidden" name="next" value=next />
                    {address}
                    <Field
                        label="Code"
                        name="code"
                        error=code_error
                        autocomplete="one-time-code"
                        inputmode="numeric"
                        maxlength=12
                        code=true
                        required=true
                        autofocus=true
                    />
                    <Button kind=Kind::Primary wide=true>
                        "Verify and sign in"
                    </Button>
                </form>
            </div>
        </Gate>
    }
}
