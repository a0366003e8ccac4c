//! The simulator of Stripe as a program of its own.

use std::{fs, net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use sim::stripe::{NewWebhook, Setup, Stripe};
use tokio::signal;

/// A Stripe for tests: its API for subscriptions, its pages, its events, and cards that decline.
///
/// It begins with two plans, whose prices have the same ids each time: price_sim_team_month (19 EUR),
/// price_sim_team_year (190 EUR), price_sim_scale_month (79 EUR), price_sim_scale_year (790 EUR).
///
/// While it runs, /control/… on the same port shows what was asked, lets time pass and lets things go
/// wrong: curl http://127.0.0.1:8082/control lists the paths.
#[derive(Parser)]
#[command(name = "gannet-stripe-sim", version, verbatim_doc_comment)]
struct Args {
    /// Loopback address and port to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8082", value_name = "ADDRESS")]
    listen: SocketAddr,

    /// Where events go
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,

    /// The secret that events are signed with (whsec_…), instead of one by chance
    #[arg(long, value_name = "SECRET", requires = "webhook")]
    webhook_secret: Option<String>,

    /// Seconds before an event is brought a second time; further pauses double
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    retry: u64,

    /// Write a plans.toml with the ids of the prices to this file
    #[arg(long, value_name = "FILE")]
    plans: Option<PathBuf>,

    /// Begin without plans
    #[arg(long, conflicts_with = "plans")]
    empty: bool,
}

impl Args {
    fn setup(&self) -> Setup {
        let start = if self.empty { Setup::default() } else { Setup::plans() };
        let hook = self.webhook.clone().map(|url| NewWebhook {
            url,
            secret: self.webhook_secret.clone(),
            events: Vec::new(),
        });
        Setup {
            listen: self.listen,
            webhooks: hook.into_iter().collect(),
            webhook_retry: Duration::from_secs(self.retry),
            ..start
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("gannet-stripe-sim: {why}");
            ExitCode::from(2)
        }
    }
}

async fn run(args: &Args) -> Result<(), String> {
    if let Some(path) = &args.plans {
        let cannot = |err| format!("cannot write {}: {err}", path.display());
        fs::write(path, Setup::plans_toml()).map_err(cannot)?;
    }
    let stripe = Stripe::start(args.setup()).await.map_err(|err| err.to_string())?;
    println!("listening on {}", stripe.base_url());
    println!("key {}", stripe.secret_key());
    stopped().await;
    // A second Ctrl-C while things wind down ends the program at once.
    tokio::select! {
        () = stripe.shutdown() => {}
        () = stopped() => {}
    }
    Ok(())
}

/// Ctrl-C, or a polite end by whoever started the program.
async fn stopped() {
    #[cfg(unix)]
    {
        use signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = signal::ctrl_c() => {}
            }
            return;
        }
    }
    if signal::ctrl_c().await.is_err() {
        // Nobody can tell us to stop; then only a kill will.
        tokio::time::sleep(Duration::MAX).await;
    }
}
