//! Parameters as Stripe takes them: `application/x-www-form-urlencoded`, with brackets for what is nested.

use url::form_urlencoded::Serializer;

/// Parameters of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// One parameter more.
    pub fn with(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.0.push((name.into(), value.to_string()));
        self
    }

    /// One more, if there is a value.
    pub fn maybe(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// One more, if it holds.
    pub fn when(self, holds: bool, name: &str, value: impl ToString) -> Self {
        self.maybe(name, holds.then_some(value))
    }

    /// As it goes over the wire.
    pub fn encode(&self) -> String {
        Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}
