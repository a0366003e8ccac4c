//! Passwords: typed unseen, shown on demand, with the rules in sight.

use contract::auth::Again;
use leptos::prelude::*;
use web_sys::{Element, HtmlInputElement};

use super::{
    Glyph, Icon,
    field::{FieldError, described_by},
    island::{enliven, find, mark, on, show},
};

/// A rule of `auth.password-policy`, in the words of the list, and whether a password meets it.
///
/// The server decides by `domain::password`; this list only spares people a round trip, and keeps
/// the tables of Unicode normalization out of the browser.
type Rule = (&'static str, fn(&str) -> bool);

const RULES: [Rule; 5] = [
    ("10 characters or more", |password| password.chars().count() >= 10),
    ("An upper case letter", |password| password.chars().any(char::is_uppercase)),
    ("A lower case letter", |password| password.chars().any(char::is_lowercase)),
    ("A digit", |password| password.chars().any(char::is_numeric)),
    ("A symbol or a space", |password| {
        password.chars().any(|c| !c.is_alphabetic() && !c.is_numeric())
    }),
];

/// A password field. With scripts it can show what was typed and ticks off the rules; without them
/// it is a password field.
#[component]
pub fn PasswordField(
    /// What belongs in here.
    #[prop(into)]
    label: String,
    /// The field's name in the form.
    name: &'static str,
    /// What is wrong with it.
    #[prop(optional_no_strip)]
    error: Option<String>,
    /// A password that is being chosen: lists the rules, and lets password managers make one.
    #[prop(optional)]
    new: bool,
    /// Said before anything goes wrong, where no password is chosen.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What complaints about it call it, where the page has another field of that name.
    #[prop(optional_no_strip)]
    called: Option<&'static str>,
) -> impl IntoView {
    let id = format!("f-{}", called.unwrap_or(name));
    let described = described_by(&id, new || hint.is_some(), error.is_some());
    let hint = hint.map(|hint| {
        view! {
            <p class="hint" id=format!("{id}-hint")>
                {hint}
            </p>
        }
    });
    let rules = new.then(|| {
        let lines = RULES.map(|(text, _)| view! { <li>{text}</li> }).collect_view();
        view! {
            <ul class="rules" id=format!("{id}-hint")>
                {lines}
            </ul>
        }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <div class="input-wrap">
                <input
                    class="input"
                    id=id.clone()
                    name=name
                    type="password"
                    autocomplete=if new { "new-password" } else { "current-password" }
                    required
                    spellcheck="false"
                    autocapitalize="none"
                    aria-invalid=error.is_some().then_some("true")
                    aria-describedby=described
                />
                <button
                    class="btn"
                    type="button"
                    data-kind="quiet"
                    data-icon-only=""
                    aria-label="Show the password"
                    aria-pressed="false"
                    hidden
                >
                    <Icon glyph=Glyph::Eye />
                    <Icon glyph=Glyph::EyeOff />
                </button>
            </div>
            {error.map(|message| view! { <FieldError id=id.clone() message /> })}
            {rules}
            {hint}
            <Reveal />
        </div>
    }
}

/// Asks for the password once more, unless it was given within the last ten minutes. A code of the second
/// factor does as well.
#[component]
pub fn AgainField(
    /// What is wrong with it.
    #[prop(optional_no_strip)]
    error: Option<String>,
    /// The viewer has proved just now who they are.
    fresh: bool,
    /// What complaints about it call it, where the page asks in another form too.
    #[prop(optional)]
    called: Option<&'static str>,
) -> impl IntoView {
    (!fresh).then(|| {
        view! {
            <PasswordField
                label="Your password"
                name=Again::FIELD
                error
                called
                hint="With two-step sign-in, a code of your authenticator app does as well."
            />
        }
    })
}

/// Shows what was typed, and ticks off the rules.
#[island]
pub fn Reveal() -> impl IntoView {
    enliven(".field", reveal)
}

fn reveal(field: &Element) {
    let Some(input) = find::<HtmlInputElement>(field, "input") else { return };
    let Some(button) = find::<Element>(field, "button") else { return };
    show(field, "button", true);
    on(&button.clone(), "click", {
        let input = input.clone();
        move |_| {
            let is_shown = input.type_() == "text";
            input.set_type(if is_shown { "password" } else { "text" });
            mark(&button, "aria-pressed", Some(if is_shown { "false" } else { "true" }));
        }
    });
    let field = field.clone();
    on(&input.clone(), "input", move |_| {
        let typed = input.value();
        for (at, (_, is_met)) in RULES.iter().enumerate() {
            if let Some(line) = find::<Element>(&field, &format!(".rules li:nth-child({})", at + 1))
            {
                mark(&line, "data-state", is_met(&typed).then_some("met"));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use domain::password::{Weakness, check};

    use super::RULES;

    #[test]
    fn the_list_says_what_the_rule_says() {
        for password in [
            "",
            "short1A!",
            "longenough1!",
            "LONGENOUGH1!",
            "Longenough!!",
            "Longenough11",
            "Longenough1 ",
        ] {
            let listed = RULES.iter().all(|(_, is_met)| is_met(password));
            let refused =
                matches!(check(password, ""), Err(Weakness::TooShort | Weakness::Classes));
            assert_eq!(listed, !refused, "{password:?}");
        }
    }
}
