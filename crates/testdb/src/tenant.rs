//! Workspaces, people and bots to test with.

use domain::{
    ids::{BotId, UserId, WorkspaceId},
    rights::{Right, Rights, Role},
};
use store::{BotScope, WorkspaceScope};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::TestDb;

/// No password verifies against it. Tests that sign in make their people through the product.
const NO_PASSWORD: &str = "$2b$12$.....................................................";

/// A workspace with its owner and one bot.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its owner.
    pub owner: Person,
    /// Its bot.
    pub bot: Bot,
}

/// Somebody with a verified address.
#[derive(Clone, Debug)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// The address.
    pub email: String,
}

/// A connected bot of the sandbox.
#[derive(Clone, Debug)]
pub struct Bot {
    /// Which.
    pub id: BotId,
    /// Its place in URLs.
    pub slug: String,
    /// Telegram's number.
    pub telegram_id: i64,
    /// The path of its webhook.
    pub hook: String,
}

impl Tenant {
    /// The owner's scope.
    pub fn scope(&self) -> WorkspaceScope {
        self.scope_of(&self.owner, Role::Owner)
    }

    /// The scope of `person` in this workspace, as if they were `role` there.
    #[allow(
        clippy::disallowed_methods,
        reason = "tests of the store stand in for services::access"
    )]
    pub fn scope_of(&self, person: &Person, role: Role) -> WorkspaceScope {
        WorkspaceScope::vouch(self.workspace, Some(person.id), role)
    }

    /// The owner's scope on the tenant's bot.
    pub fn bot_scope(&self) -> BotScope {
        self.bot_scope_of(&self.bot)
    }

    /// The owner's scope on another bot of the workspace.
    #[allow(
        clippy::disallowed_methods,
        reason = "tests of the store stand in for services::access"
    )]
    pub fn bot_scope_of(&self, bot: &Bot) -> BotScope {
        BotScope::vouch(self.workspace, bot.id, Some(self.owner.id), Rights::ALL)
    }
}

impl TestDb {
    /// A workspace called `name` with an owner and a bot `<name>_bot`. `name` is lower case letters,
    /// digits and `_`, and unique within the database.
    pub async fn tenant(&self, name: &str) -> Tenant {
        let owner = self.person(name).await;
        let workspace = WorkspaceId::from(Uuid::now_v7());
        let admin = self.superuser().await;
        execute(
            &admin,
            "insert into workspaces (id, name) values ($1, $2)",
            &[&workspace.as_uuid(), &name],
        )
        .await;
        self.member(workspace, &owner, Role::Owner).await;
        let bot = self.bot(workspace, &format!("{name}_bot")).await;
        Tenant { workspace, owner, bot }
    }

    /// Somebody with the verified address `<name>@example.org`, who belongs to no workspace.
    pub async fn person(&self, name: &str) -> Person {
        let (id, email) = (Uuid::now_v7(), format!("{name}@example.org"));
        execute(
            &self.superuser().await,
            "insert into users (id, email, email_key, name, password_hash, verified_at)
             values ($1, $2, $2, $3, $4, gannet_now())",
            &[&id, &email, &name, &NO_PASSWORD],
        )
        .await;
        Person { id: id.into(), email }
    }

    /// Makes `person` a member of `workspace`.
    pub async fn member(&self, workspace: WorkspaceId, person: &Person, role: Role) {
        execute(
            &self.superuser().await,
            "insert into members (workspace_id, user_id, role) values ($1, $2, $3)",
            &[&workspace.as_uuid(), &person.id.as_uuid(), &role.to_string()],
        )
        .await;
    }

    /// Gives `person`, a member, these rights on a bot.
    pub async fn grant(
        &self,
        workspace: WorkspaceId,
        bot: &Bot,
        person: &Person,
        rights: &[Right],
    ) {
        let rights: Vec<String> = rights.iter().map(ToString::to_string).collect();
        execute(
            &self.superuser().await,
            "insert into bot_permissions (workspace_id, bot_id, user_id, rights) values ($1, $2, $3, $4)",
            &[&workspace.as_uuid(), &bot.id.as_uuid(), &person.id.as_uuid(), &rights],
        )
        .await;
    }

    /// A connected sandbox bot of `workspace`, in the directory, without secrets.
    pub async fn bot(&self, workspace: WorkspaceId, slug: &str) -> Bot {
        let (workspace, id) = (workspace.as_uuid(), Uuid::now_v7());
        // The clock's part of the id repeats within a millisecond; its random end does not.
        let telegram_id =
            i64::from(u32::from_be_bytes(id.as_bytes()[12..].try_into().expect("four bytes"))) + 1;
        let hook = format!("hook-{}", id.simple());
        let admin = self.superuser().await;
        execute(
            &admin,
            "insert into bots (workspace_id, id, telegram_id, username, slug, name, api, delivery, token_last4,
                               welcome, goodbye)
             values ($1, $2, $3, $4, $4, $4, 'sandbox', 'polling', 'TEST', 'Welcome', 'Goodbye')",
            &[&workspace, &id, &telegram_id, &slug],
        )
        .await;
        execute(
            &admin,
            "insert into directory (bot_id, workspace_id, slug, api, telegram_id, hook, hook_hash)
             values ($1, $2, $3, 'sandbox', $4, $5, sha256(convert_to($5, 'UTF8')))",
            &[&id, &workspace, &slug, &telegram_id, &hook],
        )
        .await;
        Bot { id: id.into(), slug: slug.to_owned(), telegram_id, hook }
    }
}

async fn execute(
    client: &Client,
    sql: &str,
    values: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) {
    client.execute(sql, values).await.unwrap_or_else(|err| panic!("{sql}: {err:?}"));
}
