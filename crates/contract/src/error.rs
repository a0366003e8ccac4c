//! What the browser may know of a failure.

/// A message that belongs to one field of a form.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldError {
    /// The field's name in the form; empty for the form as a whole.
    pub field: String,
    /// What is wrong and how to mend it, for a person.
    pub message: String,
}

/// Why a request was not served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum ClientError {
    /// 401: nobody is signed in.
    #[error("Sign in to go on.")]
    Unauthenticated,
    /// 403: alike for what belongs to others and for what does not exist.
    #[error("You have no access to this, or it does not exist.")]
    Forbidden,
    /// 403: the workspace asks for a second factor, and the viewer has none.
    #[error("This workspace asks its members for two-step sign-in. Set it up to go on.")]
    NeedsSecondFactor,
    /// 404: something of one's own that is not there.
    #[error("This does not exist any more.")]
    NotFound,
    /// 422: what was typed cannot be taken.
    #[error("Some fields need another look.")]
    Invalid {
        /// One message a field, in the order of the form.
        fields: Vec<FieldError>,
    },
    /// 409: somebody else was faster, or the state does not allow it.
    #[error("{message}")]
    Conflict {
        /// What happened and what to do now.
        message: String,
    },
    /// 429.
    #[error("Too many tries. You can go on in {}.", spoken(*secs))]
    RateLimited {
        /// Whole seconds until it will be served again.
        secs: u64,
    },
    /// 503: something that we depend on is away; it can be tried again.
    #[error("{message}")]
    Unavailable {
        /// What is away and what to do now.
        message: String,
    },
    /// 500: our fault. The request id leads to the log.
    #[error("Something went wrong on our side. It has been logged; please try again.")]
    Internal,
}

/// A wait as people say it: `14 minutes 32 seconds`.
pub fn spoken(secs: u64) -> String {
    let counted = |count: u64, one: &str| match count {
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    };
    match (secs / 60, secs % 60) {
        (0, secs) => counted(secs, "second"),
        (minutes, 0) => counted(minutes, "minute"),
        (minutes, secs) => format!("{} {}", counted(minutes, "minute"), counted(secs, "second")),
    }
}

impl ClientError {
    /// One field's error.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid {
            fields: vec![FieldError { field: field.to_owned(), message: message.into() }],
        }
    }

    /// A conflict with its explanation.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict { message: message.into() }
    }

    /// The HTTP status that says the same.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Forbidden | Self::NeedsSecondFactor => 403,
            Self::NotFound => 404,
            Self::Invalid { .. } => 422,
            Self::Conflict { .. } => 409,
            Self::RateLimited { .. } => 429,
            Self::Unavailable { .. } => 503,
            Self::Internal => 500,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::spoken;

    #[test]
    fn waits_are_said_as_people_say_them() {
        let cases = [
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (61, "1 minute 1 second"),
            (3_600, "60 minutes"),
            (872, "14 minutes 32 seconds"),
        ];
        for (secs, want) in cases {
            assert_eq!(spoken(secs), want);
        }
    }
}
