//! What happened to accounts, for those who look after the instance.

use contract::{
    cx::RequestCx,
    instance::{LogFilter, LogLine},
    page::Page,
};
use domain::{audit::AccountEvent, email::Email, ids::UserId};
use store::accounts::{self, log};
use uuid::Uuid;

use crate::{ServiceError, Services, access};

/// Lines of a page.
const ROWS: usize = 50;

/// A page of the log, the newest first.
pub(super) async fn list(
    svc: &Services,
    cx: &RequestCx,
    filter: &LogFilter,
) -> Result<Page<LogLine>, ServiceError> {
    let admin = access::instance_admin(svc, cx)?.user;
    let key = match filter.email.trim() {
        "" => None,
        email => Some(email.parse::<Email>().map(|email| email.key()).unwrap_or_default()),
    };
    // No text of ours holds a NUL, and PostgreSQL takes none.
    let kind = (!filter.kind.is_empty()).then(|| filter.kind.replace('\0', "\u{fffd}"));
    let mut lines = svc
        .store
        .user(Some(admin), async |tx| {
            let user = match &key {
                Some(key) => {
                    let account = accounts::by_address(tx, key).await?;
                    // Who is nobody has done nothing.
                    Some(account.map_or(UserId::from(Uuid::nil()), |account| account.id))
                }
                None => None,
            };
            let wanted = log::Filter { user, kind, before: filter.after.parse().ok() };
            let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
            Ok::<_, ServiceError>(log::of_all(tx, &wanted, limit).await?)
        })
        .await?;
    let is_full = lines.len() > ROWS;
    lines.truncate(ROWS);
    let next = lines.last().filter(|_| is_full).map(|last| last.cursor().to_string());
    Ok(Page { rows: lines.into_iter().map(line).collect(), next })
}

fn line(entry: log::Entry) -> LogLine {
    let sentence = AccountEvent::of_kind(&entry.kind)
        .map_or_else(|| entry.kind.clone(), |event| event.sentence().to_owned());
    LogLine {
        at: entry.at(),
        is_gone: entry.user.is_some() && entry.email.is_none(),
        name: entry.name,
        email: entry.email,
        sentence,
        kind: entry.kind,
        ip: entry.ip,
        user_agent: entry.user_agent,
    }
}
