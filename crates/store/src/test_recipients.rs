//! The chat in which a member gets test messages of a bot.

use diesel::{dsl::sql, prelude::*, sql_types};
use diesel_async::RunQueryDsl;
use domain::ids::{ChatId, UserId};

use crate::{BotTx, schema::test_recipients};

/// How test messages reach a member.
#[derive(Clone, Debug, Queryable)]
pub struct TestRecipient {
    /// Payload of the link by which the member's Telegram is recognised.
    pub code: String,
    /// Their chat, once they followed the link.
    pub chat: Option<ChatId>,
    /// Their name in Telegram.
    pub name: Option<String>,
}

/// A code that nobody can guess (122 random bits), as a link can carry it.
const FRESH_CODE: &str = "'test-' || replace(gen_random_uuid()::text, '-', '')";

/// Whether a payload has the form of a code, used or not. Such a payload is nobody's source.
pub fn is_code(payload: &str) -> bool {
    let digits = payload.strip_prefix("test-").unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// How test messages of the bot reach `user`. Makes the code when there is none yet.
pub async fn of(tx: &mut BotTx<'_>, user: UserId) -> QueryResult<TestRecipient> {
    diesel::insert_into(test_recipients::table)
        .values((
            test_recipients::workspace_id.eq(tx.workspace),
            test_recipients::bot_id.eq(tx.bot),
            test_recipients::user_id.eq(user),
            test_recipients::code.eq(sql::<sql_types::Text>(FRESH_CODE)),
        ))
        .on_conflict((
            test_recipients::workspace_id,
            test_recipients::bot_id,
            test_recipients::user_id,
        ))
        .do_nothing()
        .execute(tx.conn)
        .await?;
    test_recipients::table
        .filter(test_recipients::workspace_id.eq(tx.workspace))
        .filter(test_recipients::bot_id.eq(tx.bot))
        .filter(test_recipients::user_id.eq(user))
        .select((test_recipients::code, test_recipients::chat_id, test_recipients::name))
        .first(tx.conn)
        .await
}

/// Whose codes are among `payloads`.
pub async fn of_codes(tx: &mut BotTx<'_>, payloads: &[&str]) -> QueryResult<Vec<(String, UserId)>> {
    test_recipients::table
        .filter(test_recipients::workspace_id.eq(tx.workspace))
        .filter(test_recipients::bot_id.eq(tx.bot))
        .filter(test_recipients::code.eq_any(payloads))
        .select((test_recipients::code, test_recipients::user_id))
        .load(tx.conn)
        .await
}

/// Links `user` to a chat. The code that led there was used, and another one takes its place.
pub async fn link(tx: &mut BotTx<'_>, user: UserId, chat: ChatId, name: &str) -> QueryResult<()> {
    diesel::update(test_recipients::table)
        .filter(test_recipients::workspace_id.eq(tx.workspace))
        .filter(test_recipients::bot_id.eq(tx.bot))
        .filter(test_recipients::user_id.eq(user))
        .set((
            test_recipients::chat_id.eq(chat),
            test_recipients::name.eq(name),
            test_recipients::code.eq(sql::<sql_types::Text>(FRESH_CODE)),
            test_recipients::linked_at
                .eq(sql::<sql_types::Nullable<sql_types::Timestamptz>>("gannet_now()")),
        ))
        .execute(tx.conn)
        .await?;
    Ok(())
}
