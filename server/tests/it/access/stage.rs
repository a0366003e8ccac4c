//! Two workspaces with a bot each, and people with every kind of standing towards the first.

use std::collections::BTreeSet;

use domain::rights::{Right, Rights, Role};
use server::http::table::Endpoint;
use sim::{FaultProxy, NewBot, Sim, SimConfig, SimHandle};
use testdb::Bot;

use crate::support::{Answer, Browser, PASSWORD, Site, Till};

/// What a stranger must never read of a bot: its name, a draft's text, a subscriber's name.
#[derive(Clone, Copy)]
pub struct Secrets {
    pub name: &'static str,
    pub text: &'static str,
    pub subscriber: &'static str,
}

/// A connected bot with one subscriber and one draft.
pub struct Place {
    pub slug: String,
    pub draft: String,
    pub chat: &'static str,
    pub secrets: Secrets,
}

impl Place {
    /// `endpoint`'s path here, for the bot at `slug`.
    pub fn path_at(&self, slug: &str, endpoint: &Endpoint) -> String {
        let path = endpoint.path.replace("{slug}", slug).replace("{id}", &self.draft);
        path.replace("{chat}", self.chat)
            .replace("{file}", "members.csv")
            .replace("{hook}", "0123456789abcdef0123456789abcdef")
    }

    /// `endpoint`'s path here.
    pub fn path(&self, endpoint: &Endpoint) -> String {
        self.path_at(&self.slug, endpoint)
    }

    /// Whether `answer` tells anything about this bot.
    pub fn is_told_by(&self, answer: &Answer) -> bool {
        let Secrets { name, text, subscriber } = self.secrets;
        [name, text, subscriber].iter().any(|secret| answer.body.contains(secret))
    }
}

/// What somebody is to the workspace `acme`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing {
    /// Not signed in.
    Nobody,
    /// Owner of another workspace.
    Stranger,
    /// The same, who looks after the instance besides.
    Keeper,
    /// Belongs to it, with these rights on its bot.
    Member(Role, Rights),
}

/// Somebody at a browser.
pub struct Person {
    pub name: String,
    pub standing: Standing,
    pub browser: Browser,
}

/// The scene: `acme` is Ann's, `other` is Mallory's.
pub struct Stage {
    pub site: Site,
    pub ann: Browser,
    pub mallory: Browser,
    pub acme: Place,
    pub other: Place,
    _telegram: SimHandle,
    _till: Till,
}

impl Stage {
    pub async fn set() -> Self {
        let telegram = Sim::start(SimConfig::default()).await.expect("a simulator");
        let till = Till::open().await;
        let site = Site::with(&settings(&telegram, &till)).await;
        Self::on(site, telegram, till).await
    }

    /// The same, with the database at the end of a line that can break.
    pub async fn set_behind_a_line() -> (Self, FaultProxy) {
        let telegram = Sim::start(SimConfig::default()).await.expect("a simulator");
        let till = Till::open().await;
        let (site, line) = Site::behind_a_line(&settings(&telegram, &till)).await;
        (Self::on(site, telegram, till).await, line)
    }

    async fn on(site: Site, telegram: SimHandle, till: Till) -> Self {
        let (ann, mallory) = (site.member("ann").await, site.member("mallory").await);
        let ours = Secrets { name: "Marzipan Bakery", text: "marmalade", subscriber: "Marmaduke" };
        let theirs = Secrets { name: "Turnip Stall", text: "turpentine", subscriber: "Turlough" };
        let acme = place(&site, &telegram, &ann, "acme_shop_bot", "7001", ours).await;
        let other = place(&site, &telegram, &mallory, "turnip_bot", "7002", theirs).await;
        Self { site, ann, mallory, acme, other, _telegram: telegram, _till: till }
    }

    /// A person of `acme` who is signed in and belongs nowhere else.
    pub async fn colleague(&self, name: &str, role: Role, rights: &[Right]) -> Person {
        let db = &self.site.db;
        let who = db.person(name).await;
        let workspace = self.text("select workspace_id::text from directory where slug = $1").await;
        let workspace = workspace.parse().expect("an id");
        db.member(workspace, &who, role).await;
        if !rights.is_empty() {
            db.grant(workspace, &self.bot().await, &who, rights).await;
        }
        // They chose the password that Ann chose: hashing one takes a quarter of a second.
        self.execute(&format!(
            "update users set password_hash = ann.password_hash from users as ann
             where ann.email_key = 'ann@example.org' and users.email_key = '{}'",
            who.email
        ))
        .await;
        let browser = Browser::new(&self.site.url());
        browser.done("/auth/login", &[("email", &who.email), ("password", PASSWORD)]).await;
        let standing = Standing::Member(role, Rights::of(role, rights.iter().copied()));
        Person { name: name.to_owned(), standing, browser }
    }

    /// Somebody who looks after the instance and has no part in `acme`.
    pub async fn keeper(&self) -> Person {
        let browser = self.site.member("keeper").await;
        self.execute(
            "update users set instance_admin = true where email_key = 'keeper@example.org'",
        )
        .await;
        Person { name: "keeper".to_owned(), standing: Standing::Keeper, browser }
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Person {
        let browser = Browser::new(&self.site.url());
        Person { name: "nobody".to_owned(), standing: Standing::Nobody, browser }
    }

    /// Ann's second bot, in the sandbox: those with rights on the first have them here too.
    pub async fn sandbox(&self) -> Place {
        let connected = self.ann.done("/bots/sandbox", &[]).await;
        let slug = connected.split('?').next().and_then(|path| path.strip_prefix("/bots/"));
        let slug = slug.expect("a bot's page");
        self.execute(&format!(
            "insert into bot_permissions (workspace_id, bot_id, user_id, rights)
             select p.workspace_id, d.bot_id, p.user_id, p.rights
             from bot_permissions p, directory d where d.slug = '{slug}'"
        ))
        .await;
        furnish(&self.site, &self.ann, slug, "7003", self.acme.secrets).await
    }

    /// Everything that a request could have changed, a line for each row.
    pub async fn footprint(&self) -> BTreeSet<String> {
        let tables = [
            "select b::text from broadcasts b",
            "select s::text from subscribers s",
            "select concat_ws(' ', slug, name, token_last4, welcome, goodbye, disconnected_at) from bots",
            "select s::text from bot_secrets s",
            // A link that waits for its Start is made whenever somebody looks at a composer.
            "select t::text from test_recipients t where chat_id is not null",
            "select j::text from jobs j",
            // That somebody was refused is on record, and nothing else.
            "select l::text from audit_log l where kind <> 'access.refused'",
        ];
        let sql = tables.join(" union all ");
        let rows = self.site.db.superuser().await.query(&sql, &[]).await.expect("rows");
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub async fn execute(&self, sql: &str) {
        self.site.db.superuser().await.batch_execute(sql).await.expect("the statement runs");
    }

    /// One text of a row that `acme`'s slug leads to.
    async fn text(&self, sql: &str) -> String {
        let admin = self.site.db.superuser().await;
        admin.query_one(sql, &[&self.acme.slug]).await.expect("one row").get(0)
    }

    async fn bot(&self) -> Bot {
        let id = self.text("select bot_id::text from directory where slug = $1").await;
        let id = id.parse().expect("an id");
        Bot { id, slug: self.acme.slug.clone(), telegram_id: 0, hook: String::new() }
    }
}

/// With everything switched on that can be.
fn settings(telegram: &SimHandle, till: &Till) -> Vec<(&'static str, String)> {
    let usual = [
        ("TELEGRAM_API_URL", telegram.base_url()),
        ("METRICS_TOKEN", "TEST-0123456789abcdef0123456789abcdef".to_owned()),
    ];
    usual.into_iter().chain(till.settings()).collect()
}

async fn place(
    site: &Site,
    telegram: &SimHandle,
    owner: &Browser,
    username: &str,
    chat: &'static str,
    secrets: Secrets,
) -> Place {
    let new = NewBot {
        username: Some(username.to_owned()),
        name: Some(secrets.name.to_owned()),
        ..NewBot::default()
    };
    let token = telegram.create_bot(new).expect("a bot").token;
    owner.done("/bots/connect", &[("token", &token), ("step", "connect")]).await;
    furnish(site, owner, username, chat, secrets).await
}

/// The bot at `slug` with a subscriber and a draft.
async fn furnish(
    site: &Site,
    owner: &Browser,
    slug: &str,
    chat: &'static str,
    secrets: Secrets,
) -> Place {
    let subscriber = format!(
        "insert into subscribers (workspace_id, bot_id, chat_id, name, status)
         select workspace_id, id, {chat}, '{}', 'active' from bots where slug = '{slug}'",
        secrets.subscriber
    );
    site.db.superuser().await.batch_execute(&subscriber).await.expect("a subscriber");
    let draft = draft(owner, slug, secrets.text).await;
    Place { slug: slug.to_owned(), draft, chat, secrets }
}

/// A new draft's id.
pub async fn draft(owner: &Browser, slug: &str, text: &str) -> String {
    let saved = owner.done(&format!("/bots/{slug}/broadcasts"), &[("text", text)]).await;
    let path = saved.split('?').next().expect("a path");
    path.rsplit('/').next().expect("an id").to_owned()
}
