//! A Stripe to test with, beside a server of ours: `gannet-stripe-sim`.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    http::{self, Url},
    process::Kept,
    signals::Reach,
    stage::free_address,
    steps::Steps,
    workspace::Workspace,
};

/// Longest it may take to listen.
const LONGEST_START: Duration = Duration::from_secs(10);
/// How often we look whether it does.
const GLANCE: Duration = Duration::from_millis(20);
/// The keys of a Stripe that moves no money: anybody may know them.
const KEY: &str = "sk_test_gannet_sim_not_a_secret";
/// What its events are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_gannet_sim_not_a_secret";

/// A simulated Stripe that runs. It ends with this value.
pub struct Stripe {
    address: SocketAddr,
    plans: PathBuf,
    _process: Kept,
}

impl Stripe {
    /// Starts one whose events go to the server at `server`, with its plans and what it prints in
    /// `home`.
    ///
    /// # Errors
    /// When the program is not there, or does not listen in ten seconds.
    pub fn start(workspace: &Workspace, server: SocketAddr, home: &Path) -> Result<Stripe> {
        fs::create_dir_all(home).with_context(|| format!("make {}", home.display()))?;
        let (plans, log) = (home.join("plans.toml"), home.join("stripe.log"));
        let output = File::create(&log).with_context(|| format!("write {}", log.display()))?;
        let address = free_address()?;
        let mut command = Command::new(workspace.stripe());
        command
            .args(["--listen", &address.to_string()])
            .args(["--webhook", &format!("http://{server}/stripe/webhook")])
            .args(["--webhook-secret", WEBHOOK_SECRET, "--retry", "1", "--plans"])
            .arg(&plans)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let mut process = Kept::start(command, Reach::Leader)?;
        let begun = Instant::now();
        let about = Url::at(address, "/control");
        while !http::get(&about, &[]).is_ok_and(|answer| answer.status == 200) {
            if process.ended()?.is_some() || begun.elapsed() > LONGEST_START {
                let said = fs::read_to_string(&log).unwrap_or_default();
                bail!("the simulated Stripe did not start:\n{said}");
            }
            thread::sleep(GLANCE);
        }
        Ok(Stripe { address, plans, _process: process })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tells a server that this is its Stripe.
    pub fn introduce(&self, server: &mut Command) {
        server
            .env("STRIPE_API_URL", self.url())
            .env("STRIPE_SECRET_KEY", KEY)
            .env("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .env("PLANS_FILE", &self.plans);
    }
}

/// Builds the program. Always for development: what is shipped does not contain it.
///
/// # Errors
/// [`crate::Failed`] when it does not compile.
pub fn build(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    let mut cargo = workspace.cargo();
    // With the rest, so that they share everything.
    cargo.args(["build", "--workspace", "--exclude", "frontend", "--bin", "gannet-stripe-sim"]);
    steps.compile("build the simulated Stripe", cargo)
}
