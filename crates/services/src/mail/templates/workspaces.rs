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

/// For whoever is the owner of a workspace that nobody owned any more.
pub fn workspace_given(base_url: &str, name: &str) -> Letter {
    Letter {
        subject: "You own a workspace on Gannet",
        heading: "A workspace is yours",
        blocks: vec![
            Block::Text(
                "Its owners closed their accounts, and whoever looks after this Gannet made you its owner:",
            ),
            Block::Facts([
                ("Workspace", name.to_owned()),
                ("Your role", "owner".to_owned()),
                ("On record", "in the workspace’s audit log".to_owned()),
            ]),
            Block::Text(
                "Bots that were disconnected when the last owner went come back with their subscribers, if you \
                 connect them within 30 days of that.",
            ),
            Block::Link { label: "Look at your workspaces", url: format!("{base_url}/w") },
            Block::Text("If you do not want it, make somebody else its owner, or delete it there."),
        ],
        footer: concerns(base_url),
    }
}

/// For the admins of that workspace. `owner` is what the new one is called.
pub fn workspace_has_owner(base_url: &str, name: &str, owner: &str) -> Letter {
    Letter {
        subject: "A workspace of yours has a new owner",
        heading: "A workspace of yours has a new owner",
        blocks: vec![
            Block::Text(
                "Its owners closed their accounts, and whoever looks after this Gannet named another one. Your own \
                 role is as it was.",
            ),
            Block::Facts([
                ("Workspace", name.to_owned()),
                ("New owner", owner.to_owned()),
                ("On record", "in the workspace’s audit log".to_owned()),
            ]),
            Block::Link { label: "Look at its members", url: format!("{base_url}/w/members") },
        ],
        footer: concerns(base_url),
    }
}

/// For the others in a workspace whose only owner closes the account. `goes_on` is a day.
pub fn workspace_loses_owner(base_url: &str, name: &str, goes_on: &str) -> Letter {
    Letter {
        subject: "A workspace of yours loses its owner",
        heading: "A workspace of yours loses its owner",
        blocks: vec![
            Block::Text(
                "Its only owner closes the account. The workspace goes with it in 30 days, unless somebody else \
                 becomes its owner before:",
            ),
            Block::Facts([
                ("Workspace", name.to_owned()),
                ("Goes on", format!("{goes_on} (UTC)")),
                ("Its bots", "are disconnected, their subscribers kept until then".to_owned()),
            ]),
            Block::Text(
                "Whoever looks after this Gannet can give it to one of you. Ask them if you need it.",
            ),
            Block::Link { label: "Look at the workspace", url: format!("{base_url}/w/members") },
        ],
        footer: concerns(base_url),
    }
}
