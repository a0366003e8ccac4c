//! The database roles, and the check that requests do not run as a powerful one.

use diesel::{QueryableByName, sql_query, sql_types::Bool, sql_types::Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::{StoreError, connect};

/// Runs migrations and owns the tables.
pub const OWNER: &str = "gannet_owner";
/// Serves requests and the bodies of jobs; fenced.
pub const APP: &str = "gannet_app";
/// Claims work and takes in updates.
pub const WORKER: &str = "gannet_worker";

/// Owns the audit log: makes its months ahead and drops those that are over. Nobody signs in as it; the
/// owner becomes it for that.
pub const RETENTION: &str = "gannet_retention";

/// Makes the roles and the database, or leaves them as they are. `password` gives each role its own, so
/// that whoever holds one address cannot sign in as another; none where the way in is trusted (a
/// private socket). Needs a superuser, or a role that may create roles and databases.
///
/// # Errors
/// Whatever the server says.
pub async fn create(
    admin_url: &str,
    database: &str,
    password: impl Fn(&str) -> Option<String>,
) -> Result<(), StoreError> {
    let mut conn =
        connect::open(admin_url).await.map_err(|err| StoreError::Unavailable(err.into()))?;
    for role in [OWNER, APP, WORKER] {
        let password =
            password(role).map(|text| format!(" password {}", literal(&text))).unwrap_or_default();
        conn.batch_execute(&format!(
            "do $$ begin create role {role} login nosuperuser nobypassrls nocreaterole nocreatedb; \
             exception when duplicate_object then null; end $$;"
        ))
        .await?;
        conn.batch_execute(&format!(
            "alter role {role} login{password};
             alter role {role} set client_connection_check_interval = '2s';
             alter role {role} set idle_in_transaction_session_timeout = '60s';"
        ))
        .await?;
    }
    conn.batch_execute(&format!(
        "do $$ begin create role {RETENTION} nologin nosuperuser nobypassrls nocreaterole nocreatedb; \
         exception when duplicate_object then null; end $$;
         grant {RETENTION} to {OWNER};"
    ))
    .await?;
    // Migrations may take long; requests and claims may not.
    conn.batch_execute(&format!(
        "alter role {APP} set statement_timeout = '30s';
         alter role {APP} set lock_timeout = '5s';
         alter role {WORKER} set statement_timeout = '30s';
         alter role {WORKER} set lock_timeout = '5s';"
    ))
    .await?;

    let exists: Vec<Found> =
        sql_query("select exists (select from pg_database where datname = $1) as found")
            .bind::<Text, _>(database)
            .load(&mut conn)
            .await?;
    if !exists.iter().any(|row| row.found) {
        create_database(&mut conn, database).await?;
    }
    Ok(())
}

/// Only who may act as the owner can give it a database: an administrator who is no superuser is let
/// into the role for that moment.
async fn create_database(conn: &mut AsyncPgConnection, database: &str) -> Result<(), StoreError> {
    // Since 16 whoever made a role is a member of it, and yet may not act as it.
    let may: Found = sql_query(
        "select pg_has_role(current_user, $1, case
             when current_setting('server_version_num')::int < 160000 then 'member' else 'set'
         end) as found",
    )
    .bind::<Text, _>(OWNER)
    .get_result(conn)
    .await?;
    if !may.found {
        conn.batch_execute(&format!("grant {OWNER} to current_user")).await?;
    }
    let made = conn
        .batch_execute(&format!(
            "create database {} owner {OWNER} encoding 'UTF8' template template0",
            ident(database)
        ))
        .await;
    if !may.found {
        conn.batch_execute(&format!("revoke {OWNER} from current_user")).await?;
    }
    Ok(made?)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    found: bool,
}

/// Why requests must not run as the role behind `url`: none if they may.
///
/// # Errors
/// [`StoreError::Unavailable`] without a connection.
pub async fn too_powerful(url: &str) -> Result<Option<&'static str>, StoreError> {
    #[derive(QueryableByName)]
    struct Powers {
        #[diesel(sql_type = Bool)]
        superuser: bool,
        #[diesel(sql_type = Bool)]
        bypasses: bool,
        #[diesel(sql_type = Bool)]
        belongs: bool,
        #[diesel(sql_type = Bool)]
        owns: bool,
    }
    let mut conn = connect::open(url).await.map_err(|err| StoreError::Unavailable(err.into()))?;
    let powers: Powers = sql_query(
        "select rolsuper as superuser, rolbypassrls as bypasses,
                exists (select from pg_roles r where (r.rolsuper or r.rolbypassrls)
                          and pg_has_role(current_user, r.oid, 'member')) as belongs,
                exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                        where n.nspname = 'public' and c.relkind in ('r', 'p')
                          and pg_has_role(current_user, c.relowner, 'member')) as owns
         from pg_roles where rolname = current_user",
    )
    .get_result(&mut conn)
    .await?;
    Ok(if powers.superuser {
        Some("it is a superuser")
    } else if powers.bypasses {
        Some("it bypasses row-level security")
    } else if powers.belongs {
        Some("it belongs to a role that is a superuser or bypasses row-level security")
    } else if powers.owns {
        Some("it owns the tables, or belongs to the role that does")
    } else {
        None
    })
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn ident(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
