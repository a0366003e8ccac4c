//! The frame of all pages, and their parts.

use axum::response::{Html, IntoResponse, Response};
use http::header;

use super::super::cards;

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8886;--soft:#8881}\
*{box-sizing:border-box}\
body{margin:0;font:16px/1.5 system-ui,sans-serif}\
header{background:repeating-linear-gradient(45deg,#f6c915 0 16px,#e9b800 16px 32px);color:#221a00;\
padding:.6rem 1rem;font-weight:700;text-align:center}\
main{max-width:34rem;margin:0 auto;padding:1.5rem 1rem 3rem}\
h1{font-size:1.5rem;line-height:1.2}h2{font-size:1.1rem;margin-top:2rem}\
label{display:block;margin-top:.9rem;font-weight:600}\
input,select{width:100%;min-height:44px;padding:.5rem .7rem;font:inherit;border:1px solid var(--line);border-radius:.4rem}\
input[type=radio]{width:1.2rem;min-height:1.2rem}\
button,.button{display:inline-block;min-height:44px;margin-top:1rem;padding:.6rem 1.1rem;font:inherit;font-weight:600;\
border:1px solid var(--line);border-radius:.4rem;background:var(--soft);color:inherit;text-decoration:none;cursor:pointer}\
button.main{background:#0a58ca;border-color:#0a58ca;color:#fff}\
table{width:100%;border-collapse:collapse}td,th{padding:.45rem .3rem;border-bottom:1px solid var(--line);text-align:left}\
td:last-child,th:last-child{text-align:right}tfoot td{font-weight:700;border:0}\
.wrong{border:2px solid #c62828;border-radius:.4rem;padding:.6rem .8rem}\
.note{border:1px solid var(--line);border-radius:.4rem;padding:.6rem .8rem}\
.radio{display:flex;gap:.6rem;align-items:center;font-weight:400;padding:.4rem 0}\
fieldset{border:1px solid var(--line);border-radius:.4rem;margin:1rem 0 0;padding:.3rem .8rem .8rem}\
code{font-size:.95em}";

/// Text as HTML shows it.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
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
    out
}

/// A whole page; `body` is HTML.
pub(super) fn page(title: &str, body: &str) -> Response {
    let title = escaped(title);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><link rel=\"icon\" href=\"data:,\">\
         <title>{title} · TEST – not the real Stripe</title><style>{STYLE}</style></head><body>\
         <header>TEST – not the real Stripe. No money moves here.</header>\
         <main><h1>{title}</h1>{body}</main></body></html>"
    );
    ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

/// What went wrong, for eyes and ears.
pub(super) fn wrong(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| {
        format!("<p class=\"wrong\" role=\"alert\">{}</p>", escaped(reason))
    })
}

/// A link; nothing where there is no address.
pub(super) fn link(url: Option<&str>, label: &str) -> String {
    url.map_or_else(String::new, |url| {
        format!("<p><a href=\"{}\">{}</a></p>", escaped(url), escaped(label))
    })
}

/// A field for text with its label.
pub(super) fn field(name: &str, label: &str, value: &str, required: bool) -> String {
    let required = if required { " required" } else { "" };
    format!(
        "<label for=\"{name}\">{}</label><input id=\"{name}\" name=\"{name}\" value=\"{}\"{required}>",
        escaped(label),
        escaped(value),
    )
}

/// The field for a card's number, with the test cards to choose from.
pub(super) fn card_field(required: bool) -> String {
    let required = if required { " required" } else { "" };
    let options: String = cards::listed()
        .map(|(number, says)| format!("<option value=\"{number}\">{}</option>", escaped(says)))
        .collect();
    let rows: String = cards::listed()
        .map(|(number, says)| {
            format!("<tr><td><code>{number}</code></td><td>{}</td></tr>", escaped(says))
        })
        .collect();
    format!(
        "<label for=\"number\">Card number</label>\
         <input id=\"number\" name=\"number\" list=\"cards\" inputmode=\"numeric\" autocomplete=\"off\"{required} \
         aria-describedby=\"cards-note\"><datalist id=\"cards\">{options}</datalist>\
         <details id=\"cards-note\"><summary>Test cards – never type a real one</summary>\
         <table><tbody>{rows}</tbody></table></details>"
    )
}

/// Rows of words and amounts, the last of them the sum. Words are escaped here.
pub(super) fn amounts(rows: &[(String, String)], sum: &(String, String)) -> String {
    let row = |(words, amount): &(String, String)| {
        format!("<tr><td>{}</td><td>{}</td></tr>", escaped(words), escaped(amount))
    };
    let rows: String = rows.iter().map(row).collect();
    format!("<table><tbody>{rows}</tbody><tfoot>{}</tfoot></table>", row(sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("<b a=\"1\">'&"), "&lt;b a=&quot;1&quot;&gt;&#39;&amp;");
        assert!(field("a", "<x>", "\"y\"", true).contains("&lt;x&gt;</label>"));
    }
}
