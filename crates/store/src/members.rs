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
    BotTx, UserTx, WorkspaceTx,
    schema::{audit_heads, members, second_factors, users, workspaces},
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
    /// When it goes, if an owner wants it gone; then only its owners see it.
    pub closes_at: Option<jiff_diesel::Timestamp>,
}

impl Membership {
    /// Whether the workspace is about to go, and nothing is done in it any more.
    pub fn is_closing(&self) -> bool {
        self.closes_at.is_some()
    }
}

/// The workspaces of the transaction's user, the oldest first. Those that are about to go for their owners
/// alone.
pub async fn of_user(tx: &mut UserTx<'_>) -> QueryResult<Vec<Membership>> {
    let Some(user) = tx.user else { return Ok(Vec::new()) };
    let factor =
        second_factors::table.find(user).filter(second_factors::confirmed_at.is_not_null());
    members::table
        .inner_join(workspaces::table.on(workspaces::id.eq(members::workspace_id)))
        .filter(members::user_id.eq(user))
        .filter(workspaces::closes_at.is_null().or(members::role.eq(Role::Owner)))
        .order((members::joined_at, members::workspace_id))
        .select((
            members::workspace_id,
            workspaces::name,
            members::role,
            workspaces::second_factor_required.and(not(exists(factor))),
            workspaces::closes_at,
        ))
        .load(tx.conn)
        .await
}

/// What the transaction's user may do with the bot called `slug`, and where it lives. None alike for a
/// stranger's bot, for one whose workspace is about to go, and for none at all: one statement finds out all.
pub async fn rights_on(tx: &mut UserTx<'_>, slug: &str) -> QueryResult<Option<Standing>> {
    let Some(user) = tx.user else { return Ok(None) };
    let row: Option<StandingRow> = sql_query(
        "select d.workspace_id, d.bot_id, m.role, coalesce(p.rights, '{}') as rights,
                w.second_factor_required and not exists (
                    select from second_factors f
                    where f.user_id = m.user_id and f.confirmed_at is not null) as barred
         from directory d
         join members m on m.workspace_id = d.workspace_id and m.user_id = $2
         join workspaces w on w.id = d.workspace_id and w.closes_at is null
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

/// Whether the transaction's workspace was never founded: one that is gone has left its log.
pub async fn is_free(tx: &mut WorkspaceTx<'_>) -> QueryResult<bool> {
    let is = exists(workspaces::table.find(tx.workspace));
    let was = exists(audit_heads::table.find(tx.workspace));
    diesel::select(not(is.or(was))).get_result(tx.conn).await
}

/// Whether `user` belongs to the transaction's workspace, which is not about to go.
pub async fn works_here(tx: &mut WorkspaceTx<'_>, user: UserId) -> QueryResult<bool> {
    let stays = workspaces::table.find(tx.workspace).filter(workspaces::closes_at.is_null());
    let belongs = exists(members::table.find((tx.workspace, user)));
    diesel::select(belongs.and(exists(stays))).get_result(tx.conn).await
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

/// People of the transaction's workspace beside `user` who have not closed their accounts: how many, and how
/// many of them own it.
pub async fn others(tx: &mut WorkspaceTx<'_>, user: UserId) -> QueryResult<(u64, u64)> {
    let roles: Vec<Role> = members::table
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .filter(members::workspace_id.eq(tx.workspace))
        .filter(members::user_id.ne(user))
        .filter(users::closes_at.is_null())
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

/// Somebody with rights on the transaction's bot.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Who.
    pub user: UserId,
    /// Their address, as typed.
    pub email: String,
    /// What they may do with it.
    pub rights: Rights,
}

/// Everybody with rights on the transaction's bot at this moment, the longest member first. Nobody whose
/// account is closing.
pub async fn holders(tx: &mut BotTx<'_>) -> QueryResult<Vec<Holder>> {
    use crate::schema::{bot_permissions as permissions, users};
    let (workspace, bot) = (tx.workspace, tx.bot);
    let rows: Vec<(UserId, String, Role, Option<Vec<Right>>)> = members::table
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .left_join(
            permissions::table.on(permissions::workspace_id
                .eq(members::workspace_id)
                .and(permissions::user_id.eq(members::user_id))
                .and(permissions::bot_id.eq(bot))),
        )
        .filter(members::workspace_id.eq(workspace))
        .filter(users::closes_at.is_null())
        .order((members::joined_at, members::user_id))
        .select((users::id, users::email, members::role, permissions::rights.nullable()))
        .load(tx.conn)
        .await?;
    let holder = |(user, email, role, rights): (_, _, _, Option<Vec<Right>>)| Holder {
        user,
        email,
        rights: Rights::of(role, rights.unwrap_or_default()),
    };
    let holders = rows.into_iter().map(holder);
    Ok(holders.filter(|holder| holder.rights != Rights::NONE).collect())
}

/// Addresses, as typed, of those with `role` in the workspace of the transaction's bot, the longest member first.
/// Nobody whose account is closing.
pub async fn with_role(tx: &mut BotTx<'_>, role: Role) -> QueryResult<Vec<String>> {
    members::table
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .filter(members::workspace_id.eq(tx.workspace))
        .filter(members::role.eq(role))
        .filter(users::closes_at.is_null())
        .order((members::joined_at, members::user_id))
        .select(users::email)
        .load(tx.conn)
        .await
}

/// Whether `user` may do this with the transaction's bot at this moment.
pub async fn may(tx: &mut BotTx<'_>, user: UserId, right: Right) -> QueryResult<bool> {
    let holders = holders(tx).await?;
    Ok(holders.iter().any(|holder| holder.user == user && holder.rights.allow(right)))
}

/// What `user` may do with each bot of the transaction's workspace, if they belong to it.
pub async fn rights_of(
    tx: &mut WorkspaceTx<'_>,
    user: UserId,
    role: Role,
) -> QueryResult<impl Fn(BotId) -> Rights + use<>> {
    use crate::schema::bot_permissions as permissions;
    let granted: Vec<(BotId, Vec<Right>)> = permissions::table
        .filter(permissions::workspace_id.eq(tx.workspace))
        .filter(permissions::user_id.eq(user))
        .select((permissions::bot_id, permissions::rights))
        .load(tx.conn)
        .await?;
    Ok(move |bot| {
        let on = granted.iter().find(|(one, _)| *one == bot);
        Rights::of(role, on.map(|(_, rights)| rights.clone()).unwrap_or_default())
    })
}

/// Somebody who belongs to a workspace.
#[derive(Clone, Debug, Queryable)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// What they want to be called.
    pub name: String,
    /// Their address, as typed.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Since when.
    pub joined_at: jiff_diesel::Timestamp,
    /// Whether they have a second factor.
    pub has_factor: bool,
}

/// The address of a member, as typed; none for who is no member.
pub async fn email_of(tx: &mut WorkspaceTx<'_>, user: UserId) -> QueryResult<Option<String>> {
    use crate::schema::users;
    members::table
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .filter(members::workspace_id.eq(tx.workspace))
        .filter(members::user_id.eq(user))
        .select(users::email)
        .first(tx.conn)
        .await
        .optional()
}

/// Everybody in the transaction's workspace, the longest first.
pub async fn people(tx: &mut WorkspaceTx<'_>) -> QueryResult<Vec<Person>> {
    use crate::schema::users;
    let factor = second_factors::table
        .filter(second_factors::user_id.eq(users::id))
        .filter(second_factors::confirmed_at.is_not_null());
    members::table
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .filter(members::workspace_id.eq(tx.workspace))
        .order((members::joined_at, members::user_id))
        .select((
            users::id,
            users::name,
            users::email,
            members::role,
            members::joined_at,
            exists(factor),
        ))
        .load(tx.conn)
        .await
}

/// The roles of everybody, which nobody else changes until the end of the transaction: who leaves and who
/// takes over is decided by one at a time.
pub async fn roll(tx: &mut WorkspaceTx<'_>) -> QueryResult<Vec<(UserId, Role)>> {
    // On its own: what comes after must see what whoever held the lock before has written.
    workspaces::table
        .find(tx.workspace)
        .select(workspaces::id)
        .for_update()
        .first::<WorkspaceId>(tx.conn)
        .await?;
    members::table
        .filter(members::workspace_id.eq(tx.workspace))
        .select((members::user_id, members::role))
        .load(tx.conn)
        .await
}

/// Gives `user` another role. As owner or admin they hold every right, so what was granted before is
/// forgotten.
pub async fn set_role(tx: &mut WorkspaceTx<'_>, user: UserId, role: Role) -> QueryResult<()> {
    use crate::schema::bot_permissions as permissions;
    diesel::update(members::table.find((tx.workspace, user)))
        .set(members::role.eq(role))
        .execute(tx.conn)
        .await?;
    if role != Role::Member {
        let granted = permissions::table
            .filter(permissions::workspace_id.eq(tx.workspace))
            .filter(permissions::user_id.eq(user));
        diesel::delete(granted).execute(tx.conn).await?;
    }
    Ok(())
}

/// Removes `user` with everything that was granted to them.
pub async fn remove(tx: &mut WorkspaceTx<'_>, user: UserId) -> QueryResult<()> {
    diesel::delete(members::table.find((tx.workspace, user))).execute(tx.conn).await.map(drop)
}

/// What a person is called.
pub async fn name_of(tx: &mut WorkspaceTx<'_>, user: UserId) -> QueryResult<String> {
    use crate::schema::users;
    users::table.find(user).select(users::name).first(tx.conn).await
}

/// What the transaction's workspace is called.
pub async fn workspace_name(tx: &mut WorkspaceTx<'_>) -> QueryResult<String> {
    workspaces::table.find(tx.workspace).select(workspaces::name).first(tx.conn).await
}

/// Calls the transaction's workspace `name`. Gives what it was called.
pub async fn rename(tx: &mut WorkspaceTx<'_>, name: &str) -> QueryResult<String> {
    let was: String = workspaces::table
        .find(tx.workspace)
        .select(workspaces::name)
        .for_update()
        .first(tx.conn)
        .await?;
    diesel::update(workspaces::table.find(tx.workspace))
        .set(workspaces::name.eq(name))
        .execute(tx.conn)
        .await?;
    Ok(was)
}

/// Everything that was granted in the transaction's workspace.
pub async fn grants(tx: &mut WorkspaceTx<'_>) -> QueryResult<Vec<(UserId, BotId, Rights)>> {
    use crate::schema::bot_permissions as permissions;
    let rows: Vec<(UserId, BotId, Vec<Right>)> = permissions::table
        .filter(permissions::workspace_id.eq(tx.workspace))
        .select((permissions::user_id, permissions::bot_id, permissions::rights))
        .load(tx.conn)
        .await?;
    let grant = |(user, bot, rights)| (user, bot, Rights::of(Role::Member, rights));
    Ok(rows.into_iter().map(grant).collect())
}

/// Grants `user` exactly `rights` on `bot`. Gives what they had.
pub async fn grant(
    tx: &mut WorkspaceTx<'_>,
    user: UserId,
    bot: BotId,
    rights: Rights,
) -> QueryResult<Rights> {
    let had = grants(tx).await?.into_iter().find(|(one, on, _)| *one == user && *on == bot);
    let words: Vec<&str> = rights.iter().map(Right::as_str).collect();
    let statement = if words.is_empty() {
        "delete from bot_permissions where workspace_id = $1 and bot_id = $2 and user_id = $3 and $4 = '{}'"
    } else {
        "insert into bot_permissions (workspace_id, bot_id, user_id, rights) values ($1, $2, $3, $4)
         on conflict (workspace_id, bot_id, user_id)
         do update set rights = excluded.rights, granted_at = gannet_now()"
    };
    sql_query(statement)
        .bind::<sql_types::Uuid, _>(tx.workspace)
        .bind::<sql_types::Uuid, _>(bot)
        .bind::<sql_types::Uuid, _>(user)
        .bind::<sql_types::Array<sql_types::Text>, _>(words)
        .execute(tx.conn)
        .await?;
    Ok(had.map_or(Rights::NONE, |(_, _, rights)| rights))
}
