//! The list of subscribers.

use contract::{
    cx::RequestCx,
    page::Page,
    subscribers::{Filter, Row},
};
use domain::{ids::ChatId, label, rights::Right};
use store::{Cursor, StoreError, subscribers};

use super::row;
use crate::{ServiceError, Services, access};

/// Rows of a page.
const PAGE: usize = 50;

/// Most characters that are searched for: no name is longer.
const LONGEST: usize = 128;

/// A page of the list, those who came last first.
///
/// # Errors
/// [`ServiceError::Denied`] to strangers; a field's error for an `after` that never was a page's end.
pub async fn list(
    svc: &Services,
    cx: &RequestCx,
    slug: &str,
    filter: &Filter,
) -> Result<Page<Row>, ServiceError> {
    let scope = access::bot(svc, cx, slug, Right::View).await?;
    let after: Option<Cursor<ChatId>> = match filter.after.as_str() {
        "" => None,
        after => Some(after.parse().map_err(|err| ServiceError::field("after", err))?),
    };
    // What cannot be in a name cannot be searched for either, and NUL not even be asked.
    let beginning = label::clean(&filter.q, LONGEST);
    let source = label::clean(&filter.source, LONGEST);
    let narrowed = subscribers::Narrowed {
        beginning: &beginning,
        status: filter.status.parse().ok(),
        source: Some(source.as_str()).filter(|source| !source.is_empty()),
    };
    let mut people = svc
        .store
        .bot(&scope, async |tx| {
            Ok::<_, StoreError>(subscribers::list(tx, &narrowed, after, PAGE as i64 + 1).await?)
        })
        .await?;
    let is_last = people.len() <= PAGE;
    people.truncate(PAGE);
    let next = people
        .last()
        .filter(|_| !is_last)
        .map(|last| Cursor { at: last.since, key: last.chat }.to_string());
    Ok(Page { rows: people.into_iter().map(row).collect(), next })
}
