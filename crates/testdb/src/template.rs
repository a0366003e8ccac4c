//! The migrated database that every test's own is copied from.

use anyhow::{Context, Result};
use tokio::sync::OnceCell;

use crate::{address::Address, connect};

/// Its name says which migrations made it.
pub(crate) const NAME: &str = concat!("gannet_template_", env!("MIGRATIONS_HASH"));

/// Held while one process makes it and the others wait.
const TAKE_TURNS: &str = "select pg_advisory_lock(7449363227870293)";

/// Databases of runs that were killed, on a server that outlives them. No test takes an hour.
const STALE: &str = "select datname from pg_database d
    where datname ~ '^gannet_test_[0-9]+_'
      and split_part(datname, '_', 3)::bigint < extract(epoch from now()) - 3600
      and not exists (select from pg_stat_activity a where a.datname = d.datname)";

/// Makes the roles and the template unless they are there.
///
/// # Errors
/// Whatever the server says.
pub(crate) async fn prepare(address: &Address) -> Result<()> {
    static PREPARED: OnceCell<()> = OnceCell::const_new();
    PREPARED.get_or_try_init(|| make(address)).await.copied()
}

async fn make(address: &Address) -> Result<()> {
    let admin = connect(&address.superuser_url("postgres")).await?;
    admin.batch_execute(TAKE_TURNS).await?;
    for row in admin.query(STALE, &[]).await? {
        let name: String = row.get(0);
        // Another process may be quicker.
        admin.batch_execute(&format!("drop database if exists \"{name}\"")).await?;
    }
    // It becomes a template last of all: one that is none was left half made.
    let made = admin
        .query_opt("select datistemplate from pg_database where datname = $1", &[&NAME])
        .await?;
    if made.as_ref().is_some_and(|row| row.get(0)) {
        return Ok(());
    }
    admin.batch_execute(&format!("drop database if exists {NAME} with (force)")).await?;
    let password = address.role_password().map(str::to_owned);
    store::roles::create(&address.superuser_url("postgres"), NAME, |_| password.clone()).await?;
    store::migrate::run(&address.role_url(store::roles::OWNER, NAME))
        .await
        .context("cannot migrate")?;
    admin
        .batch_execute(&format!(
            "alter database {NAME} with is_template true allow_connections false"
        ))
        .await?;
    Ok(())
}
