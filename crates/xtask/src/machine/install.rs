//! Carrying out what [`super::need`] decided.

use std::{fs, io::IsTerminal, path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};

use super::{
    need::{Install, OLDEST_NODE},
    probe::{self, Machine},
};
use crate::{progress::Progress, steps::Steps, workspace::Workspace};

/// The Node that is installed where the system's is too old: a long-term release.
const NODE_VERSION: &str = "24.21.0";

/// Run as root, with the packages as arguments.
///
/// Debian's package makes and starts a cluster of its own as soon as it is installed. Nobody asked
/// for one, so the switch for it is off meanwhile, and back in its place afterwards.
const APT: &str = r#"
set -eu
export DEBIAN_FRONTEND=noninteractive
case " $* " in
*" postgresql "*)
    switch=/etc/postgresql-common/createcluster.d/gannet.conf
    trap 'rm -f "$switch"; rmdir --ignore-fail-on-non-empty "${switch%/*}"' EXIT
    trap 'exit 130' INT TERM HUP
    mkdir -p "${switch%/*}"
    echo 'create_main_cluster = false' > "$switch"
    ;;
esac
# A list that cannot be renewed may still hold what we need.
apt-get update -o Acquire::Retries=3 || true
apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
"#;

/// Installs, as a step of its own.
///
/// # Errors
/// When the installation fails.
pub fn carry_out(
    workspace: &Workspace,
    steps: &mut Steps,
    machine: &Machine,
    install: &Install,
) -> Result<()> {
    match install {
        Install::Apt(packages) => apt(steps, machine, packages),
        Install::RustTarget(target) => {
            steps.command("install Rust's WASM target", rustup(&["target", "add", target]))
        }
        Install::RustComponents(components) => {
            let args = [&["component", "add"], components.as_slice()].concat();
            steps.command("install Rust's tools", rustup(&args))
        }
        Install::Node => steps.step("install Node.js", |progress| node(workspace, progress)),
        Install::NodePackages => {
            steps.step("install npm packages", |progress| node_packages(workspace, progress))
        }
    }
}

fn apt(steps: &mut Steps, machine: &Machine, packages: &[&str]) -> Result<()> {
    let mut command = if machine.root {
        Command::new("sh")
    } else {
        let mut sudo = Command::new("sudo");
        if std::io::stdin().is_terminal() {
            // Asks for the password now, where it is seen, and not below a progress line.
            let status = Command::new("sudo").arg("--validate").status().context("run sudo")?;
            ensure!(status.success(), "sudo refused; as root: apt-get install {packages:?}");
        } else {
            sudo.arg("--non-interactive");
        }
        sudo.arg("sh");
        sudo
    };
    command.args(["-c", APT, "sh"]).args(packages);
    steps.step("install packages of the system", |progress| {
        progress.run_on_terminal(command).map(drop)
    })
}

fn rustup(args: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(args);
    command
}

/// npm without what it adds for people at a prompt.
fn npm(dir: &Path) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(dir).args(["--no-audit", "--no-fund", "--no-update-notifier"]);
    command
}

fn node(workspace: &Workspace, progress: &Progress) -> Result<()> {
    // The system's may have come with npm a moment ago.
    if probe::node(workspace).is_some() {
        return Ok(());
    }
    let Some(package) = probe::node_package() else {
        bail!("there is no Node.js {OLDEST_NODE} for this machine on npm: please install it");
    };
    let home = probe::own_node_home(workspace);
    fs::create_dir_all(&home).with_context(|| format!("make {}", home.display()))?;
    // Without one, npm installs into the nearest package.json above.
    fs::write(home.join("package.json"), "{ \"private\": true }\n")
        .context("write package.json")?;
    let mut install = npm(&home);
    install.args(["install", "--ignore-scripts", "--save-exact"]);
    install.arg(format!("{package}@{NODE_VERSION}"));
    progress.run(install).map(drop)
}

fn node_packages(workspace: &Workspace, progress: &Progress) -> Result<()> {
    let mut install = npm(&workspace.end2end());
    install.args(["ci", "--ignore-scripts"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    progress.run(install)?;
    let hash = probe::lock_hash(workspace).context("read end2end/package-lock.json")?;
    fs::write(probe::lock_stamp(workspace), hash).context("write the stamp of the packages")
}
