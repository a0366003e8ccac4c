//! The people who talk to a bot.

use diesel::{
    dsl::sql,
    pg::Pg,
    prelude::*,
    sql_query,
    sql_types::{self, Bool, Nullable},
};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    broadcast::Outcome,
    ids::{BroadcastId, ChatId},
    subscriber::{Event, Status},
};

use crate::{BotTx, Cursor, fixed::FixedText, schema::subscribers};

/// One person.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = subscribers)]
pub struct Subscriber {
    /// Telegram's number of the chat.
    #[diesel(column_name = chat_id)]
    pub chat: ChatId,
    /// First and last name.
    pub name: String,
    /// Username without `@`.
    pub username: Option<String>,
    /// The language of their Telegram.
    pub language: Option<String>,
    /// The payload of their first `/start` that had one.
    pub source: Option<String>,
    /// Whether they can be written to.
    pub status: Status,
    /// When that last changed.
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub status_at: Timestamp,
    /// When they first pressed Start.
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub since: Timestamp,
    /// When they last wrote or pressed something.
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub last_active_at: Timestamp,
}

/// Those of `chats` who are subscribers; nobody else changes them until the transaction ends.
///
/// Locked in the order of their numbers, as everybody who locks several must.
pub async fn lock(tx: &mut BotTx<'_>, chats: &[ChatId]) -> QueryResult<Vec<Subscriber>> {
    subscribers::table
        .filter(subscribers::workspace_id.eq(tx.workspace))
        .filter(subscribers::bot_id.eq(tx.bot))
        .filter(subscribers::chat_id.eq_any(chats))
        .order(subscribers::chat_id)
        .select(Subscriber::as_select())
        .for_no_key_update()
        .load(tx.conn)
        .await
}

/// Writes people as they are now, those who are new among them, in one statement.
pub async fn save(tx: &mut BotTx<'_>, people: &[Subscriber]) -> QueryResult<()> {
    type Texts<'a> = Vec<Option<&'a str>>;
    type Times = Vec<jiff_diesel::Timestamp>;
    if people.is_empty() {
        return Ok(());
    }
    let times =
        |of: fn(&Subscriber) -> Timestamp| people.iter().map(|p| of(p).into()).collect::<Times>();
    sql_query(
        "insert into subscribers as s (workspace_id, bot_id, chat_id, name, username, language, source, status,
                                       status_at, since, last_active_at)
         select $1, $2, p.* from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11) as p
         on conflict (workspace_id, bot_id, chat_id) do update set
             name = excluded.name, username = excluded.username, language = excluded.language,
             source = coalesce(s.source, excluded.source), status = excluded.status,
             status_at = excluded.status_at, last_active_at = excluded.last_active_at",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Array<sql_types::BigInt>, _>(people.iter().map(|p| p.chat).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::Text>, _>(people.iter().map(|p| p.name.as_str()).collect::<Vec<_>>())
    .bind::<sql_types::Array<Nullable<sql_types::Text>>, _>(
        people.iter().map(|p| p.username.as_deref()).collect::<Texts>(),
    )
    .bind::<sql_types::Array<Nullable<sql_types::Text>>, _>(
        people.iter().map(|p| p.language.as_deref()).collect::<Texts>(),
    )
    .bind::<sql_types::Array<Nullable<sql_types::Text>>, _>(
        people.iter().map(|p| p.source.as_deref()).collect::<Texts>(),
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(people.iter().map(|p| p.status).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(times(|p| p.status_at))
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(times(|p| p.since))
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(times(|p| p.last_active_at))
    .fixed()
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Changes one person's status after `event`. Nothing happens to somebody who is no subscriber.
pub async fn apply(tx: &mut BotTx<'_>, chat: ChatId, event: Event) -> QueryResult<()> {
    let Some(person) = lock(tx, &[chat]).await?.pop() else { return Ok(()) };
    let status = person.status.after(event);
    if status != person.status {
        diesel::update(subscribers::table)
            .filter(subscribers::workspace_id.eq(tx.workspace))
            .filter(subscribers::bot_id.eq(tx.bot))
            .filter(subscribers::chat_id.eq(chat))
            .set((
                subscribers::status.eq(status),
                subscribers::status_at.eq(sql::<sql_types::Timestamptz>("gannet_now()")),
            ))
            .execute(tx.conn)
            .await?;
    }
    Ok(())
}

/// What a list of people is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Narrowed<'a> {
    /// The beginning of a name, a username or a Telegram number; empty for everybody.
    pub beginning: &'a str,
    /// One status.
    pub status: Option<Status>,
    /// One source, exactly.
    pub source: Option<&'a str>,
}

/// People of the bot, those who came last first, at most `limit`, who came before `after`.
pub async fn list(
    tx: &mut BotTx<'_>,
    narrowed: &Narrowed<'_>,
    after: Option<Cursor<ChatId>>,
    limit: i64,
) -> QueryResult<Vec<Subscriber>> {
    let mut query = subscribers::table
        .filter(subscribers::workspace_id.eq(tx.workspace))
        .filter(subscribers::bot_id.eq(tx.bot))
        .into_boxed();
    if let Some(status) = narrowed.status {
        query = query.filter(subscribers::status.eq(status));
    }
    if let Some(source) = narrowed.source {
        query = query.filter(subscribers::source.eq(source));
    }
    if !narrowed.beginning.is_empty() {
        query = query.filter(begins_with(narrowed.beginning));
    }
    if let Some(Cursor { at, key }) = after {
        let at = jiff_diesel::Timestamp::from(at);
        query = query.filter(
            subscribers::since
                .lt(at)
                .or(subscribers::since.eq(at).and(subscribers::chat_id.lt(key))),
        );
    }
    query
        .order((subscribers::since.desc(), subscribers::chat_id.desc()))
        .limit(limit)
        .select(Subscriber::as_select())
        .load(tx.conn)
        .await
}

type Condition = Box<dyn BoxableExpression<subscribers::table, Pg, SqlType = Nullable<Bool>>>;

/// Each alternative is one that an index answers.
fn begins_with(text: &str) -> Condition {
    let name = like_beginning(text);
    let username = like_beginning(text.strip_prefix('@').unwrap_or(text));
    let mut condition: Condition = Box::new(
        sql::<Nullable<Bool>>("(lower(name) like lower(")
            .bind::<sql_types::Text, _>(name)
            .sql(") or (username is not null and lower(username) like lower(")
            .bind::<sql_types::Text, _>(username)
            .sql(")))"),
    );
    for (low, high) in numbers_beginning(text) {
        condition = Box::new(condition.or(subscribers::chat_id.between(low, high).nullable()));
    }
    condition
}

/// A pattern for texts that begin with `text`, whatever signs it has.
fn like_beginning(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// The ranges of numbers whose decimal digits begin with `text`: 12 is 12, 120 to 129, 1200 to 1299 …
/// Telegram's numbers of people have at most 16 digits.
fn numbers_beginning(text: &str) -> Vec<(ChatId, ChatId)> {
    const DIGITS: usize = 16;
    let is_number = !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    let Some(first) = text.parse::<ChatId>().ok().filter(|_| is_number && text.len() <= DIGITS)
    else {
        return Vec::new();
    };
    (0..=DIGITS - text.len())
        .map(|zeros| {
            let scale = 10_i64.pow(zeros as u32);
            (first * scale, first * scale + (scale - 1))
        })
        .collect()
}

/// One person, if they ever pressed Start.
pub async fn find(tx: &mut BotTx<'_>, chat: ChatId) -> QueryResult<Option<Subscriber>> {
    subscribers::table
        .filter(subscribers::workspace_id.eq(tx.workspace))
        .filter(subscribers::bot_id.eq(tx.bot))
        .filter(subscribers::chat_id.eq(chat))
        .select(Subscriber::as_select())
        .first(tx.conn)
        .await
        .optional()
}

/// One broadcast that a person was in.
#[derive(Clone, Debug)]
pub struct Received {
    /// Which.
    pub broadcast: BroadcastId,
    /// Its text in our markup.
    pub source: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What was sent to a person, newest first, at most `limit`: looked for in the bot's last 500
/// broadcasts, each by its key.
pub async fn received(tx: &mut BotTx<'_>, chat: ChatId, limit: i64) -> QueryResult<Vec<Received>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql_types::Uuid)]
        broadcast_id: BroadcastId,
        #[diesel(sql_type = sql_types::Text)]
        source: String,
        #[diesel(sql_type = sql_types::Text)]
        outcome: Outcome,
        #[diesel(sql_type = Nullable<sql_types::Text>)]
        reason: Option<String>,
        #[diesel(sql_type = sql_types::Timestamptz)]
        at: jiff_diesel::Timestamp,
    }
    let rows: Vec<Row> = sql_query(
        "select b.id as broadcast_id, b.source, d.outcome, d.reason, d.at
         from (select id, source from broadcasts
               where workspace_id = $1 and bot_id = $2
               order by created_at desc, id desc limit 500) b
         join deliveries d on d.workspace_id = $1 and d.bot_id = $2 and d.broadcast_id = b.id and d.chat_id = $3
         order by d.at desc, b.id desc limit $4",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::BigInt, _>(chat)
    .bind::<sql_types::BigInt, _>(limit)
    .fixed()
    .load(tx.conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Received {
            broadcast: row.broadcast_id,
            source: row.source,
            outcome: row.outcome,
            reason: row.reason,
            at: row.at.to_jiff(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_finds_the_text_and_nothing_by_its_signs() {
        assert_eq!(like_beginning("100%_a\\"), "100\\%\\_a\\\\%");
    }

    #[test]
    fn numbers_are_found_by_their_first_digits() {
        let ranges = numbers_beginning("12");
        assert_eq!(&ranges[..3], [(12, 12), (120, 129), (1_200, 1_299)]);
        assert_eq!(ranges.last(), Some(&(1_200_000_000_000_000, 1_299_999_999_999_999)));
        assert_eq!(
            numbers_beginning("9999999999999999"),
            [(9_999_999_999_999_999, 9_999_999_999_999_999)]
        );
        for text in ["", "0", "-1", "+1", "1a", "12345678901234567", "１２"] {
            assert!(numbers_beginning(text).is_empty(), "{text:?}");
        }
    }
}
