//! Letters about a broadcast that stopped by itself. What the message says stays on the page.

use super::{Block, Letter};

/// Which broadcast a letter is about.
#[derive(Clone, Debug)]
pub struct Stopped {
    /// Where it is looked at.
    pub url: String,
    /// `@acme_shop_bot`.
    pub bot: String,
    /// People who have an outcome.
    pub reached: u64,
    /// People it goes to.
    pub total: u64,
    /// Why, as the page says it.
    pub why: String,
}

/// To each owner.
pub fn broadcast_stopped(base_url: &str, stopped: &Stopped) -> Letter {
    let Stopped { reached, total, why, .. } = stopped;
    Letter {
        subject: "A broadcast of yours is paused",
        heading: "A broadcast is paused and waits for you",
        blocks: vec![
            Block::Text(
                "It stopped by itself while it went out. Nobody is lost: it goes on where it stopped as soon as \
                 somebody says so, and not before.",
            ),
            Block::Facts([
                ("Bot", stopped.bot.clone()),
                ("Why", why.clone()),
                ("So far", format!("{reached} of {total} people")),
            ]),
            Block::Link { label: "Look at the broadcast", url: stopped.url.clone() },
        ],
        footer: format!("This concerns a workspace of yours at {base_url}."),
    }
}
