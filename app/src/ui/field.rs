//! What is typed into. A field's id is `f-<name>`, which [`super::ErrorSummary`] links to.

use leptos::prelude::*;

use super::{Glyph, Icon, escaped};

/// The message under a field that needs another look.
#[component]
pub(super) fn FieldError(
    /// The field's id.
    id: String,
    /// What is wrong and how to mend it.
    message: String,
) -> impl IntoView {
    view! {
        <p class="error" id=format!("{id}-error")>
            <Icon glyph=Glyph::Failed />
            <span>{message}</span>
        </p>
    }
}

/// The ids of what describes a field: its hint and its error.
pub(super) fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (true, true) => Some(format!("{id}-error {id}-hint")),
        (true, false) => Some(format!("{id}-hint")),
        (false, true) => Some(format!("{id}-error")),
        (false, false) => None,
    }
}

/// One line of text.
#[component]
pub fn Field(
    /// What belongs in here.
    #[prop(into)]
    label: String,
    /// The field's name in the form.
    name: &'static str,
    /// `text`, `email`, `search`, `url`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What stands in it.
    #[prop(optional, into)]
    value: String,
    /// What is wrong with it.
    #[prop(optional_no_strip)]
    error: Option<String>,
    /// Said before anything goes wrong.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What browsers may fill in (`email`, `name`, `one-time-code`, `off`).
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// Which keyboard a phone shows.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// Most characters.
    #[prop(optional)]
    maxlength: Option<u16>,
    /// Shown while it is empty: an example, never the label.
    #[prop(optional)]
    placeholder: Option<&'static str>,
    /// May not stay empty.
    #[prop(optional)]
    required: bool,
    /// Takes focus when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// Six digits, large and spaced.
    #[prop(optional)]
    code: bool,
    /// In the field, before the text.
    #[prop(optional)]
    icon: Option<Glyph>,
) -> impl IntoView {
    let id = format!("f-{name}");
    // An address or a code is not prose.
    let verbatim = code || kind != "text";
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <div class="input-wrap">
                {icon.map(|glyph| view! { <Icon glyph /> })}
                <input
                    class="input"
                    id=id.clone()
                    name=name
                    type=kind
                    value=value
                    autocomplete=autocomplete
                    inputmode=inputmode
                    maxlength=maxlength
                    placeholder=placeholder
                    required=required
                    autofocus=autofocus
                    spellcheck=verbatim.then_some("false")
                    autocapitalize=verbatim.then_some("none")
                    data-code=code.then_some("")
                    aria-invalid=error.is_some().then_some("true")
                    aria-describedby=described_by(&id, hint.is_some(), error.is_some())
                />
            </div>
            {error.map(|message| view! { <FieldError id=id.clone() message /> })}
            {hint
                .map(|hint| {
                    view! {
                        <p class="hint" id=format!("{id}-hint")>
                            {hint}
                        </p>
                    }
                })}
        </div>
    }
}

/// Many lines of text.
#[component]
pub fn TextArea(
    /// What belongs in here.
    #[prop(into)]
    label: String,
    /// The field's name in the form.
    name: &'static str,
    /// What stands in it.
    #[prop(optional, into)]
    value: String,
    /// What is wrong with it.
    #[prop(optional_no_strip)]
    error: Option<String>,
    /// Said before anything goes wrong.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Lines shown when it is empty.
    #[prop(default = 4)]
    rows: u8,
    /// Most characters. The server counts as Telegram does; this only stops the absurd.
    #[prop(optional)]
    maxlength: Option<u32>,
    /// May not stay empty.
    #[prop(optional)]
    required: bool,
    /// Code or a token: no spelling marks.
    #[prop(optional)]
    verbatim: bool,
    /// Shown while it is empty: an example, never the label.
    #[prop(optional)]
    placeholder: Option<&'static str>,
) -> impl IntoView {
    let id = format!("f-{name}");
    // A line break right after the tag is dropped by browsers; one of ours keeps one that was
    // typed.
    let value = format!("\n{}", escaped(&value));
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea
                class="input"
                id=id.clone()
                name=name
                rows=rows
                dir="auto"
                maxlength=maxlength
                required=required
                placeholder=placeholder
                spellcheck=verbatim.then_some("false")
                autocapitalize=verbatim.then_some("none")
                autocomplete=verbatim.then_some("off")
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described_by(&id, hint.is_some(), error.is_some())
                inner_html=value
            ></textarea>
            {error.map(|message| view! { <FieldError id=id.clone() message /> })}
            {hint
                .map(|hint| {
                    view! {
                        <p class="hint" id=format!("{id}-hint")>
                            {hint}
                        </p>
                    }
                })}
        </div>
    }
}

/// One of several.
#[component]
pub fn Select(
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// The field's name in the form.
    name: &'static str,
    /// Values and what they are called, in order.
    options: Vec<(String, String)>,
    /// The value that is chosen now.
    #[prop(optional, into)]
    value: String,
    /// What is wrong with it.
    #[prop(optional_no_strip)]
    error: Option<String>,
    /// Said before anything goes wrong.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let id = format!("f-{name}");
    let options = options
        .into_iter()
        .map(|(word, text)| {
            let selected = word == value;
            view! {
                <option value=word selected=selected>
                    {text}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select
                class="input"
                id=id.clone()
                name=name
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described_by(&id, hint.is_some(), error.is_some())
            >
                {options}
            </select>
            {error.map(|message| view! { <FieldError id=id.clone() message /> })}
            {hint
                .map(|hint| {
                    view! {
                        <p class="hint" id=format!("{id}-hint")>
                            {hint}
                        </p>
                    }
                })}
        </div>
    }
}

/// Yes or no.
#[component]
pub fn Checkbox(
    /// What is agreed to.
    #[prop(into)]
    label: String,
    /// The field's name in the form; it is sent as `on`, or not at all.
    name: &'static str,
    /// Whether it is ticked.
    #[prop(optional)]
    checked: bool,
    /// What is wrong with it.
    #[prop(optional_no_strip)]
    error: Option<String>,
    /// Said before anything goes wrong.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Must be ticked.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let id = format!("f-{name}");
    view! {
        <div class="check">
            <input
                id=id.clone()
                name=name
                type="checkbox"
                checked=checked
                required=required
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described_by(&id, hint.is_some(), error.is_some())
            />
            <label for=id.clone()>{label}</label>
            {hint
                .map(|hint| {
                    view! {
                        <p class="hint" id=format!("{id}-hint")>
                            {hint}
                        </p>
                    }
                })}
            {error.map(|message| view! { <FieldError id=id.clone() message /> })}
        </div>
    }
}
