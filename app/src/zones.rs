//! Time zones to choose from.

use jiff::tz;

/// The zones that people live in, by name, and whichever is chosen now.
pub(crate) fn zones(chosen: &str) -> Vec<(String, String)> {
    let is_place = |name: &str| name.contains('/') && !name.starts_with("Etc/");
    let mut names: Vec<String> = tz::db()
        .available()
        .map(|name| name.to_string())
        .filter(|name| is_place(name) && name != chosen)
        .collect();
    names.extend(["UTC", chosen].map(str::to_owned));
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| (name.clone(), name.replace('_', " "))).collect()
}
