//! What happened to accounts, outside any workspace. Written in the transaction of what it tells of,
//! never changed.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{Timestamp, audit::AccountEvent, ids::UserId};
use uuid::Uuid;

use super::GlobalTx;
use crate::{Cursor, UserTx, audit::Origin, schema::account_log};

/// Writes one line. `user` is the account it is about; none for an address that has no account.
pub async fn record(
    tx: &mut impl GlobalTx,
    origin: &Origin,
    user: Option<UserId>,
    event: AccountEvent,
) -> QueryResult<()> {
    diesel::insert_into(account_log::table)
        .values((
            account_log::id.eq(Uuid::now_v7()),
            account_log::user_id.eq(user),
            account_log::kind.eq(event.kind()),
            account_log::ip.eq(origin.ip.as_deref().unwrap_or_default()),
            account_log::user_agent.eq(origin.user_agent.as_deref().unwrap_or_default()),
            account_log::request_id.eq(origin.request_id.as_deref().unwrap_or_default()),
        ))
        .execute(tx.global())
        .await
        .map(drop)
}

/// One line of the log.
#[derive(Clone, Debug)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// The word for what happened; see [`AccountEvent::kind`].
    pub kind: String,
    /// From where; empty where nobody's browser was.
    pub ip: String,
    /// With what.
    pub user_agent: String,
}

/// What happened to the account of the transaction's user within 30 days, the latest first. At most
/// `limit` lines of what strangers can cause, and as many of all else: they push nothing out of sight.
pub async fn of_user(tx: &mut UserTx<'_>, limit: i64) -> QueryResult<Vec<Line>> {
    let Some(user) = tx.user else { return Ok(Vec::new()) };
    let by_anybody = AccountEvent::BY_ANYBODY.map(AccountEvent::kind);
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Timestamptz)]
        at: jiff_diesel::Timestamp,
        #[diesel(sql_type = sql_types::Text)]
        kind: String,
        #[diesel(sql_type = sql_types::Text)]
        ip: String,
        #[diesel(sql_type = sql_types::Text)]
        user_agent: String,
    }
    let rows: Vec<Row> = sql_query(
        "with lines as (
             select id, at, kind, ip, user_agent,
                    row_number() over (partition by kind = any($2) order by at desc, id desc) as place
             from account_log
             where user_id = $1 and at > gannet_now() - interval '30 days'
         )
         select at, kind, ip, user_agent from lines where place <= $3 order by at desc, id desc",
    )
    .bind::<sql_types::Uuid, _>(user)
    .bind::<sql_types::Array<sql_types::Text>, _>(&by_anybody[..])
    .bind::<sql_types::BigInt, _>(limit)
    .load(tx.conn)
    .await?;
    let line =
        |Row { at, kind, ip, user_agent }: Row| Line { at: at.to_jiff(), kind, ip, user_agent };
    Ok(rows.into_iter().map(line).collect())
}

/// Which lines of the whole log.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// About this account; nobody's where it is the id of none.
    pub user: Option<UserId>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Older than the line with this key.
    pub before: Option<Cursor<Uuid>>,
}

/// A line of the whole log, with whose account it is about as far as that is there.
#[derive(Clone, Debug, QueryableByName)]
pub struct Entry {
    /// Which.
    #[diesel(sql_type = sql_types::Uuid)]
    pub id: Uuid,
    #[diesel(sql_type = sql_types::Timestamptz)]
    at: jiff_diesel::Timestamp,
    /// Which account.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    pub user: Option<UserId>,
    /// What its owner wants to be called.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub name: Option<String>,
    /// Its address, as typed.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub email: Option<String>,
    /// The word for what happened.
    #[diesel(sql_type = sql_types::Text)]
    pub kind: String,
    /// From where; empty where nobody's browser was.
    #[diesel(sql_type = sql_types::Text)]
    pub ip: String,
    /// With what.
    #[diesel(sql_type = sql_types::Text)]
    pub user_agent: String,
    /// In which request.
    #[diesel(sql_type = sql_types::Text)]
    pub request_id: String,
}

impl Entry {
    /// When.
    pub fn at(&self) -> Timestamp {
        self.at.to_jiff()
    }

    /// Where the page after this line begins.
    pub fn cursor(&self) -> Cursor<Uuid> {
        Cursor { at: self.at(), key: self.id }
    }
}

/// Lines about all accounts, the newest first, at most `limit`.
pub async fn of_all(tx: &mut UserTx<'_>, filter: &Filter, limit: i64) -> QueryResult<Vec<Entry>> {
    // Each condition by itself: a plan for all of them would read the log whole.
    let mut text = String::from(
        "select l.id, l.at, l.user_id as user, u.name, u.email, l.kind, l.ip, l.user_agent, l.request_id
         from account_log l left join users u on u.id = l.user_id where true",
    );
    let mut places = 1;
    let mut place = || {
        places += 1;
        places
    };
    if filter.user.is_some() {
        text.push_str(&format!(" and l.user_id = ${}", place()));
    }
    if filter.kind.is_some() {
        text.push_str(&format!(" and l.kind = ${}", place()));
    }
    if filter.before.is_some() {
        text.push_str(&format!(" and (l.at, l.id) < (${}, ${})", place(), place()));
    }
    text.push_str(" order by l.at desc, l.id desc limit $1");
    let mut query = sql_query(text).into_boxed::<diesel::pg::Pg>();
    query = query.bind::<sql_types::BigInt, _>(limit);
    if let Some(user) = filter.user {
        query = query.bind::<sql_types::Uuid, _>(user);
    }
    if let Some(kind) = &filter.kind {
        query = query.bind::<sql_types::Text, _>(kind.clone());
    }
    if let Some(before) = filter.before {
        query = query
            .bind::<sql_types::Timestamptz, _>(jiff_diesel::Timestamp::from(before.at))
            .bind::<sql_types::Uuid, _>(before.key);
    }
    query.load(tx.conn).await
}
