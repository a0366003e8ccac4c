//! The way from the account to its second factor.

use leptos::prelude::*;

use crate::{paths, ui::*};

/// A card that leads there.
#[component]
pub(crate) fn TwoFactorLink() -> impl IntoView {
    view! {
        <Card
            title="Two-step sign-in"
            lead="A code of your phone after the password: whoever knows your password alone stays outside."
        >
            <div class="actions">
                <LinkButton href=paths::TWO_FACTOR icon=Glyph::Shield>
                    "Set up or change"
                </LinkButton>
            </div>
        </Card>
    }
}
