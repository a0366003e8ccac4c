//! The client.

use std::fmt;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::time::timeout;

use super::{BadUrl, From, Mail, MailError, Mailer, Security, SmtpUrl, letter};

/// Longest the server may take for one answer.
const ANSWER: Duration = Duration::from_secs(10);
/// Longest a mail may take as a whole.
const DEADLINE: Duration = Duration::from_secs(30);
/// Most connections at once, and how long an unused one is kept.
const CONNECTIONS: u32 = 4;
const IDLE: Duration = Duration::from_secs(30);
/// Codes by which a server refuses us and not the mail: sign in first, weak mechanism, wrong
/// credentials, encryption required (RFC 4954).
const NOT_LET_IN: [&str; 4] = ["530", "534", "535", "538"];

/// Sends through one server. One per process: connections are kept and shared.
#[derive(Clone)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: From,
    deadline: Duration,
}

impl SmtpMailer {
    /// A mailer that connects when it is first used.
    ///
    /// # Errors
    /// [`BadUrl::Host`] when the host can be no name in a certificate.
    pub fn new(server: &SmtpUrl, from: From) -> Result<Self, BadUrl> {
        let tls = || TlsParameters::new(server.host.clone()).map_err(|_| BadUrl::Host);
        let tls = match server.security {
            Security::Implicit => Tls::Wrapper(tls()?),
            Security::StartTls => Tls::Required(tls()?),
            Security::Loopback => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(ANSWER))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE));
        if let Some((user, password)) = &server.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.to_string()));
        }
        Ok(Self { transport: builder.build(), from, deadline: DEADLINE })
    }

    /// Gives each mail another deadline than 30 s.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("from", &self.from).finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let letter = letter::write(mail, &self.from, SystemTime::now())?;
        let ascii = letter.envelope().to().iter().all(|to| AsRef::<str>::as_ref(to).is_ascii());
        match timeout(self.deadline, self.transport.send(letter)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(verdict(&error, ascii)),
            Err(_) => Err(MailError::Retry("no answer in time".into())),
        }
    }
}

fn verdict(error: &Error, ascii: bool) -> MailError {
    let code = error.status().map(|code| code.to_string());
    let let_in = !code.as_deref().is_some_and(|code| NOT_LET_IN.contains(&code));
    // The library's own error for an address with letters that the server does not know.
    let unknown_letters = error.is_client() && !ascii;
    let why = without_addresses(error);
    if (error.is_permanent() && let_in) || unknown_letters {
        MailError::Rejected(why)
    } else {
        MailError::Retry(why)
    }
}

/// The error on one line of at most 200 characters. Servers like to repeat the address.
fn without_addresses(error: &Error) -> String {
    let text = error.to_string();
    let words = text.split_whitespace().map(|w| if w.contains('@') { "<address>" } else { w });
    let mut why = String::new();
    for word in words {
        if !why.is_empty() {
            why.push(' ');
        }
        why.push_str(word);
    }
    why.chars().filter(|c| !c.is_control()).take(200).collect()
}
