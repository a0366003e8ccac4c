//! The database: there, under the right roles, at this version, on time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use services::backlog;
use store::{StoreError, migrate, sessions};
use tokio::time::timeout;

use super::finding::Finding;
use crate::{
    boot::{self, Database, Keys},
    config::{Config, DatabaseConfig},
    postgres::{Wanted, installed_version},
};

/// Clocks that differ by more than this confuse people; what matters goes by the database's.
const MOST_DIFFERENCE: SignedDuration = SignedDuration::from_secs(5);
/// Longest that an update should wait, in seconds: people have pressed Start and got no answer.
const LONGEST_WAIT_SECS: f64 = 60.0;
/// Longest that any of these checks may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn check(config: &Config) -> Vec<Finding> {
    let embedded = config.database == DatabaseConfig::Embedded;
    if embedded && !config.data.database_dir().join("data").exists() {
        return vec![match installed_version() {
            Ok(version) => Finding::ok(
                "database",
                format!("gannet's own, made with PostgreSQL {version} at the first start"),
            ),
            Err(refusal) => Finding::fail("database", "none", refusal.to_string()),
        }];
    }
    let database = match Database::open(config, Wanted::Shared).await {
        Ok(database) => database,
        Err(refusal) => {
            let fix = if embedded { "see the log beside it" } else { "see DATABASE_URL" };
            return vec![Finding::fail("database", refusal.to_string(), fix)];
        }
    };
    let whose = if embedded {
        "gannet's own answers"
    } else {
        "yours answers, as every role that signs in"
    };
    let checks = async {
        vec![
            Finding::ok("database", whose),
            roles(&database).await,
            schema(&database).await,
            seal(config, &database).await,
            clock(&database).await,
            inbox(&database).await,
        ]
    };
    let findings = timeout(PATIENCE, checks).await.unwrap_or_else(|_| {
        vec![Finding::fail("database", "stopped answering", "look at its log and its load")]
    });
    database.close().await;
    findings
}

async fn roles(database: &Database) -> Finding {
    match database.check_roles().await {
        Ok(()) => {
            Finding::ok("roles", "requests and jobs run as roles that cannot climb the fence")
        }
        Err(refusal) => Finding::fail("roles", refusal.to_string(), "change that address"),
    }
}

async fn schema(database: &Database) -> Finding {
    match migrate::pending(database.urls().owner.reveal()).await {
        Ok(pending) if pending.is_empty() => Finding::ok("schema", "is this version's"),
        Ok(pending) => Finding::warn(
            "schema",
            format!("{} steps are missing", pending.len()),
            "run `gannet migrate`, or start `gannet serve`, which does it",
        ),
        Err(err) => Finding::fail("schema", err.to_string(), "start the newer gannet"),
    }
}

/// Whether the keys here are those the data were sealed with.
async fn seal(config: &Config, database: &Database) -> Finding {
    let store = database.store();
    let fix =
        "put back the files of GANNET_KEYS (or the WEB_SECRET_KEY) that belong to this database";
    let sealed = match boot::sealed_with(&store).await {
        Ok(sealed) => sealed,
        Err(refusal) => {
            return Finding::warn("seal", refusal.to_string(), "run `gannet migrate` first");
        }
    };
    match (sealed, Keys::find(&config.data).await) {
        (None, _) => Finding::ok("seal", "nothing has been sealed in this database yet"),
        (Some(_), Ok(None)) => {
            Finding::fail("seal", "this database was sealed with keys that are not here", fix)
        }
        (Some(_), Ok(Some(keys))) => match keys.fit(&store).await {
            Ok(()) => Finding::ok("seal", "the keys are those of this database"),
            Err(_) => Finding::fail("seal", "this database was sealed with other keys", fix),
        },
        (Some(_), Err(_)) => Finding::warn("seal", "cannot be compared", "mend the keys first"),
    }
}

async fn clock(database: &Database) -> Finding {
    let store = database.store();
    let read = store.user(None, async |tx| sessions::clock(tx).await.map_err(StoreError::from));
    match read.await {
        Ok(theirs) => difference(Timestamp::now().duration_since(theirs)),
        Err(err) => Finding::warn(
            "clock",
            format!("the database's cannot be read ({err})"),
            "run `gannet migrate` first",
        ),
    }
}

/// Whether what arrived is put into effect.
async fn inbox(database: &Database) -> Finding {
    match backlog::waiting(&database.store()).await {
        Ok(backlog::Waiting { updates, .. }) => waited(updates.waiting, updates.oldest_secs),
        Err(err) => Finding::warn(
            "inbox",
            format!("cannot be counted ({err})"),
            "run `gannet migrate` first",
        ),
    }
}

fn waited(count: i64, oldest_secs: Option<f64>) -> Finding {
    let Some(secs) = oldest_secs else { return Finding::ok("inbox", "no update waits") };
    let found = format!("{count} updates wait, the oldest for {secs:.0} s");
    if secs > LONGEST_WAIT_SECS {
        Finding::warn("inbox", found, "see that a worker runs, and look at its log and its load")
    } else {
        Finding::ok("inbox", found)
    }
}

fn difference(ahead: SignedDuration) -> Finding {
    let found = format!("differs from the database's by {:.1} s", ahead.as_secs_f64().abs());
    if ahead.abs() > MOST_DIFFERENCE {
        Finding::warn("clock", found, "set both machines by NTP")
    } else {
        Finding::ok("clock", found)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn a_clock_may_be_a_little_off_on_either_side() {
        let cases = [(0, Level::Ok), (5, Level::Ok), (6, Level::Warn), (-6, Level::Warn)];
        for (secs, want) in cases {
            assert_eq!(difference(SignedDuration::from_secs(secs)).level(), want, "{secs}");
        }
    }

    #[test]
    fn updates_may_wait_for_a_moment() {
        let cases = [(None, Level::Ok), (Some(3.0), Level::Ok), (Some(61.0), Level::Warn)];
        for (secs, want) in cases {
            assert_eq!(waited(7, secs).level(), want, "{secs:?}");
        }
    }
}
