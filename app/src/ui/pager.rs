//! The way through a list that is read by key.

use leptos::prelude::*;

use super::{Glyph, Kind, LinkButton};

/// First, Back, Next; never a number over millions.
///
/// A list is keyset-paged forward; Back is the browser's own way back, offered as a link to where
/// one came from.
#[component]
pub fn Pager(
    /// What this page holds, in words ("50 people").
    #[prop(into)]
    summary: String,
    /// The list from its start; none on the first page.
    #[prop(optional_no_strip)]
    first: Option<String>,
    /// The page before; none on the first page.
    #[prop(optional_no_strip)]
    back: Option<String>,
    /// The page after; none on the last page.
    #[prop(optional_no_strip)]
    next: Option<String>,
) -> impl IntoView {
    view! {
        <nav class="pager" aria-label=format!("Pages: {summary}")>
            <span>{summary.clone()}</span>
            <div>
                {first
                    .map(|href| {
                        view! {
                            <LinkButton href kind=Kind::Quiet>
                                "First"
                            </LinkButton>
                        }
                    })} {back.map(|href| view! { <LinkButton href>"Back"</LinkButton> })}
                {next
                    .map(|href| {
                        view! {
                            <LinkButton href icon=Glyph::Right>
                                "Next"
                            </LinkButton>
                        }
                    })}
            </div>
        </nav>
    }
}

/// A form that narrows the list under it; everything it holds travels in the address.
#[component]
pub fn Filters(
    /// What is narrowed, said aloud.
    #[prop(into)]
    label: String,
    /// The list's own address.
    #[prop(into)]
    action: String,
    /// Whether anything is narrowed: offers the way back to all.
    active: bool,
    /// Fields, the search first.
    children: Children,
) -> impl IntoView {
    let all = action.clone();
    view! {
        <form class="filters" method="get" action=action role="search" aria-label=label>
            {children()}
            <div class="actions">
                <button class="btn" type="submit">
                    "Show"
                </button>
                {active
                    .then(|| {
                        view! {
                            <LinkButton href=all kind=Kind::Quiet>
                                "Show all"
                            </LinkButton>
                        }
                    })}
            </div>
        </form>
    }
}
