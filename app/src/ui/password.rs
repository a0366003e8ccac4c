//! Passwords: typed unseen, shown on demand, with the rules in sight.

#![expect(missing_docs, reason = "the island macro makes a struct it does not document")]

use leptos::prelude::*;

use super::{Glyph, Icon, field::{FieldError, described_by}};

/// A rule of `auth.password-policy`, in the words of the list, and whether a password meets it.
///
/// The server decides by `domain::password`; this list only spares people a round trip, and keeps the
/// tables of Unicode normalization out of the browser.
type Rule = (&'static str, fn(&str) -> bool);

const RULES: [Rule; 5] = [
    ("10 characters or more", |password| password.chars().count() >= 10),
    ("An upper case letter", |password| password.chars().any(char::is_uppercase)),
    ("A lower case letter", |password| password.chars().any(char::is_lowercase)),
    ("A digit", |password| password.chars().any(char::is_numeric)),
    ("A symbol or a space", |password| password.chars().any(|c| !c.is_alphabetic() && !c.is_numeric())),
];

/// A password field. With scripts it can show what was typed and ticks off the rules; without them it
/// is a password field.
#[island]
pub fn PasswordField(
    /// What belongs in here.
    label: String,
    /// The field's name in the form.
    name: String,
    /// What is wrong with it.
    error: Option<String>,
    /// `current-password`, or `new-password`, which also lists the rules.
    autocomplete: String,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let ready = RwSignal::new(false);
    let typed = RwSignal::new(String::new());
    // Effects run only where there are scripts to obey.
    Effect::new(move || ready.set(true));

    let id = format!("f-{name}");
    let with_rules = autocomplete == "new-password";
    let rules = with_rules.then(|| {
        let lines = RULES
            .map(|(text, is_met)| {
                let state = move || typed.with(|typed| is_met(typed)).then_some("met");
                view! { <li data-state=state>{text}</li> }
            })
            .collect_view();
        view! { <ul class="rules" id=format!("{id}-hint")>{lines}</ul> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <div class="input-wrap">
                <input
                    class="input"
                    id=id.clone()
                    name=name
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete
                    required
                    spellcheck="false"
                    autocapitalize="none"
                    aria-invalid=error.is_some().then_some("true")
                    aria-describedby=described_by(&id, with_rules, error.is_some())
                    on:input=move |event| typed.set(event_target_value(&event))
                />
                <button
                    class="btn"
                    type="button"
                    data-kind="quiet"
                    data-icon-only
                    hidden=move || !ready.get()
                    aria-label="Show the password"
                    aria-pressed=move || shown.get().to_string()
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    <Show when=move || shown.get() fallback=|| view! { <Icon glyph=Glyph::Eye/> }>
                        <Icon glyph=Glyph::EyeOff/>
                    </Show>
                </button>
            </div>
            {error.map(|message| view! { <FieldError id=id.clone() message/> })}
            {rules}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use domain::password::{Weakness, check};

    use super::RULES;

    #[test]
    fn the_list_says_what_the_rule_says() {
        for password in ["", "short1A!", "longenough1!", "LONGENOUGH1!", "Longenough!!", "Longenough11", "Longenough1 "] {
            let listed = RULES.iter().all(|(_, is_met)| is_met(password));
            let refused = matches!(check(password, ""), Err(Weakness::TooShort | Weakness::Classes));
            assert_eq!(listed, !refused, "{password:?}");
        }
    }
}
