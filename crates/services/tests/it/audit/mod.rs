//! The audit log: chained as it is written, kept for as long as it is kept, and verified.

mod anchoring;
mod erasing;
mod keeping;
mod verifying;

use adapters::anchors::Kept;
use domain::{audit::Event, ids::WorkspaceId};
use services::audit::{Report, verify};
use store::{
    BotScope, Store, StoreError, WorkspaceScope,
    audit::{Origin, record},
};
use testdb::{CHAIN_KEY, Tenant, TestDb};

/// Two workspaces with five lines each.
pub struct Logs {
    pub db: TestDb,
    pub acme: Tenant,
    pub other: Tenant,
}

impl Logs {
    pub async fn new() -> Self {
        let db = TestDb::new().await;
        let (acme, other) = (db.tenant("acme").await, db.tenant("other").await);
        let this = Self { db, acme, other };
        for tenant in [&this.acme, &this.other] {
            note(&this.db.store(), &tenant.scope(), 2).await;
            note_on_bot(&this.db.store(), &tenant.bot_scope()).await;
            note(&this.db.store(), &tenant.scope(), 1).await;
            note(&this.db.store(), &tenant.scope(), 1).await;
        }
        this
    }

    pub async fn verified(&self) -> Report {
        self.verified_with(&Kept::default()).await
    }

    pub async fn verified_with(&self, kept: &Kept) -> Report {
        verify(&self.db.store(), &[CHAIN_KEY], kept, None).await.expect("walked")
    }

    /// What is wrong, as `acme 3 changed`.
    pub async fn faults(&self, kept: &Kept) -> Vec<String> {
        let faults = self.verified_with(kept).await.faults.into_iter();
        faults
            .map(|fault| {
                let seq = fault.seq.map(|seq| seq.to_string()).unwrap_or_default();
                let whose = fault.workspace.map_or("none", |workspace| self.name(workspace));
                format!("{whose} {seq} {}", fault.what)
            })
            .collect()
    }

    fn name(&self, workspace: WorkspaceId) -> &'static str {
        if workspace == self.acme.workspace { "acme" } else { "other" }
    }

    /// As a superuser who does not care for triggers. `ACME` stands for acme's id.
    pub async fn tamper(&self, sql: &str) {
        let sql = sql.replace("ACME", &format!("'{}'", self.acme.workspace));
        let sql = format!("set session_replication_role = replica; {sql}");
        self.db
            .superuser()
            .await
            .batch_execute(&sql)
            .await
            .unwrap_or_else(|err| panic!("{sql}: {err:?}"));
    }
}

/// Writes `lines` lines in one transaction.
pub async fn note(store: &Store, scope: &WorkspaceScope, lines: usize) {
    store
        .workspace(scope, async |tx| {
            for n in 0..lines {
                let event = Event::WorkspaceCreated { name: format!("No {n}") };
                record(tx, &Origin::system("test"), &event).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .expect("written");
}

pub async fn note_on_bot(store: &Store, scope: &BotScope) {
    store
        .bot(scope, async |tx| {
            Ok::<_, StoreError>(record(tx, &Origin::system("test"), &Event::BotRepaired).await?)
        })
        .await
        .expect("written");
}
