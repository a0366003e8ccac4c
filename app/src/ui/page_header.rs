//! The top of a page: where one is, what it is called, what can be done.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// The page's title with what leads to it and what can be done on it.
#[component]
pub fn PageHeader(
    /// The one heading of first rank.
    #[prop(into)]
    title: String,
    /// One sentence under it.
    #[prop(optional, into)]
    lead: Option<String>,
    /// Beside the title: a badge.
    #[prop(optional)]
    mark: Option<AnyView>,
    /// The way here: addresses and names, from the top, without this page.
    #[prop(optional)]
    crumbs: Vec<(String, String)>,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <header class="page-header">
            <div>
                <Crumbs crumbs />
                <div class="cluster">
                    <h1>{title}</h1>
                    {mark}
                </div>
                {lead.map(|lead| view! { <p>{lead}</p> })}
            </div>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </header>
    }
}

/// The way from the top to here.
#[component]
pub fn Crumbs(
    /// Addresses and names, from the top, without this page.
    crumbs: Vec<(String, String)>,
) -> impl IntoView {
    (!crumbs.is_empty()).then(|| {
        let steps = crumbs
            .into_iter()
            .map(|(href, name)| {
                view! {
                    <li>
                        <a href=href>{name}</a>
                        <Icon glyph=Glyph::Right />
                    </li>
                }
            })
            .collect_view();
        view! {
            <nav aria-label="Breadcrumbs">
                <ol class="crumbs">{steps}</ol>
            </nav>
        }
    })
}
