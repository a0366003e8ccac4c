//! What opens above the page. Popovers: no scripts, Escape closes, focus returns.

use leptos::prelude::*;

/// A question with its answers, opened by an [`super::OpenButton`].
#[component]
pub fn Dialog(
    /// What the button names.
    #[prop(into)]
    id: String,
    /// The question.
    #[prop(into)]
    title: String,
    /// What it means, and the answers in a `.actions`.
    children: Children,
) -> impl IntoView {
    let label = format!("{id}-title");
    let heading = label.clone();
    view! {
        <dialog class="dialog" id=id popover="auto" aria-labelledby=label>
            <h2 id=heading>{title}</h2>
            {children()}
        </dialog>
    }
}

/// Closes the popover with that id and changes nothing.
#[component]
pub fn CloseButton(
    /// The id of what it closes.
    #[prop(into)]
    target: String,
    /// The label: what stays as it is.
    children: Children,
) -> impl IntoView {
    view! {
        <button class="btn" type="button" popovertarget=target popovertargetaction="hide">
            {children()}
        </button>
    }
}

/// Links and one-button forms behind a button: a list beside it, on a phone at the bottom.
#[component]
pub fn Menu(
    /// What the button names.
    #[prop(into)]
    id: String,
    /// Links, and forms of one button each.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="menu" id=id popover="auto">
            {children()}
        </div>
    }
}
