//! `auth.session`: one signed cookie, and the session it stands for in the database.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use contract::{
    account::SignedIn,
    auth::{Admission, Mark},
    cx::RequestCx,
    second_factor::Pending,
};
use domain::ids::{UserId, WorkspaceId};
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::{Store, StoreError, sessions};
use time::OffsetDateTime;
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::{Key, SameSite},
    service::SignedCookie,
    session::{self, Id, Record},
    session_store,
};
use tracing::warn;

use super::web::Web;

/// How long the browser keeps the cookie after a visit. The database judges the same.
const IDLE: time::Duration = time::Duration::days(30);

/// How long a sign-in waits for its second factor, in seconds.
const PATIENCE: i64 = 10 * 60;

const USER: &str = "user";
const EPOCH: &str = "epoch";
const WORKSPACE: &str = "workspace";
const PROVED: &str = "proved";
const MARK: &str = "mark";
const PENDING: &str = "pending";
const PENDING_EPOCH: &str = "pending_epoch";
const PENDING_SINCE: &str = "pending_since";
const HOUR: &str = "hour";
/// Where the row lies that takes the new id; never in the database.
const RENAMED: &str = "renamed";
const IP: &str = "ip";
const USER_AGENT: &str = "user_agent";

/// The cookie's name. Over https a browser takes `__Host-` ones only from this very host.
pub const fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-gannet" } else { "gannet" }
}

/// The layer that reads and writes the cookie, signed with `key`.
pub fn layer(
    store: Store,
    key: &[u8; 64],
    https: bool,
) -> SessionManagerLayer<Sessions, SignedCookie> {
    SessionManagerLayer::new(Sessions { store })
        .with_name(cookie_name(https))
        .with_http_only(true)
        .with_secure(https)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(IDLE))
        .with_signed(Key::from(key))
}

/// Signs somebody in: a new id, nothing kept of what was before.
///
/// # Errors
/// The database is away.
pub async fn open(session: &Session, cx: &RequestCx, who: Admission) -> Result<(), session::Error> {
    session.cycle_id().await?;
    session.clear().await;
    session.insert(USER, who.user).await?;
    session.insert(EPOCH, who.epoch).await?;
    session.insert(PROVED, cx.now.as_second()).await?;
    note_visit(session, cx).await?;
    // Now, and not when the answer is on its way: a failure must become an answer of ours.
    session.save().await
}

/// Keeps in mind that somebody gave the right password and owes the second factor: a new id, nothing
/// kept of what was before, and nobody signed in by it.
///
/// # Errors
/// The database is away.
pub async fn hold(session: &Session, cx: &RequestCx, who: Admission) -> Result<(), session::Error> {
    session.cycle_id().await?;
    session.clear().await;
    session.insert(PENDING, who.user).await?;
    session.insert(PENDING_EPOCH, who.epoch).await?;
    session.insert(PENDING_SINCE, cx.now.as_second()).await?;
    session.save().await
}

/// Who gave the right password within ten minutes and owes the second factor.
///
/// # Errors
/// The database is away.
pub async fn pending(session: &Session, cx: &RequestCx) -> Result<Option<Pending>, session::Error> {
    let Some(user) = session.get::<UserId>(PENDING).await? else { return Ok(None) };
    let Some(epoch) = session.get::<i64>(PENDING_EPOCH).await? else { return Ok(None) };
    let since = session.get::<i64>(PENDING_SINCE).await?.unwrap_or(i64::MIN);
    let waited = cx.now.as_second().saturating_sub(since);
    Ok((waited < PATIENCE).then_some(Pending { admission: Admission { user, epoch } }))
}

/// Gives the session of whoever is signed in a new id, after something that lets people in has changed:
/// whoever knew the old one is out. False when the session has ended meanwhile; it stays so.
///
/// # Errors
/// The database is away.
pub async fn reopen(
    session: &Session,
    store: &Store,
    cx: &RequestCx,
) -> Result<bool, session::Error> {
    // Read before it is renamed: afterwards nothing is found under its id.
    let (Some(_), Some(old)) = (signed_in(session).await?, session.id()) else { return Ok(false) };
    // The row waits under a name that no id leads to, until the session has its new id.
    let between = hash(&Id::default());
    let renamed = store.user(None, async |tx| {
        sessions::rename(tx, &hash(&old), &between).await.map_err(StoreError::from)
    });
    if !renamed.await.map_err(away)? {
        return Ok(false);
    }
    session.cycle_id().await?;
    session.insert(RENAMED, hex::encode(between)).await?;
    session.insert(PROVED, cx.now.as_second()).await?;
    session.save().await?;
    Ok(true)
}

/// When whoever is signed in last proved who they are.
///
/// # Errors
/// The database is away.
pub async fn proved_at(session: &Session) -> Result<Option<Timestamp>, session::Error> {
    let second = session.get::<i64>(PROVED).await?;
    Ok(second.and_then(|second| Timestamp::from_second(second).ok()))
}

/// Notes that whoever is signed in has just proved once more who they are.
///
/// # Errors
/// The database is away.
pub async fn note_proof(session: &Session, cx: &RequestCx) -> Result<(), session::Error> {
    session.insert(PROVED, cx.now.as_second()).await?;
    session.save().await
}

/// Keeps the mark of a password until the address is proved: in the place of an earlier one.
///
/// # Errors
/// The database is away.
pub async fn keep_mark(session: &Session, mark: &Mark) -> Result<(), session::Error> {
    session.insert(MARK, mark).await?;
    session.save().await
}

/// The mark that was kept last, if nobody has signed in since.
///
/// # Errors
/// The database is away.
pub async fn mark(session: &Session) -> Result<Option<Mark>, session::Error> {
    session.get::<Mark>(MARK).await
}

/// What names a session in the list of sessions: nobody gets into it with that.
pub fn name_of(session: &Session) -> Option<String> {
    session.id().map(|id| hex::encode(hash(&id)))
}

/// Signs out: the session is gone at once, wherever its cookie still is.
///
/// # Errors
/// The database is away.
pub async fn close(session: &Session) -> Result<(), session::Error> {
    session.flush().await
}

/// Who is signed in.
///
/// # Errors
/// The database is away.
pub async fn signed_in(session: &Session) -> Result<Option<SignedIn>, session::Error> {
    let Some(user) = session.get::<UserId>(USER).await? else { return Ok(None) };
    Ok(Some(SignedIn { user, workspace: session.get::<WorkspaceId>(WORKSPACE).await? }))
}

/// Remembers which workspace is current.
///
/// # Errors
/// The database is away.
pub async fn choose(session: &Session, workspace: WorkspaceId) -> Result<(), session::Error> {
    session.insert(WORKSPACE, workspace).await?;
    session.save().await
}

/// Keeps the session alive: written once an hour, not at every request.
///
/// # Errors
/// The database is away.
pub async fn note_visit(session: &Session, cx: &RequestCx) -> Result<(), session::Error> {
    let hour = cx.now.as_second().div_euclid(60 * 60);
    if session.get::<i64>(HOUR).await? == Some(hour) {
        return Ok(());
    }
    session.insert(HOUR, hour).await?;
    session.insert(IP, cx.ip.to_string()).await?;
    session.insert(USER_AGENT, &cx.user_agent).await
}

/// Whether the session still exists, asked from the database now.
pub async fn is_alive(session: &Session, store: &Store) -> bool {
    let Some(id) = session.id() else { return false };
    matches!(Sessions { store: store.clone() }.load(&id).await, Ok(Some(_)))
}

/// Makes removal cookies work: browsers ignore those for `__Host-` names that lack `Secure`, and
/// tower-sessions sends them without it.
pub async fn mend_removal(State(web): State<Web>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let https = web.config.base_url.is_https();
    if https
        && let header::Entry::Occupied(mut entry) = response.headers_mut().entry(header::SET_COOKIE)
    {
        let removal = format!("{}=;", cookie_name(https));
        for value in entry.iter_mut() {
            let secured = value.to_str().ok().filter(|text| text.starts_with(&removal));
            if let Some(text) = secured.filter(|text| !text.contains("Secure"))
                && let Ok(mended) = HeaderValue::from_str(&format!("{text}; Secure"))
            {
                *value = mended;
            }
        }
    }
    response
}

/// Sessions in PostgreSQL.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // Never the id the browser came with: nobody can prepare a session for somebody else.
        record.id = Id::default();
        if let Some(between) = record.data.remove(RENAMED) {
            return self.take_up(record, &between).await;
        }
        let row = written(record)?;
        let begun = self
            .store
            .user(row.user, async |tx| sessions::begin(tx, &row).await.map_err(StoreError::from));
        begun.await.map_err(away)
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let row = written(record)?;
        let renewed = self
            .store
            .user(row.user, async |tx| sessions::renew(tx, &row).await.map_err(StoreError::from));
        // One that has ended stays ended, and an error here would take the place of an answer that
        // is made already: the visit is noted another time.
        if let Err(err) = renewed.await {
            warn!(error = %err, "a session cannot be written");
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let hash = hash(id);
        let found = self
            .store
            .user(None, async |tx| sessions::find(tx, &hash).await.map_err(StoreError::from));
        let Some(found) = found.await.map_err(away)? else { return Ok(None) };
        let data: HashMap<String, Value> = serde_json::from_value(found.data)
            .map_err(|err| session_store::Error::Decode(err.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: at(found.expires_at) }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let hash = hash(id);
        let ended = self
            .store
            .user(None, async |tx| sessions::end(tx, &hash).await.map_err(StoreError::from));
        ended.await.map_err(away)
    }
}

impl Sessions {
    /// Gives the row that lies at `between` the id of `record`, with what it remembers now.
    async fn take_up(&self, record: &Record, between: &Value) -> session_store::Result<()> {
        let row = written(record)?;
        let mut from = sessions::IdHash::default();
        hex::decode_to_slice(between.as_str().unwrap_or_default(), &mut from)
            .map_err(|err| session_store::Error::Decode(err.to_string()))?;
        let renamed = self.store.user(row.user, async |tx| {
            let renamed = sessions::rename(tx, &from, &row.id_hash).await?;
            Ok::<_, StoreError>(renamed && sessions::renew(tx, &row).await?)
        });
        match renamed.await.map_err(away)? {
            true => Ok(()),
            false => Err(session_store::Error::Backend("the session has ended".to_owned())),
        }
    }
}

fn hash(id: &Id) -> sessions::IdHash {
    Sha256::digest(id.0.to_le_bytes()).into()
}

fn written(record: &Record) -> session_store::Result<sessions::Written> {
    let text = |name: &str| record.data.get(name).and_then(Value::as_str).map(str::to_owned);
    let data = serde_json::to_value(&record.data)
        .map_err(|err| session_store::Error::Encode(err.to_string()))?;
    Ok(sessions::Written {
        id_hash: hash(&record.id),
        user: text(USER).and_then(|id| id.parse().ok()),
        epoch: record.data.get(EPOCH).and_then(Value::as_i64),
        data,
        ip: text(IP),
        user_agent: text(USER_AGENT),
    })
}

fn at(moment: Timestamp) -> OffsetDateTime {
    // Only a year beyond 9999 would not fit, which no session reaches.
    OffsetDateTime::from_unix_timestamp(moment.as_second()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn away(err: StoreError) -> session_store::Error {
    session_store::Error::Backend(err.to_string())
}

#[cfg(test)]
mod tests;
