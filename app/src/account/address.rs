//! `/account/address`.

use contract::auth::Again;
use leptos::prelude::*;

use super::account_page;
use crate::{page::Visit, paths, ui::*};

/// Another address.
#[component]
pub(crate) fn AddressPage() -> impl IntoView {
    let done = &[
        ("sent", "A mail is on its way to the new address. Only the newest code works."),
        ("changed", "The new address is in force. Sign in with it from now on."),
    ];
    account_page(paths::ACCOUNT_ADDRESS, "Address", done, |visit| async move {
        let waiting = visit.backend.account.waiting_address(&visit.cx).await?;
        let code = waiting.map(|email| view! { <Code visit=visit.clone() email /> });
        Ok(view! {
            {code}
            <Ask visit />
        }
        .into_any())
    })
}

#[component]
fn Code(visit: Visit, email: String) -> impl IntoView {
    view! {
        <Card title="Enter the code">
            <p class="wrap-anywhere">
                "It is in the mail to " <strong>{email}</strong>
                ", and works for 15 minutes. Until then your account keeps the address it has."
            </p>
            <form class="form" method="post" action=paths::ADDRESS_VERIFY>
                <Field
                    label="Code"
                    name="code"
                    error=visit.form.error("code")
                    autocomplete="one-time-code"
                    inputmode="numeric"
                    maxlength=12
                    code=true
                    required=true
                />
                <div class="actions">
                    <Button kind=Kind::Primary>"Use this address"</Button>
                </div>
            </form>
            <PostButton action=paths::ADDRESS_RESEND kind=Kind::Quiet icon=Glyph::Mail>
                "Send another code"
            </PostButton>
        </Card>
    }
}

#[component]
fn Ask(visit: Visit) -> impl IntoView {
    let now = visit.cx.viewer.as_ref().map(|viewer| viewer.email.clone()).unwrap_or_default();
    let form = visit.form.clone();
    view! {
        <Card
            title="Change the address"
            lead="A code goes to the new one. The one you have is told at once."
        >
            <p class="wrap-anywhere">"In force: " <strong>{now}</strong></p>
            <form class="form" method="post" action=paths::ACCOUNT_ADDRESS>
                <Field
                    label="New address"
                    name="email"
                    kind="email"
                    value=form.value("email")
                    error=form.error("email")
                    autocomplete="email"
                    maxlength=254
                    required=true
                />
                <AgainField error=form.error(Again::FIELD) fresh=visit.cx.is_fresh() />
                <div class="actions">
                    <Button>"Send a code"</Button>
                </div>
            </form>
        </Card>
    }
}
