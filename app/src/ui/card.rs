//! What content lies on.

use leptos::prelude::*;

/// A sheet with an optional title.
#[component]
pub fn Card(
    /// Heading of second rank; without it the card is only a ground.
    #[prop(optional, into)]
    title: Option<String>,
    /// One sentence under the title.
    #[prop(optional, into)]
    lead: Option<String>,
    /// Shown at the end of the title's line: a button, a badge.
    #[prop(optional)]
    aside: Option<AnyView>,
    /// Marks a card that holds something destructive.
    #[prop(optional)]
    danger: bool,
    /// Something to link to.
    #[prop(optional)]
    id: Option<&'static str>,
    /// The content.
    children: Children,
) -> impl IntoView {
    let head = title.map(|title| {
        view! {
            <div class="card-head">
                <h2>{title}</h2>
                {aside}
                {lead.map(|lead| view! { <p>{lead}</p> })}
            </div>
        }
    });
    view! {
        <section class="card" id=id data-kind=danger.then_some("danger")>
            {head}
            {children()}
        </section>
    }
}

/// Cards beside each other where there is room.
#[component]
pub fn Grid(
    /// `2`, `3`, or `side` (a wide column and a narrow one).
    #[prop(default = "2")]
    columns: &'static str,
    /// The cards.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="grid" data-columns=columns>
            {children()}
        </div>
    }
}

/// Names with their values, in pairs of [`Fact`].
#[component]
pub fn Facts(
    /// The pairs.
    children: Children,
) -> impl IntoView {
    view! { <dl class="facts">{children()}</dl> }
}

/// One name with its value.
#[component]
pub fn Fact(
    /// The name.
    #[prop(into)]
    name: String,
    /// The value.
    children: Children,
) -> impl IntoView {
    view! {
        <dt>{name}</dt>
        <dd>{children()}</dd>
    }
}
