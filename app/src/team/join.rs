//! `/join`: where the link of an invitation leads.

use contract::{auth::Signups, team::Welcome};
use leptos::prelude::*;

use crate::{
    frame::Gate,
    page::{Visit, hide_address, page},
    paths,
    ui::*,
};

/// Says whose workspace it is, and takes whoever may join in.
#[component]
pub(crate) fn JoinPage() -> impl IntoView {
    page(|visit| async move {
        hide_address();
        let token = visit.typed("token");
        Ok(match visit.backend.team.welcome(&token).await? {
            Some(welcome) => view! { <Join visit token welcome /> }.into_any(),
            None => view! { <Void /> }.into_any(),
        })
    })
}

#[component]
fn Join(visit: Visit, token: String, welcome: Welcome) -> impl IntoView {
    let Welcome { workspace, role, email } = welcome;
    let form = visit.form.clone();
    let here = paths::query(paths::JOIN, &[("token", &token)]);
    let content = match &visit.cx.viewer {
        Some(viewer) => {
            let me = viewer.email.clone();
            view! {
                <form class="form" method="post" action=paths::JOIN>
                    <ErrorSummary errors=form.errors wait_secs=form.wait_secs />
                    <input type="hidden" name="token" value=token />
                    <p>"You are signed in as " <strong class="wrap-anywhere">{me}</strong> "."</p>
                    <Button kind=Kind::Primary wide=true>
                        "Join"
                    </Button>
                </form>
            }
            .into_any()
        }
        None => {
            let address = email.clone().unwrap_or_default();
            let login = paths::query(paths::LOGIN, &[("next", &here), ("email", &address)]);
            let mut pairs = vec![("next", here.as_str()), ("email", address.as_str())];
            if visit.backend.auth.signups() != Signups::Open {
                pairs.push(("invitation", token.as_str()));
            }
            let register = paths::query(paths::REGISTER, &pairs);
            view! {
                <div class="stack">
                    <LinkButton href=register kind=Kind::Primary wide=true>
                        "Create an account"
                    </LinkButton>
                    <LinkButton href=login wide=true>
                        "I have one: sign in"
                    </LinkButton>
                </div>
            }
            .into_any()
        }
    };
    let whose = email.map(|email| {
        view! {
            <p class="muted">
                "The invitation is for " <span class="wrap-anywhere">{email}</span> "."
            </p>
        }
    });
    view! {
        <Gate title="You are invited">
            <div class="card">
                <h1>"You are invited"</h1>
                <p>
                    "Join the workspace " <strong>
                        <bdi>{workspace}</bdi>
                    </strong> {format!(" as {}.", role.with_article())}
                </p>
                {whose}
                {content}
            </div>
        </Gate>
    }
}

#[component]
fn Void() -> impl IntoView {
    view! {
        <Gate title="This invitation does not work any more">
            <div class="card">
                <h1>"This invitation does not work any more"</h1>
                <p>
                    "It was accepted or withdrawn, or is older than a week. Ask whoever invited you for another."
                </p>
                <LinkButton href=paths::HOME kind=Kind::Primary wide=true>
                    "Go to the start"
                </LinkButton>
            </div>
        </Gate>
    }
}
