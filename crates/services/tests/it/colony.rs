//! An instance with several workspaces, a simulated Telegram, and the roads between the two.

use std::{sync::Arc, time::Duration};

use adapters::{
    telegram::{ApiBase, BotApi, BotToken, Credentials},
    vault::{LocalRoot, Vault},
};
use async_trait::async_trait;
use contract::{
    ClientError,
    bots::{BotsApi, Connect},
    cx::{RequestCx, Viewer},
};
use domain::{
    Timestamp,
    ids::{ChatId, InstanceId, WorkspaceId},
    rights::{Right, Role},
};
use services::{
    Nudges, Services, Settings,
    broadcasts::Meters,
    engine::Governors,
    ingest::{Accepted, Ingest, IngestError, Refused, apply, poll},
    sandbox::Sandbox,
};
use sim::{BotCard, Deed, NewBot, Script, Sim, SimConfig, SimHandle};
use testdb::TestDb;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use zeroize::Zeroizing;

/// An instance. Nobody is in it yet, and nothing runs but the server that takes webhooks.
pub struct Colony {
    pub db: TestDb,
    pub sim: Arc<SimHandle>,
    pub svc: Services,
    pub ingest: Arc<Ingest>,
    hooks: Option<JoinHandle<()>>,
    // Holds the root key's file until the end of the test.
    _keys: tempfile::TempDir,
}

impl Drop for Colony {
    fn drop(&mut self) {
        if let Some(hooks) = self.hooks.take() {
            hooks.abort();
        }
    }
}

impl Colony {
    /// One that Telegram cannot call.
    pub async fn new() -> Self {
        Self::with(false).await
    }

    /// One with a public address.
    pub async fn public() -> Self {
        Self::with(true).await
    }

    async fn with(is_public: bool) -> Self {
        let sim = Arc::new(Sim::start(SimConfig::default()).await.expect("a simulator"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let db = TestDb::new().await;
        let keys = tempfile::tempdir().expect("a folder");
        let root = LocalRoot::open_or_create(keys.path().join("keys"), None, Timestamp::now())
            .expect("a root key");
        let base = ApiBase::parse(&sim.base_url()).expect("a base");
        let svc = Services {
            store: db.store(),
            vault: Arc::new(Vault::new(Arc::new(root))),
            telegram: Arc::new(BotApi::new().with_deadline(Duration::from_secs(3))),
            sandbox: Some(Arc::new(Sandboxed { sim: sim.clone(), base: base.clone() })),
            settings: Arc::new(Settings {
                base_url: format!("http://{address}"),
                is_public,
                telegram: base,
                rate_per_bot: 1_000,
                paid: None,
                signups: contract::auth::Signups::Open,
            }),
            instance: InstanceId::from(Uuid::now_v7()),
            governors: Governors::new(1_000),
            meters: Arc::new(Meters::default()),
            nudges: Nudges::default(),
            places: None,
            code_key: Arc::new(Zeroizing::new([7; 32])),
            billing: Default::default(),
            refusals: Default::default(),
            anchors: None,
        };
        let ingest = Arc::new(Ingest::start(&svc));
        let hooks = Some(tokio::spawn(take_webhooks(listener, ingest.clone())));
        Self { db, sim, svc, ingest, hooks, _keys: keys }
    }

    /// The owner of a new workspace called `name`, as they make a request.
    pub async fn owner(&self, name: &str) -> RequestCx {
        let owner = self.db.person(name).await;
        let workspace = WorkspaceId::from(Uuid::now_v7());
        self.db
            .superuser()
            .await
            .execute(
                "insert into workspaces (id, name) values ($1, $2)",
                &[&workspace.as_uuid(), &name],
            )
            .await
            .expect("a workspace");
        self.db.member(workspace, &owner, Role::Owner).await;
        request(owner.id, name, workspace, Role::Owner)
    }

    /// A new member of the workspace of `of` who holds `rights` on the bot called `slug`.
    pub async fn member(
        &self,
        of: &RequestCx,
        name: &str,
        slug: &str,
        rights: &[Right],
    ) -> RequestCx {
        let workspace = of.viewer.as_ref().expect("signed in").workspace;
        let person = self.db.person(name).await;
        self.db.member(workspace, &person, Role::Member).await;
        let rights: Vec<String> = rights.iter().map(ToString::to_string).collect();
        if !rights.is_empty() {
            self.db
                .superuser()
                .await
                .execute(
                    "insert into bot_permissions (workspace_id, bot_id, user_id, rights)
                     select workspace_id, id, $2, $3 from bots where slug = $1",
                    &[&slug, &person.id.as_uuid(), &rights],
                )
                .await
                .expect("a grant");
        }
        request(person.id, name, workspace, Role::Member)
    }

    /// A bot at Telegram, not connected.
    pub fn bot(&self, username: &str) -> BotCard {
        let new =
            NewBot { username: Some(username.into()), name: Some("Acme Shop".into()), token: None };
        self.sim.create_bot(new).expect("a bot")
    }

    /// A bot at Telegram that is connected to the workspace of `cx`.
    pub async fn connected(&self, cx: &RequestCx, username: &str) -> BotCard {
        let card = self.bot(username);
        self.svc.connect(cx, &form(&card.token)).await.expect("connected");
        card
    }

    /// The bot as its Bot API knows it.
    pub fn credentials(&self, card: &BotCard) -> Credentials {
        let token = BotToken::parse(&card.token).expect("a token");
        Credentials { api: self.svc.settings.telegram.clone(), token }
    }

    /// Whose the bot is.
    pub async fn whose(&self, slug: &str) -> Accepted {
        let row = self
            .db
            .superuser()
            .await
            .query_one("select workspace_id, id from bots where slug = $1", &[&slug])
            .await
            .expect("one bot");
        Accepted { workspace: row.get::<_, Uuid>(0).into(), bot: row.get::<_, Uuid>(1).into() }
    }

    /// Lets a person do something.
    pub fn does(&self, card: &BotCard, person: i64, deed: Deed) {
        self.sim.person_does(card.id, person, &deed).expect("a deed");
    }

    /// Lets a person press Start.
    pub fn starts(&self, card: &BotCard, person: i64, payload: &str) {
        self.does(card, person, Deed::Start { payload: payload.into() });
    }

    /// Lets a person write.
    pub fn writes(&self, card: &BotCard, person: i64, text: &str) {
        self.does(card, person, Deed::Text { text: text.into(), group: None });
    }

    /// The first column of each row as text, read past the fence.
    pub async fn texts(&self, query: &str) -> Vec<String> {
        let query = format!("select t.a::text from ({query}) as t (a)");
        let rows = self.db.superuser().await.query(&query, &[]).await.expect("rows");
        rows.iter()
            .map(|row| row.get::<_, Option<String>>(0).unwrap_or_else(|| "null".into()))
            .collect()
    }

    /// Waits until a query has this answer, at most 30 s.
    pub async fn until(&self, query: &str, want: &[&str]) {
        let mut seen = Vec::new();
        for _ in 0..600 {
            seen = self.texts(query).await;
            if seen == want {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{query}: {seen:?} instead of {want:?}");
    }

    /// The audit log's words, oldest first.
    pub async fn log(&self) -> Vec<String> {
        self.texts("select kind from audit_log order by id").await
    }

    /// Starts polling and applying.
    pub fn receive(&self) -> Receiving {
        Receiving::start(&self.svc, &self.ingest)
    }
}

/// Loops that poll and apply. They end when it is dropped.
pub struct Receiving {
    stop: CancellationToken,
    loops: Vec<JoinHandle<()>>,
}

impl Receiving {
    /// Starts them.
    pub fn start(svc: &Services, ingest: &Arc<Ingest>) -> Self {
        let stop = CancellationToken::new();
        let loops = vec![
            tokio::spawn(poll::run(svc.clone(), ingest.clone(), stop.clone())),
            tokio::spawn(apply::run(svc.clone(), stop.clone())),
        ];
        Self { stop, loops }
    }

    /// Stops them as a server that is asked to stop.
    pub async fn stop(mut self) {
        self.stop.cancel();
        for one in self.loops.drain(..) {
            tokio::time::timeout(Duration::from_secs(5), one)
                .await
                .expect("in time")
                .expect("a clean end");
        }
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The form with this text in its token field.
pub fn form(token: &str) -> Connect {
    Connect { token: token.into(), take_over: String::new() }
}

/// The one field that is complained about, and the complaint.
pub fn complaint<T: std::fmt::Debug>(result: Result<T, ClientError>) -> (String, String) {
    match result {
        Err(ClientError::Invalid { mut fields }) if fields.len() == 1 => {
            let error = fields.remove(0);
            (error.field, error.message)
        }
        other => panic!("not a complaint about one field: {other:?}"),
    }
}

fn request(user: domain::ids::UserId, name: &str, workspace: WorkspaceId, role: Role) -> RequestCx {
    RequestCx {
        request_id: Uuid::now_v7().to_string(),
        ip: "192.0.2.1".parse().expect("an address"),
        is_proxy: false,
        user_agent: "Test/1.0".into(),
        now: Timestamp::now(),
        viewer: Some(Viewer {
            user,
            name: name.into(),
            email: format!("{name}@example.org"),
            time_zone: "UTC".into(),
            workspace,
            workspace_name: name.into(),
            role,
            instance_admin: false,
        }),
        proved_at: Some(Timestamp::now()),
        session: None,
        browser: None,
    }
}

/// The simulator as the sandbox of an instance.
struct Sandboxed {
    sim: Arc<SimHandle>,
    base: ApiBase,
}

#[async_trait]
impl Sandbox for Sandboxed {
    fn base(&self) -> ApiBase {
        self.base.clone()
    }

    async fn create_bot(&self, username: &str, name: &str) -> Result<BotToken, String> {
        let new = NewBot { username: Some(username.into()), name: Some(name.into()), token: None };
        let card = self.sim.create_bot(new).map_err(|err| err.to_string())?;
        BotToken::parse(&card.token).map_err(|err| err.to_string())
    }

    async fn send_people(&self, token: &BotToken, count: u32, secs: u32) -> Result<(), String> {
        // Faster than time: a test need not see them come.
        let script = Script { count, over_secs: f64::from(secs) / 20.0, ..Script::default() };
        self.sim.people(token.telegram_id(), script).map_err(|err| err.to_string())
    }

    async fn press_start(
        &self,
        token: &BotToken,
        _name: &str,
        payload: &str,
    ) -> Result<ChatId, String> {
        let person = sim::person_id(9, 0);
        let deed = Deed::Start { payload: payload.into() };
        self.sim.person_does(token.telegram_id(), person, &deed).map_err(|err| err.to_string())?;
        Ok(person)
    }
}

/// As much of an HTTP server as Telegram needs to hand over updates.
async fn take_webhooks(listener: TcpListener, ingest: Arc<Ingest>) {
    while let Ok((stream, _)) = listener.accept().await {
        let ingest = ingest.clone();
        tokio::spawn(async move {
            // A peer that hangs up is no failure of ours.
            let _ = take_webhook(stream, &ingest).await;
        });
    }
}

async fn take_webhook(stream: TcpStream, ingest: &Ingest) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let hook = line
        .split(' ')
        .nth(1)
        .and_then(|path| path.strip_prefix("/telegram/"))
        .unwrap_or_default()
        .to_owned();
    let (mut secret, mut length) = (String::new(), 0);
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "x-telegram-bot-api-secret-token" => secret = value.trim().to_owned(),
            "content-length" => length = value.trim().parse().unwrap_or_default(),
            _ => {}
        }
    }
    let status = match ingest.accept(&hook, &secret).await {
        Err(Refused::Denied) => "403 Forbidden",
        Err(Refused::Away) => "503 Service Unavailable",
        Ok(accepted) => {
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            match ingest.take(accepted, body.into()).await {
                Ok(()) => "200 OK",
                Err(IngestError::Away) => "503 Service Unavailable",
                Err(IngestError::Malformed) => "400 Bad Request",
            }
        }
    };
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
