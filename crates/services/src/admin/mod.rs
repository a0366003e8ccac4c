//! What the person who runs the server does on its command line.
//!
//! No right is asked for: whoever gets here holds the database's addresses and the keys already. What
//! is changed says in the logs that it was the command line.

mod list;
mod reset;
mod reset_second_factor;
mod verify;
mod workspaces;

use domain::{Timestamp, ids::WorkspaceId, rights::Role};
use serde::Serialize;
use store::{accounts::roll, members::Membership};

pub use list::{Listed, list, show};
pub use reset::reset_password;
pub use reset_second_factor::reset_second_factor;
pub use verify::{Verified, verify};
pub use workspaces::{Workspace, Workspaces, workspaces};

/// An account.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// The address as it was typed.
    pub address: String,
    /// What they want to be called.
    pub name: String,
    /// When the address was proved; none when it was not, and then there is no sign-in.
    pub verified_at: Option<Timestamp>,
    /// When they signed in last, if they ever did.
    pub signed_in_at: Option<Timestamp>,
    /// When they signed up.
    pub created_at: Timestamp,
    /// Where they belong, the oldest membership first.
    pub workspaces: Vec<Belonging>,
}

/// An account's place in a workspace.
#[derive(Clone, Debug, Serialize)]
pub struct Belonging {
    /// Which.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// As what.
    pub role: Role,
}

impl Account {
    fn new(entry: roll::Entry, memberships: Vec<Membership>) -> Self {
        let belonging =
            |Membership { workspace, name, role, .. }| Belonging { id: workspace, name, role };
        Self {
            address: entry.email,
            name: entry.name,
            verified_at: entry.verified_at,
            signed_in_at: entry.signed_in_at,
            created_at: entry.created_at,
            workspaces: memberships.into_iter().map(belonging).collect(),
        }
    }
}
