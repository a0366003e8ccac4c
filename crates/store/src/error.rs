//! What can go wrong with the database, seen from a use case.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// Why a transaction did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, restarting or too busy: the same call may succeed in a moment.
    #[error("the database does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A constraint refused the row; the name says which.
    #[error("refused by {constraint}")]
    Refused {
        /// The constraint's name in the schema.
        constraint: String,
    },
    /// Anything else: a mistake of ours.
    #[error("a query failed")]
    Query(#[source] DieselError),
}

impl StoreError {
    /// Whether `constraint` is what refused the row.
    pub fn is_refused_by(&self, name: &str) -> bool {
        matches!(self, Self::Refused { constraint } if constraint == name)
    }
}

impl From<DieselError> for StoreError {
    fn from(err: DieselError) -> Self {
        match err {
            DieselError::DatabaseError(kind, info) => match (kind, info.constraint_name()) {
                (
                    DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                    _,
                ) => Self::Unavailable(info.message().to_owned().into()),
                (_, Some(constraint)) => Self::Refused { constraint: constraint.to_owned() },
                (kind, None) if is_passing(info.message()) => {
                    Self::Unavailable(DieselError::DatabaseError(kind, info).into())
                }
                (kind, None) => Self::Query(DieselError::DatabaseError(kind, info)),
            },
            DieselError::BrokenTransactionManager => Self::Unavailable(err.into()),
            other => Self::Query(other),
        }
    }
}

/// Diesel keeps the SQLSTATE to itself; these are the texts of the conditions that pass by themselves
/// (57P01 to 57P03, 53300, 55P03, 57014, 08006).
fn is_passing(message: &str) -> bool {
    const PASSING: [&str; 9] = [
        "terminating connection",
        "the database system is",
        "too many clients",
        "remaining connection slots",
        "lock timeout",
        "statement timeout",
        "connection closed",
        "error communicating with the server",
        "db error: FATAL",
    ];
    PASSING.iter().any(|text| message.contains(text))
}
