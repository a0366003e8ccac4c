//! The client.
//!
//! It speaks the dialogue of a mail step by step, because what an error means depends on where it came:
//! before the end of the letter nothing was taken, after it anything may have been.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use tokio::time::{Instant, timeout_at};

use super::{BadUrl, From, Mail, MailError, Mailer, Security, SmtpUrl, letter};

/// Longest that connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest a mail may take as a whole.
const DEADLINE: Duration = Duration::from_secs(30);
/// Most unused connections, and how long one is kept.
const CONNECTIONS: usize = 4;
const IDLE: Duration = Duration::from_secs(30);
/// Codes by which a server refuses us and not the mail: sign in first, weak mechanism, wrong
/// credentials, encryption required (RFC 4954).
const NOT_LET_IN: [&str; 4] = ["530", "534", "535", "538"];

/// Sends through one server. One per process: connections are kept and used again.
pub struct SmtpMailer {
    server: SmtpUrl,
    tls: Option<TlsParameters>,
    from: From,
    deadline: Duration,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl SmtpMailer {
    /// A mailer that connects when it is first used.
    ///
    /// # Errors
    /// [`BadUrl::Host`] when the host can be no name in a certificate.
    pub fn new(server: &SmtpUrl, from: From) -> Result<Self, BadUrl> {
        let tls = match server.security {
            Security::Implicit | Security::StartTls => {
                Some(TlsParameters::new(server.host.clone()).map_err(|_| BadUrl::Host)?)
            }
            Security::Loopback => None,
        };
        let idle = Mutex::default();
        Ok(Self { server: server.clone(), tls, from, deadline: DEADLINE, idle })
    }

    /// Gives each mail another deadline than 30 s.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// A connection that lives and is let in.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        while let Some((mut connection, since)) = self.take() {
            if since.elapsed() < IDLE && connection.test_connected().await {
                return Ok(connection);
            }
        }
        let (server, hello) = ((self.server.host.as_str(), self.server.port), ClientId::default());
        let at_once = self.tls.clone().filter(|_| self.server.security == Security::Implicit);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &hello, at_once, None)
                .await?;
        if let (Security::StartTls, Some(tls)) = (&self.server.security, &self.tls) {
            connection.starttls(tls.clone(), &hello).await?;
        }
        if let Some((user, password)) = &self.server.login {
            let login = Credentials::new(user.clone(), password.to_string());
            connection.auth(DEFAULT_MECHANISMS, &login).await?;
        }
        Ok(connection)
    }

    fn take(&self) -> Option<(AsyncSmtpConnection, Instant)> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < CONNECTIONS && !connection.has_broken() {
            idle.push((connection, Instant::now()));
        }
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
        let until = Instant::now() + self.deadline;
        let late = |_| MailError::Retry("no answer in time".into());
        let letter = letter::write(mail, &self.from, SystemTime::now())?;
        let ascii = letter.envelope().to().iter().all(|to| AsRef::<str>::as_ref(to).is_ascii());
        let announced = async {
            let mut connection = self.connection().await.map_err(|error| verdict(&error))?;
            announce(&mut connection, &letter, ascii).await?;
            Ok(connection)
        };
        let mut connection = timeout_at(until, announced).await.map_err(late)??;

        // From here on the server may have taken it, whatever we hear.
        match timeout_at(until, connection.message(&letter.formatted())).await {
            Ok(Ok(_)) => {
                self.keep(connection);
                Ok(())
            }
            Ok(Err(error)) if error.status().is_some() => Err(verdict(&error)),
            Ok(Err(error)) => Err(MailError::Unanswered(without_addresses(&error))),
            Err(_) => Err(MailError::Unanswered("no answer in time".into())),
        }
    }
}

/// Tells the server from whom and to whom; it is ready for the letter then.
async fn announce(
    connection: &mut AsyncSmtpConnection,
    letter: &Message,
    ascii: bool,
) -> Result<(), MailError> {
    let knows_letters = connection.server_info().supports_feature(Extension::SmtpUtfEight);
    let options = match (ascii, knows_letters) {
        (true, _) => Vec::new(),
        (false, true) => vec![MailParameter::SmtpUtfEight],
        (false, false) => {
            let why = "the server takes no address with letters beyond ASCII";
            return Err(MailError::Rejected(why.into()));
        }
    };
    let said = async {
        let envelope = letter.envelope();
        connection.command(MailFrom::new(envelope.from().cloned(), options)).await?;
        for to in envelope.to() {
            connection.command(Rcpt::new(to.clone(), Vec::new())).await?;
        }
        connection.command(Data).await
    };
    said.await.map(drop).map_err(|error| verdict(&error))
}

fn verdict(error: &Error) -> MailError {
    let code = error.status().map(|code| code.to_string());
    let let_in = !code.as_deref().is_some_and(|code| NOT_LET_IN.contains(&code));
    let why = without_addresses(error);
    if error.is_permanent() && let_in { MailError::Rejected(why) } else { MailError::Retry(why) }
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
