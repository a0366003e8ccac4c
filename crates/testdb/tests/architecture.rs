//! The one-way rule of `docs/ARCHITECTURE.md`, compared with what cargo says.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde::Deserialize;

/// What one crate may use.
struct Rule {
    crate_name: &'static str,
    /// Those of our own crates it may depend on.
    ours: &'static [&'static str],
    others: Others,
}

/// Crates from elsewhere.
enum Others {
    /// These and no more.
    Only(&'static [&'static str]),
    /// All but those that would let it do another crate's work.
    AllBut(&'static [&'static str]),
}
use Others::{AllBut, Only};

/// Whoever talks SQL.
const SQL: [&str; 7] = [
    "diesel",
    "diesel-async",
    "diesel_migrations",
    "jiff-diesel",
    "postgres-types",
    "sqlx",
    "tokio-postgres",
];
/// Whoever answers requests or draws pages.
const WEB: [&str; 9] = [
    "axum",
    "leptos",
    "leptos_axum",
    "leptos_meta",
    "leptos_router",
    "tower",
    "tower-http",
    "tower-sessions",
    "wasm-bindgen",
];
/// Whoever makes requests.
const CLIENTS: [&str; 5] = ["hyper", "hyper-rustls", "hyper-util", "lettre", "reqwest"];

fn rules() -> Vec<Rule> {
    let rule = |crate_name, ours, others| Rule { crate_name, ours, others };
    vec![
        // diesel: how ids and words sit in a column, behind the feature `sql`.
        rule(
            "domain",
            &[],
            Only(&["diesel", "jiff", "serde", "thiserror", "unicode-normalization", "uuid"]),
        ),
        rule("contract", &["domain"], Only(&["async-trait", "serde", "serde_json", "thiserror"])),
        rule(
            "store",
            &["domain"],
            AllBut(&["axum", "hyper", "leptos", "lettre", "reqwest", "tower-sessions"]),
        ),
        rule(
            "adapters",
            &["domain"],
            AllBut(&["axum", "diesel", "diesel-async", "leptos", "tokio-postgres"]),
        ),
        rule("services", &["adapters", "contract", "domain", "store"], AllBut(&[])),
        rule("app", &["contract", "domain"], AllBut(&[])),
        rule("frontend", &["app"], Only(&["leptos", "wasm-bindgen"])),
        rule(
            "server",
            &["adapters", "app", "contract", "domain", "services", "sim", "store"],
            AllBut(&[]),
        ),
        // The oracle: it knows Telegram and nothing of ours.
        rule("sim", &[], AllBut(&["diesel", "diesel-async", "leptos", "tokio-postgres"])),
        // What is measured is what anybody can reach; for sending there is a Telegram to send to, and people
        // are put into the database as they are.
        rule("bench", &["sim"], AllBut(&["diesel", "diesel-async", "leptos"])),
        rule("testdb", &["domain", "store"], AllBut(&["axum", "leptos"])),
        rule("xtask", &[], AllBut(&["diesel", "diesel-async", "leptos", "tokio-postgres"])),
    ]
}

/// What a crate may not name although its rule allows the rest.
fn forbidden(crate_name: &str) -> Vec<&'static str> {
    match crate_name {
        "services" => [&SQL[..], &WEB, &CLIENTS].concat(),
        "app" => [&SQL[..], &CLIENTS, &["tokio", "tower-sessions"]].concat(),
        "server" => [&SQL[..], &["lettre", "reqwest"]].concat(),
        _ => Vec::new(),
    }
}

/// Our own crates that tests may use on top: a database, and a Telegram to talk to. The oracle's own
/// tests must not lean on the product.
fn for_tests(crate_name: &str) -> &'static [&'static str] {
    match crate_name {
        "sim" | "bench" | "xtask" | "frontend" | "domain" | "contract" => &[],
        _ => &["sim", "testdb"],
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `dev`, `build`, or none for what is shipped.
    kind: Option<String>,
    optional: bool,
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).expect("cargo's own format");
    metadata.packages
}

/// What is wrong with one crate's dependencies.
fn breaches(package: &Package, rule: &Rule, ours: &BTreeSet<&str>) -> Vec<String> {
    let judge = |dependency: &Dependency| {
        let name = dependency.name.as_str();
        let is_for_tests = dependency.kind.as_deref() == Some("dev");
        if ours.contains(name) {
            return rule.ours.contains(&name)
                || is_for_tests && for_tests(&package.name).contains(&name);
        }
        let listed = match rule.others {
            Only(allowed) => allowed.contains(&name),
            AllBut(refused) => !refused.contains(&name),
        };
        is_for_tests || listed && !forbidden(&package.name).contains(&name)
    };
    let refused = package.dependencies.iter().filter(|dependency| !judge(dependency));
    refused
        .map(|dependency| format!("{} must not depend on {}", package.name, dependency.name))
        .collect()
}

#[test]
fn crates_depend_one_way() {
    let packages = packages();
    let rules = rules();
    let rules: BTreeMap<&str, &Rule> = rules.iter().map(|rule| (rule.crate_name, rule)).collect();
    let names: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(
        names,
        rules.keys().copied().collect(),
        "each crate has a rule and each rule a crate"
    );

    let breaches: Vec<String> = packages
        .iter()
        .flat_map(|package| breaches(package, rules[package.name.as_str()], &names))
        .collect();
    assert_eq!(breaches, Vec::<String>::new());
}

/// The rules as a whole have no way back: a crate that may use another is never used by it.
#[test]
fn the_rules_have_no_circle() {
    let mut left: BTreeMap<&str, &[&str]> =
        rules().iter().map(|rule| (rule.crate_name, rule.ours)).collect();
    while !left.is_empty() {
        let free: Vec<&str> = left
            .iter()
            .filter(|(_, ours)| !ours.iter().any(|name| left.contains_key(name)))
            .map(|(name, _)| *name)
            .collect();
        assert!(!free.is_empty(), "a circle among {:?}", left.keys());
        left.retain(|name, _| !free.contains(name));
    }
}

#[test]
fn the_domain_knows_sql_only_when_asked() {
    let packages = packages();
    let domain = packages.iter().find(|package| package.name == "domain").expect("there is one");
    let diesel = domain
        .dependencies
        .iter()
        .find(|dependency| dependency.name == "diesel")
        .expect("for `sql`");
    assert!(
        diesel.optional,
        "diesel comes with the feature `sql` alone, or the browser would carry it"
    );
}

#[test]
fn a_dependency_against_the_rule_is_found() {
    let dependency = |name: &str, kind: Option<&str>| Dependency {
        name: name.to_owned(),
        kind: kind.map(str::to_owned),
        optional: false,
    };
    let cases = [
        ("app", "services", None, true),
        ("app", "diesel", None, true),
        ("app", "reqwest", None, true),
        ("app", "serde", None, false),
        ("app", "testdb", Some("dev"), false),
        ("contract", "leptos", None, true),
        ("domain", "tokio", None, true),
        ("domain", "tokio", Some("dev"), false),
        ("domain", "tokio", Some("build"), true),
        ("services", "axum", None, true),
        ("services", "diesel", None, true),
        ("services", "store", None, false),
        ("sim", "domain", None, true),
        ("sim", "domain", Some("dev"), true),
        ("sim", "axum", None, false),
        ("store", "services", None, true),
        ("server", "testdb", None, true),
        ("server", "testdb", Some("dev"), false),
        ("server", "diesel", None, true),
    ];
    let rules = rules();
    let ours: BTreeSet<&str> = rules.iter().map(|rule| rule.crate_name).collect();
    for (name, on, kind, is_breach) in cases {
        let package = Package { name: name.to_owned(), dependencies: vec![dependency(on, kind)] };
        let rule = rules.iter().find(|rule| rule.crate_name == name).expect("a rule");
        assert_eq!(
            !breaches(&package, rule, &ours).is_empty(),
            is_breach,
            "{name} on {on} ({kind:?})"
        );
    }
}
