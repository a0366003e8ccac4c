//! `gannet serve` as a process.

use std::{
    fs::File,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use testdb::TestDb;

/// A running server. Dropped, it is killed.
pub struct Gannet {
    child: Child,
    port: u16,
}

impl Gannet {
    /// Starts a server on `db` with its files in `dir`, and waits until it is healthy. `settings` are
    /// environment variables; nothing else of the environment is passed on.
    pub async fn start(db: &TestDb, dir: &Path, settings: &[(&str, String)]) -> Self {
        let port = free_port();
        let log = File::options().create(true).append(true).open(dir.join("gannet.log")).expect("a log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_gannet"));
        command
            .arg("serve")
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("BASE_URL", format!("http://localhost:{port}"))
            .env("DATA_DIR", dir.join("data"))
            .env("GANNET_KEYS", dir.join("keys"))
            .env("DATABASE_URL", db.app_url())
            .env("DATABASE_WORKER_URL", db.worker_url())
            .env("DATABASE_OWNER_URL", db.owner_url())
            .envs(settings.iter().map(|(name, value)| (*name, value.as_str())))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log);
        let mut this = Self { child: command.spawn().expect("gannet starts"), port };
        if !this.is_healthy_soon().await {
            let log = std::fs::read_to_string(dir.join("gannet.log")).unwrap_or_default();
            panic!("gannet did not become healthy:\n{log}");
        }
        this
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

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Ends it as a supervisor would: SIGTERM, and at most 40 s of patience. Gives its exit code.
    pub async fn stop(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
        for _ in 0..400 {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("gannet did not stop within 40 s of SIGTERM");
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
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
