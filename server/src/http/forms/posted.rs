//! What was posted, as a form or as JSON: the handlers see no difference.

use std::collections::BTreeMap;

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::{Extensions, HeaderMap, header},
    response::Response,
};
use contract::{ClientError, FieldError, cx::RequestCx};
use domain::limit::Limit;
use serde::{
    Deserializer,
    de::{DeserializeOwned, Error, Visitor},
    forward_to_deserialize_any,
};
use serde_json::Value;

use super::Forms;
use crate::http::problem::{Asked, Problem, wants_json};

/// The layers let nothing longer through; see `layers::body`.
const LONGEST_BYTES: usize = 128 * 1024;

/// One posted form.
pub struct Posted {
    /// Who asks.
    pub cx: RequestCx,
    /// Whether the answer is to be JSON.
    pub json: bool,
    fields: BTreeMap<String, String>,
    errors: Vec<FieldError>,
    pub(super) asked: Asked,
    pub(super) headers: HeaderMap,
    pub(super) extensions: Extensions,
}

impl Posted {
    /// What stands in `field`; nothing when it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map(String::as_str).unwrap_or_default()
    }

    /// All fields.
    pub fn fields(&self) -> &BTreeMap<String, String> {
        &self.fields
    }

    /// The fields as a use case wants them. A field that is missing is empty, and the use case says
    /// what it thinks of that.
    ///
    /// # Errors
    /// Fields of `T` that hold something no field can hold: another type than text, or a NUL. In the
    /// others nothing can be wrong: nobody reads them.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        let asked = names_of::<T>();
        let wrong = self.errors.iter().filter(|error| asked.contains(&error.field.as_str()));
        let wrong: Vec<FieldError> = wrong.cloned().collect();
        if !wrong.is_empty() {
            return Err(ClientError::Invalid { fields: wrong });
        }
        let fields =
            self.fields.iter().map(|(name, text)| (name.clone(), Value::from(text.clone())));
        serde_json::from_value(Value::Object(fields.collect())).map_err(|_| ClientError::Invalid {
            fields: vec![FieldError {
                field: String::new(),
                message: "Some fields are missing or hold something unexpected.".to_owned(),
            }],
        })
    }
}

impl Posted {
    /// As [`Posted::read`], for a form that is limited: what cannot be read counts as well.
    ///
    /// # Errors
    /// As [`Posted::read`]; [`ClientError::RateLimited`] after too many that could not be read.
    pub async fn counted<T: DeserializeOwned>(
        &self,
        forms: &Forms,
        limit: Limit,
    ) -> Result<T, ClientError> {
        match self.read() {
            Ok(form) => Ok(form),
            Err(error) => {
                forms.backend.auth.count(&self.cx, limit).await?;
                Err(error)
            }
        }
    }
}

impl FromRequest<Forms> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, forms: &Forms) -> Result<Self, Response> {
        let asked = Asked::of(&request);
        let (parts, body) = request.into_parts();
        let malformed = || Problem::MALFORMED.answer(&asked, &forms.web);
        let Some(cx) = parts.extensions.get::<RequestCx>().cloned() else {
            return Err(Problem::INTERNAL.answer(&asked, &forms.web));
        };
        let bytes = to_bytes(body, LONGEST_BYTES).await.map_err(|_| malformed())?;
        let Some(given) = fields(&parts.headers, &bytes) else {
            if let Some(limit) = super::limit_of(parts.uri.path()) {
                // Refused either way.
                let _ = forms.backend.auth.count(&cx, limit).await;
            }
            return Err(malformed());
        };
        let (fields, errors) = storable(given);
        Ok(Self {
            cx,
            json: wants_json(&parts.headers),
            fields,
            errors,
            asked,
            headers: parts.headers,
            extensions: parts.extensions,
        })
    }
}

/// The names of the fields of `T`, in their order.
fn names_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names = Names(&[]);
    // There is nothing to read a value from: only the question counts.
    let _ = T::deserialize(&mut names);
    names.0
}

/// Hears which fields a form is asked for.
struct Names(&'static [&'static str]);

impl<'de> Deserializer<'de> for &mut Names {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("no value"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The fields of a body, or none when it is no form.
fn fields(headers: &HeaderMap, body: &[u8]) -> Option<BTreeMap<String, Value>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        serde_json::from_slice(body).ok()
    } else if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let pairs = url::form_urlencoded::parse(body);
        Some(pairs.map(|(name, text)| (name.into_owned(), text.into_owned().into())).collect())
    } else {
        // A button outside of any form posts nothing at all.
        body.is_empty().then(BTreeMap::new)
    }
}

/// The texts among `given`, and what is wrong with the rest.
fn storable(given: BTreeMap<String, Value>) -> (BTreeMap<String, String>, Vec<FieldError>) {
    let mut fields = BTreeMap::new();
    let mut errors = Vec::new();
    for (field, value) in given {
        let wrong = match value {
            Value::Null => continue,
            // PostgreSQL has no place for it, and nobody can type it.
            Value::String(text) if text.contains('\0') => {
                fields.insert(field.clone(), text.replace('\0', ""));
                "This held a character that cannot be saved (NUL). It has been taken out."
            }
            Value::String(text) => {
                fields.insert(field, text);
                continue;
            }
            _ => "This must be text.",
        };
        errors.push(FieldError { field, message: wrong.to_owned() });
    }
    (fields, errors)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn parsed(kind: &'static str, body: &str) -> Option<BTreeMap<String, Value>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        fields(&headers, body.as_bytes())
    }

    #[test]
    fn forms_and_json_hold_the_same_fields() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        let want = BTreeMap::from([("name".to_owned(), Value::from("Ann & Bo"))]);
        assert_eq!(parsed(form, "name=Ann+%26+Bo").as_ref(), Some(&want));
        assert_eq!(parsed("application/json", r#"{"name":"Ann & Bo"}"#).as_ref(), Some(&want));
        assert_eq!(parsed(form, ""), Some(BTreeMap::new()));
        assert_eq!(parsed("", ""), Some(BTreeMap::new()));
        for (kind, body) in [
            ("application/json", "[1]"),
            ("application/json", "{"),
            ("text/plain", "a=b"),
            ("", "a"),
        ] {
            assert_eq!(parsed(kind, body), None, "{kind} {body}");
        }
    }

    #[test]
    fn a_form_is_asked_for_its_own_fields_alone() {
        assert_eq!(names_of::<contract::auth::Verify>(), ["email", "code"]);
        assert_eq!(
            names_of::<contract::broadcasts::Draft>(),
            ["id", "text", "silent", "protected", "if_unmodified_since"]
        );
    }

    #[test]
    fn what_is_no_text_is_an_error_at_its_field() {
        let given = BTreeMap::from([
            ("code".to_owned(), Value::from(123_456)),
            ("email".to_owned(), Value::from("a\0b")),
            ("name".to_owned(), Value::Null),
            ("token".to_owned(), Value::from("x")),
        ]);
        let (fields, errors) = storable(given);
        let names: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(names, ["code", "email"]);
        assert_eq!(fields.get("email").map(String::as_str), Some("ab"));
        assert_eq!(fields.get("token").map(String::as_str), Some("x"));
    }
}
