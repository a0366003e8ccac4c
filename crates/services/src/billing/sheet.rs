//! What whoever runs the instance sees of a workspace's payments, and comparing by hand.

use domain::{Timestamp, billing::standing::Standing, ids::WorkspaceId};
use serde::Serialize;
use store::{
    StoreError,
    billing::{self, customers, events},
    schedule,
};

use super::{look::words, reconcile};
use crate::{ServiceError, Services, access};

/// Workspaces that are read at once.
const PAGE: i64 = 500;

/// How a workspace stands with Stripe.
#[derive(Clone, Debug, Serialize)]
pub struct Sheet {
    /// Which workspace.
    pub workspace: WorkspaceId,
    /// `live` or `test`.
    pub mode: &'static str,
    /// Stripe's id of the customer.
    pub customer: String,
    /// What the plan in force is called.
    pub plan: String,
    /// In which phase it is, in words.
    pub phase: &'static str,
    /// When Stripe was looked at last.
    pub seen_at: Option<Timestamp>,
    /// Events about this customer that have not taken effect yet.
    pub waiting_events: i64,
    /// All subscriptions, the newest first.
    pub subscriptions: Vec<Row>,
}

/// A subscription.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Stripe's id of it.
    pub id: String,
    /// How it stands.
    pub status: String,
    /// Stripe's id of its price.
    pub price: String,
}

/// A workspace that was compared.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// Which.
    pub workspace: WorkspaceId,
    /// What was mended.
    pub mended: Vec<String>,
    /// Why it could not be compared.
    pub error: Option<String>,
}

/// How `workspace` stands; none for one that is no customer.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away.
pub async fn of(svc: &Services, workspace: WorkspaceId) -> Result<Option<Sheet>, ServiceError> {
    let (scope, live) = (access::cashier(workspace), svc.billing.is_live());
    let (account, now) = svc
        .store
        .workspace(&scope, async |tx| {
            Ok::<_, StoreError>((billing::account(tx, live).await?, schedule::now(tx).await?))
        })
        .await?;
    let Some(account) = account else { return Ok(None) };
    let waiting_events = svc
        .store
        .system("events of a customer of Stripe's that wait", async |tx| {
            Ok::<_, StoreError>(events::waiting(tx, &account.customer).await?)
        })
        .await?;
    let standing = Standing::of(&account.facts, &svc.billing.plans, now);
    let status =
        |status| serde_json::to_value(status).ok().and_then(|word| Some(word.as_str()?.to_owned()));
    Ok(Some(Sheet {
        workspace,
        mode: if live { "live" } else { "test" },
        plan: standing.plan_name().into_owned(),
        phase: words(standing.phase),
        seen_at: account.facts_at,
        waiting_events,
        subscriptions: account
            .facts
            .subscriptions
            .iter()
            .map(|one| Row {
                id: one.id.clone(),
                status: status(one.status).unwrap_or_default(),
                price: one.price.clone(),
            })
            .collect(),
        customer: account.customer.clone(),
    }))
}

/// Compares `only` this workspace with Stripe, or all that are customers. What is wrong with one holds no other back.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away.
pub async fn compare(
    svc: &Services,
    only: Option<WorkspaceId>,
) -> Result<Vec<Compared>, ServiceError> {
    let mut compared = Vec::new();
    let mut after = None;
    loop {
        let page = match only {
            Some(workspace) => vec![workspace],
            None => {
                let live = svc.billing.is_live();
                svc.store
                    .system("workspaces to compare with Stripe by hand", async |tx| {
                        Ok::<_, StoreError>(customers::page(tx, live, after, PAGE).await?)
                    })
                    .await?
            }
        };
        for &workspace in &page {
            let (mended, error) = match reconcile::reconcile(svc, workspace).await {
                Ok(mended) => (mended, None),
                Err(ServiceError::Bug { source, .. }) => (Vec::new(), Some(source.to_string())),
                Err(error) => (Vec::new(), Some(error.to_string())),
            };
            compared.push(Compared { workspace, mended, error });
        }
        after = page.last().copied();
        if only.is_some() || i64::try_from(page.len()).unwrap_or_default() < PAGE {
            return Ok(compared);
        }
    }
}
