//! A message as Telegram shows it.

use domain::text::{Message, Run, Style};
use leptos::prelude::*;

/// The chat with one message of the bot in it.
#[component]
pub fn TelegramPreview(
    /// What is said.
    message: Message,
    /// The time in the bubble's corner.
    #[prop(default = "12:00")]
    time: &'static str,
    /// Rows of buttons under the message, by their labels.
    #[prop(optional)]
    buttons: Vec<Vec<String>>,
) -> impl IntoView {
    let rows = buttons
        .into_iter()
        .map(|row| {
            let row = row.into_iter().map(|label| view! { <span>{label}</span> }).collect_view();
            view! { <div>{row}</div> }
        })
        .collect_view();
    view! {
        <figure class="chat" aria-label="How Telegram shows the message">
            <TelegramBubble message time/>
            <div class="chat-buttons">{rows}</div>
        </figure>
    }
}

/// The bubble alone.
#[component]
pub fn TelegramBubble(
    /// What is said.
    message: Message,
    /// The time in the corner.
    #[prop(default = "12:00")]
    time: &'static str,
) -> impl IntoView {
    view! {
        <div class="bubble">
            <div class="bubble-text">{styled(message.runs())}</div>
            <span class="bubble-time" aria-hidden="true">{time}</span>
        </div>
    }
}

/// Runs as nested elements. Neighbours that share their outer styles share the elements, so that a
/// quotation or a block of code stays one box however much is styled inside it.
pub(crate) fn styled(runs: Vec<Run>) -> Vec<AnyView> {
    nest(&runs, 0)
}

fn nest(runs: &[Run], depth: usize) -> Vec<AnyView> {
    let outer = |run: &Run| run.styles.get(depth).cloned();
    let mut after_block = false;
    let mut views = Vec::new();
    for group in runs.chunk_by(|a, b| outer(a).is_some() && outer(a) == outer(b)) {
        match outer(&group[0]) {
            Some(style) => {
                after_block = matches!(style, Style::Pre | Style::Blockquote);
                views.push(element(style, nest(group, depth + 1)));
            }
            None => {
                // A block ends its line by itself: the break behind it would show as an empty line.
                let text = group[0].text.as_str();
                let text = text.strip_prefix('\n').filter(|_| after_block).unwrap_or(text);
                after_block = false;
                views.push(text.to_owned().into_any());
            }
        }
    }
    views
}

fn element(style: Style, inner: Vec<AnyView>) -> AnyView {
    match style {
        Style::Bold => view! { <b>{inner}</b> }.into_any(),
        Style::Italic => view! { <i>{inner}</i> }.into_any(),
        Style::Strikethrough => view! { <s>{inner}</s> }.into_any(),
        Style::Spoiler => view! { <span class="spoiler" tabindex="0">{inner}</span> }.into_any(),
        Style::Code => view! { <code>{inner}</code> }.into_any(),
        Style::Pre => view! { <pre>{inner}</pre> }.into_any(),
        Style::Blockquote => view! { <blockquote>{inner}</blockquote> }.into_any(),
        // The scheme was checked when the text was read; the page learns nothing of who follows it.
        Style::TextLink { url } => {
            view! { <a href=url target="_blank" rel="noopener noreferrer">{inner}</a> }.into_any()
        }
    }
}
