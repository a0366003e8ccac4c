//! What is pressed.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// How much a button asks to be pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The one thing this page is for. At most one a page.
    Primary,
    /// Something that can be done here.
    #[default]
    Neutral,
    /// Something beside the way.
    Quiet,
    /// Destroys; always behind a question.
    Danger,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Neutral => "neutral",
            Self::Quiet => "quiet",
            Self::Danger => "danger",
        }
    }
}

/// A button in a form.
#[component]
pub fn Button(
    /// See [`Kind`].
    #[prop(optional)]
    kind: Kind,
    /// Before the label.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// Field that is sent along, when one form has several buttons.
    #[prop(optional)]
    name: Option<&'static str>,
    /// What is sent in that field.
    #[prop(optional, into)]
    value: Option<String>,
    /// Sends the form elsewhere than its action.
    #[prop(optional, into)]
    formaction: Option<String>,
    /// Sends the form without looking at what was typed (saving a draft).
    #[prop(optional)]
    formnovalidate: bool,
    /// Belongs to the form with this id, wherever the button stands.
    #[prop(optional, into)]
    form: Option<String>,
    /// Cannot be pressed now.
    #[prop(optional)]
    disabled: bool,
    /// As wide as what it stands in.
    #[prop(optional)]
    wide: bool,
    /// The label: a verb, and what it is done to.
    children: Children,
) -> impl IntoView {
    view! {
        <button
            class="btn"
            type="submit"
            data-kind=kind.word()
            data-wide=wide.then_some("")
            name=name
            value=value
            formaction=formaction
            formnovalidate=formnovalidate
            form=form
            disabled=disabled
        >
            {icon.map(|glyph| view! { <Icon glyph /> })}
            {children()}
        </button>
    }
}

/// A link that looks like a button: leads somewhere, changes nothing.
#[component]
pub fn LinkButton(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// See [`Kind`].
    #[prop(optional)]
    kind: Kind,
    /// Before the label.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// As wide as what it stands in.
    #[prop(optional)]
    wide: bool,
    /// What a key does here; see [`super::Keys`].
    #[prop(optional)]
    key: Option<&'static str>,
    /// The label.
    children: Children,
) -> impl IntoView {
    view! {
        <a class="btn" href=href data-kind=kind.word() data-wide=wide.then_some("") data-key=key>
            {icon.map(|glyph| view! { <Icon glyph /> })}
            {children()}
        </a>
    }
}

/// Opens the [`super::Dialog`] or [`super::Menu`] with that id. Needs no scripts.
#[component]
pub fn OpenButton(
    /// The id of what it opens.
    #[prop(into)]
    target: String,
    /// See [`Kind`].
    #[prop(optional)]
    kind: Kind,
    /// Before the label, or instead of it when there is a `label`.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// Said aloud instead of shown: the button is its icon alone.
    #[prop(optional, into)]
    label: Option<String>,
    /// The label.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <button
            class="btn"
            type="button"
            popovertarget=target
            data-kind=kind.word()
            data-icon-only=label.is_some().then_some("")
            aria-label=label
        >
            {icon.map(|glyph| view! { <Icon glyph /> })}
            {children.map(|children| children())}
        </button>
    }
}

/// A form of one button: what follows is a change, so it is posted.
#[component]
pub fn PostButton(
    /// Where it is posted.
    #[prop(into)]
    action: String,
    /// See [`Kind`].
    #[prop(optional)]
    kind: Kind,
    /// Before the label.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// As wide as what it stands in.
    #[prop(optional)]
    wide: bool,
    /// Made with the page and sent along: pressed twice, the button does it once.
    #[prop(optional, into)]
    once: Option<String>,
    /// The label.
    children: Children,
) -> impl IntoView {
    view! {
        <form method="post" action=action>
            {once.map(|once| view! { <input type="hidden" name="once" value=once autocomplete="off" /> })}
            <button class="btn" type="submit" data-kind=kind.word() data-wide=wide.then_some("")>
                {icon.map(|glyph| view! { <Icon glyph /> })}
                {children()}
            </button>
        </form>
    }
}
