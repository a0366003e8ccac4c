//! `docs/controls.toml` is what the security page says: nothing is called kept without its tests.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    control: Vec<Control>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Control {
    id: String,
    title: String,
    statement: String,
    state: State,
    tests: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Now,
    Planned,
    Later,
    Declined,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What is wrong with the table in `text`, whose tests lie below `root`.
fn complaints(text: &str, root: &Path) -> Vec<String> {
    let table: Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(err) => return vec![err.to_string()],
    };
    let mut found = Vec::new();
    let mut ids = BTreeSet::new();
    for control in &table.control {
        let id = &control.id;
        if !ids.insert(id) {
            found.push(format!("{id} stands there twice"));
        }
        if !is_id(id) {
            found.push(format!("{id} is no id such as iso.workspace"));
        }
        if control.title.trim().is_empty() || control.statement.trim().is_empty() {
            found.push(format!("{id} says nothing"));
        }
        if control.state == State::Now && control.tests.is_empty() {
            found.push(format!("{id} is called kept and names no test"));
        }
        for test in &control.tests {
            found.extend(find(test, root).err().map(|why| format!("{id}: {test}: {why}")));
        }
    }
    found
}

/// Lower case words, digits and hyphens on both sides of one dot.
fn is_id(id: &str) -> bool {
    let is_word = |word: &str| {
        let is_sign =
            |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-';
        !word.is_empty() && word.chars().all(is_sign)
    };
    id.split_once('.').is_some_and(|(area, name)| is_word(area) && is_word(name))
}

/// Looks for a test `<file>::<name>` that runs: neither ignored nor skipped.
fn find(test: &str, root: &Path) -> Result<(), &'static str> {
    let (file, name) = test.split_once("::").ok_or("not of the form <file>::<name>")?;
    let text = fs::read_to_string(root.join(file)).map_err(|_| "there is no such file")?;
    if file.ends_with(".rs") { is_rust_test(&text, name) } else { is_journey(&text, name) }
}

fn is_rust_test(text: &str, name: &str) -> Result<(), &'static str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let head = |line: &&str| line.starts_with("fn ") || line.starts_with("async fn ");
    let named = |line: &&str| line.contains(&format!("fn {name}("));
    let at = lines
        .iter()
        .position(|line| head(line) && named(line))
        .ok_or("there is no such function")?;
    let above: Vec<&str> = lines[..at]
        .iter()
        .rev()
        .take_while(|line| !line.is_empty() && !line.ends_with(['{', '}', ';']))
        .copied()
        .collect();
    let is_attribute = |line: &&&str, name: &str| line.starts_with(&format!("#[{name}"));
    if above.iter().any(|line| is_attribute(&line, "ignore")) {
        Err("it is ignored")
    } else if above
        .iter()
        .any(|line| is_attribute(&line, "test") || is_attribute(&line, "tokio::test"))
    {
        Ok(())
    } else {
        Err("the function is no test")
    }
}

fn is_journey(text: &str, name: &str) -> Result<(), &'static str> {
    let opened = |call: &str| {
        ['"', '\'', '`'].iter().any(|q| text.contains(&format!("{call}({q}{name}{q}")))
    };
    if opened("test.skip") || opened("test.fixme") {
        Err("it is skipped")
    } else if opened("test") {
        Ok(())
    } else {
        Err("there is no such journey")
    }
}

#[test]
fn every_promise_that_is_called_kept_has_tests_that_exist() {
    let text = fs::read_to_string(root().join("docs/controls.toml")).expect("it is there");
    assert_eq!(complaints(&text, &root()), Vec::<String>::new());
}

#[test]
fn a_promise_without_proof_is_found() {
    let control = |state: &str, tests: &str| {
        format!(
            "[[control]]\nid = 'iso.workspace'\ntitle = 'Sealed'\nstatement = 'True.'\nstate = '{state}'\n\
             tests = [{tests}]\n"
        )
    };
    let this = |name: &str| format!("'crates/testdb/tests/controls.rs::{name}'");
    let journey = |name: &str| format!("'end2end/tests/health.spec.ts::{name}'");
    let good = this("a_promise_without_proof_is_found");
    let cases = [
        (control("now", &good), None),
        (control("planned", ""), None),
        (control("declined", ""), None),
        (control("now", ""), Some("names no test")),
        (control("now", &this("nothing_of_the_kind")), Some("no such function")),
        (control("now", &this("is_id")), Some("the function is no test")),
        (control("planned", &this("nothing_of_the_kind")), Some("no such function")),
        (control("now", "'crates/testdb/tests/gone.rs::x'"), Some("no such file")),
        (control("now", "'x'"), Some("not of the form")),
        (control("now", &journey("no such story")), Some("no such journey")),
        (control("kept", &good), Some("unknown variant")),
        (control("now", &good).replace("True.", " "), Some("says nothing")),
        (control("now", &good).replace("iso.workspace", "Isolation"), Some("is no id")),
        (control("now", &good).repeat(2), Some("stands there twice")),
        (control("now", &good) + "proof = 'trust me'\n", Some("unknown field")),
    ];
    for (text, want) in cases {
        let found = complaints(&text, &root());
        match want {
            None => assert_eq!(found, Vec::<String>::new(), "{text}"),
            Some(want) => {
                assert!(found.iter().any(|line| line.contains(want)), "{text}\n{found:?}")
            }
        }
    }
}

#[test]
fn ignored_and_skipped_tests_prove_nothing() {
    let rust =
        |above: &str| is_rust_test(&format!("{above}\n#[test]\nfn it_holds() {{}}"), "it_holds");
    assert_eq!(rust(""), Ok(()));
    assert_eq!(rust("#[allow(\n    unused\n)]"), Ok(()));
    assert_eq!(rust("#[ignore = \"slow\"]"), Err("it is ignored"));
    assert_eq!(rust("#[test]\nfn another() {}\n"), Ok(()));
    assert_eq!(
        is_rust_test("/// See `fn it_holds()`.\nfn other() {}", "it_holds"),
        Err("there is no such function")
    );
    assert_eq!(is_journey("test(\"it holds\", async () => {})", "it holds"), Ok(()));
    assert_eq!(
        is_journey("test.skip(\"it holds\", async () => {})", "it holds"),
        Err("it is skipped")
    );
}
