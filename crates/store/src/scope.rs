//! The fence: whom a transaction is for, and what it can see.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use diesel_async::AsyncPgConnection;
use domain::{
    audit::Event,
    ids::{BotId, UserId, WorkspaceId},
    rights::{Right, Rights, Role},
};

use crate::{
    StoreError,
    audit::{
        Origin, Pending,
        chain::{self, ChainKey},
        keep::KeeperTx,
        record,
    },
    billing::usage,
    checkout::{Connections, Open},
    moving,
};

/// Proof that `user` may act in `workspace`, in the given role.
///
/// Only `services::access` makes one, after reading the membership, so holding it *is* the check.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorkspaceScope {
    /// Whose rows.
    pub workspace: WorkspaceId,
    /// Who acts; none when a part of Gannet does.
    pub user: Option<UserId>,
    /// As what.
    pub role: Role,
}

/// Proof that somebody may act on `bot`, with `rights`.
///
/// Only `services::access` makes one, after reading membership and BotPermission, and the workers,
/// from a row that was claimed for the bot.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BotScope {
    /// Whose rows.
    pub workspace: WorkspaceId,
    /// Which bot's.
    pub bot: BotId,
    /// Who acts; none when a part of Gannet does.
    pub user: Option<UserId>,
    /// What they may do.
    pub rights: Rights,
}

impl WorkspaceScope {
    /// Vouches that the membership was read. For `services::access` alone (`clippy.toml` sees to it).
    pub fn vouch(workspace: WorkspaceId, user: Option<UserId>, role: Role) -> Self {
        Self { workspace, user, role }
    }
}

impl BotScope {
    /// Vouches that membership and permission were read, or that the work was claimed for this bot.
    /// For `services::access` alone (`clippy.toml` sees to it).
    pub fn vouch(workspace: WorkspaceId, bot: BotId, user: Option<UserId>, rights: Rights) -> Self {
        Self { workspace, bot, user, rights }
    }

    /// Whether the holder has `right`.
    pub fn allows(&self, right: Right) -> bool {
        self.rights.allow(right)
    }
}

/// A transaction that sees one workspace.
pub struct WorkspaceTx<'c> {
    /// The connection.
    pub conn: &'c mut AsyncPgConnection,
    /// The fence.
    pub workspace: WorkspaceId,
    /// What the audit log will say of it.
    lines: Vec<Pending>,
}

/// A transaction that sees one bot of one workspace.
pub struct BotTx<'c> {
    /// The connection.
    pub conn: &'c mut AsyncPgConnection,
    /// The fence.
    pub workspace: WorkspaceId,
    /// The inner fence.
    pub bot: BotId,
    /// What the audit log will say of it.
    lines: Vec<Pending>,
}

/// A transaction that sees a person's own memberships, and the global tables.
pub struct UserTx<'c> {
    /// The connection.
    pub conn: &'c mut AsyncPgConnection,
    /// Whose memberships are visible; none for somebody who is not signed in.
    pub user: Option<UserId>,
}

/// A transaction of the worker role: claims work of all tenants, reads nobody's content.
pub struct SystemTx<'c> {
    /// The connection.
    pub conn: &'c mut AsyncPgConnection,
}

/// What the audit log needs to know of a tenant's transaction.
pub trait TenantTx: Send {
    /// The connection.
    fn conn(&mut self) -> &mut AsyncPgConnection;
    /// The fence.
    fn workspace(&self) -> WorkspaceId;
    /// The inner fence, if there is one.
    fn bot(&self) -> Option<BotId>;
    /// The lines that are written as the transaction ends.
    fn lines(&mut self) -> &mut Vec<Pending>;
}

impl TenantTx for WorkspaceTx<'_> {
    fn conn(&mut self) -> &mut AsyncPgConnection {
        self.conn
    }

    fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    fn bot(&self) -> Option<BotId> {
        None
    }

    fn lines(&mut self) -> &mut Vec<Pending> {
        &mut self.lines
    }
}

impl TenantTx for BotTx<'_> {
    fn conn(&mut self) -> &mut AsyncPgConnection {
        self.conn
    }

    fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    fn bot(&self) -> Option<BotId> {
        Some(self.bot)
    }

    fn lines(&mut self) -> &mut Vec<Pending> {
        &mut self.lines
    }
}

/// An async closure with a name for its future, so that one that is not `Send` is reported where it
/// is written.
pub trait AsyncWork<A, R>:
    AsyncFnOnce(A) -> R + FnOnce(A) -> <Self as AsyncWork<A, R>>::Fut
{
    /// What the closure returns before it is awaited.
    type Fut: Future<Output = R>;
}

impl<A, R, F, Fut> AsyncWork<A, R> for F
where
    F: AsyncFnOnce(A) -> R + FnOnce(A) -> Fut,
    Fut: Future<Output = R>,
{
    type Fut = Fut;
}

macro_rules! work {
    ($($(#[$doc:meta])* $name:ident on $tx:ident;)+) => {$(
        $(#[$doc])*
        pub trait $name<T, E>:
            Send
            + for<'r, 'c> AsyncFnOnce(&'r mut $tx<'c>) -> Result<T, E>
            + for<'r, 'c> AsyncWork<&'r mut $tx<'c>, Result<T, E>, Fut: Send>
        {
        }

        impl<T, E, F> $name<T, E> for F where
            F: Send
                + for<'r, 'c> AsyncFnOnce(&'r mut $tx<'c>) -> Result<T, E>
                + for<'r, 'c> AsyncWork<&'r mut $tx<'c>, Result<T, E>, Fut: Send>
        {
        }
    )+};
}

work! {
    /// What is done in a [`WorkspaceTx`].
    WorkspaceWork on WorkspaceTx;
    /// What is done in a [`BotTx`].
    BotWork on BotTx;
    /// What is done in a [`UserTx`].
    UserWork on UserTx;
    /// What is done in a [`SystemTx`].
    SystemWork on SystemTx;
    /// What is done in a [`KeeperTx`].
    KeeperWork on KeeperTx;
}

/// How to reach the database.
#[derive(Clone)]
pub struct StoreConfig {
    /// URL of the app role.
    pub app_url: String,
    /// URL of the worker role.
    pub worker_url: String,
    /// URL of the owner role, who looks after the months of the audit log.
    pub owner_url: String,
    /// Most connections of the app role.
    pub app_connections: usize,
    /// Most connections of the worker role.
    pub worker_connections: usize,
}

/// Connections of the owner role. It has next to nothing to do.
const OWNER_CONNECTIONS: usize = 2;

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    app: Connections,
    worker: Connections,
    owner: Connections,
    chain: Arc<[ChainKey]>,
    clock_shift_secs: Arc<AtomicI64>,
}

impl Store {
    /// A store that opens its connections when they are needed.
    pub fn new(config: &StoreConfig) -> Self {
        Self {
            app: Connections::new(&config.app_url, config.app_connections),
            worker: Connections::new(&config.worker_url, config.worker_connections),
            owner: Connections::new(&config.owner_url, OWNER_CONNECTIONS),
            chain: Arc::default(),
            clock_shift_secs: Arc::default(),
        }
    }

    /// The same database, whose audit log is chained with the newest of `keys`, which is the last; the others
    /// are for reading. Without one no line can be written.
    pub fn chained(self, keys: impl Into<Arc<[ChainKey]>>) -> Self {
        Self { chain: keys.into(), ..self }
    }

    /// The keys of the audit log's chain, the newest last.
    pub fn chain(&self) -> &[ChainKey] {
        &self.chain
    }

    /// Moves the database clock that this store sees. For tests of what happens later.
    pub fn shift_clock(&self, secs: i64) {
        self.clock_shift_secs.store(secs, Ordering::Relaxed);
    }

    /// Connections of the app role in use, open and allowed.
    pub fn app_usage(&self) -> (usize, usize, usize) {
        self.app.usage()
    }

    /// Connections of the worker role in use, open and allowed.
    pub fn worker_usage(&self) -> (usize, usize, usize) {
        self.worker.usage()
    }

    /// Runs `work` in one transaction fenced to the scope's workspace.
    ///
    /// # Errors
    /// [`StoreError`] when the database is away or refuses; whatever `work` says otherwise. Nothing is
    /// written then.
    pub async fn workspace<T, E: From<StoreError>>(
        &self,
        scope: &WorkspaceScope,
        work: impl WorkspaceWork<T, E>,
    ) -> Result<T, E> {
        let workspace = scope.workspace;
        let mut open = self.app.begin(&self.fence(Some(workspace), None, None)).await?;
        let mut tx = WorkspaceTx { conn: open.conn(), workspace, lines: Vec::new() };
        let result = work(&mut tx).await;
        let lines = tx.lines;
        self.finish(open, workspace, None, lines, result).await
    }

    /// Runs `work` in one transaction fenced to the scope's workspace and bot.
    ///
    /// # Errors
    /// As [`Store::workspace`].
    pub async fn bot<T, E: From<StoreError>>(
        &self,
        scope: &BotScope,
        work: impl BotWork<T, E>,
    ) -> Result<T, E> {
        let (workspace, bot) = (scope.workspace, scope.bot);
        let mut open = self.app.begin(&self.fence(Some(workspace), Some(bot), None)).await?;
        let mut tx = BotTx { conn: open.conn(), workspace, bot, lines: Vec::new() };
        let result = work(&mut tx).await;
        let lines = tx.lines;
        self.finish(open, workspace, Some(bot), lines, result).await
    }

    /// Moves a bot from the scope's workspace into another one, in one transaction. `admit` is fenced to where it
    /// goes and says whether there is room, which nobody else takes until the end; it writes nothing. `depart` is
    /// fenced to where the bot is, ends with [`crate::moving::carry`], and gives what the log of the other
    /// workspace will say.
    ///
    /// # Errors
    /// As [`Store::workspace`].
    pub async fn relocate<E: From<StoreError>>(
        &self,
        from: &BotScope,
        to: &WorkspaceScope,
        origin: &Origin,
        admit: impl BotWork<(), E>,
        depart: impl BotWork<Event, E>,
    ) -> Result<(), E> {
        let BotScope { workspace: here, bot, user, .. } = *from;
        let there = to.workspace;
        let mut open = self.app.begin(&self.fence(Some(there), Some(bot), user)).await?;
        let turns = usage::take_turns_of_both(open.conn(), [here, there]).await;
        let result = match turns.map_err(StoreError::from) {
            Ok(()) => self.carry_over(&mut open, from, there, origin, (admit, depart)).await,
            Err(err) => Err(err.into()),
        };
        open.finish(result).await
    }

    async fn carry_over<E: From<StoreError>>(
        &self,
        open: &mut Open,
        &BotScope { workspace: here, bot, .. }: &BotScope,
        there: WorkspaceId,
        origin: &Origin,
        (admit, depart): (impl BotWork<(), E>, impl BotWork<Event, E>),
    ) -> Result<(), E> {
        let mut tx = BotTx { conn: open.conn(), workspace: there, bot, lines: Vec::new() };
        admit(&mut tx).await?;
        moving::fence_to(open.conn(), here).await.map_err(StoreError::from)?;
        let mut tx = BotTx { conn: open.conn(), workspace: here, bot, lines: Vec::new() };
        let event = depart(&mut tx).await?;
        let left = (here, tx.lines);
        Ok(self.arrive(open, bot, left, there, (origin, event)).await?)
    }

    /// The end of a move: what the other workspace counts from now on, and the lines of both logs.
    async fn arrive(
        &self,
        open: &mut Open,
        bot: BotId,
        left: (WorkspaceId, Vec<Pending>),
        there: WorkspaceId,
        (origin, event): (&Origin, Event),
    ) -> Result<(), StoreError> {
        moving::fence_to(open.conn(), there).await?;
        let mut tx = BotTx { conn: open.conn(), workspace: there, bot, lines: Vec::new() };
        usage::arrive(&mut tx).await?;
        record(&mut tx, origin, &event).await?;
        let mut logs = [left, (there, tx.lines)];
        // Of two moves in opposite directions both lock the same log first.
        logs.sort_by_key(|(workspace, _)| *workspace);
        for (workspace, lines) in logs {
            moving::fence_to(open.conn(), workspace).await?;
            chain::append(open.conn(), self.chain.last(), workspace, Some(bot), lines).await?;
        }
        Ok(())
    }

    /// Runs `work` in one transaction that sees `user`'s memberships and the global tables, and no
    /// tenant's rows.
    ///
    /// # Errors
    /// As [`Store::workspace`].
    pub async fn user<T, E: From<StoreError>>(
        &self,
        user: Option<UserId>,
        work: impl UserWork<T, E>,
    ) -> Result<T, E> {
        let mut open = self.app.begin(&self.fence(None, None, user)).await?;
        let result = work(&mut UserTx { conn: open.conn(), user }).await;
        open.finish(result).await
    }

    /// Runs `work` across tenants. `why` is the reason, for whoever greps for this door.
    ///
    /// # Errors
    /// As [`Store::workspace`].
    pub async fn system<T, E: From<StoreError>>(
        &self,
        why: &'static str,
        work: impl SystemWork<T, E>,
    ) -> Result<T, E> {
        tracing::trace!(why, "across tenants");
        let mut open = self.worker.begin(&self.fence(None, None, None)).await?;
        let result = work(&mut SystemTx { conn: open.conn() }).await;
        open.finish(result).await
    }

    /// Runs `work` as the role that owns the audit log. `why` is the reason, for whoever greps for this
    /// door.
    ///
    /// # Errors
    /// As [`Store::workspace`].
    pub async fn keeper<T, E: From<StoreError>>(
        &self,
        why: &'static str,
        work: impl KeeperWork<T, E>,
    ) -> Result<T, E> {
        // Making and dropping a month waits for whoever writes, and everybody else behind it: not for long.
        self.as_keeper(why, "begin", "set local lock_timeout = '2s'", work).await
    }

    /// As [`Store::keeper`], to look: everything as it is at one moment, and nothing can be written.
    ///
    /// # Errors
    /// As [`Store::workspace`].
    pub async fn auditor<T, E: From<StoreError>>(
        &self,
        why: &'static str,
        work: impl KeeperWork<T, E>,
    ) -> Result<T, E> {
        let begin = "begin isolation level repeatable read read only";
        self.as_keeper(why, begin, "set local statement_timeout = 0", work).await
    }

    async fn as_keeper<T, E: From<StoreError>>(
        &self,
        why: &'static str,
        begin: &str,
        setting: &str,
        work: impl KeeperWork<T, E>,
    ) -> Result<T, E> {
        tracing::trace!(why, "as the keeper of the audit log");
        let fence = self.fence(None, None, None);
        let fence = fence.strip_prefix("begin").unwrap_or(&fence);
        let role = crate::roles::RETENTION;
        let batch = format!("{begin}{fence}; set local role {role}; {setting}");
        let mut open = self.owner.begin(&batch).await?;
        let result = work(&mut KeeperTx { conn: open.conn() }).await;
        open.finish(result).await
    }

    /// Writes the audit log's lines, last of all, and ends the transaction.
    async fn finish<T, E: From<StoreError>>(
        &self,
        mut open: Open,
        workspace: WorkspaceId,
        bot: Option<BotId>,
        lines: Vec<Pending>,
        result: Result<T, E>,
    ) -> Result<T, E> {
        let result = match result {
            Ok(value) => chain::append(open.conn(), self.chain.last(), workspace, bot, lines)
                .await
                .map(|()| value)
                .map_err(E::from),
            Err(err) => Err(err),
        };
        open.finish(result).await
    }

    /// The batch that begins a transaction: one round trip. Nothing but ids and numbers is formatted
    /// into it.
    fn fence(
        &self,
        workspace: Option<WorkspaceId>,
        bot: Option<BotId>,
        user: Option<UserId>,
    ) -> String {
        let text = |id: Option<String>| id.unwrap_or_default();
        let mut batch = format!(
            "begin; select set_config('app.workspace_id', '{}', true), set_config('app.bot_id', '{}', true), \
             set_config('app.user_id', '{}', true)",
            text(workspace.map(|id| id.to_string())),
            text(bot.map(|id| id.to_string())),
            text(user.map(|id| id.to_string())),
        );
        let shift = self.clock_shift_secs.load(Ordering::Relaxed);
        if shift != 0 {
            batch.push_str(&format!(
                "; select set_config('app.clock_shift', '{shift} seconds', true)"
            ));
        }
        batch
    }
}
