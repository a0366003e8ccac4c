//! One value, held against the kind it should be of.

use std::borrow::Cow;

use serde_json::{Value, value::RawValue};

use super::{Kind, Param};
use crate::reply::Refusal;

/// Reads a member of a JSON body. `None` is a value that counts as not given: `null`, an empty
/// optional string.
pub(super) fn from_json<'a>(
    param: &Param,
    raw: &'a RawValue,
    strict: bool,
) -> Result<Option<Cow<'a, RawValue>>, Refusal> {
    let json = raw.get();
    if json == "null" {
        return Ok(None);
    }
    let quoted = json.starts_with('"');
    let as_is = match param.kind {
        Kind::Integer => is_integer(json),
        Kind::Boolean => matches!(json, "true" | "false"),
        Kind::Text | Kind::File => quoted && json.len() > 2,
        Kind::Chat => is_integer(json),
        Kind::Json => json.starts_with(['{', '[']),
        Kind::ParseMode | Kind::Upload => false,
    };
    if as_is {
        return Ok(Some(Cow::Borrowed(raw)));
    }
    // Telegram takes every member as text. A strict simulator insists on JSON's own numbers,
    // booleans and strings.
    let bendable = quoted && !matches!(param.kind, Kind::Integer | Kind::Boolean);
    if strict && !bendable {
        return Err(wrong(param));
    }
    let text = match serde_json::from_str(json) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => return Err(wrong(param)),
    };
    Ok(from_text(param, &text)?.map(Cow::Owned))
}

/// Reads a value of a query, a form or a multipart body, where everything is text.
pub(super) fn from_text(param: &Param, given: &str) -> Result<Option<Box<RawValue>>, Refusal> {
    // Telegram does not tell an empty value from none; a required text says what is wrong with it
    // by itself.
    if given.is_empty() && !(param.must && param.kind == Kind::Text) {
        return Ok(None);
    }
    match param.kind {
        Kind::Text | Kind::File | Kind::Upload => text(given).map(Some),
        Kind::Integer if is_integer(given) => raw(given.to_owned()).map(Some),
        Kind::Integer => Err(wrong(param)),
        Kind::Chat if is_integer(given) => raw(given.to_owned()).map(Some),
        Kind::Chat => text(given).map(Some),
        Kind::Boolean => match given.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => raw("true".to_owned()).map(Some),
            "false" | "0" | "no" => raw("false".to_owned()).map(Some),
            _ => Err(wrong(param)),
        },
        Kind::ParseMode => match given.to_ascii_lowercase().as_str() {
            "html" => text("HTML").map(Some),
            "markdown" => text("Markdown").map(Some),
            "markdownv2" => text("MarkdownV2").map(Some),
            "none" => Ok(None),
            _ => Err(Refusal::bad_request("Unsupported parse_mode")),
        },
        Kind::Json => match RawValue::from_string(given.to_owned()) {
            Ok(value) if value.get().starts_with(['{', '[']) => Ok(Some(value)),
            _ => Err(Refusal::bad_request(format!(
                "can't parse {} JSON object",
                param.name.replace('_', " ")
            ))),
        },
    }
}

/// `given` as a JSON string.
pub(super) fn text(given: &str) -> Result<Box<RawValue>, Refusal> {
    raw(Value::from(given).to_string())
}

fn raw(json: String) -> Result<Box<RawValue>, Refusal> {
    RawValue::from_string(json).map_err(|err| Refusal::bad_request(err.to_string()))
}

fn is_integer(text: &str) -> bool {
    // JSON knows no leading plus or zeros, and neither may leave this module.
    text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
}

fn wrong(param: &Param) -> Refusal {
    let kind = match param.kind {
        Kind::Integer => "Integer",
        Kind::Boolean => "Boolean",
        Kind::Chat => "Integer or a String",
        Kind::Json => "JSON object or array",
        Kind::Text | Kind::File | Kind::Upload | Kind::ParseMode => "String",
    };
    Refusal::bad_request(format!("Field \"{}\" must be of type {kind}", param.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Kind, json: &str, strict: bool) -> Option<Option<String>> {
        let param = Param { name: "x", kind, must: false };
        let raw = RawValue::from_string(json.to_owned()).expect("the test's own JSON");
        from_json(&param, &raw, strict).ok().map(|value| value.map(|raw| raw.get().to_owned()))
    }

    #[test]
    fn kinds_are_held_apart_when_strict_and_bent_when_not() {
        let refused = None;
        let absent = Some(None);
        let is = |json: &str| Some(Some(json.to_owned()));
        for (kind, json, strict, lenient) in [
            (Kind::Integer, "5", is("5"), is("5")),
            (Kind::Integer, "\"5\"", refused.clone(), is("5")),
            (Kind::Integer, "5.5", refused.clone(), refused.clone()),
            (Kind::Boolean, "true", is("true"), is("true")),
            (Kind::Boolean, "\"True\"", refused.clone(), is("true")),
            (Kind::Boolean, "1", refused.clone(), is("true")),
            (Kind::Text, "\"a\\n\"", is("\"a\\n\""), is("\"a\\n\"")),
            (Kind::Text, "7", refused.clone(), is("\"7\"")),
            (Kind::Text, "\"\"", absent.clone(), absent.clone()),
            (Kind::Text, "null", absent.clone(), absent.clone()),
            (Kind::Chat, "-100", is("-100"), is("-100")),
            (Kind::Chat, "\"-100\"", is("-100"), is("-100")),
            (Kind::Chat, "\"@a\"", is("\"@a\""), is("\"@a\"")),
            (Kind::Json, "{\"a\":1}", is("{\"a\":1}"), is("{\"a\":1}")),
            (Kind::Json, "\"[1]\"", is("[1]"), is("[1]")),
            (Kind::Json, "3", refused.clone(), refused.clone()),
            (Kind::ParseMode, "\"html\"", is("\"HTML\""), is("\"HTML\"")),
            (Kind::ParseMode, "\"pdf\"", refused.clone(), refused.clone()),
        ] {
            let strictly = read(kind, json, true);
            assert_eq!((strictly, read(kind, json, false)), (strict, lenient), "{kind:?} {json}");
        }
    }
}
