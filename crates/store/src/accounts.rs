//! People with an account. Global: a person can be in many workspaces.

pub mod address;
pub mod closing;
pub mod codes;
pub mod invitations;
pub mod log;
pub mod resets;
pub mod roll;

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    ids::{UserId, WorkspaceId},
    rights::Role,
};

use crate::{BotTx, UserTx, WorkspaceTx, schema::users};

/// A transaction of the app role in which the tables outside any workspace may be used.
pub trait GlobalTx: Send {
    /// The connection.
    fn global(&mut self) -> &mut AsyncPgConnection;
}

impl GlobalTx for UserTx<'_> {
    fn global(&mut self) -> &mut AsyncPgConnection {
        self.conn
    }
}

impl GlobalTx for WorkspaceTx<'_> {
    fn global(&mut self) -> &mut AsyncPgConnection {
        self.conn
    }
}

impl GlobalTx for BotTx<'_> {
    fn global(&mut self) -> &mut AsyncPgConnection {
        self.conn
    }
}

/// What signing in needs to know of an account.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct Account {
    /// Whose.
    pub id: UserId,
    /// What they want to be called.
    pub name: String,
    /// The address as it was typed when it was taken: mail goes there and nowhere else.
    pub email: String,
    /// Whether its owner has proved that the address is theirs.
    #[diesel(select_expression = users::verified_at.is_not_null())]
    pub verified: bool,
    /// bcrypt.
    pub password_hash: String,
    /// Which state of the credentials this is: see [`crate::sessions::end_others`].
    #[diesel(column_name = credentials_epoch)]
    pub epoch: i64,
}

/// The account of an address, by the address's key.
pub async fn by_address(tx: &mut impl GlobalTx, key: &str) -> QueryResult<Option<Account>> {
    users::table
        .filter(users::email_key.eq(key))
        .select(Account::as_select())
        .first(tx.global())
        .await
        .optional()
}

/// The account of a person.
pub async fn find(tx: &mut impl GlobalTx, id: UserId) -> QueryResult<Option<Account>> {
    users::table.find(id).select(Account::as_select()).first(tx.global()).await.optional()
}

/// What somebody who signs up has told us.
#[derive(Clone, Copy)]
pub struct SignUp<'a> {
    /// The address as it was typed.
    pub email: &'a str,
    /// The address's key.
    pub email_key: &'a str,
    /// What they want to be called.
    pub name: &'a str,
    /// bcrypt.
    pub password_hash: &'a str,
}

/// Makes an account. False when the address has one already, whoever was faster.
pub async fn insert(tx: &mut impl GlobalTx, id: UserId, who: SignUp<'_>) -> QueryResult<bool> {
    let made = diesel::insert_into(users::table)
        .values((
            users::id.eq(id),
            users::email.eq(who.email),
            users::email_key.eq(who.email_key),
            users::name.eq(who.name),
            users::password_hash.eq(who.password_hash),
        ))
        .on_conflict(users::email_key)
        .do_nothing()
        .execute(tx.global())
        .await?;
    Ok(made == 1)
}

/// The account of an address and whether it is verified. Nobody else changes it until the end of the
/// transaction.
///
/// Who changes an account together with its code takes this lock first, and so never waits in a circle.
pub async fn lock(tx: &mut impl GlobalTx, key: &str) -> QueryResult<Option<(UserId, bool)>> {
    users::table
        .filter(users::email_key.eq(key))
        .select((users::id, users::verified_at.is_not_null()))
        .for_update()
        .first(tx.global())
        .await
        .optional()
}

/// The same by id, for whoever is known: the account, which nobody else changes until the end of the
/// transaction.
pub async fn hold(tx: &mut impl GlobalTx, id: UserId) -> QueryResult<Option<Account>> {
    users::table
        .find(id)
        .select(Account::as_select())
        .for_update()
        .first(tx.global())
        .await
        .optional()
}

/// An account as a letter to its owner needs it.
#[derive(Clone, Queryable)]
pub struct Addressee {
    /// The address as it was typed.
    pub email: String,
    /// IANA name.
    pub time_zone: String,
}

/// Where letters to a person go, and in which zone they read times.
pub async fn addressee(tx: &mut impl GlobalTx, id: UserId) -> QueryResult<Option<Addressee>> {
    users::table
        .find(id)
        .select((users::email, users::time_zone))
        .first(tx.global())
        .await
        .optional()
}

/// What a person may change about themselves at any time.
pub async fn set_profile(
    tx: &mut impl GlobalTx,
    id: UserId,
    name: &str,
    time_zone: &str,
) -> QueryResult<()> {
    diesel::update(users::table.find(id))
        .set((users::name.eq(name), users::time_zone.eq(time_zone)))
        .execute(tx.global())
        .await
        .map(drop)
}

/// Puts another password into force.
pub async fn set_password(tx: &mut impl GlobalTx, id: UserId, hash: &str) -> QueryResult<()> {
    diesel::update(users::table.find(id))
        .set(users::password_hash.eq(hash))
        .execute(tx.global())
        .await
        .map(drop)
}

/// Writes a newer sign-up over one that was never verified, if it is `wanted`. A verified account
/// stays as it is.
pub async fn replace_unverified(
    tx: &mut impl GlobalTx,
    id: UserId,
    who: SignUp<'_>,
    wanted: bool,
) -> QueryResult<bool> {
    // `wanted` is judged by the database, so that either answer costs one statement.
    let changed = sql_query(
        "update users set email = $2, name = $3, password_hash = $4
         where id = $1 and verified_at is null and $5",
    )
    .bind::<sql_types::Uuid, _>(id)
    .bind::<sql_types::Text, _>(who.email)
    .bind::<sql_types::Text, _>(who.name)
    .bind::<sql_types::Text, _>(who.password_hash)
    .bind::<sql_types::Bool, _>(wanted)
    .execute(tx.global())
    .await?;
    Ok(changed == 1)
}

/// Marks the address as proved and gives the person's name. None when it was before.
pub async fn mark_verified(tx: &mut impl GlobalTx, id: UserId) -> QueryResult<Option<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Text)]
        name: String,
    }
    let row: Option<Row> = sql_query(
        "update users set verified_at = gannet_now() where id = $1 and verified_at is null returning name",
    )
    .bind::<sql_types::Uuid, _>(id)
    .get_result(tx.global())
    .await
    .optional()?;
    Ok(row.map(|row| row.name))
}

/// Puts a new hash of the same password in the place of `old`. False when the password has changed
/// in between.
pub async fn rehash(tx: &mut impl GlobalTx, id: UserId, old: &str, new: &str) -> QueryResult<bool> {
    let same = users::table.filter(users::id.eq(id)).filter(users::password_hash.eq(old));
    let changed =
        diesel::update(same).set(users::password_hash.eq(new)).execute(tx.global()).await?;
    Ok(changed == 1)
}

/// A person in the workspace they work in.
#[derive(Clone, QueryableByName)]
pub struct Profile {
    /// What they want to be called.
    #[diesel(sql_type = sql_types::Text)]
    pub name: String,
    /// Their address, as typed.
    #[diesel(sql_type = sql_types::Text)]
    pub email: String,
    /// IANA name.
    #[diesel(sql_type = sql_types::Text)]
    pub time_zone: String,
    /// The workspace.
    #[diesel(sql_type = sql_types::Uuid)]
    pub workspace: WorkspaceId,
    /// Its name.
    #[diesel(sql_type = sql_types::Text)]
    pub workspace_name: String,
    /// As what.
    #[diesel(sql_type = sql_types::Text)]
    pub role: Role,
    /// Looks after the instance as a whole.
    #[diesel(sql_type = sql_types::Bool)]
    pub instance_admin: bool,
}

/// The transaction's user in the `preferred` workspace, or, if they are no member of it, in the one
/// they have belonged to the longest. Nobody works in one that is about to go. None without a verified
/// account or any membership.
pub async fn profile(
    tx: &mut UserTx<'_>,
    preferred: Option<WorkspaceId>,
) -> QueryResult<Option<Profile>> {
    let Some(user) = tx.user else { return Ok(None) };
    sql_query(
        "select u.name, u.email, u.time_zone, w.id as workspace, w.name as workspace_name, m.role,
                u.instance_admin
         from users u
         join members m on m.user_id = u.id
         join workspaces w on w.id = m.workspace_id and w.closes_at is null
         where u.id = $1 and u.verified_at is not null
         order by (w.id is not distinct from $2) desc, m.joined_at, w.id
         limit 1",
    )
    .bind::<sql_types::Uuid, _>(user)
    .bind::<sql_types::Nullable<sql_types::Uuid>, _>(preferred)
    .get_result(tx.conn)
    .await
    .optional()
}
