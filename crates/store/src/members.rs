//! Who belongs where, and what they may do: what `services::access` reads.

use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_query, sql_types,
};
use diesel_async::RunQueryDsl;
use domain::{
    ids::{BotId, UserId, WorkspaceId},
    rights::{Right, Rights, Role},
};

use crate::{
    UserTx, WorkspaceTx,
    schema::{members, second_factors, users, workspaces},
};

/// A membership with the workspace's name.
#[derive(Clone, Debug, Queryable)]
pub struct Membership {
    /// Which workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: String,
    /// As what.
    pub role: Role,
    /// It asks for a second factor, and they have none.
    pub barred: bool,
}

/// The workspaces of the transaction's user, the oldest first.
pub async fn of_user(tx: &mut UserTx<'_>) -> QueryResult<Vec<Membership>> {
    let Some(user) = tx.user else { return Ok(Vec::new()) };
    let factor =
        second_factors::table.find(user).filter(second_factors::confirmed_at.is_not_null());
    members::table
        .inner_join(workspaces::table.on(workspaces::id.eq(members::workspace_id)))
        .filter(members::user_id.eq(user))
        .order((members::joined_at, members::workspace_id))
        .select((
            members::workspace_id,
            workspaces::name,
            members::role,
            workspaces::second_factor_required.and(not(exists(factor))),
        ))
        .load(tx.conn)
        .await
}

/// What the transaction's user may do with the bot called `slug`, and where it lives. None alike for a
/// stranger's bot and for none at all: one statement finds out both.
pub async fn rights_on(tx: &mut UserTx<'_>, slug: &str) -> QueryResult<Option<Standing>> {
    let Some(user) = tx.user else { return Ok(None) };
    let row: Option<StandingRow> = sql_query(
        "select d.workspace_id, d.bot_id, m.role, coalesce(p.rights, '{}') as rights,
                w.second_factor_required and not exists (
                    select from second_factors f
                    where f.user_id = m.user_id and f.confirmed_at is not null) as barred
         from directory d
         join members m on m.workspace_id = d.workspace_id and m.user_id = $2
         join workspaces w on w.id = d.workspace_id
         left join bot_permissions p
                on p.workspace_id = d.workspace_id and p.bot_id = d.bot_id and p.user_id = m.user_id
         where d.slug = $1",
    )
    .bind::<sql_types::Text, _>(slug)
    .bind::<sql_types::Uuid, _>(user)
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(row.map(Standing::from))
}

/// What a person may do with a bot.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The bot's workspace.
    pub workspace: WorkspaceId,
    /// The bot.
    pub bot: BotId,
    /// The person's role there.
    pub role: Role,
    /// What follows from role and permission.
    pub rights: Rights,
    /// The workspace asks for a second factor, and they have none.
    pub barred: bool,
}

#[derive(QueryableByName)]
struct StandingRow {
    #[diesel(sql_type = sql_types::Uuid)]
    workspace_id: WorkspaceId,
    #[diesel(sql_type = sql_types::Uuid)]
    bot_id: BotId,
    #[diesel(sql_type = sql_types::Text)]
    role: Role,
    #[diesel(sql_type = sql_types::Array<sql_types::Text>)]
    rights: Vec<Right>,
    #[diesel(sql_type = sql_types::Bool)]
    barred: bool,
}

impl From<StandingRow> for Standing {
    fn from(row: StandingRow) -> Self {
        let rights = Rights::of(row.role, row.rights);
        Self {
            workspace: row.workspace_id,
            bot: row.bot_id,
            role: row.role,
            rights,
            barred: row.barred,
        }
    }
}

/// Founds the transaction's workspace with `owner` as its owner.
pub async fn found(tx: &mut WorkspaceTx<'_>, name: &str, owner: UserId) -> QueryResult<()> {
    diesel::insert_into(workspaces::table)
        .values((workspaces::id.eq(tx.workspace), workspaces::name.eq(name)))
        .execute(tx.conn)
        .await?;
    add(tx, owner, Role::Owner).await
}

/// Adds `user` to the transaction's workspace.
pub async fn add(tx: &mut WorkspaceTx<'_>, user: UserId, role: Role) -> QueryResult<()> {
    diesel::insert_into(members::table)
        .values((
            members::workspace_id.eq(tx.workspace),
            members::user_id.eq(user),
            members::role.eq(role),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// People of the transaction's workspace beside `user`: how many, and how many of them own it.
pub async fn others(tx: &mut WorkspaceTx<'_>, user: UserId) -> QueryResult<(u64, u64)> {
    let roles: Vec<Role> = members::table
        .filter(members::workspace_id.eq(tx.workspace))
        .filter(members::user_id.ne(user))
        .select(members::role)
        .load(tx.conn)
        .await?;
    let owners = roles.iter().filter(|role| **role == Role::Owner).count();
    Ok((roles.len() as u64, owners as u64))
}

/// Everybody in the transaction's workspace, by name.
pub async fn names(tx: &mut WorkspaceTx<'_>) -> QueryResult<Vec<(UserId, String)>> {
    members::table
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .filter(members::workspace_id.eq(tx.workspace))
        .order((users::name, users::id))
        .select((users::id, users::name))
        .load(tx.conn)
        .await
}

/// Bots of `workspace` on which the transaction's user was granted `right`.
pub async fn bots_with(
    tx: &mut UserTx<'_>,
    workspace: WorkspaceId,
    right: Right,
) -> QueryResult<Vec<BotId>> {
    use crate::schema::bot_permissions as permissions;
    let Some(user) = tx.user else { return Ok(Vec::new()) };
    permissions::table
        .filter(permissions::workspace_id.eq(workspace))
        .filter(permissions::user_id.eq(user))
        .filter(permissions::rights.contains(vec![right.as_str()]))
        .select(permissions::bot_id)
        .load(tx.conn)
        .await
}
