//! Reading the log.

use contract::{
    audit::{Choices, Detail, Entry, Filter},
    cx::RequestCx,
    page::Page,
};
use domain::{
    Timestamp,
    audit::{Event, Needed},
    ids::{BotId, UserId},
    rights::{Right, Role},
};
use jiff::{SignedDuration, civil::Date, tz::TimeZone};
use serde_json::Value;
use store::{
    StoreError, WorkspaceScope, WorkspaceTx,
    audit::{self, chain::ChainKey},
    diesel_error, members,
};
use uuid::Uuid;

use crate::{ServiceError, Services, access, refusals::At};

/// At most `rows` lines, newest first.
///
/// # Errors
/// See [`contract::audit::AuditApi`].
pub(super) async fn list(
    svc: &Services,
    cx: &RequestCx,
    filter: &Filter,
    rows: i64,
) -> Result<Page<Entry>, ServiceError> {
    let scope = access::workspace(svc, cx).await?;
    let bots = visible_bots(svc, cx, &scope, &filter.bot).await?;
    let zone = &access::viewer(cx)?.time_zone;
    let wanted = audit::Filter {
        bots,
        // Who is nobody has done nothing.
        person: asked(&filter.person).map(|text| text.parse().unwrap_or(UserId::from(Uuid::nil()))),
        kind: asked(&filter.kind),
        resource: asked(&filter.resource),
        from: day("from", &filter.from)?.map(|day| begin("from", day, zone)).transpose()?,
        until: day("to", &filter.to)?
            .map(|day| begin("to", day.tomorrow().map_err(|_| no_day("to"))?, zone))
            .transpose()?,
        before: filter.after.parse().ok(),
    };
    let mut lines = svc
        .store
        .workspace(&scope, async |tx| {
            Ok::<_, StoreError>(latest(tx, &wanted, cx.now, rows + 1).await?)
        })
        .await?;
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    let is_full = lines.len() > rows;
    lines.truncate(rows);
    let next = lines.last().filter(|_| is_full).map(|last| last.cursor().to_string());
    let keys = svc.store.chain();
    Ok(Page { rows: lines.into_iter().map(|line| entry(line, keys)).collect(), next })
}

/// How far back, in days, lines are looked for at first, and then: most pages lie in the month or two before
/// their beginning, and each month costs a look.
const LOOKS_DAYS: [i64; 2] = [32, 200];

/// The latest lines, however far back they lie.
async fn latest(
    tx: &mut WorkspaceTx<'_>,
    wanted: &audit::Filter,
    now: Timestamp,
    limit: i64,
) -> diesel_error::QueryResult<Vec<audit::Line>> {
    let ends = [wanted.before.map(|key| key.at), wanted.until, Some(now)];
    let end = ends.into_iter().flatten().min().unwrap_or(now);
    for days in LOOKS_DAYS {
        let Ok(back) = end.checked_sub(SignedDuration::from_hours(24 * days)) else { break };
        if wanted.from.is_some_and(|from| from >= back) {
            break;
        }
        let near = audit::Filter { from: Some(back), ..wanted.clone() };
        let lines = audit::list(tx, &near, limit).await?;
        if i64::try_from(lines.len()).is_ok_and(|count| count >= limit) {
            return Ok(lines);
        }
    }
    audit::list(tx, wanted, limit).await
}

/// What the log can be narrowed to.
///
/// # Errors
/// See [`contract::audit::AuditApi`].
pub(super) async fn choices(svc: &Services, cx: &RequestCx) -> Result<Choices, ServiceError> {
    let scope = access::workspace(svc, cx).await?;
    let people = match scope.role {
        Role::Owner | Role::Admin => {
            svc.store
                .workspace(&scope, async |tx| Ok::<_, StoreError>(members::names(tx).await?))
                .await?
        }
        Role::Member => Vec::new(),
    };
    let mut kinds: Vec<String> = Event::kinds().iter().map(ToString::to_string).collect();
    kinds.sort();
    Ok(Choices { people, kinds })
}

/// What was asked for; nothing when nothing was. No text of ours holds a NUL, and PostgreSQL takes none.
fn asked(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.replace('\0', "\u{fffd}"))
}

fn no_day(field: &str) -> ServiceError {
    ServiceError::field(field, "This is no day. Write it as year-month-day, such as 2026-11-26.")
}

fn day(field: &str, text: &str) -> Result<Option<Date>, ServiceError> {
    if text.is_empty() {
        return Ok(None);
    }
    let day: Date = text.parse().map_err(|_| no_day(field))?;
    // Others are no days of a log, and PostgreSQL does not know all of them.
    if (1970..=9998).contains(&day.year()) { Ok(Some(day)) } else { Err(no_day(field)) }
}

/// When `day` begins where the viewer lives.
fn begin(field: &str, day: Date, zone: &str) -> Result<Timestamp, ServiceError> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    day.to_zoned(zone).map(|begun| begun.timestamp()).map_err(|_| no_day(field))
}

/// Which bots' lines the viewer sees: none means the whole log.
async fn visible_bots(
    svc: &Services,
    cx: &RequestCx,
    here: &WorkspaceScope,
    asked: &str,
) -> Result<Option<Vec<BotId>>, ServiceError> {
    if !asked.is_empty() {
        let scope = access::bot(svc, cx, asked, Right::Audit).await?;
        if scope.workspace != here.workspace {
            // It moved away, and what was done to it here is not for those who look after it there.
            return Err(svc.refusals.refuse(cx, At::Outside, Needed::Audit));
        }
        return Ok(Some(vec![scope.bot]));
    }
    match here.role {
        Role::Owner | Role::Admin => Ok(None),
        Role::Member => {
            let viewer = access::viewer(cx)?;
            let (user, workspace) = (viewer.user, viewer.workspace);
            let bots = svc
                .store
                .user(Some(user), async |tx| {
                    Ok::<_, StoreError>(members::bots_with(tx, workspace, Right::Audit).await?)
                })
                .await?;
            if bots.is_empty() {
                return Err(svc.refusals.refuse(cx, At::Workspace(workspace), Needed::Audit));
            }
            Ok(Some(bots))
        }
    }
}

fn entry(line: audit::Line, keys: &[ChainKey]) -> Entry {
    // A line of another version may not read back; its word still says what it was.
    let sentence = serde_json::from_str::<Event>(&line.details)
        .map_or_else(|_| line.kind.clone(), |event| event.sentence());
    let whereabouts = line.whereabouts(keys);
    let is_erased = whereabouts.is_none();
    let audit::Whereabouts { ip, user_agent } = whereabouts.unwrap_or_default();
    Entry {
        at: line.at(),
        actor: line.actor_name,
        actor_id: line.actor_id,
        sentence,
        kind: line.kind,
        bot: line.bot_slug,
        resource: line.resource,
        ip,
        user_agent,
        is_erased,
        request_id: line.request_id,
        seq: line.seq,
        facts: facts(&line.details),
        details: line.details,
    }
}

/// The details one by one. What was something else before stands behind what it was: a field beside one
/// of the same name with `_before`, a value of `before` and `after`, or `from` beside `to`.
fn facts(details: &str) -> Vec<Detail> {
    let Ok(Value::Object(fields)) = serde_json::from_str(details) else { return Vec::new() };
    let is_a_way = fields.contains_key("from") && fields.contains_key("to");
    let before = |name: &str| match name {
        "to" if is_a_way => fields.get("from"),
        name => fields.get(&format!("{name}_before")),
    };
    let is_part = |name: &str| {
        let of = name.strip_suffix("_before").is_some_and(|name| fields.contains_key(name));
        name == "kind" || of || name == "from" && is_a_way
    };
    fields
        .iter()
        .filter(|(name, value)| !is_part(name) && !value.is_null())
        .map(|(name, value)| {
            let name_of = |name: &str| {
                if name == "to" && is_a_way { "changed" } else { name }.replace('_', " ")
            };
            match (value.get("before"), value.get("after")) {
                (Some(before), Some(after)) => {
                    Detail { name: name_of(name), before: Some(text(before)), value: text(after) }
                }
                _ => Detail {
                    name: name_of(name),
                    before: before(name).map(text),
                    value: text(value),
                },
            }
        })
        .collect()
}

/// A value as people read it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                format!("{}: {}", name.replace('_', " "), text(value))
            };
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
        Value::Number(number) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_stands_behind_what_it_was() {
        let cases = [
            (r#"{"kind":"x","last4":"NEWW","last4_before":"OLDD"}"#, "last4: OLDD → NEWW"),
            (r#"{"kind":"x","role":{"before":"member","after":"admin"}}"#, "role: member → admin"),
            (r#"{"kind":"x","from":"a","to":"b"}"#, "changed: a → b"),
            (r#"{"kind":"x","to":"b"}"#, "to: b"),
            (r#"{"kind":"x","required":true,"limit_before":null}"#, "required: yes"),
            (r#"{"kind":"x","rights":["view","send"]}"#, "rights: view, send"),
            (r#"{"kind":"x","tally":{"sent":3,"not_sent":0}}"#, "tally: not sent: 0, sent: 3"),
            ("not json", ""),
        ];
        for (details, want) in cases {
            let lines: Vec<String> = facts(details)
                .into_iter()
                .map(|Detail { name, before, value }| match before {
                    Some(before) => format!("{name}: {before} → {value}"),
                    None => format!("{name}: {value}"),
                })
                .collect();
            assert_eq!(lines.join("; "), want, "{details}");
        }
    }

    #[test]
    fn days_begin_where_the_viewer_lives_and_what_is_none_is_told() {
        let date = day("from", "2026-11-26").expect("a day").expect("one that was asked for");
        let berlin = begin("from", date, "Europe/Berlin").expect("it begins");
        assert_eq!(berlin.to_string(), "2026-11-25T23:00:00Z");
        for text in ["yesterday", "2026-13-01", "-9999-01-01", "9999-12-31", "\0"] {
            assert!(matches!(day("to", text), Err(ServiceError::Invalid(_))), "{text:?}");
        }
        assert!(matches!(day("to", ""), Ok(None)));
    }
}
