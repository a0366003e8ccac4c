//! Groups and channels that a bot is in, as Telegram tells of them.
//!
//! A row for each. A group that becomes a supergroup keeps its row, which takes the new number and remembers the
//! one that it had: whatever was written down under that number (a frozen audience, an outcome) finds it.

use std::collections::HashMap;

use diesel::{prelude::*, sql_query, sql_types, sql_types::Nullable};
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    broadcast::{Audience, Recipients},
    chat::{self, Kind, Standing},
    ids::ChatId,
};

use crate::{BotTx, Cursor, counters, fixed::FixedText, schema::chats};

/// One group or channel.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = chats)]
pub struct Chat {
    /// Telegram's number, below zero.
    #[diesel(column_name = chat_id)]
    pub chat: ChatId,
    /// The number that it had as a group of the old kind.
    pub was: Option<ChatId>,
    /// What it is.
    pub kind: Kind,
    /// What it is called.
    pub title: String,
    /// Its public name, without `@`.
    pub username: Option<String>,
    /// Whether the bot can write there.
    pub standing: Standing,
    /// Why not, in Telegram's words or ours.
    pub reason: Option<String>,
    /// When that last changed.
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub standing_at: Timestamp,
    /// When the bot came, or was first heard from there.
    #[diesel(deserialize_as = jiff_diesel::Timestamp)]
    pub since: Timestamp,
}

/// What is known of the group `from` by now that it has become the supergroup `to`: one row in the place of two.
/// None when neither was known.
pub fn upgraded(from: ChatId, to: ChatId, old: Option<Chat>, new: Option<Chat>) -> Option<Chat> {
    match (old, new) {
        (None, None) => None,
        (Some(old), None) => {
            Some(Chat { chat: to, was: Some(from), kind: Kind::Supergroup, ..old })
        }
        (old, Some(new)) => {
            let since = old.map_or(new.since, |old| old.since.min(new.since));
            Some(Chat { was: Some(from), since, ..new })
        }
    }
}

/// Those of the bot's chats that have, or had, one of `numbers`; nobody else changes them until the transaction
/// ends. Whoever also locks subscribers locks them before.
pub async fn lock(tx: &mut BotTx<'_>, numbers: &[ChatId]) -> QueryResult<Vec<Chat>> {
    chats::table
        .filter(chats::workspace_id.eq(tx.workspace))
        .filter(chats::bot_id.eq(tx.bot))
        .filter(chats::chat_id.eq_any(numbers).or(chats::was.eq_any(numbers)))
        .order(chats::chat_id)
        .select(Chat::as_select())
        .for_update()
        .load(tx.conn)
        .await
}

/// Writes chats as they are now, those that are new among them, in one statement.
pub async fn save(tx: &mut BotTx<'_>, all: &[Chat]) -> QueryResult<()> {
    if all.is_empty() {
        return Ok(());
    }
    let times = |of: fn(&Chat) -> Timestamp| {
        all.iter().map(|chat| of(chat).into()).collect::<Vec<jiff_diesel::Timestamp>>()
    };
    sql_query(
        "insert into chats as c (workspace_id, bot_id, chat_id, was, kind, title, username, standing, reason,
                                 standing_at, since)
         select $1, $2, n.* from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11) as n
         on conflict (workspace_id, bot_id, chat_id) do update set
             was = coalesce(c.was, excluded.was), kind = excluded.kind, title = excluded.title,
             username = excluded.username, standing = excluded.standing, reason = excluded.reason,
             standing_at = excluded.standing_at, since = least(c.since, excluded.since)",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Array<sql_types::BigInt>, _>(all.iter().map(|c| c.chat).collect::<Vec<_>>())
    .bind::<sql_types::Array<Nullable<sql_types::BigInt>>, _>(
        all.iter().map(|c| c.was).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(all.iter().map(|c| c.kind).collect::<Vec<_>>())
    .bind::<sql_types::Array<sql_types::Text>, _>(
        all.iter().map(|c| c.title.as_str()).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<Nullable<sql_types::Text>>, _>(
        all.iter().map(|c| c.username.as_deref()).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(
        all.iter().map(|c| c.standing).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<Nullable<sql_types::Text>>, _>(
        all.iter().map(|c| c.reason.as_deref()).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(times(|c| c.standing_at))
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(times(|c| c.since))
    .fixed()
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Takes numbers away that chats no longer have.
pub async fn remove(tx: &mut BotTx<'_>, numbers: &[ChatId]) -> QueryResult<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    diesel::delete(chats::table)
        .filter(chats::workspace_id.eq(tx.workspace))
        .filter(chats::bot_id.eq(tx.bot))
        .filter(chats::chat_id.eq_any(numbers))
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// The group `from` is the supergroup `to` by now, as a refusal said.
pub async fn follow(tx: &mut BotTx<'_>, from: ChatId, to: ChatId) -> QueryResult<()> {
    let mut known: HashMap<ChatId, Chat> =
        lock(tx, &[from, to]).await?.into_iter().map(|chat| (chat.chat, chat)).collect();
    if !chat::is_upgrade(from, to) || known.values().any(|chat| chat.was == Some(from)) {
        return Ok(());
    }
    let (old, new) = (known.remove(&from), known.remove(&to));
    let Some(chat) = upgraded(from, to, old, new) else { return Ok(()) };
    remove(tx, &[from]).await?;
    save(tx, &[chat]).await
}

/// What a send has told of a chat, by the number it was frozen under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which.
    pub chat: ChatId,
    /// Whether the bot can write there.
    pub standing: Standing,
    /// Why not.
    pub reason: Option<String>,
}

/// Writes down what sends have told. What is so already is not written again.
pub async fn tell(tx: &mut BotTx<'_>, told: &[Told]) -> QueryResult<()> {
    if told.is_empty() {
        return Ok(());
    }
    let numbers: Vec<ChatId> = told.iter().map(|one| one.chat).collect();
    // In their order, as updates lock them too.
    lock(tx, &numbers).await?;
    sql_query(
        "update chats c set standing = t.standing, reason = t.reason, standing_at = gannet_now()
         from unnest($3, $4, $5) as t (number, standing, reason)
         where c.workspace_id = $1 and c.bot_id = $2 and (c.chat_id = t.number or c.was = t.number)
           and (c.standing, c.reason) is distinct from (t.standing, t.reason)
           -- What arrived proves that it may write; that it was put out since is told by an update alone.
           and (t.standing <> 'writable' or c.standing = 'muted')",
    )
    .bind::<sql_types::Uuid, _>(tx.workspace)
    .bind::<sql_types::Uuid, _>(tx.bot)
    .bind::<sql_types::Array<sql_types::BigInt>, _>(numbers)
    .bind::<sql_types::Array<sql_types::Text>, _>(
        told.iter().map(|one| one.standing).collect::<Vec<_>>(),
    )
    .bind::<sql_types::Array<Nullable<sql_types::Text>>, _>(
        told.iter().map(|one| one.reason.as_deref()).collect::<Vec<_>>(),
    )
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// The bot's chats, those that it came to last first, at most `limit`, older than `after`.
pub async fn list(
    tx: &mut BotTx<'_>,
    after: Option<Cursor<ChatId>>,
    limit: i64,
) -> QueryResult<Vec<Chat>> {
    let mut query = chats::table
        .filter(chats::workspace_id.eq(tx.workspace))
        .filter(chats::bot_id.eq(tx.bot))
        .into_boxed();
    if let Some(Cursor { at, key }) = after {
        let at = jiff_diesel::Timestamp::from(at);
        query =
            query.filter(chats::since.lt(at).or(chats::since.eq(at).and(chats::chat_id.lt(key))));
    }
    query
        .order((chats::since.desc(), chats::chat_id.desc()))
        .limit(limit)
        .select(Chat::as_select())
        .load(tx.conn)
        .await
}

/// Chats of the bot that a broadcast can be sent to by name, at most `limit`: where it is, those where it may
/// write first, then by title.
pub async fn choosable(tx: &mut BotTx<'_>, limit: i64) -> QueryResult<Vec<Chat>> {
    chats::table
        .filter(chats::workspace_id.eq(tx.workspace))
        .filter(chats::bot_id.eq(tx.bot))
        .filter(chats::standing.ne(Standing::Gone))
        .order((chats::standing.desc(), chats::title, chats::chat_id))
        .limit(limit)
        .select(Chat::as_select())
        .load(tx.conn)
        .await
}

/// Those of `numbers` that are chats of the bot, as their numbers are now.
pub async fn present(tx: &mut BotTx<'_>, numbers: &[ChatId]) -> QueryResult<Vec<ChatId>> {
    chats::table
        .filter(chats::workspace_id.eq(tx.workspace))
        .filter(chats::bot_id.eq(tx.bot))
        .filter(chats::standing.ne(Standing::Gone))
        .filter(chats::chat_id.eq_any(numbers).or(chats::was.eq_any(numbers)))
        .order(chats::chat_id)
        .select(chats::chat_id)
        .load(tx.conn)
        .await
}

/// How many would get a broadcast that begins now. Subscribers are known without counting.
pub async fn audience(tx: &mut BotTx<'_>, to: &Recipients) -> QueryResult<u64> {
    let people = match to.audience.has_subscribers() {
        true => counters::active(tx).await?,
        false => 0,
    };
    let of_bot =
        chats::table.filter(chats::workspace_id.eq(tx.workspace)).filter(chats::bot_id.eq(tx.bot));
    let groups: i64 = match to.audience {
        Audience::Subscribers => 0,
        Audience::Chats | Audience::Both => {
            of_bot
                .filter(chats::standing.eq(Standing::Writable))
                .count()
                .get_result(tx.conn)
                .await?
        }
        Audience::Chosen => present(tx, &to.chosen).await?.len() as i64,
    };
    Ok(people + u64::try_from(groups).unwrap_or_default())
}
