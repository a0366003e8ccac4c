//! Bringing the schema up to this program, and telling when it is ahead of it.

use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connect;

/// Every migration this program knows.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Held until the connection closes. Any fixed number will do; this one is "gannet" in ASCII.
const TAKE_TURNS: &str = "select pg_advisory_lock(113723414078836)";

/// Why the schema is not what this program needs.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection as the owner role.
    #[error(transparent)]
    Connect(#[from] diesel::ConnectionError),
    /// The database has migrations that this program does not know.
    #[error(
        "the database was made by a newer gannet (its schema is at {newest}); start that version, or restore a backup"
    )]
    Newer {
        /// The newest migration in the database.
        newest: String,
    },
    /// A migration failed; it was rolled back.
    #[error("a migration failed: {0}")]
    Failed(String),
}

/// Which migrations are missing from the database, oldest first.
///
/// # Errors
/// [`MigrateError::Newer`] when the database is ahead of this program.
pub async fn pending(owner_url: &str) -> Result<Vec<String>, MigrateError> {
    with_harness(owner_url, |harness| {
        refuse_newer(harness)?;
        let pending = harness.pending_migrations(MIGRATIONS).map_err(failed)?;
        Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
    })
    .await
}

/// Runs the missing migrations, each in its own transaction. Says which ran.
///
/// Two instances that start at once take turns: an advisory lock keeps the second waiting.
///
/// # Errors
/// See [`MigrateError`].
pub async fn run(owner_url: &str) -> Result<Vec<String>, MigrateError> {
    with_harness(owner_url, |harness| {
        refuse_newer(harness)?;
        let ran = harness.run_pending_migrations(MIGRATIONS).map_err(failed)?;
        Ok(ran.iter().map(ToString::to_string).collect())
    })
    .await
}

/// Takes every migration back. For the test that the way down works.
///
/// # Errors
/// See [`MigrateError`].
pub async fn revert_all(owner_url: &str) -> Result<(), MigrateError> {
    with_harness(owner_url, |harness| {
        harness.revert_all_migrations(MIGRATIONS).map_err(failed)?;
        Ok(())
    })
    .await
}

type Harness = AsyncMigrationHarness<diesel_async::AsyncPgConnection>;

async fn with_harness<T: Send + 'static>(
    owner_url: &str,
    work: impl FnOnce(&mut Harness) -> Result<T, MigrateError> + Send + 'static,
) -> Result<T, MigrateError> {
    let mut conn = connect::open(owner_url).await?;
    conn.batch_execute(TAKE_TURNS).await.map_err(|err| failed(err.into()))?;
    // The harness blocks its thread.
    tokio::task::spawn_blocking(move || work(&mut AsyncMigrationHarness::new(conn)))
        .await
        .map_err(|err| MigrateError::Failed(err.to_string()))?
}

fn refuse_newer(harness: &mut Harness) -> Result<(), MigrateError> {
    use diesel::migration::{Migration, MigrationSource};
    let known: Vec<Box<dyn Migration<diesel::pg::Pg>>> = MIGRATIONS.migrations().map_err(failed)?;
    let newest_known = known.iter().map(|migration| migration.name().version().to_string()).max();
    let applied = harness.applied_migrations().map_err(failed)?;
    match applied.iter().map(ToString::to_string).max() {
        Some(newest) if Some(&newest) > newest_known.as_ref() => {
            Err(MigrateError::Newer { newest })
        }
        _ => Ok(()),
    }
}

fn failed(err: Box<dyn std::error::Error + Send + Sync>) -> MigrateError {
    MigrateError::Failed(err.to_string())
}
