//! The store against a real PostgreSQL.

mod append_only;
mod audit_list;
mod audit_months;
mod counters;
mod dropped;
mod endings;
mod errors;
mod fence;
mod limits;
mod migrations;
mod moving;
mod once;
mod privileges;
mod roles;
mod schema_file;
mod schema_rules;
mod support;
mod tls;
