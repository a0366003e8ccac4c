//! Settings: read once from the environment, checked together, documented where they are read.
//!
//! Each setting is an environment variable, or a file named by the same variable with `_FILE`
//! appended (so that a secret need not stand in the environment). [`Config::read`] is a pure
//! function of those variables; it either understands everything or complains about everything
//! at once.

mod base_url;
mod billing;
mod data;
mod database;
mod log;
mod mail;
mod metrics;
mod networks;
mod reader;
mod report;
mod secret;
mod settings;
mod telegram;
mod web;

use std::path::PathBuf;

pub use base_url::BaseUrl;
pub use billing::{BillingConfig, PlansToml};
pub use data::DataConfig;
pub use database::{DatabaseConfig, DatabaseUrl, DatabaseUrls};
pub use log::{LogConfig, LogFormat};
pub use mail::{MailConfig, SmtpUrl};
pub use metrics::{MetricsConfig, MetricsToken};
pub use networks::Networks;
pub use reader::{Complaint, Host, Origin, Variables};
pub use report::{InForce, Report};
pub use secret::Secret;
pub use settings::{SETTINGS, Setting};
pub use telegram::{Sandbox, TelegramConfig};
pub use web::WebConfig;

use reader::Reader;

/// Everything an admin can set, understood and free of contradictions.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses, who may come, static files.
    pub web: WebConfig,
    /// Who may read figures about the instance.
    pub metrics: MetricsConfig,
    /// Where files and keys lie.
    pub data: DataConfig,
    /// Whose PostgreSQL.
    pub database: DatabaseConfig,
    /// A role that may make roles and databases; only `migrate --create-roles` asks for it.
    /// `DATABASE_ADMIN_URL`.
    pub database_admin: Option<DatabaseUrl>,
    /// A file of certificates in PEM, whose issuers are believed beside the public ones when
    /// PostgreSQL shows its own.
    /// `DATABASE_CA_FILE`, default none.
    pub database_ca: Option<PathBuf>,
    /// Where mail goes.
    pub mail: MailConfig,
    /// A database of countries in MaxMind's format, for the list of sign-ins.
    /// `GEOIP_DATABASE`, default none.
    pub geoip: Option<PathBuf>,
    /// Which Telegram, how fast, and whether the sandbox is offered.
    pub telegram: TelegramConfig,
    /// What is sold, and through whom.
    pub billing: BillingConfig,
    /// What is logged and how.
    pub log: LogConfig,
    /// What is in force and where each value came from, secrets hidden.
    pub report: Report,
}

impl Config {
    /// Understands `variables`.
    ///
    /// # Errors
    /// Every complaint at once, one line each, in the order of [`SETTINGS`].
    pub fn read(variables: &Variables, host: &Host) -> Result<Self, Vec<Complaint>> {
        let mut reader = Reader::new(variables, host);
        let web = WebConfig::read(&mut reader);
        let metrics = MetricsConfig::read(&mut reader, &web);
        let data = DataConfig::read(&mut reader);
        let database = DatabaseConfig::read(&mut reader);
        let database_admin = reader.maybe("DATABASE_ADMIN_URL", "(none)");
        let database_ca = database::issuers(&mut reader);
        let database = database.trusting(database_ca.as_deref());
        let mail = MailConfig::read(&mut reader, &web);
        let geoip = reader.maybe::<PathBuf>("GEOIP_DATABASE", "(addresses without a country)");
        let telegram = TelegramConfig::read(&mut reader, &web);
        let billing = BillingConfig::read(&mut reader);
        let log = LogConfig::read(&mut reader);
        let report = reader.finish()?;
        Ok(Self {
            web,
            metrics,
            data,
            database,
            database_admin,
            database_ca,
            mail,
            geoip,
            telegram,
            billing,
            log,
            report,
        })
    }

    /// Understands the environment of this process.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn from_environment() -> Result<Self, Vec<Complaint>> {
        let (variables, not_text) = Variables::of_process();
        match Self::read(&variables, &Host::this()) {
            Ok(config) if not_text.is_empty() => Ok(config),
            Ok(_) => Err(not_text),
            Err(complaints) => Err(not_text.into_iter().chain(complaints).collect()),
        }
    }
}

/// For tests elsewhere that need a list of networks.
#[cfg(test)]
pub(crate) fn networks_for_test(text: &str) -> Networks {
    <Networks as reader::Value>::parse(text).expect("a list of networks")
}

/// For tests elsewhere that need a sound configuration.
#[cfg(test)]
pub(crate) fn web_config_for_test(pairs: &[(&str, &str)]) -> WebConfig {
    config_for_test(pairs).web
}

/// As [`web_config_for_test`], all of it.
#[cfg(test)]
pub(crate) fn config_for_test(pairs: &[(&str, &str)]) -> Config {
    let variables = Variables::from_pairs(pairs);
    let read = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    let host = Host { root: true, directory: "/".into(), read };
    Config::read(&variables, &host).expect("a sound configuration")
}

#[cfg(test)]
mod tests;
