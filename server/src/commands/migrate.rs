//! `gannet migrate`

use std::process::ExitCode;

use store::roles;

use crate::{
    boot::{Database, answers},
    config::Config,
    postgres::Wanted,
    refusal::Refusal,
};

/// The database that is made.
const DATABASE: &str = "gannet";

/// Brings the schema up to this program; with `create_roles` makes roles and database first.
///
/// # Errors
/// One line that says what to do.
pub async fn migrate(config: &Config, create_roles: bool) -> Result<ExitCode, Refusal> {
    if create_roles {
        return prepare(config).await;
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
async fn prepare(config: &Config) -> Result<ExitCode, Refusal> {
    let Some(admin) = &config.database_admin else {
        return Err(Refusal::new(
            "DATABASE_ADMIN_URL: set it to an administrator's address such as \
             postgres://postgres:password@host:5432/postgres",
        ));
    };
    let connected = admin.trusting(config.database_ca.as_deref());
    answers("DATABASE_ADMIN_URL", &connected).await?;
    // One each: whoever holds the address for requests must not get in as the owner.
    let roles = [
        ("DATABASE_URL", roles::APP, password()?),
        ("DATABASE_WORKER_URL", roles::WORKER, password()?),
        ("DATABASE_OWNER_URL", roles::OWNER, password()?),
    ];
    let password_of = |wanted: &str| {
        roles.iter().find(|(_, role, _)| *role == wanted).map(|(_, _, password)| password.clone())
    };
    store::roles::create(connected.reveal(), DATABASE, password_of).await.map_err(|err| {
        let cause = std::error::Error::source(&err).map(|cause| format!(": {cause}"));
        Refusal::new(format!(
            "DATABASE_ADMIN_URL: roles and database cannot be made ({err}{}); it must be the \
             address of a role that may create both",
            cause.unwrap_or_default()
        ))
    })?;
    println!("Roles and database are ready. Configure every gannet with:\n");
    for (name, role, password) in &roles {
        println!("{name}={}", admin.with_role(role, password, DATABASE).reveal());
    }
    println!(
        "\nThe passwords are shown this once. A second run replaces them, and every gannet then \
         needs the new addresses."
    );
    Ok(ExitCode::SUCCESS)
}

/// 192 bits.
fn password() -> Result<String, Refusal> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes)
        .map_err(|err| Refusal::new(format!("no random numbers from the system: {err}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
