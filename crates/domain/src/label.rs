//! Names that strangers chose for themselves, made fit to stand in a line of text.

use crate::person::{breaks_line, is_invisible, reorders};

/// `text` as one line of at most `max` characters: controls and what reorders the text around it are
/// taken out, and every stretch of space is one space.
///
/// Empty when nothing would be seen of it. Unlike a [`crate::person::Name`] it is never refused: nobody
/// is there to be told.
pub fn clean(text: &str, max: usize) -> String {
    let is_space = |c: char| c.is_whitespace() || breaks_line(c);
    let mut line = String::new();
    let mut chars = 0;
    for word in text.split(is_space) {
        let mut word = word.chars().filter(|&c| !c.is_control() && !reorders(c)).peekable();
        if word.peek().is_none() {
            continue;
        }
        if !line.is_empty() {
            if chars + 1 >= max {
                break;
            }
            line.push(' ');
            chars += 1;
        }
        for c in word.take(max - chars) {
            line.push(c);
            chars += 1;
        }
    }
    if line.chars().all(|c| c.is_whitespace() || is_invisible(c)) { String::new() } else { line }
}

/// `text` with everything that hides or reorders written out (`\\u202e`): controls, line breaks, and what
/// turns the direction of text. What it says can then be read as it was sent. In JSON the same escapes
/// mean the characters themselves.
pub fn visible(text: &str) -> String {
    let hides = |c: char| c.is_control() || reorders(c) || breaks_line(c) || c == '\u{feff}';
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hides(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_become_harmless_and_honest_ones_stay() {
        let cases = [
            ("Ann Lee", "Ann Lee"),
            ("  Ann \t\n Lee ", "Ann Lee"),
            ("Ann\u{2028}Lee", "Ann Lee"),
            ("evil\u{202e}gpj.exe", "evilgpj.exe"),
            ("a\0b\u{1b}[31m", "ab[31m"),
            ("\u{200b}\u{3164}\u{200d}", ""),
            (" \u{202e} ", ""),
            ("", ""),
            ("<b>Bob</b> '); --", "<b>Bob</b> '); --"),
            ("مریم می\u{200c}خواهم", "مریم می\u{200c}خواهم"),
            ("👨\u{200d}👩\u{200d}👧 李", "👨\u{200d}👩\u{200d}👧 李"),
        ];
        for (text, want) in cases {
            assert_eq!(clean(text, 128), want, "{text:?}");
        }
    }

    #[test]
    fn long_names_are_cut_in_characters() {
        assert_eq!(clean(&"ж".repeat(500), 128).chars().count(), 128);
        assert_eq!(clean("aaaa bbbb", 6), "aaaa b");
        assert_eq!(clean("aaaa bbbb", 5), "aaaa");
        assert_eq!(clean("aaaa bbbb", 4), "aaaa");
        assert_eq!(clean("a", 0), "");
    }

    #[test]
    fn what_hides_or_reorders_is_written_out() {
        let cases = [
            ("Ann Lee — ünïcode 😀 =1+1", "Ann Lee — ünïcode 😀 =1+1"),
            ("evil\u{202e}gpj.exe", "evil\\u202egpj.exe"),
            ("a\r\n\tb\0\u{1b}[31m", "a\\u000d\\u000a\\u0009b\\u0000\\u001b[31m"),
            ("\u{2066}\u{2029}\u{85}\u{feff}", "\\u2066\\u2029\\u0085\\ufeff"),
        ];
        for (text, want) in cases {
            assert_eq!(visible(text), want, "{text:?}");
        }
    }
}
