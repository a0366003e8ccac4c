//! A PostgreSQL of one's own, for tests of what a whole server is or has.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::server::{Account, HOMES, SUPERUSER, binaries, initialize, wait_until_ready};

/// A bare server on a port of this machine, where everybody is trusted. Dropping it stops it; so does
/// the end of the thread that started it.
pub struct Alone {
    process: Child,
    port: u16,
    home: TempDir,
}

impl Alone {
    /// Starts one; with `identity`, a certificate and its key in PEM, it speaks TLS to those who ask.
    ///
    /// # Panics
    /// When there is none to be had.
    pub fn start(identity: Option<(&str, &str)>) -> Self {
        Self::try_start(identity).expect("a server for the test")
    }

    fn try_start(identity: Option<(&str, &str)>) -> Result<Self> {
        let (account, binaries) = (Account::choose()?, binaries()?);
        let home = tempfile::Builder::new().prefix("gannet-alone-").tempdir_in(HOMES)?;
        account.own(home.path())?;
        initialize(&binaries, &account, home.path())?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();

        let mut server = Command::new("/usr/bin/setpriv");
        server.args(["--pdeathsig", "QUIT", "--"]).arg(binaries.join("postgres"));
        server.arg("-D").arg(home.path().join("data")).arg("-k").arg(home.path());
        server.args(["-p", &port.to_string(), "-c", "fsync=off"]);
        if let Some((certificate, key)) = identity {
            let files = [("ssl_cert_file", "certificate.pem", certificate)];
            let files = files.into_iter().chain([("ssl_key_file", "key.pem", key)]);
            for (setting, name, text) in files {
                let path = home.path().join(name);
                keep_private(&path, text, &account)?;
                server.arg("-c").arg(format!("{setting}={}", path.display()));
            }
            server.args(["-c", "ssl=on"]);
        }
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process =
            account.dress(&mut server, home.path()).spawn().context("cannot run setpriv")?;
        // From here on it is stopped whatever happens.
        let this = Self { process, port, home };
        wait_until_ready(this.home.path())?;
        Ok(this)
    }

    /// The database `postgres` as the role `role` over TCP: `host` is a name of this machine, `query`
    /// what stands behind the question mark.
    pub fn url(&self, role: &str, host: &str, query: &str) -> String {
        format!("postgres://{role}@{host}:{}/postgres?{query}", self.port)
    }

    /// As [`Alone::url`], as the superuser.
    pub fn superuser_url(&self, host: &str, query: &str) -> String {
        self.url(SUPERUSER, host, query)
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        // Its children notice and leave; what they had goes with the directory.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn keep_private(path: &Path, text: &str, account: &Account) -> Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    account.own(path)
}
