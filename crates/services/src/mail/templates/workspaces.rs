//! What is told of a workspace to those who look after it. They know its name, and so do these letters.

use super::{Block, Letter, concerns};

/// When an owner has marked a workspace for deletion, to all its owners. `goes_on` is a day.
pub fn workspace_closing(base_url: &str, name: &str, goes_on: &str, by: &str) -> Letter {
    Letter {
        subject: "A workspace of yours will be deleted",
        heading: "A workspace of yours will be deleted",
        blocks: vec![
            Block::Text(
                "An owner marked it for deletion. Its bots send nothing from now on, and nobody but its owners sees \
                 it any more. On the day below it goes for good, with its bots, their subscribers and broadcasts.",
            ),
            Block::Facts([
                ("Workspace", name.to_owned()),
                ("Goes on", format!("{goes_on} (UTC)")),
                ("Marked by", by.to_owned()),
            ]),
            Block::Text("Any of its owners can keep it before then, with everything in it."),
            Block::Link { label: "Look at your workspaces", url: format!("{base_url}/w") },
        ],
        footer: concerns(base_url),
    }
}
