//! The roll of accounts, for the person who runs the server.

use diesel::{prelude::*, sql_query, sql_types};
use diesel_async::RunQueryDsl;
use domain::{Timestamp, audit::AccountEvent, ids::UserId};

use super::GlobalTx;

/// What signs a person in: a code that is taken does so too.
const SIGN_INS: [AccountEvent; 2] = [AccountEvent::SignedIn, AccountEvent::Verified];

/// One account.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose.
    pub id: UserId,
    /// The address as it was typed.
    pub email: String,
    /// What they want to be called.
    pub name: String,
    /// When the address was proved; none when it was not.
    pub verified_at: Option<Timestamp>,
    /// When they signed in last, if they ever did.
    pub signed_in_at: Option<Timestamp>,
    /// When they signed up.
    pub created_at: Timestamp,
}

/// Which accounts to read.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// All, the newest first.
    All,
    /// Those that are older than the account of this address, the newest first.
    Before(&'a str),
    /// The one of this address.
    Only(&'a str),
}

/// Accounts, the newest first, at most `limit`. Addresses in `which` are keys.
pub async fn read(tx: &mut impl GlobalTx, which: Which<'_>, limit: i64) -> QueryResult<Vec<Entry>> {
    let (before, only) = match which {
        Which::All => (None, None),
        Which::Before(key) => (Some(key), None),
        Which::Only(key) => (None, Some(key)),
    };
    let kinds = SIGN_INS.map(AccountEvent::kind);
    // Ids begin with the time they were made at: their order is that of the sign-ups.
    let rows: Vec<Row> = sql_query(
        "select u.id, u.email, u.name, u.verified_at, u.created_at,
                (select max(l.at) from account_log l
                 where l.user_id = u.id and l.kind = any($1)) as signed_in_at
         from users u
         where ($2::text is null or u.id < (select id from users where email_key = $2))
           and ($3::text is null or u.email_key = $3)
         order by u.id desc
         limit $4",
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(&kinds[..])
    .bind::<sql_types::Nullable<sql_types::Text>, _>(before)
    .bind::<sql_types::Nullable<sql_types::Text>, _>(only)
    .bind::<sql_types::BigInt, _>(limit)
    .load(tx.global())
    .await?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql_types::Uuid)]
    id: UserId,
    #[diesel(sql_type = sql_types::Text)]
    email: String,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    verified_at: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    signed_in_at: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = sql_types::Timestamptz)]
    created_at: jiff_diesel::Timestamp,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            email: row.email,
            name: row.name,
            verified_at: row.verified_at.map(|at| at.to_jiff()),
            signed_in_at: row.signed_in_at.map(|at| at.to_jiff()),
            created_at: row.created_at.to_jiff(),
        }
    }
}
