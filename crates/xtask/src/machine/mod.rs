//! What the machine must have, and how it gets it.

pub mod install;
pub mod need;
pub mod probe;

use anyhow::{Result, bail};

use self::{need::Need, probe::Machine};
use crate::{steps::Steps, workspace::Workspace};

/// Installs those of `needs` that are not there, after saying what and why.
///
/// # Errors
/// When something has to be installed by hand (the error lists it), or an installation fails.
pub fn ensure(workspace: &Workspace, steps: &mut Steps, needs: &[Need]) -> Result<()> {
    let machine = Machine::look(workspace);
    let missing = need::missing(&machine, needs);
    if missing.is_empty() {
        return Ok(());
    }

    let console = steps.console();
    console.line("Missing on this machine:");
    for need in &missing {
        console.line(&format!("  {}: {}", need.name(), need.why()));
    }
    let installs = match need::plan(&machine, &missing) {
        Ok(installs) => installs,
        Err(by_hand) => bail!("{by_hand}"),
    };
    console.line("Installing:");
    for install in &installs {
        console.line(&format!("  {install}"));
    }
    for install in &installs {
        install::carry_out(workspace, steps, &machine, install)?;
    }

    let machine = Machine::look(workspace);
    let still: Vec<_> = need::missing(&machine, needs).into_iter().map(Need::name).collect();
    if !still.is_empty() {
        bail!("installed without an error, and still not there: {}", still.join(", "));
    }
    Ok(())
}
