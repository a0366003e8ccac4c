//! Things the page says by itself.

use leptos::prelude::*;

use super::{Glyph, Icon, Tone};

const fn glyph(tone: Tone) -> Glyph {
    match tone {
        Tone::Ok => Glyph::Done,
        Tone::Warn => Glyph::Warn,
        Tone::Bad => Glyph::Failed,
        Tone::Plain | Tone::Neutral | Tone::Brand => Glyph::Info,
    }
}

/// A remark that belongs to what stands around it.
#[component]
pub fn Notice(
    /// See [`Tone`].
    #[prop(optional)]
    tone: Tone,
    /// The remark in one line.
    #[prop(optional, into)]
    title: Option<String>,
    /// What it means and what to do.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="notice" data-tone=tone.word()>
            <Icon glyph=glyph(tone) />
            {title.map(|title| view! { <strong>{title}</strong> })}
            <div>{children()}</div>
        </div>
    }
}

/// What the last action led to. Read aloud as soon as the page is there.
#[component]
pub fn Flash(
    /// [`Tone::Ok`] for what worked.
    #[prop(optional)]
    tone: Tone,
    /// One sentence.
    #[prop(into)]
    message: String,
) -> impl IntoView {
    view! {
        <div class="notice" data-tone=tone.word() role="status">
            <Icon glyph=glyph(tone) />
            <span>{message}</span>
        </div>
    }
}
