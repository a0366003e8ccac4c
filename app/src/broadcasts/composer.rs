//! Writing with the result in sight.
//!
//! The composer is a form that works without scripts: saving posts it, and the page shows the saved
//! text as Telegram would. With scripts the preview follows each letter, and [`super::desk`] saves
//! behind the scenes.

use domain::{
    broadcast::Manner,
    markup,
    text::{MAX_UNITS, Message, units},
};
use leptos::prelude::*;

use super::desk;
use crate::{
    format::count,
    ui::{
        Button, Checkbox, Glyph, Icon, Kind, Notice, TelegramPreview, Tone, escaped,
        island::enliven,
    },
};

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
#[component]
pub fn Composer(
    /// Where the form is posted.
    save: String,
    /// The id that a new draft will have; none for one that has been saved.
    id: Option<String>,
    /// The text in our markup.
    text: String,
    /// How it is to arrive.
    manner: Manner,
    /// The version that was read; empty for a new draft.
    version: String,
    /// What is wrong with the text.
    error: Option<String>,
    /// The viewer's name in Telegram, if a test can be sent to them.
    linked: Option<String>,
    /// Saved by a press of the button alone: it goes out by itself, and nobody's half a sentence may.
    by_hand: bool,
) -> impl IntoView {
    let message = markup::parse(&text);
    let length = length(&message);
    let is_wrong = error.is_some();
    // A line break right after the tag is dropped by browsers; one of ours keeps one that was
    // typed.
    let text = format!("\n{}", escaped(&text));
    view! {
        <form
            class="composer"
            method="post"
            action=save
            novalidate
            data-by-hand=by_hand.then_some("")
        >
            {id.map(|id| view! { <input type="hidden" name="id" value=id autocomplete="off" /> })}
            <input type="hidden" name="if_unmodified_since" value=version />
            <div class="stack" data-tight="">
                <Found />
                <div class="label">
                    <label for="f-text">"Message"</label>
                    <span class="label-side">{length}</span>
                </div>
                <Toolbar />
                <textarea
                    class="input"
                    id="f-text"
                    name="text"
                    rows="8"
                    dir="auto"
                    maxlength="20000"
                    aria-invalid=is_wrong.then_some("true")
                    aria-describedby="f-text-error f-text-hint"
                    inner_html=text
                ></textarea>
                <p class="error" id="f-text-error" hidden=!is_wrong>
                    <Icon glyph=Glyph::Failed />
                    <span>{error}</span>
                </p>
                <p class="hint" id="f-text-hint">
                    "**bold** __italic__ ~~strike~~ ||spoiler|| `code` [words](https://…), and “> ” before a quotation"
                </p>
                <Checkbox
                    label="Deliver without sound"
                    name="silent"
                    checked=manner.silent
                    hint="Phones show it and stay quiet."
                />
                <Checkbox
                    label="Forbid forwarding and saving"
                    name="protected"
                    checked=manner.protected
                    hint="Telegram’s apps do not let people pass it on or keep a copy."
                />
                <output class="small muted composer-state" for="f-text"></output>
                <div class="composer-trouble" role="status" hidden>
                    <Notice tone=Tone::Warn title="Not saved yet">
                        <span class="composer-reason"></span>
                    </Notice>
                </div>
            </div>
            <div class="stack" data-tight="">
                <h2 class="eyebrow">"Preview"</h2>
                <TelegramPreview message />
            </div>
            <div class="actions composer-actions">
                {if by_hand {
                    view! {
                        <Button kind=Kind::Primary name="step" value="save">
                            "Save"
                        </Button>
                    }
                        .into_any()
                } else {
                    view! {
                        <Button kind=Kind::Primary name="step" value="confirm">
                            "Continue"
                        </Button>
                    }
                        .into_any()
                }}
                {linked
                    .map(|name| {
                        view! {
                            <Button icon=Glyph::Send name="step" value="test">
                                {format!("Send to me ({name})")}
                            </Button>
                        }
                    })}
                {(!by_hand)
                    .then(|| {
                        view! {
                            <span class="composer-by-hand">
                                <Button icon=Glyph::Eye name="step" value="save">
                                    "Save and preview"
                                </Button>
                            </span>
                        }
                    })}
            </div>
            <Desk />
        </form>
    }
}

/// Makes the composer live.
#[island]
pub fn Desk() -> impl IntoView {
    enliven(".composer", desk::open)
}

/// `17 / 4,096`, counted as Telegram counts.
pub(super) fn length(message: &Message) -> String {
    format!("{} / {}", count(units(&message.text) as u64), count(MAX_UNITS as u64))
}

/// Styles at the press of a button; shown where there are scripts to obey.
#[component]
fn Toolbar() -> impl IntoView {
    let buttons = STYLES
        .map(|(before, after, label, sign)| {
            view! {
                <button
                    type="button"
                    aria-label=label
                    title=label
                    data-before=before
                    data-after=after
                >
                    <span aria-hidden="true">{sign}</span>
                </button>
            }
        })
        .collect_view();
    view! {
        <div class="toolbar" role="group" aria-label="Style" hidden>
            {buttons}
        </div>
    }
}

/// Offers a text that this browser kept when something went wrong.
#[component]
fn Found() -> impl IntoView {
    view! {
        <div class="composer-found" hidden>
            <Notice tone=Tone::Warn title="This browser kept a text that was not saved">
                <p class="clip"></p>
                <div class="actions">
                    <button class="btn" type="button" data-found="take">
                        "Take it"
                    </button>
                    <button class="btn" type="button" data-kind="quiet" data-found="drop">
                        "Throw it away"
                    </button>
                </div>
            </Notice>
        </div>
    }
}
