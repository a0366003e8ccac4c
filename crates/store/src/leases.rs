//! Who works for a bot, until when. Judged by the database clock.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::ids::{BotId, InstanceId, WorkspaceId};

use crate::{BotTx, SystemTx, fixed::FixedText};

/// How long a lease lasts without being renewed, in seconds. Another instance takes over after it: with the
/// look for work that follows, and a start, no later than 15 s after a death.
pub const LEASE_SECS: u32 = 12;

/// What the holder does for the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Sends its messages.
    Send,
    /// Asks Telegram for its updates.
    Poll,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Poll => "poll",
        }
    }
}

#[derive(QueryableByName)]
struct Epoch {
    #[diesel(sql_type = sql_types::BigInt)]
    epoch: i64,
}

/// Takes the lease if nobody holds it. Gives its epoch, which is higher than any before.
pub async fn claim(
    tx: &mut SystemTx<'_>,
    workspace: WorkspaceId,
    bot: BotId,
    kind: Kind,
    holder: InstanceId,
) -> QueryResult<Option<i64>> {
    let row: Option<Epoch> = sql_query(
        "insert into leases as l (workspace_id, bot_id, kind, holder, epoch, until)
         values ($1, $2, $3, $4, 1, gannet_now() + make_interval(secs => $5))
         on conflict (workspace_id, bot_id, kind) do update
            set holder = excluded.holder, epoch = l.epoch + 1, until = excluded.until
            where l.until <= gannet_now()
         returning epoch",
    )
    .bind::<sql_types::Uuid, _>(workspace)
    .bind::<sql_types::Uuid, _>(bot)
    .bind::<sql_types::Text, _>(kind.as_str())
    .bind::<sql_types::Uuid, _>(holder)
    .bind::<sql_types::Double, _>(f64::from(LEASE_SECS))
    .fixed()
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(row.map(|row| row.epoch))
}

/// Extends a lease that is still held under `epoch`. False: it has lapsed or is somebody else's, and
/// the caller must stop.
pub async fn renew(
    tx: &mut SystemTx<'_>,
    workspace: WorkspaceId,
    bot: BotId,
    kind: Kind,
    holder: InstanceId,
    epoch: i64,
) -> QueryResult<bool> {
    extend(tx.conn, workspace, bot, kind, holder, epoch).await
}

/// As [`renew`], inside the transaction whose writes depend on it: the row stays locked until the
/// commit, so nobody takes the lease over in between.
pub async fn hold(
    tx: &mut BotTx<'_>,
    kind: Kind,
    holder: InstanceId,
    epoch: i64,
) -> QueryResult<bool> {
    extend(tx.conn, tx.workspace, tx.bot, kind, holder, epoch).await
}

async fn extend(
    conn: &mut AsyncPgConnection,
    workspace: WorkspaceId,
    bot: BotId,
    kind: Kind,
    holder: InstanceId,
    epoch: i64,
) -> QueryResult<bool> {
    let rows = sql_query(
        "update leases set until = gannet_now() + make_interval(secs => $6)
         where workspace_id = $1 and bot_id = $2 and kind = $3 and holder = $4 and epoch = $5
           and until > gannet_now()",
    )
    .bind::<sql_types::Uuid, _>(workspace)
    .bind::<sql_types::Uuid, _>(bot)
    .bind::<sql_types::Text, _>(kind.as_str())
    .bind::<sql_types::Uuid, _>(holder)
    .bind::<sql_types::BigInt, _>(epoch)
    .bind::<sql_types::Double, _>(f64::from(LEASE_SECS))
    .fixed()
    .execute(conn)
    .await?;
    Ok(rows == 1)
}

/// Gives the lease back, so that the next claim need not wait for it to lapse.
pub async fn release(
    tx: &mut SystemTx<'_>,
    workspace: WorkspaceId,
    bot: BotId,
    kind: Kind,
    holder: InstanceId,
    epoch: i64,
) -> QueryResult<()> {
    sql_query(
        "update leases set until = '-infinity'
         where workspace_id = $1 and bot_id = $2 and kind = $3 and holder = $4 and epoch = $5",
    )
    .bind::<sql_types::Uuid, _>(workspace)
    .bind::<sql_types::Uuid, _>(bot)
    .bind::<sql_types::Text, _>(kind.as_str())
    .bind::<sql_types::Uuid, _>(holder)
    .bind::<sql_types::BigInt, _>(epoch)
    .fixed()
    .execute(tx.conn)
    .await?;
    Ok(())
}
