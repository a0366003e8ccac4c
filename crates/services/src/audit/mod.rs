//! Reading the audit log.

use async_trait::async_trait;
use contract::{
    ClientError,
    audit::{AuditApi, Entry, Filter},
    cx::RequestCx,
    page::Page,
};
use domain::{
    audit::Event,
    ids::{AuditId, BotId},
    rights::{Right, Role},
};
use store::{StoreError, audit, members};

use crate::{ServiceError, Services, access};

/// Rows of a page.
const PAGE: i64 = 50;

#[async_trait]
impl AuditApi for Services {
    async fn list(&self, cx: &RequestCx, filter: &Filter) -> Result<Page<Entry>, ClientError> {
        Ok(list(self, cx, filter).await?)
    }
}

async fn list(
    svc: &Services,
    cx: &RequestCx,
    filter: &Filter,
) -> Result<Page<Entry>, ServiceError> {
    let scope = access::workspace(svc, cx).await?;
    let bots = visible_bots(svc, cx, scope.role, &filter.bot).await?;
    let before: Option<AuditId> = filter.after.parse().ok();
    let mut lines = svc
        .store
        .workspace(&scope, async |tx| {
            Ok::<_, StoreError>(audit::list(tx, bots.as_deref(), before, PAGE + 1).await?)
        })
        .await?;
    let full = lines.len() > PAGE as usize;
    lines.truncate(PAGE as usize);
    let next = lines.last().filter(|_| full).map(|last| last.id.to_string());
    Ok(Page { rows: lines.into_iter().map(entry).collect(), next })
}

/// Which bots' lines the viewer sees: none means the whole log.
async fn visible_bots(
    svc: &Services,
    cx: &RequestCx,
    role: Role,
    asked: &str,
) -> Result<Option<Vec<BotId>>, ServiceError> {
    if !asked.is_empty() {
        let scope = access::bot(svc, cx, asked, Right::Audit).await?;
        return Ok(Some(vec![scope.bot]));
    }
    match role {
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
            if bots.is_empty() { Err(ServiceError::Denied) } else { Ok(Some(bots)) }
        }
    }
}

fn entry(line: audit::Line) -> Entry {
    // A line of another version may not read back; its word still says what it was.
    let sentence = serde_json::from_value::<Event>(line.details.clone())
        .map_or_else(|_| line.kind.clone(), |event| event.sentence());
    Entry {
        at: line.at,
        actor: line.actor_name,
        sentence,
        kind: line.kind,
        bot: line.bot_slug,
        ip: line.ip,
        user_agent: line.user_agent,
        details: serde_json::to_string_pretty(&line.details).unwrap_or_default(),
    }
}
