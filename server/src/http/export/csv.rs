//! The audit log as comma-separated values.

use contract::audit::Entry;
use domain::csv;

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
    csv::line(cells.map(|text| csv::cell(&text)))
}
