//! When to stop.

use tokio::signal::unix::{SignalKind, signal};

use crate::refusal::Refusal;

/// Ready to wait for Ctrl-C or a supervisor's SIGTERM; the future resolves with the first of them.
///
/// # Errors
/// The process may not have signal handlers.
pub fn told_to_stop() -> Result<impl Future<Output = &'static str>, Refusal> {
    let refuse = |err| Refusal::new(format!("cannot watch for signals: {err}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(refuse)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(refuse)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => "Ctrl-C",
            _ = terminate.recv() => "SIGTERM",
        }
    })
}
