//! From a request to names and raw values.

use std::{borrow::Cow, collections::HashMap, fmt};

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use serde::{Deserializer, de};
use serde_json::value::RawValue;

use super::Upload;
use crate::reply::Refusal;

/// Most parts of a multipart body that are read.
const MOST_PARTS: usize = 64;

/// What came with one request, unjudged.
#[derive(Debug, Default)]
pub(crate) struct Given {
    json: Bytes,
    pairs: Vec<(String, String)>,
    uploads: HashMap<String, Upload>,
}

impl Given {
    /// A JSON body alone, as in the answer to a webhook.
    pub fn from_json(json: Bytes) -> Self {
        Self { json, ..Self::default() }
    }

    /// The members of the JSON body, if there is one.
    ///
    /// # Errors
    /// 400 when it is no JSON object.
    pub fn json(&self) -> Result<Members<'_>, Refusal> {
        if self.json.is_empty() {
            return Ok(Members::new());
        }
        let mut reader = serde_json::Deserializer::from_slice(&self.json);
        let members = reader.deserialize_map(MembersVisitor);
        members.and_then(|members| reader.end().map(|()| members)).map_err(|err| {
            Refusal::bad_request(format!("can't parse the body as a JSON object: {err}"))
        })
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    pub fn uploads(&self) -> &HashMap<String, Upload> {
        &self.uploads
    }
}

/// Takes apart the query and the body of a request.
///
/// # Errors
/// 400 for a body that is not what its content type says, and for types the Bot API does not know.
pub(crate) async fn read(
    query: Option<&str>,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Given, Refusal> {
    let mut given = Given::default();
    if let Some(query) = query {
        given.pairs = form(query.as_bytes());
    }
    if body.is_empty() {
        return Ok(given);
    }
    let content_type =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => given.json = body,
        "application/x-www-form-urlencoded" => given.pairs.extend(form(&body)),
        "multipart/form-data" => multipart(&mut given, content_type, body).await?,
        other => {
            return Err(Refusal::bad_request(format!("content type \"{other}\" is not supported")));
        }
    }
    Ok(given)
}

fn form(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}

async fn multipart(given: &mut Given, content_type: &str, body: Bytes) -> Result<(), Refusal> {
    let broken =
        |err: multer::Error| Refusal::bad_request(format!("can't parse the multipart body: {err}"));
    let boundary = multer::parse_boundary(content_type).map_err(broken)?;
    let whole = futures::stream::iter([Ok::<_, std::io::Error>(body)]);
    let mut parts = multer::Multipart::new(whole, boundary);
    let mut count = 0;
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        count += 1;
        if count > MOST_PARTS {
            return Err(Refusal::bad_request("too many parts in the multipart body"));
        }
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            Some(file_name) => {
                let mime = part.content_type().map(ToString::to_string);
                let content = part.bytes().await.map_err(broken)?;
                given.uploads.insert(name, Upload { name: file_name, mime, content });
            }
            None => given.pairs.push((name, part.text().await.map_err(broken)?)),
        }
    }
    Ok(())
}

/// Names and raw values of a JSON object, borrowed from the body: no tree is built.
type Members<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

struct MembersVisitor;

impl<'de> de::Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::with_capacity(4);
        while let Some(Name(name)) = map.next_key()? {
            members.push((name, map.next_value()?));
        }
        Ok(members)
    }
}

/// A name that is copied only if it has escapes in it.
struct Name<'a>(Cow<'a, str>);

impl<'de> de::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> de::Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a name")
            }

            fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(name.into()))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(name.to_owned().into()))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}
