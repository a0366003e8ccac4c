//! What a line says of where a person was, under a key that goes when they go.
//!
//! Address and client of whoever did something are sealed with a key of that person, and the chain is over
//! what was sealed. The key is derived from the chain's, which is not in the database, and from a salt that
//! is: with the account its salt is removed, and what was sealed with it can be opened by nobody any more,
//! while every link holds. `docs/audit-chain.md` describes the bytes.

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit as _, Payload},
};
use diesel::{prelude::*, sql_query, sql_types as sql};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::ids::{AuditId, UserId, WorkspaceId};
use zeroize::Zeroizing;

use super::chain::{ChainKey, put};

/// First field of what a person's key is derived from, and of the associated data.
const LABEL: &[u8] = b"gannet/audit-person/v1";
/// The only format there is.
const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 12;

/// Where somebody was, and with what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// The client's address.
    pub ip: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
}

impl Whereabouts {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(160));
        put(&mut bytes, self.ip.as_deref().map(str::as_bytes));
        put(&mut bytes, self.user_agent.as_deref().map(str::as_bytes));
        bytes
    }

    fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let (ip, user_agent) = (take(&mut bytes)?, take(&mut bytes)?);
        bytes.is_empty().then_some(Self { ip, user_agent })
    }
}

/// The next field of what [`put`] wrote.
fn take(bytes: &mut &[u8]) -> Option<Option<String>> {
    let (&is_there, rest) = bytes.split_first()?;
    if is_there == 0 {
        *bytes = rest;
        return Some(None);
    }
    let (length, rest) = rest.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok().map(Some)
}

/// Who a line is by, and with which salt what it says of them is sealed.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) user: UserId,
    pub(super) salt: Vec<u8>,
}

impl Subject {
    /// Seals `what` for the line `line` of `workspace`.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub(super) fn seal(
        &self,
        key: &ChainKey,
        workspace: WorkspaceId,
        line: AuditId,
        what: &Whereabouts,
    ) -> Result<Vec<u8>, getrandom::Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        Ok(self.seal_with(nonce, key, workspace, line, what))
    }

    fn seal_with(
        &self,
        nonce: [u8; NONCE_BYTES],
        key: &ChainKey,
        workspace: WorkspaceId,
        line: AuditId,
        what: &Whereabouts,
    ) -> Vec<u8> {
        let payload =
            Payload { msg: &what.to_bytes(), aad: &associated(workspace, line, self.user) };
        let sealed = self
            .cipher(key)
            .encrypt(&Nonce::from(nonce), payload)
            .expect("AES-GCM takes up to 64 GiB");
        [&[FORMAT], &nonce[..], &sealed].concat()
    }

    /// Opens what [`Subject::seal`] made; nothing when any of it is another.
    pub(super) fn open(
        &self,
        key: &ChainKey,
        workspace: WorkspaceId,
        line: AuditId,
        sealed: &[u8],
    ) -> Option<Whereabouts> {
        let (&FORMAT, rest) = sealed.split_first()? else { return None };
        let (&nonce, msg) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg, aad: &associated(workspace, line, self.user) };
        let text = self.cipher(key).decrypt(&Nonce::from(nonce), payload).ok()?;
        Whereabouts::from_bytes(&Zeroizing::new(text))
    }

    fn cipher(&self, key: &ChainKey) -> Aes256Gcm {
        let mut of = Vec::with_capacity(96);
        for field in [LABEL, self.user.as_uuid().as_bytes(), &self.salt] {
            put(&mut of, Some(field));
        }
        Aes256Gcm::new(&Zeroizing::new(key.mac(&of)).as_slice().try_into().expect("32 bytes"))
    }
}

fn associated(workspace: WorkspaceId, line: AuditId, user: UserId) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(96);
    let ids = [workspace.as_uuid(), line.as_uuid(), user.as_uuid()];
    put(&mut bytes, Some(LABEL));
    ids.iter().for_each(|id| put(&mut bytes, Some(id.as_bytes())));
    bytes
}

/// What a line needs to know of whom it is by.
#[derive(QueryableByName)]
pub(super) struct Known {
    /// The slug of the transaction's bot.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub(super) slug: Option<String>,
    /// Their name; none for who is no account.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub(super) name: Option<String>,
    /// Their salt.
    #[diesel(sql_type = sql::Nullable<sql::Bytea>)]
    pub(super) salt: Option<Vec<u8>>,
}

/// Gives `user`, who has an account, a salt, or finds the one that they got meanwhile.
pub(super) async fn salt(conn: &mut AsyncPgConnection, user: UserId) -> QueryResult<Vec<u8>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = sql::Bytea)]
        salt: Vec<u8>,
    }
    let mut fresh = [0; 32];
    getrandom::fill(&mut fresh)
        .map_err(|err| diesel::result::Error::SerializationError(err.to_string().into()))?;
    sql_query("insert into person_salts (user_id, salt) values ($1, $2) on conflict do nothing")
        .bind::<sql::Uuid, _>(user)
        .bind::<sql::Bytea, _>(&fresh[..])
        .execute(conn)
        .await?;
    let row: Row = sql_query("select salt from person_salts where user_id = $1")
        .bind::<sql::Uuid, _>(user)
        .get_result(conn)
        .await?;
    Ok(row.salt)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn subject() -> Subject {
        let salt = (32..64).collect();
        Subject { user: Uuid::from_u128(3).into(), salt }
    }

    fn key() -> ChainKey {
        ChainKey::new(1, std::array::from_fn(|n| n as u8))
    }

    fn place() -> (WorkspaceId, AuditId) {
        (Uuid::from_u128(1).into(), Uuid::from_u128(2).into())
    }

    fn whereabouts() -> Whereabouts {
        Whereabouts { ip: Some("192.0.2.1".into()), user_agent: None }
    }

    #[test]
    fn what_is_sealed_is_what_the_documentation_says() {
        let (workspace, line) = place();
        let sealed = subject().seal_with([7; 12], &key(), workspace, line, &whereabouts());
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = include_str!("../../../../docs/audit-chain.md");
        let want = format!("| sealed whereabouts | `{hex}` |");
        assert!(text.contains(&want), "docs/audit-chain.md has no line {want}");
    }

    #[test]
    fn it_opens_with_the_same_key_salt_person_and_line_and_with_no_other() {
        let (workspace, line) = place();
        let sealed = subject().seal(&key(), workspace, line, &whereabouts()).expect("randomness");
        let open = |subject: &Subject, key: &ChainKey, workspace, line, sealed: &[u8]| {
            subject.open(key, workspace, line, sealed)
        };
        assert_eq!(open(&subject(), &key(), workspace, line, &sealed), Some(whereabouts()));
        let elsewhere = Uuid::from_u128(9);
        let other_salt = Subject { salt: vec![0; 32], ..subject() };
        let other_user = Subject { user: elsewhere.into(), ..subject() };
        let cases = [
            open(&other_salt, &key(), workspace, line, &sealed),
            open(&other_user, &key(), workspace, line, &sealed),
            open(&subject(), &ChainKey::new(1, [9; 32]), workspace, line, &sealed),
            open(&subject(), &key(), elsewhere.into(), line, &sealed),
            open(&subject(), &key(), workspace, elsewhere.into(), &sealed),
            open(&subject(), &key(), workspace, line, &sealed[..sealed.len() - 1]),
            open(&subject(), &key(), workspace, line, &[]),
            open(&subject(), &key(), workspace, line, &[FORMAT; 12]),
        ];
        assert!(cases.iter().all(Option::is_none), "{cases:?}");
    }

    #[test]
    fn nothing_and_an_empty_text_come_back_as_they_were() {
        for what in [
            Whereabouts::default(),
            Whereabouts { ip: Some(String::new()), user_agent: Some("Mallory\u{202e}".into()) },
        ] {
            assert_eq!(Whereabouts::from_bytes(&what.to_bytes()), Some(what));
        }
        for bytes in [&b""[..], b"\x00", b"\x00\x00\x00", b"\x01\0\0\0\x09abc\x00", b"\x01\0\0"] {
            assert_eq!(Whereabouts::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}
