//! A message as Telegram shows it.

use domain::text::{Message, Run, Style};
use leptos::prelude::*;

use super::escape::escape;

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
            <TelegramBubble message time />
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
            <div class="bubble-text" inner_html=html(&message)></div>
            <span class="bubble-time" aria-hidden="true">
                {time}
            </span>
        </div>
    }
}

/// The message as HTML, the same on the server and, letter by letter, in the browser. Everything
/// that was typed is escaped in here; the only tags are ours.
///
/// Neighbours that share their outer styles share the elements, so that a quotation or a block of
/// code stays one box however much is styled inside it.
pub(crate) fn html(message: &Message) -> String {
    let mut out = String::with_capacity(message.text.len() + message.text.len() / 4);
    nest(&message.runs(), 0, &mut out);
    out
}

fn nest(runs: &[Run], depth: usize, out: &mut String) {
    let outer = |run: &Run| run.styles.get(depth).cloned();
    let mut after_block = false;
    for group in runs.chunk_by(|a, b| outer(a).is_some() && outer(a) == outer(b)) {
        match outer(&group[0]) {
            Some(style) => {
                let end = open(&style, out);
                nest(group, depth + 1, out);
                out.push_str(end);
                after_block = matches!(style, Style::Pre | Style::Blockquote);
            }
            None => {
                // A block ends its line by itself: the break behind it would show as an empty line.
                let text = group[0].text.as_str();
                escape(text.strip_prefix('\n').filter(|_| after_block).unwrap_or(text), out);
                after_block = false;
            }
        }
    }
}

/// Writes the start tag of a style and gives its end tag.
fn open(style: &Style, out: &mut String) -> &'static str {
    let (start, end) = match style {
        Style::Bold => ("<b>", "</b>"),
        Style::Italic => ("<i>", "</i>"),
        Style::Strikethrough => ("<s>", "</s>"),
        Style::Spoiler => ("<span class=\"spoiler\" tabindex=\"0\">", "</span>"),
        Style::Code => ("<code>", "</code>"),
        Style::Pre => ("<pre>", "</pre>"),
        Style::Blockquote => ("<blockquote>", "</blockquote>"),
        Style::TextLink { url } => {
            // The scheme was checked when the text was read; the page learns nothing of who follows
            // it.
            out.push_str("<a target=\"_blank\" rel=\"noopener noreferrer\" href=\"");
            escape(url, out);
            ("\">", "</a>")
        }
    };
    out.push_str(start);
    end
}

#[cfg(test)]
mod tests {
    use domain::markup::parse;

    use super::html;

    #[test]
    fn styles_become_elements_and_blocks_end_their_lines() {
        let cases = [
            ("plain", "plain"),
            ("**a __b__**", "<b>a <i>b</i></b>"),
            (
                "~~a~~ ||b|| `c`",
                "<s>a</s> <span class=\"spoiler\" tabindex=\"0\">b</span> <code>c</code>",
            ),
            ("> a **b** c\nd", "<blockquote>a <b>b</b> c</blockquote>d"),
            ("> a\n\nb", "<blockquote>a</blockquote>\nb"),
            ("```\nx\n```\ny", "<pre>x</pre>y"),
        ];
        for (source, want) in cases {
            assert_eq!(html(&parse(source)), want, "{source:?}");
        }
    }

    #[test]
    fn nothing_that_is_typed_becomes_a_tag_or_an_attribute() {
        let hostile = [
            "<script>alert(1)</script>",
            "**<img src=x onerror=alert(1)>**",
            "`</code><script>`",
            "[x](https://a.example/\"onmouseover=\"alert(1))",
            "[<b>](https://a.example/'><script>)",
            "> </blockquote><script>",
        ];
        for source in hostile {
            let html = html(&parse(source));
            assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
            let typed_quotes = html.replace("rel=\"noopener noreferrer\"", "").matches('"').count();
            assert!(typed_quotes == 0 || typed_quotes == 4, "{html}");
        }
    }
}
