//! Comma-separated values as RFC 4180 has them, and as no spreadsheet takes for formulas.

use crate::label::visible;

/// A cell. What a spreadsheet would take for a formula is text after an apostrophe; controls and what
/// reorders text are written out, so that a cell is one line and reads as it was sent.
pub fn cell(text: &str) -> String {
    // The wide ones are formulas to East Asian spreadsheets.
    let is_formula =
        |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠');
    let defused = if text.starts_with(is_formula) { "'" } else { "" };
    let text = format!("{defused}{}", visible(text));
    if text.contains([',', '"', '\r', '\n', ';']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// A number. A minus is none of the signs that [`cell`] defuses here: nothing but digits follows it.
pub fn number(number: &str) -> String {
    let digits = number.strip_prefix('-').unwrap_or(number);
    if !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()) {
        number.to_owned()
    } else {
        cell(number)
    }
}

/// A line of cells that are written already.
pub fn line(cells: impl IntoIterator<Item = String>) -> String {
    let mut line = cells.into_iter().collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_spreadsheet_reads_a_formula() {
        let cases = [
            ("Ann", "Ann"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1+1", "'＝1+1"),
            ("\t=1", "'\\u0009=1"),
            ("\r=1", "'\\u000d=1"),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
            ("a\r\nb", "a\\u000d\\u000ab"),
            ("evil\u{202e}gpj.exe", "evil\\u202egpj.exe"),
            ("a=b", "a=b"),
        ];
        for (text, want) in cases {
            assert_eq!(cell(text), want, "{text:?}");
        }
    }

    #[test]
    fn numbers_stay_numbers_and_nothing_else_does() {
        for (text, want) in [("-100123", "-100123"), ("7", "7"), ("-", "'-"), ("-1+2", "'-1+2")] {
            assert_eq!(number(text), want);
        }
    }
}
