//! Doors that must stay few: found by reading the sources.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The Rust files below `dir` of the workspace.
fn sources(dir: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(dir)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("a text");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{dir} has sources");
    found
}

/// What stands behind each `mark` in `text`, without the space between.
fn behind<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(mark).map(move |(at, _)| text[at + mark.len()..].trim_start())
}

/// Whether a reason stands there: a literal of three words at least.
fn is_reason(argument: &str) -> bool {
    let literal = argument.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    literal.is_some_and(|(reason, _)| reason.split_whitespace().count() >= 3)
}

#[test]
fn work_across_tenants_goes_through_one_door_and_names_its_reason() {
    let mut calls = 0;
    for dir in ["crates/services/src", "crates/adapters/src", "server/src", "app/src"] {
        for (path, text) in sources(dir) {
            for argument in behind(&text, ".system(") {
                calls += 1;
                let start: String = argument.chars().take(60).collect();
                assert!(is_reason(argument), "{}: no reason at .system({start}", path.display());
            }
            assert!(!text.contains("Store::system"), "{}: call it as a method", path.display());
            assert!(
                !text.contains("SystemTx {"),
                "{}: a fence is not made by hand",
                path.display()
            );
        }
    }
    assert!(calls > 10, "the door was found {calls} times only: has it another name now?");
}

#[test]
fn routes_are_made_where_they_must_say_what_they_need() {
    for (path, text) in sources("server/src") {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name == "table.rs" || name == "tests.rs" {
            continue;
        }
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        for call in [".route(", ".route_service(", ".nest_service("] {
            let allowed = if name == "health.rs" { 1 } else { 0 };
            let found = shipped.matches(call).count();
            assert!(found <= allowed, "{}: {call}…) belongs into http::table", path.display());
        }
    }
}

#[test]
fn a_reason_is_a_literal_of_some_words() {
    let cases = [
        ("\"claim due jobs\", async", true),
        ("\"test\", async", false),
        ("reason, async", false),
        ("&format!(\"a b c\")", false),
    ];
    for (argument, want) in cases {
        assert_eq!(is_reason(argument), want, "{argument}");
    }
    let text = "store\n    .system(\n        \"a b c\",\n    )";
    assert_eq!(behind(text, ".system(").map(is_reason).collect::<Vec<_>>(), [true]);
}
