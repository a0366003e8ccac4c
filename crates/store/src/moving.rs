//! A bot that goes to another workspace of its owner, with everything that is its own.
//!
//! The database carries the rows over (`move_bot`, and foreign keys that follow): what is done here is what
//! must come before, in an order in which nobody waits in a circle.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::ids::{UserId, WorkspaceId};

use crate::{
    BotTx,
    billing::usage,
    schema::{bot_permissions, test_recipients},
};

/// Keeps everybody else from working for the transaction's bot: nobody takes in or applies its updates until
/// the end, and whoever sends or polls for it finds the lease lost. Before any other lock.
pub async fn stop_work(tx: &mut BotTx<'_>) -> QueryResult<()> {
    crate::inbox::shut(tx).await?;
    sql_query("update leases set until = '-infinity' where workspace_id = $1 and bot_id = $2")
        .bind::<sql_types::Uuid, _>(tx.workspace)
        .bind::<sql_types::Uuid, _>(tx.bot)
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Takes from everybody what they were granted on the transaction's bot, and from everybody but `mover` the
/// chat in which they get test messages: their places are in the old workspace.
pub async fn leave_people_behind(tx: &mut BotTx<'_>, mover: UserId) -> QueryResult<()> {
    diesel::delete(bot_permissions::table)
        .filter(bot_permissions::workspace_id.eq(tx.workspace))
        .filter(bot_permissions::bot_id.eq(tx.bot))
        .execute(tx.conn)
        .await?;
    diesel::delete(test_recipients::table)
        .filter(test_recipients::workspace_id.eq(tx.workspace))
        .filter(test_recipients::bot_id.eq(tx.bot))
        .filter(test_recipients::user_id.ne(mover))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Moves the transaction's bot into `to`, out of this transaction's sight. The database sees for itself that
/// the transaction's person owns both. False: the bot is disconnected, or a broadcast of it is being sent; the
/// transaction is to be given up then.
pub async fn carry(tx: &mut BotTx<'_>, to: WorkspaceId) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = sql_types::Bool)]
        moved: bool,
    }
    // Requests may not take long, and a big bot does.
    sql_query("set local statement_timeout = 0").execute(tx.conn).await?;
    usage::leave(tx).await?;
    let answer: Answer = sql_query("select move_bot($1) as moved")
        .bind::<sql_types::Uuid, _>(to)
        .get_result(tx.conn)
        .await?;
    Ok(answer.moved)
}

/// Puts the fence of an open transaction around another workspace. For [`crate::Store::relocate`] alone.
pub(crate) async fn fence_to(
    conn: &mut AsyncPgConnection,
    workspace: WorkspaceId,
) -> QueryResult<()> {
    sql_query("select set_config('app.workspace_id', $1, true)")
        .bind::<sql_types::Text, _>(workspace.to_string())
        .execute(conn)
        .await
        .map(drop)
}
