//! Letters about a second person's approval. What the message says stays on the page.

use super::{Block, Letter};

/// Which broadcast a letter is about.
#[derive(Clone, Debug)]
pub struct Matter {
    /// Where it is looked at.
    pub url: String,
    /// `@acme_shop_bot`.
    pub bot: String,
    /// People it would go to.
    pub audience: u64,
    /// Who had what to do with it: `("Asked by", "Ann")`.
    pub who: (&'static str, String),
}

impl Matter {
    fn block(&self) -> Block {
        let audience = match self.audience {
            1 => "1 person".to_owned(),
            many => format!("{many} people"),
        };
        Block::Facts([
            ("Bot", self.bot.clone()),
            ("Goes to", audience),
            (self.who.0, self.who.1.clone()),
        ])
    }
}

/// To each who may approve.
pub fn approval_asked(base_url: &str, matter: &Matter) -> Letter {
    letter(
        base_url,
        "A broadcast waits for your approval",
        "It goes to so many people that a second person has to look at it first. The page shows the message and who \
         gets it; there you approve it, or say no.",
        matter,
        "Look at the broadcast",
    )
}

/// To whoever asked, after a yes.
pub fn approval_given(base_url: &str, matter: &Matter) -> Letter {
    letter(
        base_url,
        "Your broadcast was approved",
        "It can be sent as it is now. Whoever changes it has to ask once more.",
        matter,
        "Go on to sending",
    )
}

/// To whoever asked, after a no.
pub fn approval_refused(base_url: &str, matter: &Matter) -> Letter {
    letter(
        base_url,
        "Your broadcast was not approved",
        "The page says why, if a reason was given. The draft is as it was: change it, and ask once more.",
        matter,
        "Look at the broadcast",
    )
}

fn letter(
    base_url: &str,
    what: &'static str,
    words: &'static str,
    matter: &Matter,
    label: &'static str,
) -> Letter {
    Letter {
        subject: what,
        heading: what,
        blocks: vec![
            Block::Text(words),
            matter.block(),
            Block::Link { label, url: matter.url.clone() },
        ],
        footer: format!("This concerns a workspace of yours at {base_url}."),
    }
}
