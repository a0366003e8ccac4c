//! How a workspace stands with Stripe, and how much it uses.

pub mod customers;
pub mod events;
pub mod notices;
pub mod usage;

use diesel::{prelude::*, sql_query, sql_types as sql};
use diesel_async::RunQueryDsl;
use domain::{Timestamp, billing::facts::Facts, ids::UserId};
use serde_json::Value;

use crate::{TenantTx, WorkspaceTx};

/// What is known of a workspace's customer.
#[derive(Clone, Debug)]
pub struct Account {
    /// Stripe's id of the customer.
    pub customer: String,
    /// Who gets Stripe's mail, as long as they own the workspace.
    pub contact: Option<UserId>,
    /// What Stripe said last.
    pub facts: Facts,
    /// When that was; none before the first look.
    pub facts_at: Option<Timestamp>,
    /// The page of payment that is open.
    pub checkout: Option<Checkout>,
    /// Numbers the pages of payment.
    pub checkout_no: i32,
    /// The subscriptions that Gannet lets end because the workspace is about to go.
    pub ended_by_us: Vec<String>,
}

/// A page of payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// Stripe's id of it.
    pub id: String,
    /// Where it is.
    pub url: String,
    /// For which price.
    pub price: String,
    /// Until when it can be paid.
    pub until: Timestamp,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = sql::Text)]
    customer_id: String,
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    contact_id: Option<UserId>,
    #[diesel(sql_type = sql::Jsonb)]
    facts: Value,
    #[diesel(sql_type = sql::Nullable<sql::Timestamptz>)]
    facts_at: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = sql::Integer)]
    checkout_no: i32,
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    checkout_id: Option<String>,
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    checkout_url: Option<String>,
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    checkout_price: Option<String>,
    #[diesel(sql_type = sql::Nullable<sql::Timestamptz>)]
    checkout_until: Option<jiff_diesel::Timestamp>,
    #[diesel(sql_type = sql::Array<sql::Text>)]
    ended_by_us: Vec<String>,
}

impl Row {
    /// Facts of a form that this version cannot read are none: the next look brings them anew.
    fn account(self) -> Account {
        let checkout = (self.checkout_id.zip(self.checkout_url))
            .zip(self.checkout_price.zip(self.checkout_until))
            .map(|((id, url), (price, until))| Checkout { id, url, price, until: until.to_jiff() });
        Account {
            customer: self.customer_id,
            contact: self.contact_id,
            facts: serde_json::from_value(self.facts).unwrap_or_default(),
            facts_at: self.facts_at.map(|at| at.to_jiff()),
            checkout,
            checkout_no: self.checkout_no,
            ended_by_us: self.ended_by_us,
        }
    }
}

const COLUMNS: &str =
    "customer_id, contact_id, facts, facts_at, checkout_no, checkout_id, checkout_url,
    checkout_price, checkout_until, ended_by_us";

/// The workspace's customer in one of Stripe's two worlds.
pub async fn account(tx: &mut impl TenantTx, live: bool) -> QueryResult<Option<Account>> {
    read(tx, live, "").await
}

/// As [`account`], and nobody else changes it until the transaction ends.
pub async fn lock(tx: &mut WorkspaceTx<'_>, live: bool) -> QueryResult<Option<Account>> {
    read(tx, live, "for update").await
}

async fn read(tx: &mut impl TenantTx, live: bool, lock: &str) -> QueryResult<Option<Account>> {
    let workspace = tx.workspace();
    let sql =
        format!("select {COLUMNS} from billing where workspace_id = $1 and livemode = $2 {lock}");
    let row: Option<Row> = sql_query(sql)
        .bind::<sql::Uuid, _>(workspace)
        .bind::<sql::Bool, _>(live)
        .get_result(tx.conn())
        .await
        .optional()?;
    Ok(row.map(Row::account))
}

/// Notes the workspace's customer. One that is there already stays, unless it was deleted at Stripe.
pub async fn set_customer(
    tx: &mut WorkspaceTx<'_>,
    live: bool,
    customer: &str,
    contact: Option<UserId>,
) -> QueryResult<()> {
    sql_query(
        "insert into billing (workspace_id, livemode, customer_id, contact_id) values ($1, $2, $3, $4)
         on conflict (workspace_id, livemode) do update
             set customer_id = excluded.customer_id, contact_id = excluded.contact_id, facts = '{}', facts_at = null,
                 checkout_id = null, checkout_url = null, checkout_price = null, checkout_until = null,
                 ended_by_us = '{}'
             where (billing.facts ->> 'is_deleted')::boolean and billing.customer_id <> excluded.customer_id",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Bool, _>(live)
    .bind::<sql::Text, _>(customer)
    .bind::<sql::Nullable<sql::Uuid>, _>(contact)
    .execute(tx.conn)
    .await?;
    Ok(())
}

/// Says who gets Stripe's mail from now on.
pub async fn set_contact(
    tx: &mut WorkspaceTx<'_>,
    live: bool,
    contact: Option<UserId>,
) -> QueryResult<()> {
    sql_query("update billing set contact_id = $3 where workspace_id = $1 and livemode = $2")
        .bind::<sql::Uuid, _>(tx.workspace)
        .bind::<sql::Bool, _>(live)
        .bind::<sql::Nullable<sql::Uuid>, _>(contact)
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Notes which subscriptions Gannet lets end; none: they go on again.
pub async fn set_ended_by_us(
    tx: &mut WorkspaceTx<'_>,
    live: bool,
    subscriptions: &[String],
) -> QueryResult<()> {
    sql_query("update billing set ended_by_us = $3 where workspace_id = $1 and livemode = $2")
        .bind::<sql::Uuid, _>(tx.workspace)
        .bind::<sql::Bool, _>(live)
        .bind::<sql::Array<sql::Text>, _>(subscriptions)
        .execute(tx.conn)
        .await?;
    Ok(())
}

/// Whether the workspace is a customer in either of Stripe's two worlds.
pub async fn is_customer(tx: &mut impl TenantTx) -> QueryResult<bool> {
    use crate::schema::billing;
    let workspace = tx.workspace();
    let ours = billing::table.filter(billing::workspace_id.eq(workspace));
    diesel::select(diesel::dsl::exists(ours)).get_result(tx.conn()).await
}

/// Notes the page of payment that is open from now on, the `no`-th; none: there is none any more. False: another
/// one was opened meanwhile.
pub async fn set_checkout(
    tx: &mut WorkspaceTx<'_>,
    live: bool,
    no: i32,
    checkout: Option<&Checkout>,
) -> QueryResult<bool> {
    let until = checkout.map(|checkout| jiff_diesel::Timestamp::from(checkout.until));
    let set = sql_query(
        "update billing set checkout_no = checkout_no + 1, checkout_id = $4, checkout_url = $5, checkout_price = $6,
                checkout_until = $7
         where workspace_id = $1 and livemode = $2 and checkout_no = $3",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Bool, _>(live)
    .bind::<sql::Integer, _>(no)
    .bind::<sql::Nullable<sql::Text>, _>(checkout.map(|checkout| &checkout.id))
    .bind::<sql::Nullable<sql::Text>, _>(checkout.map(|checkout| &checkout.url))
    .bind::<sql::Nullable<sql::Text>, _>(checkout.map(|checkout| &checkout.price))
    .bind::<sql::Nullable<sql::Timestamptz>, _>(until)
    .execute(tx.conn)
    .await?;
    Ok(set == 1)
}

/// Begins a look at Stripe; gives its number, which grows.
pub async fn begin_look(tx: &mut WorkspaceTx<'_>, live: bool) -> QueryResult<Option<i64>> {
    #[derive(QueryableByName)]
    struct Look {
        #[diesel(sql_type = sql::BigInt)]
        looks_begun: i64,
    }
    let look: Option<Look> = sql_query(
        "update billing set looks_begun = looks_begun + 1 where workspace_id = $1 and livemode = $2
         returning looks_begun",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Bool, _>(live)
    .get_result(tx.conn)
    .await
    .optional()?;
    Ok(look.map(|look| look.looks_begun))
}

/// Writes down what the look `no` saw. False: one that began later has been written, and this one may be older.
pub async fn end_look(
    tx: &mut WorkspaceTx<'_>,
    live: bool,
    no: i64,
    facts: &Facts,
) -> QueryResult<bool> {
    let facts = serde_json::to_value(facts).unwrap_or_default();
    let written = sql_query(
        "update billing set facts = $4, facts_at = gannet_now(), look_written = $3
         where workspace_id = $1 and livemode = $2 and look_written < $3",
    )
    .bind::<sql::Uuid, _>(tx.workspace)
    .bind::<sql::Bool, _>(live)
    .bind::<sql::BigInt, _>(no)
    .bind::<sql::Jsonb, _>(facts)
    .execute(tx.conn)
    .await?;
    Ok(written == 1)
}
