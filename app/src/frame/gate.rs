//! Around the pages of those who are not signed in: the brand, one calm card, nothing else.

use http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use super::window_title;
use crate::{page::theme_of, ui::*};

/// A page before signing in.
#[component]
pub(crate) fn Gate(
    /// The page's name, for the window.
    #[prop(into)]
    title: String,
    /// What else one may want, under the card.
    #[prop(optional)]
    foot: Option<AnyView>,
    /// The card.
    children: Children,
) -> impl IntoView {
    let parts = use_context::<Parts>();
    let theme = parts.as_ref().map(theme_of).unwrap_or_default();
    let here = parts
        .and_then(|parts| parts.uri.path_and_query().map(ToString::to_string))
        .unwrap_or_default();
    view! {
        <Title text=title formatter=window_title />
        <div class="gate">
            <header>
                <Brand />
            </header>
            <main id="main">{children()}</main>
            <footer class="gate-foot">{foot} <ThemeSwitch current=theme next=here /></footer>
        </div>
    }
}
