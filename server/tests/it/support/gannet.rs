//! `gannet serve` as a process.

use std::{
    fs::File,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use testdb::TestDb;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_gannet");

/// What a gannet on `db` is told, with its files in `dir`.
pub fn usual_settings(db: &TestDb, dir: &Path, port: u16) -> Vec<(&'static str, String)> {
    let path = |name: &str| dir.join(name).to_str().expect("UTF-8").to_owned();
    vec![
        ("PATH", "/usr/bin:/bin".to_owned()),
        ("LISTEN", format!("127.0.0.1:{port}")),
        ("BASE_URL", format!("http://localhost:{port}")),
        ("DATA_DIR", path("data")),
        ("GANNET_KEYS", path("keys")),
        // Browsers come from addresses of their own.
        ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
        ("DATABASE_URL", db.app_url()),
        ("DATABASE_WORKER_URL", db.worker_url()),
        ("DATABASE_OWNER_URL", db.owner_url()),
    ]
}

/// A running server. Dropped, it is killed.
pub struct Gannet {
    child: Child,
    port: u16,
}

impl Gannet {
    /// Starts a server on `db` with its files in `dir`, and waits until it is healthy. `settings` are
    /// environment variables; nothing else of the environment is passed on.
    pub async fn start(db: &TestDb, dir: &Path, settings: &[(&str, String)]) -> Self {
        Self::begin(db, dir, settings).once_healthy(dir).await
    }

    /// As [`Gannet::start`], in one role: `web` or `worker`.
    pub async fn start_as(
        role: &str,
        db: &TestDb,
        dir: &Path,
        settings: &[(&str, String)],
    ) -> Self {
        Self::run(&["serve", "--role", role], db, dir, settings).once_healthy(dir).await
    }

    async fn once_healthy(self, dir: &Path) -> Self {
        let mut this = self;
        if !this.is_healthy_soon().await {
            let log = std::fs::read_to_string(dir.join("gannet.log")).unwrap_or_default();
            panic!("gannet did not become healthy:\n{log}");
        }
        this
    }

    /// As [`Gannet::start`], and waits for nothing.
    pub fn begin(db: &TestDb, dir: &Path, settings: &[(&str, String)]) -> Self {
        Self::run(&["serve"], db, dir, settings)
    }

    fn run(args: &[&str], db: &TestDb, dir: &Path, settings: &[(&str, String)]) -> Self {
        let port = free_port();
        let log =
            File::options().create(true).append(true).open(dir.join("gannet.log")).expect("a log");
        let mut command = Command::new(PROGRAM);
        command
            .args(args)
            .env_clear()
            .envs(usual_settings(db, dir, port))
            .envs(settings.iter().map(|(name, value)| (*name, value.as_str())))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log);
        Self { child: command.spawn().expect("gannet starts"), port }
    }

    async fn is_healthy_soon(&mut self) -> bool {
        for _ in 0..300 {
            if self.child.try_wait().expect("a child").is_some() {
                return false;
            }
            let answer = reqwest::get(format!("{}/healthz", self.url())).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        false
    }

    /// Where it answers, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Tells it to stop, as a supervisor would.
    pub fn terminate(&self) {
        self.signal(rustix::process::Signal::TERM);
    }

    /// Freezes it in the middle of whatever it does, as a machine that is suspended would.
    pub fn freeze(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    /// Lets it go on, as if no time had passed.
    pub fn thaw(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("a signal");
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Ends it as a supervisor would: SIGTERM, and at most 40 s of patience. Gives its exit code.
    pub async fn stop(mut self) -> Option<i32> {
        self.terminate();
        self.ended_within(Duration::from_secs(40)).await.expect("it stops within 40 s of SIGTERM")
    }

    /// Its exit code once it has ended, or none if it still runs after `patience`.
    pub async fn ended_within(&mut self, patience: Duration) -> Option<Option<i32>> {
        let end = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return Some(status.code());
            }
            if Instant::now() > end {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Gannet {
    fn drop(&mut self) {
        // Both fail harmlessly when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
