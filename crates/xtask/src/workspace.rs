//! Where things lie, and cargo as the product is built with it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Gannet's workspace.
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// The workspace that this program was built from.
    ///
    /// # Errors
    /// When it has moved since, or cargo cannot read it.
    pub fn find() -> Result<Workspace> {
        // `cargo run` names the place at run time; the other one is for a copied program.
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.join("../..").canonicalize().context("find the workspace")?;
        let mut workspace = Workspace { target: root.join("target"), root };

        // It can be elsewhere: CARGO_TARGET_DIR, or a setting in somebody's ~/.cargo.
        let mut metadata = workspace.cargo();
        metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
        let output = metadata.output().context("cannot start cargo")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cargo cannot read the workspace:\n{complaint}");
        let metadata: Value =
            serde_json::from_slice(&output.stdout).context("read cargo's answer")?;
        if let Some(target) = metadata["target_directory"].as_str() {
            workspace.target = PathBuf::from(target);
        }
        Ok(workspace)
    }

    /// The top of the checkout.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's own directory for what it builds.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The static files, as the server serves them.
    pub fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// What xtask keeps for itself.
    pub fn scratch(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// What each step printed.
    pub fn logs(&self) -> PathBuf {
        self.scratch().join("logs")
    }

    /// The browser journeys and the npm packages.
    pub fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// The server, as it is built.
    pub fn server(&self, release: bool) -> PathBuf {
        self.target.join(if release { "release" } else { "debug" }).join("gannet")
    }

    /// The simulator of Stripe, as it is built.
    pub fn stripe(&self) -> PathBuf {
        self.target.join("debug").join("gannet-stripe-sim")
    }

    /// Cargo at the top of the workspace, as if it were typed there.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_of_this_run) {
                command.env_remove(name);
            }
        }
        command
    }
}

/// Whether `cargo run` set the variable for us alone.
///
/// Some build scripts (ring's) ask to be run again when one of these changes: passed on, they would
/// make every build through xtask undo a build by hand.
fn is_of_this_run(name: &str) -> bool {
    const NAMES: [&str; 6] = [
        "CARGO",
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_LINKS",
        "CARGO_MANIFEST_PATH",
    ];
    NAMES.contains(&name) || name.starts_with("CARGO_PKG_")
}

#[cfg(test)]
mod tests {
    use super::{Workspace, is_of_this_run};

    #[test]
    fn what_people_set_reaches_cargo() {
        for name in ["CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_INCREMENTAL", "CARGO_TERM_COLOR"] {
            assert!(!is_of_this_run(name), "{name}");
        }
        for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION_MAJOR"] {
            assert!(is_of_this_run(name), "{name}");
        }
    }

    #[test]
    fn the_workspace_is_the_one_with_the_server_in_it() {
        let workspace = Workspace::find().expect("tests run inside the workspace");
        assert!(workspace.root().join("server/Cargo.toml").is_file());
    }
}
