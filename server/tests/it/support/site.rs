//! A server with everything it needs, and a person who is signed in.

use sim::{FaultProxy, Upstream};
use tempfile::TempDir;
use testdb::{Place, TestDb};

use super::{Browser, Gannet, SmtpInbox};

/// A password that the policy takes.
pub const PASSWORD: &str = "Correct-Horse-7";

/// A database, a mail server and a running Gannet.
pub struct Site {
    pub db: TestDb,
    pub mail: SmtpInbox,
    pub dir: TempDir,
    pub settings: Vec<(&'static str, String)>,
    pub gannet: Option<Gannet>,
}

impl Site {
    /// A server with `settings` beside the usual ones.
    pub async fn with(settings: &[(&'static str, String)]) -> Self {
        Self::on(TestDb::new().await, settings).await
    }

    /// A server whose database is at the end of a line that can break, with `settings` beside the usual ones.
    pub async fn behind_a_line(settings: &[(&'static str, String)]) -> (Self, FaultProxy) {
        let db = TestDb::new().await;
        let server = match db.server() {
            Place::Socket(path) => Upstream::Unix(path.clone()),
            Place::Tcp(host, port) => {
                let found = tokio::net::lookup_host((host.as_str(), *port)).await;
                Upstream::Tcp(found.expect("a host").next().expect("an address"))
            }
        };
        let line = FaultProxy::start(server).await.expect("a port");
        let [app, worker, owner] = db.urls_by_way_of(line.address());
        let urls =
            [("DATABASE_URL", app), ("DATABASE_WORKER_URL", worker), ("DATABASE_OWNER_URL", owner)];
        (Self::on(db, &[settings, &urls].concat()).await, line)
    }

    async fn on(db: TestDb, settings: &[(&'static str, String)]) -> Self {
        let mail = SmtpInbox::open().await;
        let dir = tempfile::tempdir().expect("a folder");
        let mut all = vec![("SMTP_URL", mail.url())];
        all.extend_from_slice(settings);
        let gannet = Some(Gannet::start(&db, dir.path(), &all).await);
        Self { db, mail, dir, settings: all, gannet }
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        self.gannet.as_ref().expect("running").url()
    }

    /// Kills the server and starts another one on the same data.
    pub async fn crash(&mut self) {
        self.gannet.take().expect("running").kill();
        self.gannet = Some(Gannet::start(&self.db, self.dir.path(), &self.settings).await);
    }

    /// The token with which the first admin of the instance is made, as the log has it.
    pub fn setup_token(&self) -> String {
        let log = std::fs::read_to_string(self.dir.path().join("gannet.log")).expect("a log");
        let token = log.split("/instance/setup?token=").nth(1).expect("a link in the log");
        token.chars().take_while(char::is_ascii_hexdigit).collect()
    }

    /// A person who has signed up, verified the address and is signed in.
    pub async fn member(&self, name: &str) -> Browser {
        let browser = Browser::new(&self.url());
        let email = format!("{name}@example.org");
        let form = [("name", name), ("email", email.as_str()), ("password", PASSWORD)];
        browser.done("/auth/register", &form).await;
        let code = self.mail.code_for(&email).await;
        browser.done("/auth/verify", &[("email", email.as_str()), ("code", code.as_str())]).await;
        browser
    }
}
