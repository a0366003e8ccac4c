//! Six digits from an authenticator app.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlFormElement, HtmlInputElement};

use super::{
    Field,
    island::{enliven, find, on},
};

/// Digits of a code.
const DIGITS: usize = 6;

/// A field for six digits. With scripts its form submits itself as soon as they stand there.
#[component]
pub fn CodeField(
    /// What is wrong with it.
    #[prop(optional_no_strip)]
    error: Option<String>,
    /// Takes focus when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// Something else has to be filled in too: the form waits for its button.
    #[prop(optional)]
    waits: bool,
    /// Said before anything goes wrong.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    // A backup code has letters, and phones show them only on the other keyboard.
    let (inputmode, maxlength) = if waits { ("text", 32) } else { ("numeric", 12) };
    view! {
        <Field
            label="Code"
            name="code"
            error
            hint=hint.unwrap_or_else(|| "Six digits, from your authenticator app.".to_owned())
            autocomplete="one-time-code"
            inputmode
            maxlength
            code=!waits
            required=true
            autofocus
        />
        {(!waits).then(|| view! { <SubmitsItself /> })}
    }
}

/// Submits the form around it once six digits stand in its code.
#[island]
pub fn SubmitsItself() -> impl IntoView {
    enliven("form", submit_when_whole)
}

fn submit_when_whole(form: &Element) {
    let Some(input) = find::<HtmlInputElement>(form, "input[name=code]") else { return };
    let Ok(form) = form.clone().dyn_into::<HtmlFormElement>() else { return };
    let mut sent = false;
    on(&input.clone(), "input", move |_| {
        let typed = input.value();
        let bare: Vec<char> = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let whole = bare.len() == DIGITS && bare.iter().all(char::is_ascii_digit);
        // Each code is good for one time: a second submission would be refused.
        if whole && !sent {
            sent = form.request_submit().is_ok();
        }
    });
}
