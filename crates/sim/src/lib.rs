//! A faithful Telegram Bot API server with people in it. And, apart from it, a Stripe: [`stripe`].
//!
//! It serves the part of the Bot API that bots for broadcasts need, over HTTP, with Telegram's
//! limits, errors and webhooks, and it has people who press Start, write, press buttons and block.
//! What it accepted is on record. The same simulator is a library ([`Sim::start`]) and a program
//! (`gannet-sim`); what it does faithfully and what not is listed in the crate's README.
//!
//! ```no_run
//! # async fn example() -> Result<(), sim::SimError> {
//! use sim::{Deed, NewBot, Script, Sim, SimConfig, person_id};
//!
//! let sim = Sim::start(SimConfig::default()).await?;
//! let bot = sim.create_bot(NewBot::default())?;
//! sim.people(bot.id, Script { count: 1_000, over_secs: 20.0, ..Script::default() })?;
//! sim.person_does(bot.id, person_id(1, 0), &Deed::Text { text: "hello".into(), group: None })?;
//! println!("{}/bot{}/getUpdates", sim.base_url(), bot.token);
//! sim.shutdown().await;
//! # Ok(())
//! # }
//! ```

// Objects of Stripe have many fields, and `json!` goes one level deeper for each.
#![recursion_limit = "512"]

mod agenda;
mod bots;
mod chats;
mod clock;
mod control;
mod deeds;
mod entities;
mod error;
mod fault_proxy;
mod faults;
mod files;
mod ledger;
mod ledger_file;
mod limits;
mod listen;
mod methods;
mod names;
mod params;
mod people;
mod places;
mod reactions;
mod reply;
mod scripts;
mod serve;
mod sim;
mod sink;
mod state;
pub mod stripe;
mod updates;
mod view;
mod webhook;
mod wire;
mod world;

pub use crate::{
    bots::{BotCard, NewBot},
    chats::{Group, Press, Standing},
    clock::{Clock, Moment},
    deeds::Deed,
    error::SimError,
    fault_proxy::{FaultProxy, Line, Upstream},
    faults::{Fault, Listed, Trouble},
    ledger::{Duplicate, Entry, Stats, content_hash},
    limits::{Limits, Rate},
    methods::{Method, listed_params},
    names::{Profile, profile_of},
    params::{Kind as ParamKind, Param},
    people::person_id,
    reactions::Reactions,
    scripts::{Habits, Script},
    sim::{Sim, SimConfig, SimHandle},
    sink::{Sink, Taken, Window, Windows},
    view::{ChatSummary, ChatView, Seen},
};
