//! Comma-separated values as RFC 4180 has them, and as no spreadsheet takes for formulas.

use contract::audit::Entry;
use domain::label::visible;

/// The names of the columns.
pub(super) const HEAD: &str =
    "time,line,person,person id,kind,what,bot,about,address,client,erased,request,details\r\n";

/// A line of the log.
pub(super) fn line(entry: &Entry) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        entry.at.to_string(),
        entry.seq.map(|seq| seq.to_string()).unwrap_or_default(),
        entry.actor.clone(),
        entry.actor_id.map(|id| id.to_string()).unwrap_or_default(),
        entry.kind.clone(),
        entry.sentence.clone(),
        text(&entry.bot),
        text(&entry.resource),
        text(&entry.ip),
        text(&entry.user_agent),
        if entry.is_erased { "yes".to_owned() } else { String::new() },
        text(&entry.request_id),
        entry.details.clone(),
    ];
    format!("{}\r\n", cells.map(|cell| self::cell(&cell)).join(","))
}

/// A cell. What a spreadsheet would take for a formula is text after an apostrophe; controls and what
/// reorders text are written out, so that a cell is one line and reads as it was sent.
pub(super) fn cell(text: &str) -> String {
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
