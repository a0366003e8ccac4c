//! The simulator as a program of its own.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::{ArgAction, Parser, ValueEnum};
use sim::{Limits, NewBot, Rate, Reactions, Script, Sim, SimConfig, SimError, SimHandle};
use tokio::signal;

/// A Telegram Bot API server for tests, with people in it.
///
/// Point a bot at it instead of Telegram's own server:
///
///   gannet-sim --bot 123456:TEST-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:my_test_bot --people 1000
///   curl http://127.0.0.1:8081/bot123456:TEST-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/getMe
///
/// While it runs, /sim/… on the same port makes people do things, reads chats and the ledger, and
/// lets things go wrong: curl http://127.0.0.1:8081/sim lists the paths.
#[derive(Parser)]
#[command(name = "gannet-sim", version, verbatim_doc_comment)]
struct Args {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "ADDRESS")]
    listen: SocketAddr,

    /// Allow an address that other machines can reach. They can then talk to the bots; /sim stays
    /// on this machine
    #[arg(long)]
    listen_anywhere: bool,

    /// A bot to begin with (repeatable): TOKEN:USERNAME, or just USERNAME for a token of the
    /// simulator's choice
    #[arg(long = "bot", value_name = "[TOKEN:]USERNAME")]
    bots: Vec<String>,

    /// How many people press Start on each of these bots
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    people: u32,

    /// Over how many seconds they arrive
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    over: f64,

    /// What their links carry: payloads for /start, separated by commas
    #[arg(long, value_name = "PAYLOADS", value_delimiter = ',')]
    payloads: Vec<String>,

    /// Which people they are; the same seed gives the same people
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u32,

    /// They have pressed Start before: no update tells of them
    #[arg(long)]
    quiet_people: bool,

    /// Let some of them have blocked the bot or deleted their account, and some answer and press
    /// buttons
    #[arg(long)]
    lifelike: bool,

    /// Telegram's limits (30 messages/s a bot, 1/s a chat, 20/min a group), or none
    #[arg(long, value_enum, default_value_t = LimitsArg::Telegram)]
    limits: LimitsArg,

    /// Messages a second of one bot, instead of 30
    #[arg(long, value_name = "RATE", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    bot_rate: Option<u32>,

    /// Messages of one bot that may come at once after a rest, instead of one second's worth
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    bot_burst: Option<u32>,

    /// Messages to one private chat that may come at once after a rest; above that, one a second
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    chat_burst: u32,

    /// Refuse parameters Telegram does not list and quoted numbers, both of which the real servers
    /// ignore
    #[arg(long, default_value_t = true, action = ArgAction::Set, value_name = "true|false")]
    strict: bool,

    /// Deliver webhooks to plain http and to any port too, not only to https on 443, 80, 88 and
    /// 8443
    #[arg(long)]
    allow_http_webhooks: bool,

    /// Append every accepted message to this file, as lines of JSON
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,

    /// Keep bots, people and waiting updates in this file, so that they survive a restart
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Messages kept of each chat for reading; 0 when only the ledger counts
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    keep_messages: usize,

    /// Do not serve /sim
    #[arg(long)]
    no_control: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum LimitsArg {
    Telegram,
    Off,
}

impl Args {
    fn limits(&self) -> Limits {
        if let LimitsArg::Off = self.limits {
            return Limits::OFF;
        }
        let rate = self.bot_rate.unwrap_or(30);
        let bot = Rate::new(rate, 1, self.bot_burst.unwrap_or(rate));
        Limits { bot: Some(bot), chat: Some(Rate::new(1, 1, self.chat_burst)), ..Limits::TELEGRAM }
    }

    fn config(&self) -> SimConfig {
        SimConfig {
            listen: self.listen,
            listen_anywhere: self.listen_anywhere,
            strict: self.strict,
            limits: self.limits(),
            allow_http_webhooks: self.allow_http_webhooks,
            kept_messages: self.keep_messages,
            ledger: self.ledger.clone(),
            state: self.state.clone(),
            control: !self.no_control,
            ..SimConfig::default()
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let args = Args::parse();
    match run(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("gannet-sim: {err}");
            ExitCode::from(2)
        }
    }
}

async fn run(args: &Args) -> Result<(), SimError> {
    let sim = Sim::start(args.config()).await?;
    for bot in &args.bots {
        add(&sim, bot, args)?;
    }
    // Before anybody can make another: whoever reads the address may read no further.
    let bots = sim.bots();
    println!("listening on {}", sim.base_url());
    for bot in bots {
        println!("bot @{} {}", bot.username, bot.token);
    }
    stopped().await;
    // A second Ctrl-C while things wind down ends the program at once.
    tokio::select! {
        () = sim.shutdown() => {}
        () = stopped() => {}
    }
    Ok(())
}

/// Makes a bot of the command line and lets its people come. One that is in the state file is left
/// as it is.
fn add(sim: &SimHandle, bot: &str, args: &Args) -> Result<(), SimError> {
    let (token, username) = match bot.rsplit_once(':') {
        Some((token, username)) => (Some(token.to_owned()), username),
        None => (None, bot),
    };
    if sim.bots().iter().any(|known| known.username.eq_ignore_ascii_case(username)) {
        return Ok(());
    }
    let bot = sim.create_bot(NewBot { token, username: Some(username.to_owned()), name: None })?;
    if args.lifelike {
        sim.set_reactions(bot.id, Reactions::REALISTIC)?;
    }
    if args.people > 0 {
        let script = Script {
            count: args.people,
            over_secs: args.over,
            payloads: args.payloads.clone(),
            seed: args.seed,
            quiet: args.quiet_people,
            ..Script::default()
        };
        sim.people(bot.id, script)?;
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
