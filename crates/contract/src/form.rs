//! A form that came back: what was typed, and what is wrong with it.

use std::collections::BTreeMap;

use crate::{ClientError, FieldError};

/// Travels from the handler of a failed POST to the page that shows the form again.
///
/// Secrets (passwords, tokens, codes) are never among the values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormState {
    /// What was typed, by field name.
    pub values: BTreeMap<String, String>,
    /// What is wrong, in the order of the form.
    pub errors: Vec<FieldError>,
    /// Whole seconds until it will be served, when it was too often.
    pub wait_secs: Option<u64>,
}

impl FormState {
    /// What was typed into `field`, or nothing.
    pub fn value(&self, field: &str) -> String {
        self.values.get(field).cloned().unwrap_or_default()
    }

    /// What is wrong with `field`.
    pub fn error(&self, field: &str) -> Option<String> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
    }

    /// The same state with what `error` says about it.
    #[must_use]
    pub fn refused(mut self, error: &ClientError) -> Self {
        match error {
            ClientError::Invalid { fields } => self.errors.extend(fields.iter().cloned()),
            other => {
                if let ClientError::RateLimited { secs } = other {
                    self.wait_secs = Some(*secs);
                }
                self.errors.push(FieldError { field: String::new(), message: other.to_string() })
            }
        }
        self
    }
}
