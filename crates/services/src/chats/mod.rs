//! Groups and channels that a bot is in, as people see them.

use async_trait::async_trait;
use contract::{
    ClientError,
    chats::{Chat, ChatsApi},
    cx::RequestCx,
    page::Page,
};
use domain::{ids::ChatId, rights::Right};
use store::{Cursor, StoreError, chats};

use crate::{ServiceError, Services, access};

/// Rows of a page.
const PAGE: usize = 50;

#[async_trait]
impl ChatsApi for Services {
    async fn list(
        &self,
        cx: &RequestCx,
        slug: &str,
        after: &str,
    ) -> Result<Page<Chat>, ClientError> {
        Ok(list(self, cx, slug, after).await?)
    }
}

/// A page of the list, those that the bot came to last first.
async fn list(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    after: &str,
) -> Result<Page<Chat>, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    let after: Option<Cursor<ChatId>> = match after {
        "" => None,
        after => Some(after.parse().map_err(|err| ServiceError::field("after", err))?),
    };
    let mut rows = svc
        .store
        .bot(&scope, async |tx| Ok::<_, StoreError>(chats::list(tx, after, PAGE as i64 + 1).await?))
        .await?;
    let is_last = rows.len() <= PAGE;
    rows.truncate(PAGE);
    let next = rows
        .last()
        .filter(|_| !is_last)
        .map(|last| Cursor { at: last.since, key: last.chat }.to_string());
    Ok(Page { rows: rows.into_iter().map(shown).collect(), next })
}

/// A chat as pages show it.
pub(crate) fn shown(chat: chats::Chat) -> Chat {
    Chat {
        chat: chat.chat,
        kind: chat.kind,
        title: chat.title,
        username: chat.username,
        standing: chat.standing,
        reason: chat.reason,
        standing_since: chat.standing_at,
        since: chat.since,
    }
}
