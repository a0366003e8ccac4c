//! The parameters of a request: what may be there, what is there, and whether it is what it should
//! be.
//!
//! A request is read in three steps. [`read()`] takes the names and raw values from the query, a
//! form, JSON or multipart. [`Params::check`] holds them against the method's list.
//! [`Params::typed`] then reads them as frankenstein's types do, which is a second opinion on every
//! request.

mod read;
mod value;

use std::{borrow::Cow, collections::HashMap};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned, de::value::MapDeserializer};
use serde_json::{Value, value::RawValue};

pub(crate) use self::read::{Given, read};
use crate::{methods::Spec, reply::Refusal};

/// One parameter that a method knows.
#[derive(Debug)]
pub struct Param {
    /// As Telegram writes it.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it is required.
    pub must: bool,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// Any text.
    Text,
    /// An integer or `@username`.
    Chat,
    /// A `file_id`, an HTTP URL, or a file in a multipart body.
    File,
    /// A file in a multipart body, and nothing else.
    Upload,
    /// `HTML`, `MarkdownV2` or `Markdown`, in any case.
    ParseMode,
    /// An object or an array: plain inside a JSON body, JSON-serialized anywhere else.
    Json,
}

/// A file that came with the request.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub name: String,
    pub mime: Option<String>,
    pub content: Bytes,
}

/// The parameters of one request, each one known to the method and of its kind.
#[derive(Debug)]
pub(crate) struct Params<'a> {
    spec: &'static Spec,
    strict: bool,
    known: Vec<(&'static Param, Cow<'a, RawValue>)>,
    uploads: HashMap<String, Upload>,
}

impl<'a> Params<'a> {
    /// Holds what was given against what `spec` lists.
    ///
    /// # Errors
    /// 400 for a value of the wrong kind and for a required one that is missing; if `strict`, also
    /// for a name that the method does not know, and for numbers and booleans in quotes, all of
    /// which Telegram lets pass.
    pub fn check(given: &'a Given, spec: &'static Spec, strict: bool) -> Result<Self, Refusal> {
        Self::check_without(given, spec, strict, "")
    }

    /// [`Params::check`], blind to one member of the JSON body.
    pub fn check_without(
        given: &'a Given,
        spec: &'static Spec,
        strict: bool,
        ignored: &str,
    ) -> Result<Self, Refusal> {
        let mut params =
            Self { spec, strict, known: Vec::with_capacity(4), uploads: HashMap::new() };
        for (name, raw) in given.json()? {
            if name != ignored
                && let Some(param) = params.find(&name)?
                && let Some(value) = value::from_json(param, raw, strict)?
            {
                params.known.push((param, value));
            }
        }
        for (name, text) in given.pairs() {
            if let Some(param) = params.find(name)?
                && let Some(value) = value::from_text(param, text)?
            {
                params.known.push((param, Cow::Owned(value)));
            }
        }
        params.attach(given.uploads())?;
        params.require_all()?;
        Ok(params)
    }

    fn find(&self, name: &str) -> Result<Option<&'static Param>, Refusal> {
        let param = self.spec.params.iter().find(|param| param.name == name);
        if param.is_none() && self.strict {
            let method = self.spec.name;
            return Err(Refusal::bad_request(format!(
                "{method} has no parameter \"{name}\" (the simulator is strict)"
            )));
        }
        Ok(param)
    }

    /// Files are parameters when they bear a parameter's name; otherwise something must refer to
    /// them.
    fn attach(&mut self, uploads: &HashMap<String, Upload>) -> Result<(), Refusal> {
        for (name, upload) in uploads {
            let param = self.spec.params.iter().find(|param| param.name == name);
            if let Some(param) = param {
                if !matches!(param.kind, Kind::File | Kind::Upload) {
                    return Err(Refusal::bad_request(format!(
                        "Parameter \"{name}\" can't be a file"
                    )));
                }
                let reference = value::text(&format!("attach://{name}"))?;
                self.known.push((param, Cow::Owned(reference)));
            }
            self.uploads.insert(name.clone(), upload.clone());
        }
        Ok(())
    }

    fn require_all(&self) -> Result<(), Refusal> {
        let missing = self.spec.params.iter().find(|param| param.must && !self.has(param.name));
        let Some(param) = missing else { return Ok(()) };
        Err(Refusal::bad_request(match (param.name, param.kind) {
            ("text", _) => "Message text is empty".to_owned(),
            ("chat_id", _) => "Chat_id is empty".to_owned(),
            (name, Kind::File) => format!("There is no {name} in the request"),
            (name, _) => format!("Parameter \"{name}\" is required"),
        }))
    }

    /// Whether a parameter of this name was given.
    pub fn has(&self, name: &str) -> bool {
        self.known.iter().any(|(param, _)| param.name == name)
    }

    /// `chat_id`, if there is one and it is a number.
    pub fn chat(&self) -> Option<i64> {
        let (_, raw) = self.known.iter().find(|(param, _)| param.name == "chat_id")?;
        raw.get().parse().ok()
    }

    /// Takes the file that `attach://name` means.
    pub fn upload(&self, name: &str) -> Option<&Upload> {
        self.uploads.get(name)
    }

    /// The parameters as frankenstein's type for the method.
    ///
    /// # Errors
    /// 400 for whatever that type refuses; in strict mode also for fields inside objects that it
    /// does not know.
    pub fn typed<T: DeserializeOwned + Serialize>(&self) -> Result<T, Refusal> {
        let pairs = self.known.iter().map(|(param, raw)| (param.name, raw.as_ref()));
        let typed = T::deserialize(MapDeserializer::new(pairs)).map_err(|err| {
            Refusal::bad_request(format!("can't parse parameters of {}: {err}", self.spec.name))
        })?;
        if self.strict && self.known.iter().any(|(param, _)| param.kind == Kind::Json) {
            self.refuse_strays(&typed)?;
        }
        Ok(typed)
    }

    fn refuse_strays(&self, typed: &impl Serialize) -> Result<(), Refusal> {
        let understood = serde_json::to_value(typed).unwrap_or_default();
        for (param, raw) in self.known.iter().filter(|(param, _)| param.kind == Kind::Json) {
            let given = serde_json::from_str(raw.get()).unwrap_or_default();
            if let Some(path) = stray(&given, &understood[param.name]) {
                let at = format!("{}{path}", param.name);
                return Err(Refusal::bad_request(format!(
                    "there is no field \"{at}\" (the simulator is strict)"
                )));
            }
        }
        Ok(())
    }
}

/// Where `given` holds a field that `understood` lost.
fn stray(given: &Value, understood: &Value) -> Option<String> {
    match (given, understood) {
        (Value::Object(given), Value::Object(understood)) => {
            given.iter().find_map(|(name, value)| match understood.get(name) {
                _ if value.is_null() => None,
                None => Some(format!(".{name}")),
                Some(same) => stray(value, same).map(|deeper| format!(".{name}{deeper}")),
            })
        }
        (Value::Array(given), Value::Array(understood)) => {
            (given.iter().zip(understood).enumerate()).find_map(|(at, (value, same))| {
                stray(value, same).map(|deeper| format!("[{at}]{deeper}"))
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stray_field_is_found_wherever_it_hides() {
        let understood = json!({"inline_keyboard": [[{"text": "a", "url": "b"}]]});
        for (given, want) in [
            (
                json!({"inline_keyboard": [[{"text": "a", "url": "b", "callback_data": null}]]}),
                None,
            ),
            (
                json!({"inline_keyboard": [[{"text": "a", "url": "b", "colour": 1}]]}),
                Some(".inline_keyboard[0][0].colour"),
            ),
            (json!({"inline_keyboard": [], "resize": true}), Some(".resize")),
        ] {
            assert_eq!(stray(&given, &understood).as_deref(), want);
        }
    }
}
