//! The audit log: written in the transaction of the change it tells of, never changed.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{
    Timestamp,
    audit::{Actor, Event},
    ids::{AuditId, BotId},
};
use uuid::Uuid;

use crate::{
    TenantTx, WorkspaceTx,
    schema::{audit_log, bots, users},
};

/// Who did it, and from where.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// The actor's name at that time; empty to look it up.
    pub actor_name: String,
    /// The client's address; none for a part of Gannet.
    pub ip: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// The request.
    pub request_id: Option<String>,
}

impl Origin {
    /// A part of Gannet did it.
    pub fn system(part: &'static str) -> Self {
        Self {
            actor: Actor::System(part),
            actor_name: part.to_owned(),
            ip: None,
            user_agent: None,
            request_id: None,
        }
    }
}

/// Writes one line about the transaction's workspace, and its bot if it is fenced to one.
pub async fn record(tx: &mut impl TenantTx, origin: &Origin, event: &Event) -> QueryResult<()> {
    let (workspace, bot) = (tx.workspace(), tx.bot());
    let actor = match origin.actor {
        Actor::User(user) => Some(user),
        Actor::System(_) => None,
    };
    let slug = bots::table
        .filter(bots::workspace_id.eq(workspace))
        .filter(bots::id.nullable().eq(bot))
        .select(bots::slug)
        .single_value();
    let name =
        users::table.filter(users::id.nullable().eq(actor)).select(users::name).single_value();
    let name = diesel::dsl::sql::<diesel::sql_types::Text>("coalesce(")
        .bind::<diesel::sql_types::Nullable<diesel::sql_types::Text>, _>(name)
        .sql(", ")
        .bind::<diesel::sql_types::Text, _>(&origin.actor_name)
        .sql(")");
    let details = serde_json::to_value(event).unwrap_or_default();
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::workspace_id.eq(workspace),
            audit_log::id.eq(AuditId::from(Uuid::now_v7())),
            audit_log::bot_id.eq(bot),
            audit_log::bot_slug.eq(slug),
            audit_log::actor_id.eq(actor),
            audit_log::actor_name.eq(name),
            audit_log::kind.eq(event.kind()),
            audit_log::details.eq(details),
            audit_log::ip.eq(&origin.ip),
            audit_log::user_agent.eq(&origin.user_agent),
            audit_log::request_id.eq(&origin.request_id),
        ))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// One line as it was written.
#[derive(Clone, Debug)]
pub struct Line {
    /// Which.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// About which bot.
    pub bot_slug: Option<String>,
    /// Who.
    pub actor_name: String,
    /// The event's word.
    pub kind: String,
    /// The event.
    pub details: serde_json::Value,
    /// From where.
    pub ip: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
}

/// Lines of the workspace, newest first, at most `limit`: of `bots` alone where they are named, and
/// older than `before`.
pub async fn list(
    tx: &mut WorkspaceTx<'_>,
    bots: Option<&[BotId]>,
    before: Option<AuditId>,
    limit: i64,
) -> QueryResult<Vec<Line>> {
    type Row = (
        AuditId,
        jiff_diesel::Timestamp,
        Option<String>,
        String,
        String,
        serde_json::Value,
        Option<String>,
        Option<String>,
    );
    let mut query = audit_log::table.filter(audit_log::workspace_id.eq(tx.workspace)).into_boxed();
    if let Some(bots) = bots {
        query = query.filter(audit_log::bot_id.eq_any(bots));
    }
    if let Some(before) = before {
        query = query.filter(audit_log::id.lt(before));
    }
    let rows: Vec<Row> = query
        .order(audit_log::id.desc())
        .limit(limit)
        .select((
            audit_log::id,
            audit_log::at,
            audit_log::bot_slug,
            audit_log::actor_name,
            audit_log::kind,
            audit_log::details,
            audit_log::ip,
            audit_log::user_agent,
        ))
        .load(tx.conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, at, bot_slug, actor_name, kind, details, ip, user_agent)| Line {
            id,
            at: at.to_jiff(),
            bot_slug,
            actor_name,
            kind,
            details,
            ip,
            user_agent,
        })
        .collect())
}
