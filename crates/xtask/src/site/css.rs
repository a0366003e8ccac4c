//! One stylesheet from the files of `style/`.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use super::{
    Source,
    manifest::{hash, hashed_name},
};

/// Lists the files, one a line, in the order in which they are put together.
const ORDER: &str = "order.txt";

/// What the server calls the stylesheet.
const NAME: &str = "gannet.css";

/// Reads the files that `style/order.txt` lists and puts them together; smaller for a release.
///
/// # Errors
/// When a listed file cannot be read, or a stylesheet is not listed and would be lost silently.
pub fn source(dir: &Path, release: bool) -> Result<Source> {
    let order = dir.join(ORDER);
    let order = fs::read_to_string(&order).with_context(|| format!("read {}", order.display()))?;
    let listed: Vec<_> = listed(&order).collect();
    let mut text = String::new();
    for file in &listed {
        let path = dir.join(file);
        text += &fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        text.push('\n');
    }
    let mut there = Vec::new();
    stylesheets(dir, "", &mut there)?;
    let lost: Vec<_> =
        there.iter().filter(|file| !listed.contains(&file.as_str())).map(String::as_str).collect();
    ensure!(lost.is_empty(), "style/{ORDER} does not list {}", lost.join(", "));

    let bytes = if release { squeeze(&text) } else { text }.into_bytes();
    Ok(Source { name: NAME.to_owned(), path: hashed_name(NAME, &hash([&bytes[..]])), bytes })
}

fn listed(order: &str) -> impl Iterator<Item = &str> {
    order.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn stylesheets(dir: &Path, prefix: &str, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))? {
        let entry = entry?;
        let Ok(file) = entry.file_name().into_string() else {
            continue;
        };
        if entry.path().is_dir() {
            stylesheets(&entry.path(), &format!("{prefix}{file}/"), found)?;
        } else if file.ends_with(".css") && !file.starts_with('.') {
            found.push(format!("{prefix}{file}"));
        }
    }
    Ok(())
}

/// Without comments and without the white space that means nothing.
///
/// It never looks into strings and `url(…)`, and keeps every space that could mean something
/// (`a :hover` is not `a:hover`, `1px + 2px` is not `1px +2px`): brotli makes up for the few that
/// are left.
fn squeeze(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    let mut space = false;
    // The last character, if it can mean something: an escaped one stands for itself.
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("/*") {
            rest = rest[2..].split_once("*/").map_or("", |(_, rest)| rest);
            space = true;
            continue;
        }
        if c.is_ascii_whitespace() {
            rest = &rest[1..];
            space = true;
            continue;
        }
        if space && needs_space(before, c) {
            out.push(' ');
        }
        // The last semicolon of a block says nothing, unless it ends an empty value.
        if c == '}' && before == Some(';') && !out.ends_with(":;") {
            out.pop();
        }
        let token = token(rest, c);
        out.push_str(token);
        before = if c == '\\' { Some(c) } else { token.chars().next_back() };
        rest = &rest[token.len()..];
        space = false;
    }
    out
}

/// What stands together at the beginning of `text`, whose first character is `c`.
fn token(text: &str, c: char) -> &str {
    if c == '"' || c == '\'' {
        quoted(text, c)
    } else if c == '\\' {
        let escaped = text.chars().nth(1).map_or(0, char::len_utf8);
        &text[..1 + escaped]
    } else if is_bare_url(text) {
        &text[..text.find(')').map_or(text.len(), |end| end + 1)]
    } else {
        &text[..c.len_utf8()]
    }
}

/// Whether a space between the two may mean something.
fn needs_space(before: Option<char>, after: char) -> bool {
    let after_it_none = matches!(before, None | Some('{' | '}' | ';' | ',' | '(' | ':'));
    let before_it_none = matches!(after, '{' | '}' | ';' | ',' | ')');
    !after_it_none && !before_it_none
}

/// The string at the beginning, with both quotes.
fn quoted(text: &str, quote: char) -> &str {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return &text[..=at],
            _ => {}
        }
    }
    text
}

/// `url(` and then neither a quote nor white space: everything up to `)` is the address.
fn is_bare_url(text: &str) -> bool {
    let Some(head) = text.get(..4) else {
        return false;
    };
    let inside = text[4..].trim_start().chars().next();
    head.eq_ignore_ascii_case("url(") && !matches!(inside, Some('"' | '\''))
}

#[cfg(test)]
mod tests {
    use super::{listed, squeeze};

    #[test]
    fn what_means_nothing_goes() {
        let css = "
            @layer reset, tokens;  /* the order */
            .btn[data-kind='a  b'] > a , p :hover {
              color : light-dark( red , blue );
              inset: calc(1px + 2px) auto;
              content: \"/* not a comment */ ; }\";
            }
            @media (width > 40rem) and (hover) { .x\\: y { margin: 0 } }
        ";
        let want = "@layer reset,tokens;\
            .btn[data-kind='a  b'] > a,p :hover{\
            color :light-dark(red,blue);\
            inset:calc(1px + 2px) auto;\
            content:\"/* not a comment */ ; }\"}\
            @media (width > 40rem) and (hover){.x\\: y{margin:0}}";
        assert_eq!(squeeze(css), want);
    }

    #[test]
    fn what_could_mean_something_stays() {
        let cases = [
            ("a{--empty:;}", "a{--empty:;}"),
            (
                "a{background:url(data:image/svg+xml,//*)}",
                "a{background:url(data:image/svg+xml,//*)}",
            ),
            ("a/**/b", "a b"),
            ("a/*/ b */c", "a c"),
            (".\\; { b: c }", ".\\;{b:c}"),
            ("a{b:\\;}", "a{b:\\;}"),
            ("a{content:'it\\'s } '}", "a{content:'it\\'s } '}"),
            ("a{content:'\u{00b7} \u{2026}'}", "a{content:'\u{00b7} \u{2026}'}"),
            ("& .b + .c ~ .d{}", "& .b + .c ~ .d{}"),
            ("a{color:red!important}", "a{color:red!important}"),
        ];
        for (css, want) in cases {
            assert_eq!(squeeze(css), want);
        }
    }

    #[test]
    fn it_is_done_in_one_go() {
        let css = "a { b : c ; } /* d */ e { }";
        assert_eq!(squeeze(&squeeze(css)), squeeze(css));
    }

    #[test]
    fn broken_stylesheets_end_where_they_end() {
        for css in ["/* open", "a{content:'open", "a{b:url(open", "\\", "é/*"] {
            let _ = squeeze(css);
        }
    }

    #[test]
    fn the_order_has_comments_and_blank_lines() {
        let order = "# first\nreset.css\n\n  components/lists.css  \n";
        assert_eq!(listed(order).collect::<Vec<_>>(), ["reset.css", "components/lists.css"]);
    }
}
