//! What was typed, as HTML that shows it.
//!
//! Leptos escapes nearly everywhere by itself. It does not in a `<textarea>` or in the page's
//! `<title>`, nor where HTML of our own is made: that is what this is for.

/// `text` for between tags, for `<title>` and `<textarea>`, and for attributes in quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    escape(text, &mut out);
    out
}

/// Writes `text` as [`escaped`] does.
pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}
