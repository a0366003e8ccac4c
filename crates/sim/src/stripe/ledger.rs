//! What was asked, in order: the record that tests judge by.

use serde::Serialize;
use serde_json::{Map, Value};

use super::form::Node;

/// One request of the API.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Asked {
    /// `req_…`, as in the header `Request-Id`.
    pub request: String,
    /// Seconds since the Unix epoch.
    pub at: i64,
    /// `GET`, `POST` or `DELETE`.
    pub verb: String,
    /// Without the query.
    pub path: String,
    /// Query and body as they came: objects of texts; elements of lists are named by their index.
    pub params: Value,
    /// Whether it came with the key of live mode.
    pub livemode: bool,
    /// As it came.
    pub idempotency_key: Option<String>,
    /// The status of the answer; 0 when none was given.
    pub status: u16,
    /// Whether the answer was that of an earlier request with the same key.
    pub replayed: bool,
}

/// Parameters as JSON.
pub(crate) fn as_json(node: &Node) -> Value {
    match node {
        Node::Text(text) => Value::String(text.clone()),
        Node::Map(entries) => Value::Object(
            entries.iter().map(|(name, node)| (name.clone(), as_json(node))).collect::<Map<_, _>>(),
        ),
    }
}
