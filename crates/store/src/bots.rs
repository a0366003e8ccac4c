//! Bots that a workspace has connected: what they say, and how they are connected.

use diesel::{dsl::sql, prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    bot::{Api, Delivery, Slug},
    ids::{BotId, TelegramBotId, UserId, WorkspaceId},
};

use crate::{
    BotTx, SystemTx, Version, WorkspaceTx,
    schema::{bot_permissions, bots},
};

/// One bot.
#[derive(Clone, Debug)]
pub struct Bot {
    /// Which.
    pub id: BotId,
    /// Telegram's number of it.
    pub telegram_id: TelegramBotId,
    /// Its username, in Telegram's spelling.
    pub username: String,
    /// Its place in URLs.
    pub slug: Slug,
    /// Its name in Telegram.
    pub name: String,
    /// Where it lives.
    pub api: Api,
    /// How its updates arrive.
    pub delivery: Delivery,
    /// The last four characters of its token.
    pub token_last4: String,
    /// Answer to `/start`, in our markup.
    pub welcome: String,
    /// Answer to `/stop`, in our markup.
    pub goodbye: String,
    /// What keeps it from working.
    pub trouble: Option<String>,
    /// When its last update arrived.
    pub last_update_at: Option<Timestamp>,
    /// Its version: changes with its texts.
    pub version: Version,
    /// When it was first connected.
    pub created_at: Timestamp,
    /// When it was disconnected.
    pub disconnected_at: Option<Timestamp>,
    /// Whether nothing of it is edited or sent.
    pub read_only: bool,
    /// Most messages a second that it was asked to send; none: as many as the instance allows.
    pub rate: Option<u32>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = bots)]
struct Row {
    id: BotId,
    telegram_id: TelegramBotId,
    username: String,
    slug: String,
    name: String,
    api: Api,
    delivery: Delivery,
    token_last4: String,
    welcome: String,
    goodbye: String,
    trouble: Option<String>,
    last_update_at: Option<jiff_diesel::Timestamp>,
    updated_at: jiff_diesel::Timestamp,
    created_at: jiff_diesel::Timestamp,
    disconnected_at: Option<jiff_diesel::Timestamp>,
    read_only: bool,
    rate: Option<i32>,
}

impl TryFrom<Row> for Bot {
    type Error = diesel::result::Error;

    fn try_from(row: Row) -> QueryResult<Self> {
        let slug = Slug::try_from(row.slug)
            .map_err(|err| Self::Error::DeserializationError(err.into()))?;
        Ok(Self {
            id: row.id,
            telegram_id: row.telegram_id,
            username: row.username,
            slug,
            name: row.name,
            api: row.api,
            delivery: row.delivery,
            token_last4: row.token_last4,
            welcome: row.welcome,
            goodbye: row.goodbye,
            trouble: row.trouble,
            last_update_at: row.last_update_at.map(|at| at.to_jiff()),
            version: row.updated_at.into(),
            created_at: row.created_at.to_jiff(),
            disconnected_at: row.disconnected_at.map(|at| at.to_jiff()),
            read_only: row.read_only,
            rate: row.rate.and_then(|rate| u32::try_from(rate).ok()),
        })
    }
}

/// The transaction's bot while it is connected.
pub async fn find(tx: &mut BotTx<'_>) -> QueryResult<Option<Bot>> {
    Ok(find_any(tx).await?.filter(|bot| bot.disconnected_at.is_none()))
}

/// The transaction's bot, also during the 30 days after it was disconnected.
pub async fn find_any(tx: &mut BotTx<'_>) -> QueryResult<Option<Bot>> {
    let row: Option<Row> = bots::table
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .select(Row::as_select())
        .first(tx.conn)
        .await
        .optional()?;
    row.map(Bot::try_from).transpose()
}

/// As [`find`], and neither its connection nor the line of its broadcasts is changed by anybody else
/// until the transaction ends. Whoever also locks broadcasts locks them after it.
pub async fn lock(tx: &mut BotTx<'_>) -> QueryResult<Option<Bot>> {
    let locked: Option<BotId> = bots::table
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .select(bots::id)
        .for_no_key_update()
        .first(tx.conn)
        .await
        .optional()?;
    match locked {
        Some(_) => find(tx).await,
        None => Ok(None),
    }
}

/// As [`lock`], also for a bot that is disconnected, and without waiting: false while somebody else has it.
pub async fn try_lock(tx: &mut BotTx<'_>) -> QueryResult<bool> {
    let locked: Option<BotId> = bots::table
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .select(bots::id)
        .for_no_key_update()
        .skip_locked()
        .first(tx.conn)
        .await
        .optional()?;
    Ok(locked.is_some())
}

/// Connected bots of the workspace by name: all of them, or those on which `member` was granted
/// something. At most 500, which is more than a page can show.
pub async fn connected(tx: &mut WorkspaceTx<'_>, member: Option<UserId>) -> QueryResult<Vec<Bot>> {
    let mut query = bots::table
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::disconnected_at.is_null())
        .into_boxed();
    if let Some(member) = member {
        let granted = bot_permissions::table
            .filter(bot_permissions::workspace_id.eq(tx.workspace))
            .filter(bot_permissions::user_id.eq(member))
            .select(bot_permissions::bot_id);
        query = query.filter(bots::id.eq_any(granted));
    }
    let rows: Vec<Row> = query
        .order((sql::<sql_types::Text>("lower(name)"), bots::id))
        .limit(500)
        .select(Row::as_select())
        .load(tx.conn)
        .await?;
    rows.into_iter().map(Bot::try_from).collect()
}

/// The workspace's row of this Telegram bot, connected or not.
pub async fn by_telegram_id(
    tx: &mut WorkspaceTx<'_>,
    api: Api,
    telegram_id: TelegramBotId,
) -> QueryResult<Option<Bot>> {
    let row: Option<Row> = bots::table
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::api.eq(api))
        .filter(bots::telegram_id.eq(telegram_id))
        .select(Row::as_select())
        .first(tx.conn)
        .await
        .optional()?;
    row.map(Bot::try_from).transpose()
}

/// What Telegram says of a bot, and how it will be connected.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'a> {
    /// Its username.
    pub username: &'a str,
    /// Its name.
    pub name: &'a str,
    /// How its updates will arrive.
    pub delivery: Delivery,
    /// The last four characters of its token.
    pub token_last4: &'a str,
}

/// A bot that was never connected to this workspace.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// Telegram's number of it.
    pub telegram_id: TelegramBotId,
    /// Its place in URLs.
    pub slug: &'a Slug,
    /// Where it lives.
    pub api: Api,
    /// Answer to `/start`.
    pub welcome: &'a str,
    /// Answer to `/stop`.
    pub goodbye: &'a str,
    /// What Telegram says of it.
    pub identity: Identity<'a>,
}

/// Writes the transaction's bot down, with a change under way.
pub async fn insert(tx: &mut BotTx<'_>, new: &New<'_>) -> QueryResult<Claim> {
    diesel::insert_into(bots::table)
        .values((
            bots::workspace_id.eq(tx.workspace),
            bots::id.eq(tx.bot),
            bots::telegram_id.eq(new.telegram_id),
            bots::username.eq(new.identity.username),
            bots::slug.eq(new.slug.as_str()),
            bots::name.eq(new.identity.name),
            bots::api.eq(new.api),
            bots::delivery.eq(new.identity.delivery),
            bots::token_last4.eq(new.identity.token_last4),
            bots::welcome.eq(new.welcome),
            bots::goodbye.eq(new.goodbye),
            bots::changing_until.eq(claimed_until()),
        ))
        .returning(bots::changing_until.assume_not_null())
        .get_result(tx.conn)
        .await
        .map(Claim)
}

/// The right to change a bot's connection, for [`CLAIM_SECS`]. Whoever has none must wait.
#[derive(Clone, Copy, Debug)]
#[must_use = "a change is under way until it is finished or given up"]
pub struct Claim(jiff_diesel::Timestamp);

/// How long a change of token or webhook may take, in seconds. It is longer than the requests to
/// Telegram that it is made of; after it a change counts as abandoned.
pub const CLAIM_SECS: u32 = 60;

fn claimed_until() -> diesel::expression::SqlLiteral<sql_types::Nullable<sql_types::Timestamptz>> {
    // `CLAIM_SECS`; literals are what this expression can hold.
    sql("gannet_now() + interval '60 seconds'")
}

/// Claims the change of the transaction's bot. None while another change is under way. Of many at once
/// one succeeds: the others wait for its row lock and then see its claim.
pub async fn claim_change(tx: &mut BotTx<'_>) -> QueryResult<Option<Claim>> {
    let at: Option<jiff_diesel::Timestamp> = diesel::update(bots::table)
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .filter(sql::<sql_types::Bool>(
            "(changing_until is null or changing_until <= gannet_now())",
        ))
        .set(bots::changing_until.eq(claimed_until()))
        .returning(bots::changing_until.assume_not_null())
        .get_result(tx.conn)
        .await
        .optional()?;
    Ok(at.map(Claim))
}

/// Whether a change of the transaction's bot is under way.
pub async fn is_changing(tx: &mut BotTx<'_>) -> QueryResult<bool> {
    let changing = bots::table
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .filter(sql::<sql_types::Bool>("changing_until > gannet_now()"));
    diesel::select(diesel::dsl::exists(changing)).get_result(tx.conn).await
}

/// Ends a change without having made one. False: the claim had lapsed and was taken over.
pub async fn end_change(tx: &mut BotTx<'_>, claim: Claim) -> QueryResult<bool> {
    let rows = diesel::update(bots::table)
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .filter(bots::changing_until.eq(claim.0))
        .set(bots::changing_until.eq(None::<jiff_diesel::Timestamp>))
        .execute(tx.conn)
        .await?;
    Ok(rows == 1)
}

/// Writes a connection into the row of the transaction's bot, which is connected from then on and in
/// no trouble.
pub async fn set_connection(tx: &mut BotTx<'_>, identity: &Identity<'_>) -> QueryResult<()> {
    // The name is set only where it is another one: it carries the version of the bot's texts.
    diesel::update(bots::table)
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .filter(bots::name.ne(identity.name))
        .set(bots::name.eq(identity.name))
        .execute(tx.conn)
        .await?;
    diesel::update(bots::table)
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .set((
            bots::username.eq(identity.username),
            bots::delivery.eq(identity.delivery),
            bots::token_last4.eq(identity.token_last4),
            bots::trouble.eq(None::<&str>),
            bots::disconnected_at.eq(None::<jiff_diesel::Timestamp>),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Marks the transaction's bot as disconnected. False while a change is under way, or when it is
/// disconnected already.
pub async fn disconnect(tx: &mut BotTx<'_>) -> QueryResult<bool> {
    let rows = diesel::update(bots::table)
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .filter(bots::disconnected_at.is_null())
        .filter(sql::<sql_types::Bool>(
            "(changing_until is null or changing_until <= gannet_now())",
        ))
        .set((
            bots::disconnected_at
                .eq(sql::<sql_types::Nullable<sql_types::Timestamptz>>("gannet_now()")),
            bots::trouble.eq(None::<&str>),
        ))
        .execute(tx.conn)
        .await?;
    Ok(rows == 1)
}

/// Changes the bot's answers if it is still in the version that was read. Gives the new version; none
/// when somebody was faster.
pub async fn set_texts(
    tx: &mut BotTx<'_>,
    read: Version,
    welcome: &str,
    goodbye: &str,
) -> QueryResult<Option<Version>> {
    let saved: Option<jiff_diesel::Timestamp> = diesel::update(bots::table)
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .filter(bots::disconnected_at.is_null())
        .filter(bots::updated_at.eq(jiff_diesel::Timestamp::from(read.moment())))
        .set((bots::welcome.eq(welcome), bots::goodbye.eq(goodbye)))
        .returning(bots::updated_at)
        .get_result(tx.conn)
        .await
        .optional()?;
    Ok(saved.map(Version::from))
}

/// Whether the transaction's bot is read-only at this moment.
pub async fn is_read_only(tx: &mut BotTx<'_>) -> QueryResult<bool> {
    let read_only: Option<bool> = bots::table
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .select(bots::read_only)
        .first(tx.conn)
        .await
        .optional()?;
    Ok(read_only.unwrap_or_default())
}

/// Makes the transaction's bot read-only, or takes that back. The caller has locked it.
pub async fn set_read_only(tx: &mut BotTx<'_>, read_only: bool) -> QueryResult<()> {
    diesel::update(bots::table)
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .set(bots::read_only.eq(read_only))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// The rate that the transaction's bot was asked for, in messages a second.
pub async fn rate(tx: &mut BotTx<'_>) -> QueryResult<Option<u32>> {
    let rate: Option<Option<i32>> = bots::table
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .select(bots::rate)
        .first(tx.conn)
        .await
        .optional()?;
    Ok(rate.flatten().and_then(|rate| u32::try_from(rate).ok()))
}

/// Asks the transaction's bot for another rate. The caller has locked it.
pub async fn set_rate(tx: &mut BotTx<'_>, rate: Option<u32>) -> QueryResult<()> {
    let rate = rate.map(|rate| i32::try_from(rate).unwrap_or(i32::MAX));
    diesel::update(bots::table)
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .set(bots::rate.eq(rate))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Says what keeps the bot from working, or that nothing does. Writes only what is new.
pub async fn set_trouble(tx: &mut BotTx<'_>, trouble: Option<&str>) -> QueryResult<()> {
    diesel::update(bots::table)
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .filter(bots::trouble.is_distinct_from(trouble))
        .set(bots::trouble.eq(trouble))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Notes that an update arrived at `at`.
pub async fn saw_update(tx: &mut BotTx<'_>, at: Timestamp) -> QueryResult<()> {
    let at = jiff_diesel::Timestamp::from(at);
    diesel::update(bots::table)
        .filter(bots::workspace_id.eq(tx.workspace))
        .filter(bots::id.eq(tx.bot))
        .filter(bots::last_update_at.is_null().or(bots::last_update_at.lt(at)))
        .set(bots::last_update_at.eq(at))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Every connected bot that is to be asked for its updates, with where it lives. Not those whose
/// connection is being changed.
pub async fn polling(tx: &mut SystemTx<'_>) -> QueryResult<Vec<(WorkspaceId, BotId, Api)>> {
    bots::table
        .filter(bots::delivery.eq(Delivery::Polling))
        .filter(bots::disconnected_at.is_null())
        .filter(sql::<sql_types::Bool>(
            "(changing_until is null or changing_until <= gannet_now())",
        ))
        .order((bots::workspace_id, bots::id))
        .select((bots::workspace_id, bots::id, bots::api))
        .load(tx.conn)
        .await
}

/// Every connected bot. Not those whose connection is being changed.
pub async fn settled(tx: &mut SystemTx<'_>) -> QueryResult<Vec<(WorkspaceId, BotId)>> {
    bots::table
        .filter(bots::disconnected_at.is_null())
        .filter(bots::changing_until.is_null())
        .order((bots::workspace_id, bots::id))
        .select((bots::workspace_id, bots::id))
        .load(tx.conn)
        .await
}

/// Removes bots that were disconnected more than `days` ago, with all they had. Gives their number.
pub async fn expire(tx: &mut SystemTx<'_>, days: i32) -> QueryResult<usize> {
    sql_query("delete from bots where disconnected_at < gannet_now() - make_interval(days => $1)")
        .bind::<sql_types::Integer, _>(days)
        .execute(tx.conn)
        .await
}
