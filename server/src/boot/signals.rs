//! When to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::refusal::Refusal;

/// Status of a process that was told twice, as shells have it for Ctrl-C.
const TOLD_TWICE: i32 = 130;

/// Ready to wait for Ctrl-C or a supervisor's SIGTERM; the future resolves with the first of them.
/// The second ends the process where it stands, which everything here survives.
///
/// # Errors
/// The process may not have signal handlers.
pub fn told_to_stop() -> Result<impl Future<Output = &'static str>, Refusal> {
    let refuse = |err| Refusal::new(format!("cannot watch for signals: {err}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(refuse)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(refuse)?;
    Ok(async move {
        let first = either(&mut interrupt, &mut terminate).await;
        tokio::spawn(async move {
            either(&mut interrupt, &mut terminate).await;
            std::process::exit(TOLD_TWICE);
        });
        first
    })
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) -> &'static str {
    tokio::select! {
        _ = interrupt.recv() => "Ctrl-C",
        _ = terminate.recv() => "SIGTERM",
    }
}
