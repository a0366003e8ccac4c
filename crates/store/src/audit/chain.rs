//! The chain: what its links are made of, and how lines are added.
//!
//! `docs/audit-chain.md` describes the bytes, so that another program can verify them.

use std::fmt;

use diesel::{deserialize::QueryableByName, sql_query, sql_types as sql};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::ids::{AuditId, BotId, UserId, WorkspaceId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::{Pending, person::Whereabouts};
use crate::StoreError;

/// First field of what a line's mac covers.
const LINE: &[u8] = b"gannet/audit-line/v1";
/// First field of what stands before the first line.
const BEGIN: &[u8] = b"gannet/audit-begin/v1";

/// The key of the chain, and the root version it was derived from. Kept outside the database: whoever
/// may rewrite every row still cannot make a link.
#[derive(Clone)]
pub struct ChainKey {
    version: u32,
    bytes: [u8; 32],
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChainKey({})", self.version)
    }
}

impl ChainKey {
    /// The key of root version `version`, which is 1 or more.
    pub const fn new(version: u32, bytes: [u8; 32]) -> Self {
        Self { version, bytes }
    }

    /// The root version.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The link that holds `row` at the place `seq`, after the link `previous`.
    pub fn link(&self, seq: i64, previous: &[u8], row: &Row) -> [u8; 32] {
        let text = |text: &Option<String>| text.clone().map(String::into_bytes);
        let id = |id: Option<Uuid>| id.map(|id| id.as_bytes().to_vec());
        let mut bytes = Vec::with_capacity(512);
        for field in [LINE, row.workspace.as_uuid().as_bytes(), &seq.to_be_bytes(), previous] {
            put(&mut bytes, Some(field));
        }
        put(&mut bytes, Some(row.id.as_uuid().as_bytes()));
        put(&mut bytes, Some(&row.at_micros.to_be_bytes()));
        put(&mut bytes, id(row.bot_id.map(BotId::as_uuid)).as_deref());
        put(&mut bytes, text(&row.bot_slug).as_deref());
        put(&mut bytes, id(row.actor_id.map(UserId::as_uuid)).as_deref());
        put(&mut bytes, Some(row.actor_name.as_bytes()));
        put(&mut bytes, Some(row.kind.as_bytes()));
        put(&mut bytes, text(&row.resource).as_deref());
        put(&mut bytes, Some(row.details.as_bytes()));
        put(&mut bytes, text(&row.ip).as_deref());
        put(&mut bytes, text(&row.user_agent).as_deref());
        put(&mut bytes, row.sealed.as_deref());
        put(&mut bytes, text(&row.request_id).as_deref());
        self.mac(&bytes)
    }

    /// What stands before the first link of a workspace in which `unchained` lines were older than the
    /// chain.
    pub fn begin(&self, workspace: WorkspaceId, unchained: i64) -> [u8; 32] {
        let mut bytes = Vec::with_capacity(80);
        for field in [BEGIN, workspace.as_uuid().as_bytes(), &unchained.to_be_bytes()] {
            put(&mut bytes, Some(field));
        }
        self.mac(&bytes)
    }

    pub(super) fn mac(&self, bytes: &[u8]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.bytes)
            .expect("HMAC takes keys of any length");
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }
}

/// Appends a field: `00` for none, else `01`, its length in four bytes, and the bytes.
pub(super) fn put(out: &mut Vec<u8>, field: Option<&[u8]>) {
    let Some(field) = field else { return out.push(0) };
    out.push(1);
    let length = u32::try_from(field.len()).expect("a column holds at most 1 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(field);
}

/// What a link holds of a line: all of it.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Row {
    /// Whose log.
    #[diesel(sql_type = sql::Uuid)]
    pub workspace: WorkspaceId,
    /// Which line.
    #[diesel(sql_type = sql::Uuid)]
    pub id: AuditId,
    /// When, in microseconds since 1970.
    #[diesel(sql_type = sql::BigInt)]
    pub at_micros: i64,
    /// About which bot.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub bot_id: Option<BotId>,
    /// Its slug at that time.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub bot_slug: Option<String>,
    /// Who.
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
    /// The event as it was written, to the byte.
    #[diesel(sql_type = sql::Text)]
    pub details: String,
    /// From where, if nobody with an account was there.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub ip: Option<String>,
    /// With what.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub user_agent: Option<String>,
    /// Both, sealed under the key of the person.
    #[diesel(sql_type = sql::Nullable<sql::Bytea>)]
    pub sealed: Option<Vec<u8>>,
    /// In which request.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub request_id: Option<String>,
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = sql::BigInt)]
    seq: i64,
    #[diesel(sql_type = sql::Nullable<sql::Bytea>)]
    mac: Option<Vec<u8>>,
    #[diesel(sql_type = sql::BigInt)]
    unchained: i64,
    #[diesel(sql_type = sql::BigInt)]
    at_micros: i64,
}

/// Adds `lines` to the end of the workspace's chain, in their order. The last thing a transaction does:
/// from here on others of the same workspace wait.
pub(crate) async fn append(
    conn: &mut AsyncPgConnection,
    key: Option<&ChainKey>,
    workspace: WorkspaceId,
    bot: Option<BotId>,
    lines: Vec<Pending>,
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let key = key.ok_or_else(|| {
        let what = "a line of the audit log, and no key to chain it with (Store::chained)";
        diesel::result::Error::QueryBuilderError(what.into())
    })?;
    let head = lock(conn, workspace).await?;
    let mut rows = Rows::default();
    let mut seq = head.seq;
    let mut last = match &head.mac {
        Some(mac) => mac.clone(),
        None => key.begin(workspace, head.unchained).to_vec(),
    };
    for line in lines {
        let sealed =
            line.subject.map(|subject| subject.seal(key, workspace, line.id, &line.whereabouts));
        let sealed = sealed
            .transpose()
            .map_err(|err| diesel::result::Error::SerializationError(err.to_string().into()))?;
        let plain = if sealed.is_some() { Whereabouts::default() } else { line.whereabouts };
        let row = Row {
            workspace,
            id: line.id,
            at_micros: head.at_micros,
            bot_id: bot,
            bot_slug: line.bot_slug,
            actor_id: line.actor_id,
            actor_name: line.actor_name,
            kind: line.kind.to_owned(),
            resource: line.resource,
            details: line.details,
            ip: plain.ip,
            user_agent: plain.user_agent,
            sealed,
            request_id: line.request_id,
        };
        seq += 1;
        last = key.link(seq, &last, &row).to_vec();
        rows.push(seq, &last, row);
    }
    rows.write(conn, key, workspace, bot, head.at_micros).await
}

/// Locks the end of the chain; makes it for a workspace that has none.
async fn lock(conn: &mut AsyncPgConnection, workspace: WorkspaceId) -> Result<Head, StoreError> {
    for _ in 0..2 {
        // The moment is read once the row is locked, and never lies before that of the line before.
        let head: Vec<Head> = sql_query(
            "with head as materialized (
                 select seq, mac, unchained, at from audit_heads where workspace_id = $1 for update
             )
             select seq, mac, unchained,
                    (extract(epoch from greatest(gannet_now(), at)) * 1000000)::bigint as at_micros
             from head",
        )
        .bind::<sql::Uuid, _>(workspace)
        .load(conn)
        .await?;
        if let Some(head) = head.into_iter().next() {
            return Ok(head);
        }
        sql_query("insert into audit_heads (workspace_id) values ($1) on conflict do nothing")
            .bind::<sql::Uuid, _>(workspace)
            .execute(conn)
            .await?;
    }
    Err(diesel::result::Error::NotFound.into())
}

/// Lines, a column at a time.
#[derive(Default)]
struct Rows {
    seqs: Vec<i64>,
    macs: Vec<Vec<u8>>,
    ids: Vec<AuditId>,
    slugs: Vec<Option<String>>,
    actors: Vec<Option<UserId>>,
    names: Vec<String>,
    kinds: Vec<String>,
    resources: Vec<Option<String>>,
    details: Vec<String>,
    ips: Vec<Option<String>>,
    agents: Vec<Option<String>>,
    sealed: Vec<Option<Vec<u8>>>,
    requests: Vec<Option<String>>,
}

impl Rows {
    fn push(&mut self, seq: i64, mac: &[u8], row: Row) {
        self.seqs.push(seq);
        self.macs.push(mac.to_vec());
        self.ids.push(row.id);
        self.slugs.push(row.bot_slug);
        self.actors.push(row.actor_id);
        self.names.push(row.actor_name);
        self.kinds.push(row.kind);
        self.resources.push(row.resource);
        self.details.push(row.details);
        self.ips.push(row.ip);
        self.agents.push(row.user_agent);
        self.sealed.push(row.sealed);
        self.requests.push(row.request_id);
    }

    /// Lines and new end in one statement: one round trip under the lock.
    async fn write(
        self,
        conn: &mut AsyncPgConnection,
        key: &ChainKey,
        workspace: WorkspaceId,
        bot: Option<BotId>,
        at_micros: i64,
    ) -> Result<(), StoreError> {
        type Texts = sql::Array<sql::Nullable<sql::Text>>;
        sql_query(
            "with moment as (select timestamptz 'epoch' + $4::bigint * interval '1 microsecond' as at),
                  head as (update audit_heads h
                           set seq = ($5::bigint[])[cardinality($5::bigint[])],
                               mac = ($6::bytea[])[cardinality($6::bytea[])],
                               at = moment.at
                           from moment where h.workspace_id = $1)
             insert into audit_log (workspace_id, bot_id, key_version, at, seq, mac, id, bot_slug, actor_id,
                                    actor_name, kind, resource, details, ip, user_agent, sealed, request_id)
             select $1, $2, $3, moment.at, line.seq, line.mac, line.id, line.bot_slug, line.actor_id,
                    line.actor_name, line.kind, line.resource, line.details::json, line.ip, line.user_agent,
                    line.sealed, line.request_id
             from moment,
                  unnest($5::bigint[], $6::bytea[], $7::uuid[], $8::text[], $9::uuid[], $10::text[],
                         $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bytea[],
                         $17::text[])
                      as line (seq, mac, id, bot_slug, actor_id, actor_name, kind, resource, details, ip,
                               user_agent, sealed, request_id)",
        )
        .bind::<sql::Uuid, _>(workspace)
        .bind::<sql::Nullable<sql::Uuid>, _>(bot)
        .bind::<sql::Integer, _>(i32::try_from(key.version).unwrap_or(i32::MAX))
        .bind::<sql::BigInt, _>(at_micros)
        .bind::<sql::Array<sql::BigInt>, _>(self.seqs)
        .bind::<sql::Array<sql::Bytea>, _>(self.macs)
        .bind::<sql::Array<sql::Uuid>, _>(self.ids)
        .bind::<Texts, _>(self.slugs)
        .bind::<sql::Array<sql::Nullable<sql::Uuid>>, _>(self.actors)
        .bind::<sql::Array<sql::Text>, _>(self.names)
        .bind::<sql::Array<sql::Text>, _>(self.kinds)
        .bind::<Texts, _>(self.resources)
        .bind::<sql::Array<sql::Text>, _>(self.details)
        .bind::<Texts, _>(self.ips)
        .bind::<Texts, _>(self.agents)
        .bind::<sql::Array<sql::Nullable<sql::Bytea>>, _>(self.sealed)
        .bind::<Texts, _>(self.requests)
        .execute(conn)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line of the test vector in `docs/audit-chain.md`.
    fn row() -> Row {
        Row {
            workspace: Uuid::from_u128(1).into(),
            id: Uuid::from_u128(2).into(),
            at_micros: 1_795_000_000_000_001,
            bot_id: None,
            bot_slug: None,
            actor_id: Some(Uuid::from_u128(3).into()),
            actor_name: "Ann".into(),
            kind: "workspace.created".into(),
            resource: None,
            details: r#"{"kind":"workspace.created","name":"Acme"}"#.into(),
            ip: Some("192.0.2.1".into()),
            user_agent: None,
            sealed: None,
            request_id: Some(String::new()),
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn links_are_those_of_the_documentation() {
        let key = ChainKey::new(1, std::array::from_fn(|n| n as u8));
        let begin = key.begin(row().workspace, 0);
        let first = key.link(1, &begin, &row());
        let text = include_str!("../../../../docs/audit-chain.md");
        for (name, bytes) in [("before the first", begin), ("first link", first)] {
            let line = format!("| {name} | `{}` |", hex(&bytes));
            assert!(text.contains(&line), "docs/audit-chain.md has no line {line}");
        }
    }

    #[test]
    fn every_part_of_a_line_is_in_its_link() {
        let key = ChainKey::new(1, [7; 32]);
        let other = || Some("x".to_owned());
        type Change = fn(&mut Row, Option<String>);
        let changes: [(&str, Change); 14] = [
            ("workspace", |row, _| row.workspace = Uuid::from_u128(9).into()),
            ("id", |row, _| row.id = Uuid::from_u128(9).into()),
            ("at", |row, _| row.at_micros += 1),
            ("bot", |row, _| row.bot_id = Some(Uuid::from_u128(9).into())),
            ("slug", |row, x| row.bot_slug = x),
            ("actor", |row, _| row.actor_id = None),
            ("name", |row, _| row.actor_name.push('x')),
            ("kind", |row, _| row.kind.push('x')),
            ("resource", |row, x| row.resource = x),
            ("details", |row, _| row.details.push(' ')),
            ("ip", |row, x| row.ip = x),
            ("agent", |row, x| row.user_agent = x),
            ("sealed", |row, _| row.sealed = Some(Vec::new())),
            // Nothing and an empty text differ.
            ("request", |row, _| row.request_id = None),
        ];
        let link = key.link(1, &[0; 32], &row());
        for (what, change) in changes {
            let mut row = row();
            change(&mut row, other());
            assert_ne!(key.link(1, &[0; 32], &row), link, "{what}");
        }
        assert_ne!(key.link(2, &[0; 32], &row()), link);
        assert_ne!(key.link(1, &[1; 32], &row()), link);
        assert_ne!(ChainKey::new(1, [8; 32]).link(1, &[0; 32], &row()), link);
        assert_ne!(key.begin(row().workspace, 0), key.begin(row().workspace, 1));
    }
}
