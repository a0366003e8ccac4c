//! `/account/close`.

use contract::{
    account::{Going, Leaving},
    auth::Again,
};
use leptos::prelude::*;

use super::account_page;
use crate::{format::counted, paths, ui::*};

/// The end of the account, with what goes with it.
#[component]
pub(crate) fn ClosePage() -> impl IntoView {
    account_page(paths::ACCOUNT_CLOSE, "Close the account", &[], |visit| async move {
        let leaving = visit.backend.account.leaving(&visit.cx).await?;
        let form = visit.form.clone();
        Ok(view! {
            <Card title="What goes with it" danger=true>
                <What leaving />
                <p>
                    "You are signed out everywhere, and bots that go are disconnected at once. The rest is kept for 30 days:                     signing in before then keeps your account. After that nothing can be brought back."
                </p>
                <form class="form" method="post" action=paths::ACCOUNT_CLOSE>
                    <Checkbox
                        label="I know what goes, and want to close my account"
                        name="sure"
                        error=form.error("sure")
                        required=true
                    />
                    <AgainField error=form.error(Again::FIELD) fresh=visit.cx.is_fresh() />
                    <div class="actions">
                        <Button kind=Kind::Danger icon=Glyph::Trash>
                            "Close my account"
                        </Button>
                    </div>
                </form>
            </Card>
        }
        .into_any())
    })
}

#[component]
fn What(leaving: Leaving) -> impl IntoView {
    let goes = leaving.goes.into_iter().map(|going| {
        let rest = rest(&going);
        view! {
            <li>
                "The workspace " <strong><bdi>{going.name}</bdi></strong> {rest}
            </li>
        }
    });
    let stays = leaving.stays.into_iter().map(|name| {
        view! {
            <li>
                "Your place in " <strong><bdi>{name}</bdi></strong> ", which goes on without you"
            </li>
        }
    });
    view! {
        <ul>
            <li>"Your name, address, password and settings"</li>
            {goes.collect_view()}
            {stays.collect_view()}
        </ul>
    }
}

fn rest(going: &Going) -> String {
    let mut text = String::from(", because nobody else owns it");
    if !going.bots.is_empty() {
        let names: Vec<_> = going.bots.iter().map(|name| format!("@{name}")).collect();
        text.push_str(&format!(": with {}, their subscribers and broadcasts", names.join(", ")));
    }
    if going.pays {
        text.push_str("; its subscription is cancelled, and nothing more is charged");
    }
    if going.others > 0 {
        text.push_str(&format!(
            "; {} lose it",
            counted(going.others, "other person", "other people")
        ));
    }
    text
}
