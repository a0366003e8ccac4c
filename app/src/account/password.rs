//! `/account/password`.

use contract::auth::Again;
use leptos::prelude::*;

use super::account_page;
use crate::{paths, ui::*};

/// Another password.
#[component]
pub(crate) fn PasswordPage() -> impl IntoView {
    let done = &[("changed", "Your password was changed, and all other browsers are signed out.")];
    account_page(paths::ACCOUNT_PASSWORD, "Password", done, |visit| async move {
        let form = visit.form;
        Ok(view! {
            <Card
                title="Change the password"
                lead="All other browsers are signed out, and a mail tells you that it was changed."
            >
                <form class="form" method="post" action=paths::ACCOUNT_PASSWORD>
                    <PasswordField
                        label="The password you have now"
                        name=Again::FIELD
                        error=form.error(Again::FIELD)
                    />
                    <PasswordField
                        label="New password"
                        name="password"
                        error=form.error("password")
                        new=true
                    />
                    <div class="actions">
                        <Button kind=Kind::Primary>"Change the password"</Button>
                    </div>
                </form>
                <p>
                    "You do not know it any more? "
                    <a href=paths::FORGOT>"Have a link sent to you"</a>
                </p>
            </Card>
        }
        .into_any())
    })
}
