//! Reading the log a page at a time.

use diesel::{deserialize::QueryableByName, pg::Pg, prelude::*, sql_query, sql_types as sql};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    ids::{AuditId, BotId, UserId, WorkspaceId},
};

use super::{
    chain::ChainKey,
    person::{Subject, Whereabouts},
};
use crate::{Cursor, WorkspaceTx};

/// Which lines.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// About these bots alone; none for the whole log, which has lines about no bot too.
    pub bots: Option<Vec<BotId>>,
    /// By this person.
    pub person: Option<UserId>,
    /// Of this kind.
    pub kind: Option<String>,
    /// About this thing.
    pub resource: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Older than the line with this key.
    pub before: Option<Cursor<AuditId>>,
}

/// One line as it was written.
#[derive(Clone, Debug, QueryableByName)]
pub struct Line {
    /// Which.
    #[diesel(sql_type = sql::Uuid)]
    pub id: AuditId,
    /// When, in microseconds since 1970.
    #[diesel(sql_type = sql::BigInt)]
    at_micros: i64,
    /// About which bot.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub bot_slug: Option<String>,
    /// Who; none for a part of Gannet.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub actor_id: Option<UserId>,
    /// Their name at that time.
    #[diesel(sql_type = sql::Text)]
    pub actor_name: String,
    /// The event's word.
    #[diesel(sql_type = sql::Text)]
    pub kind: String,
    /// What else it is about.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub resource: Option<String>,
    /// The event, as JSON.
    #[diesel(sql_type = sql::Text)]
    pub details: String,
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    ip: Option<String>,
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    user_agent: Option<String>,
    #[diesel(sql_type = sql::Nullable<sql::Bytea>)]
    sealed: Option<Vec<u8>>,
    #[diesel(sql_type = sql::Nullable<sql::Bytea>)]
    salt: Option<Vec<u8>>,
    #[diesel(sql_type = sql::Nullable<sql::Integer>)]
    key_version: Option<i32>,
    #[diesel(sql_type = sql::Uuid)]
    workspace: WorkspaceId,
    /// In which request.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub request_id: Option<String>,
    /// Place in the chain; none before there was one.
    #[diesel(sql_type = sql::Nullable<sql::BigInt>)]
    pub seq: Option<i64>,
}

impl Line {
    /// When.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_microsecond(self.at_micros).unwrap_or_default()
    }

    /// From where it was done, and with what; none once the account of whoever did it is gone, and with it
    /// the key. `keys` are the chain's, of all root versions that are held.
    pub fn whereabouts(&self, keys: &[ChainKey]) -> Option<Whereabouts> {
        let Some(sealed) = &self.sealed else {
            return Some(Whereabouts { ip: self.ip.clone(), user_agent: self.user_agent.clone() });
        };
        let key = keys.iter().find(|key| i32::try_from(key.version()).ok() == self.key_version)?;
        let subject = Subject { user: self.actor_id?, salt: self.salt.clone()? };
        subject.open(key, self.workspace, self.id, sealed)
    }

    /// Where the page after this line begins.
    pub fn cursor(&self) -> Cursor<AuditId> {
        Cursor { at: self.at(), key: self.id }
    }
}

/// Lines of the transaction's workspace, newest first, at most `limit`.
pub async fn list(tx: &mut WorkspaceTx<'_>, filter: &Filter, limit: i64) -> QueryResult<Vec<Line>> {
    query("", tx, filter, limit).load(tx.conn).await
}

/// How PostgreSQL would read [`list`]: for the test that it reads no table whole.
pub async fn plan(
    tx: &mut WorkspaceTx<'_>,
    filter: &Filter,
    limit: i64,
) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = sql::Text, column_name = "QUERY PLAN")]
        text: String,
    }
    let steps: Vec<Step> = query("explain (costs off) ", tx, filter, limit).load(tx.conn).await?;
    Ok(steps.into_iter().map(|step| step.text).collect())
}

type Query = diesel::query_builder::BoxedSqlQuery<'static, Pg, diesel::query_builder::SqlQuery>;

const COLUMNS: &str = "l.id, (extract(epoch from l.at) * 1000000)::bigint as at_micros, l.at, l.bot_slug, l.actor_id,
    l.actor_name, l.kind, l.resource, l.details::text as details, l.ip, l.user_agent, l.sealed, l.key_version,
    l.workspace_id as workspace, (select salt from person_salts where user_id = l.actor_id) as salt, l.request_id, l.seq";

fn query(prefix: &str, tx: &WorkspaceTx<'_>, filter: &Filter, limit: i64) -> Query {
    // The pages of several bots are merged from one page of each: no index has them in one order.
    let (several, one) = match filter.bots.as_deref() {
        None => (false, None),
        Some([bot]) => (false, Some(*bot)),
        Some(_) => (true, None),
    };
    let mut text = prefix.to_owned();
    if several {
        text.push_str("select l.* from unnest($3::uuid[]) b (id) cross join lateral (");
    }
    text.push_str(&format!("select {COLUMNS} from audit_log l where l.workspace_id = $1"));
    let mut places = 2;
    let mut place = || {
        places += 1;
        places
    };
    if several {
        // Its place is taken: the list stands in front.
        place();
        text.push_str(" and l.bot_id = b.id");
    } else if one.is_some() {
        text.push_str(&format!(" and l.bot_id = ${}", place()));
    }
    for (is_asked, condition) in [
        (filter.person.is_some(), "l.actor_id ="),
        (filter.kind.is_some(), "l.kind ="),
        (filter.resource.is_some(), "l.resource ="),
        (filter.from.is_some(), "l.at >="),
        (filter.until.is_some(), "l.at <"),
    ] {
        if is_asked {
            text.push_str(&format!(" and {condition} ${}", place()));
        }
    }
    if filter.before.is_some() {
        // The first of the two tells which months need no look.
        let (at, id) = (place(), place());
        text.push_str(&format!(" and l.at <= ${at} and (l.at, l.id) < (${at}, ${id})"));
    }
    text.push_str(" order by l.at desc, l.id desc limit $2");
    if several {
        text.push_str(") l order by l.at desc, l.id desc limit $2");
    }
    let moment = |at: Timestamp| jiff_diesel::Timestamp::from(at);
    let mut query = sql_query(text)
        .into_boxed::<Pg>()
        .bind::<sql::Uuid, _>(tx.workspace)
        .bind::<sql::BigInt, _>(limit);
    if several {
        query = query.bind::<sql::Array<sql::Uuid>, _>(filter.bots.clone().unwrap_or_default());
    }
    if let Some(bot) = one {
        query = query.bind::<sql::Uuid, _>(bot);
    }
    if let Some(person) = filter.person {
        query = query.bind::<sql::Uuid, _>(person);
    }
    if let Some(kind) = &filter.kind {
        query = query.bind::<sql::Text, _>(kind.clone());
    }
    if let Some(resource) = &filter.resource {
        query = query.bind::<sql::Text, _>(resource.clone());
    }
    for at in [filter.from, filter.until].into_iter().flatten() {
        query = query.bind::<sql::Timestamptz, _>(moment(at));
    }
    if let Some(before) = filter.before {
        query = query.bind::<sql::Timestamptz, _>(moment(before.at));
        query = query.bind::<sql::Uuid, _>(before.key);
    }
    query
}
