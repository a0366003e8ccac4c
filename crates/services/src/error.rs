//! What went wrong for the caller, and the one translation into what the browser may know.

use contract::{ClientError, FieldError};
use domain::broadcast::IllegalTransition;
use store::StoreError;

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    Unauthenticated,
    /// Alike for what belongs to others and for what does not exist.
    #[error("not allowed")]
    Denied,
    /// The workspace asks for a second factor, and the caller has none.
    #[error("a second factor is needed")]
    NeedsSecondFactor,
    /// Something of the caller's own that is not there.
    #[error("not found")]
    NotFound,
    /// What was typed cannot be taken.
    #[error("invalid input")]
    Invalid(Vec<FieldError>),
    /// The state does not allow it; the text says why and what to do.
    #[error("conflict: {0}")]
    Conflict(String),
    /// Too often; whole seconds until it will be served.
    #[error("too many tries")]
    TooMany {
        /// Whole seconds until it will be served again.
        retry_after_secs: u64,
    },
    /// Something outside is away; the text says what and what to do.
    #[error("unavailable: {0}")]
    Away(String),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A mistake of ours, with what we were doing.
    #[error("{doing}")]
    Bug {
        /// What we were doing.
        doing: &'static str,
        /// What happened.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ServiceError {
    /// One field's error.
    pub fn field(field: &str, message: impl ToString) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: message.to_string() }])
    }

    /// A mistake of ours, while `doing`.
    pub fn bug(
        doing: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Bug { doing, source: source.into() }
    }
}

/// A query's error inside a transaction.
impl From<diesel_error::Error> for ServiceError {
    fn from(err: diesel_error::Error) -> Self {
        Self::Store(err.into())
    }
}

use store::diesel_error;

impl From<IllegalTransition> for ServiceError {
    fn from(err: IllegalTransition) -> Self {
        use domain::broadcast::Status;
        Self::Conflict(match err.from {
            Status::Draft => "This broadcast has not been sent yet.".into(),
            Status::Scheduled => "This broadcast waits for its time.".into(),
            Status::Sending => "This broadcast is being sent already.".into(),
            Status::Paused => "This broadcast is paused.".into(),
            Status::Done => "This broadcast has been sent to everybody already.".into(),
            Status::Cancelled => "This broadcast was cancelled.".into(),
        })
    }
}

impl From<ServiceError> for ClientError {
    fn from(err: ServiceError) -> Self {
        match err {
            ServiceError::Unauthenticated => Self::Unauthenticated,
            ServiceError::Denied => Self::Forbidden,
            ServiceError::NeedsSecondFactor => Self::NeedsSecondFactor,
            ServiceError::NotFound => Self::NotFound,
            ServiceError::Invalid(fields) => Self::Invalid { fields },
            ServiceError::Conflict(message) => Self::Conflict { message },
            ServiceError::TooMany { retry_after_secs } => {
                Self::RateLimited { secs: retry_after_secs }
            }
            ServiceError::Away(message) => Self::Unavailable { message },
            ServiceError::Store(StoreError::Unavailable(source)) => {
                tracing::warn!(error = %source, "the database does not answer");
                Self::Unavailable {
                    message: "The database does not answer. Please try again in a moment.".into(),
                }
            }
            ServiceError::Store(source) => {
                tracing::error!(error = ?source, "a query failed");
                Self::Internal
            }
            ServiceError::Bug { doing, source } => {
                tracing::error!(error = ?source, doing, "a request failed");
                Self::Internal
            }
        }
    }
}
