//! Deciding what to install: no I/O, a value in, a value out.

use std::fmt;

/// Something that a command cannot do without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// PostgreSQL's programs; a running server is not needed.
    Postgres,
    /// Rust's standard library for WASM.
    WasmTarget,
    /// `cargo fmt`.
    Rustfmt,
    /// `cargo clippy`.
    Clippy,
    /// A browser.
    Chromium,
    /// Letters and emoji for it.
    Fonts,
    /// What Playwright and wasm-opt run on.
    Node,
    /// What `end2end/package-lock.json` lists.
    NodePackages,
}

/// For `cargo xtask build`.
pub fn to_build(release: bool) -> Vec<Need> {
    let mut needs = vec![Need::WasmTarget];
    if release {
        needs.extend([Need::Node, Need::NodePackages]);
    }
    needs
}

/// For `cargo xtask run` and `dev`. With a database elsewhere, none is started here.
pub fn to_run(release: bool, database_elsewhere: bool) -> Vec<Need> {
    let mut needs = to_build(release);
    if !database_elsewhere {
        needs.insert(0, Need::Postgres);
    }
    needs
}

/// For `cargo xtask test`, with the journeys in the browser or without.
pub fn to_test(release: bool, browser: bool) -> Vec<Need> {
    if browser {
        return EVERYTHING.to_vec();
    }
    let mut needs = vec![Need::Postgres, Need::Rustfmt, Need::Clippy];
    needs.extend(to_build(release));
    needs
}

/// For every command.
pub const EVERYTHING: [Need; 8] = [
    Need::Postgres,
    Need::WasmTarget,
    Need::Rustfmt,
    Need::Clippy,
    Need::Chromium,
    Need::Fonts,
    Need::Node,
    Need::NodePackages,
];

/// The oldest PostgreSQL that works.
pub const OLDEST_POSTGRES: u32 = 15;
/// The oldest Node that Playwright runs on.
pub const OLDEST_NODE: u32 = 20;
/// The WASM target, as rustup calls it.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

impl Need {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Need::Postgres => "PostgreSQL 15 or newer",
            Need::WasmTarget => "Rust's WASM target",
            Need::Rustfmt => "rustfmt",
            Need::Clippy => "clippy",
            Need::Chromium => "Chromium",
            Need::Fonts => "fonts",
            Need::Node => "Node.js 20 or newer",
            Need::NodePackages => "npm packages",
        }
    }

    /// What it is for, in one sentence.
    pub fn why(self) -> &'static str {
        match self {
            Need::Postgres => {
                "Gannet keeps its data in a PostgreSQL that it starts itself; \
                 the system's own cluster is neither made nor touched"
            }
            Need::WasmTarget => "the live parts of the pages run in the browser as WASM",
            Need::Rustfmt => "the tests begin with the format of the code",
            Need::Clippy => "the tests include Rust's lints",
            Need::Chromium => "the journeys walk through the product in a browser",
            Need::Fonts => "without letters and emoji the browser shows boxes",
            Need::Node => "Playwright, which drives the browser, and wasm-opt run on it",
            Need::NodePackages => {
                "Playwright, axe and wasm-opt, as end2end/package-lock.json lists"
            }
        }
    }

    /// What somebody must do whose system is not known here.
    fn by_hand(self) -> &'static str {
        match self {
            Need::Postgres => {
                "the programs postgres and initdb, 15 or newer, on PATH or in /usr/lib/postgresql"
            }
            Need::WasmTarget => {
                "rustup (https://rustup.rs): rustup target add wasm32-unknown-unknown"
            }
            Need::Rustfmt => "rustup component add rustfmt",
            Need::Clippy => "rustup component add clippy",
            Need::Chromium => "Chromium or Chrome on PATH, or its path in the variable CHROMIUM",
            Need::Fonts => "any font with Latin letters, and Noto Color Emoji",
            Need::Node => "node 20 or newer and npm, on PATH",
            Need::NodePackages => "npm on PATH; xtask then installs the packages",
        }
    }

    fn is_met_by(self, machine: &Facts) -> bool {
        match self {
            Need::Postgres => machine.postgres.is_some_and(|major| major >= OLDEST_POSTGRES),
            Need::WasmTarget => machine.wasm_target,
            Need::Rustfmt => machine.rustfmt,
            Need::Clippy => machine.clippy,
            Need::Chromium => machine.chromium,
            Need::Fonts => machine.fonts,
            Need::Node => machine.node.is_some_and(|major| major >= OLDEST_NODE),
            Need::NodePackages => machine.node_packages,
        }
    }
}

/// The operating system, as far as it matters here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum System {
    /// Debian; no number for testing and unstable.
    Debian(Option<u32>),
    /// Ubuntu, year and month.
    Ubuntu(u32, u32),
    /// Anything else, by the name it gives itself.
    Other(String),
}

/// What a machine has.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The operating system.
    pub system: System,
    /// Whether we may install packages, as root or through sudo.
    pub may_install: bool,
    /// Whether rustup is there.
    pub rustup: bool,
    /// Whether snaps can be installed: Ubuntu's Chromium is one.
    pub snaps: bool,
    /// PostgreSQL's major version.
    pub postgres: Option<u32>,
    /// Whether Rust compiles for [`WASM_TARGET`].
    pub wasm_target: bool,
    /// Whether `cargo fmt` works.
    pub rustfmt: bool,
    /// Whether `cargo clippy` works.
    pub clippy: bool,
    /// Whether a Chromium or a Chrome is there.
    pub chromium: bool,
    /// Whether there are letters and emoji.
    pub fonts: bool,
    /// Node's major version.
    pub node: Option<u32>,
    /// Whether npm is there.
    pub npm: bool,
    /// Whether the packages are those of the lock file.
    pub node_packages: bool,
}

/// One installation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Install {
    /// Packages of the system.
    Apt(Vec<&'static str>),
    /// `rustup target add`.
    RustTarget(&'static str),
    /// `rustup component add`.
    RustComponents(Vec<&'static str>),
    /// A Node of our own from npm, unless the system's packages brought one that is new enough.
    Node,
    /// `npm ci` in end2end.
    NodePackages,
}

impl fmt::Display for Install {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Install::Apt(packages) => write!(f, "apt-get install {}", packages.join(" ")),
            Install::RustTarget(target) => write!(f, "rustup target add {target}"),
            Install::RustComponents(names) => write!(f, "rustup component add {}", names.join(" ")),
            Install::Node => {
                f.write_str("a Node.js of its own in target/, if the system's is older than 20")
            }
            Install::NodePackages => f.write_str("npm ci in end2end/"),
        }
    }
}

/// What has to be installed by a person, and why not by us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ByHand {
    because: String,
    needs: Vec<Need>,
    packages: Vec<&'static str>,
}

impl fmt::Display for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}. Please install by hand, then try again:", self.because)?;
        for need in &self.needs {
            writeln!(f, "  {}: {}", need.name(), need.by_hand())?;
        }
        if !self.packages.is_empty() {
            writeln!(f, "On this system, as root: apt-get install {}", self.packages.join(" "))?;
        }
        Ok(())
    }
}

/// Those of `needs` that the machine does not meet, in the same order.
pub fn missing(machine: &Facts, needs: &[Need]) -> Vec<Need> {
    needs.iter().copied().filter(|need| !need.is_met_by(machine)).collect()
}

/// How to get what is missing, or what a person has to do about it.
///
/// # Errors
/// [`ByHand`] when the system is not known here, nobody may install packages, or Rust did not come
/// from rustup.
pub fn plan(machine: &Facts, missing: &[Need]) -> Result<Vec<Install>, ByHand> {
    let needs = |need| missing.contains(&need);
    let refuse = |because: String, of: &[Need], packages: &[&'static str]| {
        Err(ByHand { because, needs: of.to_vec(), packages: packages.to_vec() })
    };

    let packages = packages(machine, missing);
    if !packages.is_empty() {
        if let Some(because) = unknown(&machine.system) {
            return refuse(because, missing, &[]);
        }
        if !machine.may_install {
            let because = "Installing packages takes root, and there is no sudo that works here";
            return refuse(because.to_owned(), missing, &packages);
        }
        if packages.contains(&UBUNTU_CHROMIUM) && !machine.snaps {
            let because = "Ubuntu's Chromium is a snap, and snapd does not run here";
            return refuse(because.to_owned(), &[Need::Chromium], &[]);
        }
    }
    let of_rust: Vec<_> = [Need::WasmTarget, Need::Rustfmt, Need::Clippy]
        .into_iter()
        .filter(|need| needs(*need))
        .collect();
    if !of_rust.is_empty() && !machine.rustup {
        return refuse("This Rust was not installed by rustup".to_owned(), &of_rust, &[]);
    }

    let components: Vec<_> = [(Need::Rustfmt, "rustfmt"), (Need::Clippy, "clippy")]
        .into_iter()
        .filter(|(need, _)| needs(*need))
        .map(|(_, component)| component)
        .collect();
    let installs = [
        (!packages.is_empty()).then_some(Install::Apt(packages)),
        needs(Need::WasmTarget).then_some(Install::RustTarget(WASM_TARGET)),
        (!components.is_empty()).then_some(Install::RustComponents(components)),
        needs(Need::Node).then_some(Install::Node),
        needs(Need::NodePackages).then_some(Install::NodePackages),
    ];
    Ok(installs.into_iter().flatten().collect())
}

/// A package that only sends for the snap.
const UBUNTU_CHROMIUM: &str = "chromium-browser";

/// The packages of Debian and Ubuntu that hold what is missing.
fn packages(machine: &Facts, missing: &[Need]) -> Vec<&'static str> {
    let mut packages = Vec::new();
    for need in missing {
        match need {
            Need::Postgres => packages.push("postgresql"),
            Need::Chromium if matches!(machine.system, System::Ubuntu(..)) => {
                packages.push(UBUNTU_CHROMIUM);
            }
            Need::Chromium => packages.push("chromium"),
            Need::Fonts => packages.extend(["fonts-liberation", "fonts-noto-color-emoji"]),
            // It brings the system's Node along.
            Need::Node | Need::NodePackages if !machine.npm && !packages.contains(&"npm") => {
                packages.push("npm");
            }
            Need::Node | Need::NodePackages => {}
            Need::WasmTarget | Need::Rustfmt | Need::Clippy => {}
        }
    }
    packages
}

/// Why packages cannot be installed on this system.
fn unknown(system: &System) -> Option<String> {
    let name = match system {
        System::Debian(None | Some(12..)) | System::Ubuntu(24.., 4..) | System::Ubuntu(25.., _) => {
            return None;
        }
        System::Debian(Some(number)) => format!("Debian {number}"),
        System::Ubuntu(year, month) => format!("Ubuntu {year}.{month:02}"),
        System::Other(name) => name.clone(),
    };
    Some(format!(
        "xtask installs packages on Debian 12, Ubuntu 24.04 and newer, and this is {name}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(system: System) -> Facts {
        Facts {
            system,
            may_install: true,
            rustup: true,
            snaps: false,
            postgres: None,
            wasm_target: false,
            rustfmt: true,
            clippy: true,
            chromium: false,
            fonts: false,
            node: None,
            npm: false,
            node_packages: false,
        }
    }

    fn full() -> Facts {
        Facts {
            postgres: Some(17),
            wasm_target: true,
            chromium: true,
            fonts: true,
            node: Some(22),
            npm: true,
            node_packages: true,
            ..bare(System::Debian(Some(13)))
        }
    }

    #[test]
    fn a_machine_that_has_it_all_is_left_alone() {
        assert_eq!(missing(&full(), &EVERYTHING), []);
        // Even one whose packages we could not install.
        let elsewhere = Facts { system: System::Other("NixOS".to_owned()), ..full() };
        assert_eq!(missing(&elsewhere, &EVERYTHING), []);
    }

    #[test]
    fn a_bare_debian_gets_everything_in_an_order_that_works() {
        let machine = bare(System::Debian(Some(12)));
        let installs = plan(&machine, &missing(&machine, &EVERYTHING)).expect("Debian is known");
        assert_eq!(
            installs,
            [
                Install::Apt(vec![
                    "postgresql",
                    "chromium",
                    "fonts-liberation",
                    "fonts-noto-color-emoji",
                    "npm"
                ]),
                Install::RustTarget(WASM_TARGET),
                Install::Node,
                Install::NodePackages,
            ]
        );
    }

    #[test]
    fn to_run_nothing_of_the_browser_is_installed() {
        let machine = bare(System::Ubuntu(24, 4));
        let installs =
            plan(&machine, &missing(&machine, &to_run(false, false))).expect("Ubuntu is known");
        assert_eq!(installs, [Install::Apt(vec!["postgresql"]), Install::RustTarget(WASM_TARGET)]);
    }

    #[test]
    fn each_command_asks_for_what_it_uses() {
        assert_eq!(to_run(false, true), [Need::WasmTarget]);
        assert!(to_run(true, false).contains(&Need::NodePackages));
        assert!(!to_test(false, false).contains(&Need::Node));
        for need in to_run(true, false).into_iter().chain(to_test(true, false)) {
            assert!(EVERYTHING.contains(&need), "{need:?}");
        }
    }

    #[test]
    fn versions_that_are_too_old_count_as_missing() {
        let old = Facts { postgres: Some(14), node: Some(18), ..full() };
        assert_eq!(missing(&old, &EVERYTHING), [Need::Postgres, Need::Node]);
        // npm is there: a newer Node comes from it, not from the system.
        let node = plan(&old, &[Need::Node]).expect("npm is there");
        assert_eq!(node, [Install::Node]);
    }

    #[test]
    fn which_systems_are_known() {
        let cases = [
            (System::Debian(Some(11)), false),
            (System::Debian(Some(12)), true),
            (System::Debian(None), true),
            (System::Ubuntu(22, 4), false),
            (System::Ubuntu(23, 10), false),
            (System::Ubuntu(24, 4), true),
            (System::Ubuntu(25, 10), true),
            (System::Ubuntu(26, 4), true),
            (System::Other("Fedora Linux 43".to_owned()), false),
        ];
        for (system, known) in cases {
            let machine = bare(system.clone());
            let plan = plan(&machine, &[Need::Postgres]);
            assert_eq!(plan.is_ok(), known, "{system:?}");
        }
    }

    #[test]
    fn without_root_the_exact_command_is_named() {
        let machine = Facts { may_install: false, ..bare(System::Debian(Some(12))) };
        let by_hand =
            plan(&machine, &to_run(false, false)).expect_err("nobody may install").to_string();
        assert!(by_hand.contains("apt-get install postgresql"), "{by_hand}");
        assert!(by_hand.contains("rustup target add"), "{by_hand}");
    }

    #[test]
    fn ubuntu_without_snaps_says_how_to_bring_a_browser() {
        let machine = bare(System::Ubuntu(24, 4));
        let by_hand = plan(&machine, &[Need::Chromium]).expect_err("no snaps").to_string();
        assert!(by_hand.contains("CHROMIUM"), "{by_hand}");
        let desktop = Facts { snaps: true, ..machine };
        let installs = plan(&desktop, &[Need::Chromium]).expect("a snap can be installed");
        assert_eq!(installs, [Install::Apt(vec!["chromium-browser"])]);
    }

    #[test]
    fn rust_without_rustup_is_left_to_its_owner() {
        let machine = Facts { rustup: false, ..bare(System::Debian(Some(13))) };
        let by_hand = plan(&machine, &[Need::WasmTarget]).expect_err("no rustup").to_string();
        assert!(by_hand.contains("rustup"), "{by_hand}");
    }
}
