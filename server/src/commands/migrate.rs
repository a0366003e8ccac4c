//! `gannet migrate`

use std::process::ExitCode;

use store::roles;
use url::Url;

use crate::{
    boot::Database,
    config::Config,
    postgres::Wanted,
    refusal::Refusal,
};

/// Where the administrator's address is read; not a setting, because nothing else may use it.
const ADMIN: &str = "DATABASE_ADMIN_URL";
/// The database that is made.
const DATABASE: &str = "gannet";

/// Brings the schema up to this program; with `create_roles` makes roles and database first.
///
/// # Errors
/// One line that says what to do.
pub async fn migrate(config: &Config, create_roles: bool) -> Result<ExitCode, Refusal> {
    if create_roles {
        return prepare().await;
    }
    let database = Database::open(config, Wanted::Shared).await?;
    let ran = database.migrate().await;
    database.close().await;
    match ran?.as_slice() {
        [] => println!("The database is up to date."),
        ran => {
            for step in ran {
                println!("ran {step}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes roles and database on a bare server, and prints what to configure.
async fn prepare() -> Result<ExitCode, Refusal> {
    let admin = admin_address()?;
    let password = password()?;
    roles::create(admin.as_str(), DATABASE, Some(&password)).await.map_err(|err| {
        let cause = std::error::Error::source(&err).map(|cause| format!(": {cause}"));
        Refusal::new(format!(
            "{ADMIN}: roles and database cannot be made ({err}{}); it must be the address of a role \
             that may create both",
            cause.unwrap_or_default()
        ))
    })?;
    println!("Roles and database are ready. Configure every gannet with:\n");
    for (name, role) in [
        ("DATABASE_URL", roles::APP),
        ("DATABASE_WORKER_URL", roles::WORKER),
        ("DATABASE_OWNER_URL", roles::OWNER),
    ] {
        println!("{name}={}", address(&admin, role, &password));
    }
    println!("\nThis is the only time the password is shown; a second run makes a new one.");
    Ok(ExitCode::SUCCESS)
}

fn admin_address() -> Result<Url, Refusal> {
    let text = std::env::var(ADMIN).unwrap_or_default();
    let example = "postgres://postgres:password@host:5432/postgres";
    let url = Url::parse(text.trim()).ok();
    url.filter(|url| matches!(url.scheme(), "postgres" | "postgresql")).ok_or_else(|| {
        Refusal::new(format!("{ADMIN}: set it to an administrator's address such as {example}"))
    })
}

/// 192 bits.
fn password() -> Result<String, Refusal> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes)
        .map_err(|err| Refusal::new(format!("no random numbers from the system: {err}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The administrator's server, as `role`.
fn address(admin: &Url, role: &str, password: &str) -> String {
    let mut url = admin.clone();
    url.set_path(DATABASE);
    // Both fail only for addresses without a host; such a one names its socket in the query, and
    // needs no password there.
    let _ = url.set_username(role);
    let _ = url.set_password(Some(password));
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_address_is_the_administrators_server_with_another_role() {
        let admin = Url::parse("postgres://root:TEST@db:5433/postgres?sslmode=require").expect("ok");
        assert_eq!(
            address(&admin, roles::APP, "TEST-new"),
            "postgres://gannet_app:TEST-new@db:5433/gannet?sslmode=require"
        );
    }
}
