//! Log lines, for people or for machines.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{LogConfig, LogFormat};

/// Libraries that would log what they carry (addresses, headers, statements) at their lower levels,
/// with the most that they may say. Secrets stay out of the log whatever `LOG` asks for.
const CAPS: [&str; 8] = [
    "h2=info",
    "hyper=info",
    "hyper_util=info",
    "lettre=info",
    "rustls=info",
    "tokio_postgres=warn",
    "tower_sessions=warn",
    "tower_sessions_core=error",
];

/// Begins to log, to the standard error. Does nothing when somebody logs already.
pub fn begin(config: &LogConfig) {
    let registry = tracing_subscriber::registry().with(filter(&config.filter));
    let begun = match config.format {
        LogFormat::Text => registry
            .with(
                fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_target(false)
                    .with_ansi(std::io::stderr().is_terminal()),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(fmt::layer().with_writer(std::io::stderr).json().flatten_event(true))
            .try_init(),
    };
    // A test that starts several instances has one log.
    drop(begun);
}

/// `wanted` with [`CAPS`], which win because they come last.
fn filter(wanted: &str) -> EnvFilter {
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    let caps = CAPS.iter().filter_map(|cap| cap.parse().ok());
    caps.fold(filter, EnvFilter::add_directive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_stay_quiet_whatever_is_asked_for() {
        let shown = filter("trace,hyper=trace,server=debug").to_string();
        for cap in CAPS {
            assert!(shown.contains(cap), "{shown}");
        }
        assert!(!shown.contains("hyper=trace"), "{shown}");
        assert!(shown.contains("server=debug") && shown.contains("trace"), "{shown}");
    }
}
