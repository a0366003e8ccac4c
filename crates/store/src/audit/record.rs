//! Noting what happened.

use diesel::{prelude::*, sql_query, sql_types as sql};
use diesel_async::RunQueryDsl;
use domain::{
    audit::{Actor, Event},
    ids::{AuditId, UserId},
};
use uuid::Uuid;

use super::person::{self, Known, Subject, Whereabouts};
use crate::TenantTx;

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

/// A line that waits for its place in the chain.
#[derive(Clone, Debug)]
pub struct Pending {
    pub(super) id: AuditId,
    pub(super) bot_slug: Option<String>,
    pub(super) actor_id: Option<UserId>,
    pub(super) actor_name: String,
    pub(super) kind: &'static str,
    pub(super) resource: Option<String>,
    pub(super) details: String,
    pub(super) whereabouts: Whereabouts,
    /// Whose they are, to be sealed; none where nobody with an account acted.
    pub(super) subject: Option<Subject>,
    pub(super) request_id: Option<String>,
}

/// Notes one line about the transaction's workspace, and its bot if it is fenced to one.
///
/// It is written as the transaction ends: the end of the chain, for which the lines of a workspace wait
/// for each other, is locked last and for one round trip.
pub async fn record(tx: &mut impl TenantTx, origin: &Origin, event: &Event) -> QueryResult<()> {
    let (workspace, bot) = (tx.workspace(), tx.bot());
    let actor_id = match origin.actor {
        Actor::User(user) => Some(user),
        Actor::System(_) => None,
    };
    let Known { slug, name, salt } = sql_query(
        "select (select slug from bots where workspace_id = $1 and id = $2) as slug, u.name, p.salt
         from (select) line
         left join users u on u.id = $3
         left join person_salts p on p.user_id = u.id",
    )
    .bind::<sql::Uuid, _>(workspace)
    .bind::<sql::Nullable<sql::Uuid>, _>(bot)
    .bind::<sql::Nullable<sql::Uuid>, _>(actor_id)
    .get_result(tx.conn())
    .await?;
    let subject = match (actor_id, &name, salt) {
        (Some(user), Some(_), Some(salt)) => Some(Subject { user, salt }),
        (Some(user), Some(_), None) => {
            Some(Subject { user, salt: person::salt(tx.conn(), user).await? })
        }
        _ => None,
    };
    let details = serde_json::to_string(event)
        .map_err(|err| diesel::result::Error::SerializationError(err.into()))?;
    tx.lines().push(Pending {
        id: Uuid::now_v7().into(),
        bot_slug: slug,
        actor_id,
        actor_name: name.unwrap_or_else(|| origin.actor_name.clone()),
        kind: event.kind(),
        resource: event.resource(),
        details,
        whereabouts: Whereabouts { ip: origin.ip.clone(), user_agent: origin.user_agent.clone() },
        subject,
        request_id: origin.request_id.clone(),
    });
    Ok(())
}
