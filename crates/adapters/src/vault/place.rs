//! Where a secret lives.

use std::fmt;

use domain::ids::{BotId, WorkspaceId};
use uuid::Uuid;

/// Whose secret it is. It decides which key locks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Nobody's workspace: users, sessions, mail. Locked with `key.database`.
    Instance,
    /// A workspace. Locked with its `key.workspace`.
    Workspace(WorkspaceId),
    /// A bot of a workspace. Locked with its `key.account`.
    Bot(WorkspaceId, BotId),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance => f.write_str("instance"),
            Self::Workspace(workspace) => write!(f, "workspace/{workspace}"),
            Self::Bot(workspace, bot) => write!(f, "workspace/{workspace}/bot/{bot}"),
        }
    }
}

/// One field of one row.
///
/// `record` and `column` are names of their own, fixed for ever, and not those of a table: a table
/// may be renamed, and what was sealed must still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose row.
    pub owner: Owner,
    /// What kind of row: `bot`, `user`, `mail`.
    pub record: &'static str,
    /// Which field of it: `token`, `totp`, `body`.
    pub column: &'static str,
    /// The row's id.
    pub row: Uuid,
}

impl Place {
    /// A field of the bot `bot`, or of one of its rows.
    pub fn of_bot(
        workspace: WorkspaceId,
        bot: BotId,
        record: &'static str,
        column: &'static str,
        row: Uuid,
    ) -> Self {
        Self { owner: Owner::Bot(workspace, bot), record, column, row }
    }

    /// A field of a row of the workspace.
    pub fn of_workspace(
        workspace: WorkspaceId,
        record: &'static str,
        column: &'static str,
        row: Uuid,
    ) -> Self {
        Self { owner: Owner::Workspace(workspace), record, column, row }
    }

    /// A field of a row that belongs to no workspace.
    pub fn of_instance(record: &'static str, column: &'static str, row: Uuid) -> Self {
        Self { owner: Owner::Instance, record, column, row }
    }
}
