//! Writing with the result in sight, and nothing lost.
//!
//! The island is a form that works without scripts: saving posts it, Preview shows the saved text as
//! Telegram would. With scripts the preview follows each letter, and [`draft`] saves behind the scenes.

use domain::{markup, text::{MAX_UNITS, units}};
use leptos::{ev::KeyboardEvent, html::Textarea, prelude::*};

use super::draft::{Draft, Saving};
use crate::{format::count, ui::{Button, Glyph, Kind, Notice, TelegramPreview, Tone}};

/// What a press on the toolbar puts around the selection: before, after, label, sign.
const STYLES: [(&str, &str, &str, &str); 7] = [
    ("**", "**", "Bold", "B"),
    ("__", "__", "Italic", "I"),
    ("~~", "~~", "Strikethrough", "S"),
    ("||", "||", "Spoiler", "▒"),
    ("`", "`", "Code", "‹›"),
    ("[", "](https://)", "Link", "↗"),
    ("> ", "", "Quotation", "❝"),
];

/// The composer.
#[island]
pub fn Composer(
    /// Where the form is posted.
    save: String,
    /// The text in our markup.
    text: String,
    /// The version that was read; empty for a new draft.
    version: String,
    /// What is wrong with the text.
    error: Option<String>,
    /// The viewer's name in Telegram, if a test can be sent to them.
    linked: Option<String>,
) -> impl IntoView {
    let ready = RwSignal::new(false);
    let draft = Draft::new(save, text.clone(), version);
    let field = NodeRef::<Textarea>::new();
    Effect::new(move || {
        ready.set(true);
        draft.begin();
    });

    let message = Memo::new(move |_| draft.text.with(|text| markup::parse(text)));
    let length = move || message.with(|message| units(&message.text));
    // What came back with the page is about the text as it was; typing asks anew.
    let refusal = Memo::new(move |_| match draft.saving.get() {
        Saving::Untouched => error.clone(),
        _ if draft.text.with(|text| text.trim().is_empty()) => None,
        _ => message.with(|message| message.check().err()).map(|reason| reason.to_string()),
    });
    let is_wrong = move || refusal.with(Option::is_some);
    view! {
        <form class="composer" method="post" action=move || draft.save.get() novalidate>
            <input type="hidden" name="if_unmodified_since" prop:value=move || draft.version.get() value=draft.version.get_untracked()/>
            <div class="stack" data-tight="">
                <Found draft/>
                <div class="label">
                    <label for="f-text">"Message"</label>
                    <span class="label-side">{move || format!("{} / {}", count(length() as u64), count(MAX_UNITS as u64))}</span>
                </div>
                <Toolbar field ready/>
                <textarea
                    class="input"
                    id="f-text"
                    name="text"
                    rows="8"
                    dir="auto"
                    maxlength="20000"
                    node_ref=field
                    prop:value=move || draft.text.get()
                    aria-invalid=move || is_wrong().then_some("true")
                    aria-describedby=move || if is_wrong() { "f-text-error f-text-hint" } else { "f-text-hint" }
                    on:input=move |event| draft.typed(event_target_value(&event))
                    on:keydown=move |event| shortcut(&event, field)
                >
                    {format!("\n{text}")}
                </textarea>
                <p class="error" id="f-text-error" hidden=move || !is_wrong()>{refusal}</p>
                <p class="hint" id="f-text-hint">
                    "**bold** __italic__ ~~strike~~ ||spoiler|| `code` [words](https://…), and “> ” before a quotation"
                </p>
                <State draft/>
            </div>
            <div class="stack" data-tight="">
                <h2 class="eyebrow">"Preview"</h2>
                {move || view! { <TelegramPreview message=message.get()/> }}
            </div>
            <div class="actions composer-actions">
                <Button kind=Kind::Primary name="step" value="confirm">"Continue"</Button>
                {linked.map(|name| view! {
                    <Button icon=Glyph::Send name="step" value="test">{format!("Send to me ({name})")}</Button>
                })}
                <span hidden=move || ready.get()>
                    <Button icon=Glyph::Eye name="step" value="preview">"Save and preview"</Button>
                </span>
            </div>
        </form>
    }
}

/// Styles at the press of a button; only where there are scripts to obey.
#[component]
fn Toolbar(field: NodeRef<Textarea>, ready: RwSignal<bool>) -> impl IntoView {
    let buttons = STYLES
        .map(|(before, after, label, sign)| {
            view! {
                <button type="button" aria-label=label title=label on:click=move |_| wrap(field, before, after)>
                    <span aria-hidden="true">{sign}</span>
                </button>
            }
        })
        .collect_view();
    view! { <div class="toolbar" role="group" aria-label="Style" hidden=move || !ready.get()>{buttons}</div> }
}

/// What is known of the last letter, said quietly.
#[component]
fn State(draft: Draft) -> impl IntoView {
    let text = move || match draft.saving.get() {
        Saving::Untouched | Saving::Failed(_) => "",
        Saving::Waiting => "Saving …",
        Saving::Saved => "Saved",
    };
    let failure = move || match draft.saving.get() {
        Saving::Failed(reason) => Some(view! { <Notice tone=Tone::Warn title="Not saved yet">{reason}</Notice> }),
        _ => None,
    };
    view! {
        <output class="small muted composer-state" for="f-text">{text}</output>
        <div role="status">{failure}</div>
    }
}

/// Offers a text that this browser kept when something went wrong.
#[component]
fn Found(draft: Draft) -> impl IntoView {
    let offer = move |kept: String| {
        let restore = move |_| {
            if let Some(kept) = draft.found.get_untracked() {
                draft.typed(kept);
                draft.found.set(None);
            }
        };
        view! {
            <Notice tone=Tone::Warn title="This browser kept a text that was not saved">
                <p class="clip">{kept}</p>
                <div class="actions">
                    <button class="btn" type="button" on:click=restore>"Take it"</button>
                    <button class="btn" type="button" data-kind="quiet" on:click=move |_| draft.forget()>"Throw it away"</button>
                </div>
            </Notice>
        }
    };
    move || draft.found.get().map(offer)
}

/// Ctrl or Cmd with B, I or K.
fn shortcut(event: &KeyboardEvent, field: NodeRef<Textarea>) {
    if !(event.ctrl_key() || event.meta_key()) || event.alt_key() {
        return;
    }
    let (before, after) = match event.key().as_str() {
        "b" => ("**", "**"),
        "i" => ("__", "__"),
        "k" => ("[", "](https://)"),
        _ => return,
    };
    event.prevent_default();
    wrap(field, before, after);
}

/// Puts signs around the selection, as if they had been typed: the browser's undo takes them back.
fn wrap(field: NodeRef<Textarea>, before: &str, after: &str) {
    use wasm_bindgen::JsCast;

    let Some(field) = field.get_untracked() else { return };
    let end = |position: Result<Option<u32>, _>| position.ok().flatten().unwrap_or_default();
    let (from, to) = (end(field.selection_start()), end(field.selection_end()));
    // The browser counts as Telegram does, in UTF-16.
    let units: Vec<u16> = field.value().encode_utf16().collect();
    let chosen = units.get(from as usize..to as usize).map(String::from_utf16_lossy).unwrap_or_default();
    let _ = field.focus();
    if let Some(page) = document().dyn_ref::<web_sys::HtmlDocument>() {
        let typed = format!("{before}{chosen}{after}");
        let _ = page.exec_command_with_show_ui_and_value("insertText", false, &typed);
    }
    let inside = from + before.len() as u32;
    let _ = field.set_selection_range(inside, inside + (to - from));
}
