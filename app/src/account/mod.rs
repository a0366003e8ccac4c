//! `/account`: the viewer's own, and the pages below it.

mod address;
mod close;
mod password;
mod profile;
mod sessions;

use contract::ClientError;
use domain::rights::Role;
use leptos::prelude::*;

pub(crate) use {
    address::AddressPage, close::ClosePage, password::PasswordPage, profile::AccountPage,
    sessions::SessionsPage,
};

use crate::{
    frame::{Frame, Place},
    page::{Visit, page},
    paths,
    ui::*,
};

/// The pages of the account: where, and what they are called.
const PAGES: [(&str, &str); 7] = [
    (paths::ACCOUNT, "You"),
    (paths::ACCOUNT_PASSWORD, "Password"),
    (paths::TWO_FACTOR, "Two-step"),
    (paths::ACCOUNT_ADDRESS, "Address"),
    (paths::ACCOUNT_SESSIONS, "Sessions"),
    (paths::SUBSCRIPTION, "Subscription"),
    (paths::ACCOUNT_CLOSE, "Close"),
];

/// One of them, called `title`; `done` are the words for what a form there has done.
pub(crate) fn account_page<Fut>(
    address: &'static str,
    title: &'static str,
    done: &'static [(&'static str, &'static str)],
    make: impl FnOnce(Visit) -> Fut + Send + 'static,
) -> impl IntoView
where
    Fut: Future<Output = Result<AnyView, ClientError>> + Send + 'static,
{
    page(move |visit| async move {
        let is_owner = visit.viewer()?.role == Role::Owner;
        let asked = visit.asked("done");
        let said = done.iter().find(|(word, _)| *word == asked && visit.form.errors.is_empty());
        let flash = said.map(|&(_, message)| view! { <Flash tone=Tone::Ok message /> });
        let (errors, wait_secs) = (visit.form.errors.clone(), visit.form.wait_secs);
        let body = make(visit.clone()).await?;
        Ok(view! {
            <Frame visit title place=Place::Account>
                <PageHeader title>
                    <PostButton action=paths::LOGOUT icon=Glyph::Out>
                        "Sign out"
                    </PostButton>
                </PageHeader>
                <nav aria-label="Account">
                    <ul class="tabs" role="list">
                        {links(address, is_owner)}
                    </ul>
                </nav>
                {flash}
                <ErrorSummary errors wait_secs />
                {body}
            </Frame>
        }
        .into_any())
    })
}

/// To the pages, but for those that are not the viewer's: what is paid for is the owners' affair.
fn links(address: &'static str, is_owner: bool) -> impl IntoView {
    let link = |(href, name): (&'static str, &'static str)| {
        view! {
            <li>
                <a href=href aria-current=(href == address).then_some("page")>
                    {name}
                </a>
            </li>
        }
    };
    PAGES
        .into_iter()
        .filter(|(page, _)| is_owner || *page != paths::SUBSCRIPTION)
        .map(link)
        .collect_view()
}
