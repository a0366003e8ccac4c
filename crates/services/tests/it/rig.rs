//! A workspace with a bot, a simulated Telegram, and everything between.

use std::{sync::Arc, time::Duration};

use adapters::{
    telegram::{ApiBase, BotApi, BotToken},
    vault::{LocalRoot, Vault},
};
use contract::cx::{RequestCx, Viewer};
use domain::{
    Timestamp,
    broadcast::{Status, Tally},
    ids::{BroadcastId, ChatId, InstanceId},
    markup,
    rights::Role,
};
use services::{
    Nudges, Services, Settings, access,
    broadcasts::Meters,
    credentials,
    engine::{self, Governors},
};
use sim::{Limits, NewBot, Script, Sim, SimConfig, SimHandle};
use store::{StoreError, replies, secrets};
use testdb::{Person, Tenant, TestDb};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A workspace with a bot whose people are there already.
pub struct Rig {
    pub db: TestDb,
    pub sim: SimHandle,
    pub svc: Services,
    pub acme: Tenant,
    pub telegram_bot: i64,
    // Holds the root key's file until the end of the test.
    _keys: tempfile::TempDir,
}

impl Rig {
    /// `people` subscribers, and a sender that keeps `rate` messages a second, which the simulator
    /// enforces when it is Telegram's own.
    pub async fn new(people: u32, rate: u32) -> Self {
        let limits = if rate == 30 { Limits::TELEGRAM } else { Limits::OFF };
        let sim =
            Sim::start(SimConfig { limits, ..SimConfig::default() }).await.expect("a simulator");
        let card = sim.create_bot(NewBot::default()).expect("a bot");
        sim.people(card.id, Script { count: people, quiet: true, ..Script::default() })
            .expect("people");

        let db = TestDb::new().await;
        let acme = db.tenant("acme").await;
        let keys = tempfile::tempdir().expect("a folder");
        let root = LocalRoot::open_or_create(keys.path().join("keys"), None, Timestamp::now())
            .expect("a root key");
        let svc = Services {
            store: db.store(),
            vault: Arc::new(Vault::new(Arc::new(root))),
            telegram: Arc::new(BotApi::new()),
            sandbox: None,
            settings: Arc::new(Settings {
                base_url: "http://localhost:3000".into(),
                is_public: false,
                telegram: ApiBase::parse(&sim.base_url()).expect("a base"),
                rate_per_bot: rate,
                paid: None,
                signups: contract::auth::Signups::Open,
            }),
            instance: InstanceId::from(Uuid::now_v7()),
            governors: Governors::new(rate),
            meters: Arc::new(Meters::default()),
            nudges: Nudges::default(),
            places: None,
            code_key: Arc::new(Zeroizing::new([7; 32])),
            billing: Default::default(),
            refusals: Default::default(),
            anchors: None,
        };
        let rig = Self { db, sim, svc, acme, telegram_bot: card.id, _keys: keys };
        rig.give_token(&card.token).await;
        rig.subscribe(people).await;
        rig
    }

    /// Puts a token into force.
    pub async fn give_token(&self, token: &str) {
        let admin = self.db.superuser().await;
        admin
            .batch_execute("update bots set api = 'telegram'")
            .await
            .expect("the bot moves to Telegram");
        let scope = access::claimed(self.acme.workspace, self.acme.bot.id);
        let token = BotToken::parse(token).expect("a token");
        let sealed = credentials::seal(&self.svc, &scope, &token).await.expect("sealed");
        self.svc
            .store
            .bot(&scope, async |tx| {
                Ok::<_, StoreError>(secrets::put(tx, secrets::Kind::Token, &sealed).await?)
            })
            .await
            .expect("a token");
    }

    async fn subscribe(&self, people: u32) {
        let chats: Vec<i64> = (0..people).map(|index| sim::person_id(1, index)).collect();
        self.db
            .superuser()
            .await
            .execute(
                "insert into subscribers (workspace_id, bot_id, chat_id, name, status)
                 select $1, $2, chat, 'Somebody', 'active' from unnest($3::bigint[]) as chat",
                &[&self.acme.workspace.as_uuid(), &self.acme.bot.id.as_uuid(), &chats],
            )
            .await
            .expect("subscribers");
    }

    /// Another instance on the same database.
    pub fn another_instance(&self) -> Services {
        Services {
            instance: InstanceId::from(Uuid::now_v7()),
            store: self.db.store_with(8, 4),
            governors: Governors::new(self.svc.settings.rate_per_bot),
            nudges: Nudges::default(),
            ..self.svc.clone()
        }
    }

    /// A request of the workspace's owner.
    pub fn cx(&self) -> RequestCx {
        self.cx_of(&self.acme.owner)
    }

    /// A request of `person`, who works in the workspace.
    pub fn cx_of(&self, person: &Person) -> RequestCx {
        RequestCx {
            request_id: Uuid::now_v7().to_string(),
            ip: "192.0.2.1".parse().expect("an address"),
            is_proxy: false,
            user_agent: "test".into(),
            now: Timestamp::now(),
            viewer: Some(Viewer {
                user: person.id,
                name: "Somebody".into(),
                email: person.email.clone(),
                time_zone: "UTC".into(),
                workspace: self.acme.workspace,
                workspace_name: "acme".into(),
                role: Role::Owner,
                instance_admin: false,
            }),
            proved_at: Some(Timestamp::now()),
            session: None,
            browser: None,
        }
    }

    /// The bot's slug.
    pub fn slug(&self) -> &str {
        &self.acme.bot.slug
    }

    /// A saved draft with its version.
    pub async fn draft(&self, text: &str) -> (BroadcastId, String) {
        use contract::broadcasts::{BroadcastsApi, Draft};
        let draft = Draft { text: text.into(), ..Draft::default() };
        let saved = self.svc.save(&self.cx(), self.slug(), None, draft).await.expect("a draft");
        (saved.id, saved.version)
    }

    /// Puts an answer to each of these people in line.
    pub async fn answer(&self, chats: &[ChatId]) {
        let scope = access::claimed(self.acme.workspace, self.acme.bot.id);
        let message = markup::parse("Welcome");
        let answers: Vec<_> = chats.iter().map(|&chat| (chat, &message)).collect();
        self.svc
            .store
            .bot(&scope, async |tx| Ok::<_, StoreError>(replies::enqueue(tx, &answers).await?))
            .await
            .expect("in line");
    }

    /// The audit log's sentences, newest first.
    pub async fn sentences(&self) -> Vec<String> {
        use contract::audit::{AuditApi, Filter};
        let page = AuditApi::list(&self.svc, &self.cx(), &Filter::default()).await;
        page.expect("the log").rows.into_iter().map(|entry| entry.sentence).collect()
    }

    /// Waits until Telegram has accepted `count` messages of the bot, at most 60 s.
    pub async fn until_accepted(&self, count: usize) {
        let accepted = || self.sim.stats(self.telegram_bot).expect("stats").accepted;
        for _ in 0..1_200 {
            if accepted() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} were accepted instead of {count}", accepted());
    }

    /// Status and tally of a broadcast.
    pub async fn look(&self, id: BroadcastId) -> (Status, Tally) {
        use contract::broadcasts::BroadcastsApi;
        let progress = self.svc.progress(&self.cx(), self.slug(), id).await.expect("progress");
        (progress.status, progress.tally)
    }

    /// Waits until `done` holds, at most 60 s.
    pub async fn until(
        &self,
        id: BroadcastId,
        done: impl Fn(Status, Tally) -> bool,
    ) -> (Status, Tally) {
        let mut seen = self.look(id).await;
        for _ in 0..1_200 {
            if done(seen.0, seen.1) {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            seen = self.look(id).await;
        }
        panic!("it did not come to that: {seen:?}");
    }
}

/// What happens in the database behind the product's back.
impl Rig {
    /// Time passes for every lease.
    pub async fn expire_leases(&self) {
        let admin = self.db.superuser().await;
        admin.batch_execute("update leases set until = '-infinity'").await.expect("leases lapse");
    }

    /// The first column of each row as text, read past the fence.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        let query = format!("select coalesce(t.a::text, 'null') from ({query}) as t (a)");
        let rows = self.db.superuser().await.query(&query, &[]).await.expect("rows");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Somebody opts out.
    pub async fn unsubscribe(&self, chat: i64) {
        let admin = self.db.superuser().await;
        let sql = "update subscribers set status = 'unsubscribed' where chat_id = $1";
        admin.execute(sql, &[&chat]).await.expect("unsubscribed");
    }

    /// Everybody's status.
    pub async fn statuses(&self) -> std::collections::HashMap<i64, String> {
        let admin = self.db.superuser().await;
        let rows =
            admin.query("select chat_id, status from subscribers", &[]).await.expect("statuses");
        rows.into_iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

/// A running engine. Dropped without [`Engine::stop`], it dies in the middle, like a killed process.
pub struct Engine {
    stop: CancellationToken,
    task: JoinHandle<()>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Engine {
    /// Starts on a runtime of its own, so that killing it kills everything it spawned.
    pub fn start(svc: &Services) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let stop = CancellationToken::new();
        let task = runtime.spawn(engine::run(svc.clone(), stop.clone()));
        Self { stop, task, runtime: Some(runtime) }
    }

    /// Stops as a server that is asked to stop.
    pub async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.task).await.expect("a clean end");
    }

    /// Stops as if the process had been killed.
    pub fn kill(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
