//! Parameters: what an endpoint takes, and the strict reading of what it was given.

use serde_json::{Map, Value, json};

use super::{form::Node, refusal::Refusal};

/// What a parameter may hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Text of at most so many characters.
    Text(usize),
    Bool,
    /// An integer between these, both included.
    Int(i64, i64),
    /// A decimal number between these, both included.
    Number(f64, f64),
    /// Seconds since the Unix epoch.
    Time,
    /// Seconds since the Unix epoch, or one of these words.
    TimeOr(&'static [&'static str]),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// An address to send a browser or an event to.
    Url,
    /// Up to 50 texts by name; an empty value removes one.
    Metadata,
    Object(&'static [Param]),
    List(&'static Kind),
    /// A time, or bounds: `gt`, `gte`, `lt`, `lte`.
    Range,
}

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Param {
    pub name: &'static str,
    pub kind: Kind,
    pub must: bool,
    /// Whether an empty value takes away what is there.
    pub clears: bool,
}

/// An optional parameter.
pub(crate) const fn may(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, must: false, clears: false }
}

/// A required one.
pub(crate) const fn must(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, must: true, clears: false }
}

/// An optional one that an empty value unsets.
pub(crate) const fn clears(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, must: false, clears: true }
}

/// A name, an id, a code.
pub(crate) const WORD: Kind = Kind::Text(5_000);
/// A long text.
pub(crate) const TEXT: Kind = Kind::Text(22_000);

/// What every list takes.
pub(crate) const PAGE: &[Param] =
    &[may("limit", Kind::Int(1, 100)), may("starting_after", WORD), may("ending_before", WORD)];
/// What every list that goes by time takes as well.
pub(crate) const CREATED: &[Param] = &[may("created", Kind::Range)];
/// What every endpoint takes.
const EXPAND: Param = may("expand", Kind::List(&WORD));
const BOUNDS: &[Param] =
    &[may("gt", Kind::Time), may("gte", Kind::Time), may("lt", Kind::Time), may("lte", Kind::Time)];
const ADDRESS_FIELDS: &[Param] = &[
    clears("city", WORD),
    clears("country", WORD),
    clears("line1", WORD),
    clears("line2", WORD),
    clears("postal_code", WORD),
    clears("state", WORD),
];
/// A postal address.
pub(crate) const ADDRESS: Kind = Kind::Object(ADDRESS_FIELDS);

/// Reads what was given as the groups of parameters say. What was not given is not in the result;
/// what is to be unset is there as null.
pub(crate) fn check(given: &Node, groups: &[&[Param]]) -> Result<Map<String, Value>, Refusal> {
    let known: Vec<_> = groups.iter().flat_map(|group| group.iter()).chain([&EXPAND]).collect();
    object(given, &known, "").map_err(|mut refusal| {
        refusal.kept = false;
        refusal
    })
}

fn path(within: &str, name: &str) -> String {
    if within.is_empty() { name.to_owned() } else { format!("{within}[{name}]") }
}

fn object(given: &Node, known: &[&Param], within: &str) -> Result<Map<String, Value>, Refusal> {
    let find = |name: &str| known.iter().find(|param| param.name == name);
    let unknown: Vec<_> = given
        .entries()
        .iter()
        .filter(|(name, _)| find(name).is_none())
        .map(|(name, _)| path(within, name))
        .collect();
    if !unknown.is_empty() {
        return Err(Refusal::unknown(&unknown));
    }
    let mut read = Map::new();
    for (name, node) in given.entries() {
        let Some(param) = find(name) else { continue };
        let at = path(within, name);
        read.insert(name.clone(), one(node, param, &at)?);
    }
    match known.iter().find(|param| param.must && !read.contains_key(param.name)) {
        Some(param) => Err(Refusal::missing(path(within, param.name))),
        None => Ok(read),
    }
}

fn one(node: &Node, param: &Param, at: &str) -> Result<Value, Refusal> {
    if matches!(node, Node::Text(text) if text.is_empty()) {
        // Empty lists and metadata can only be said by an empty value.
        if param.clears || param.kind == Kind::Metadata {
            return Ok(Value::Null);
        }
        let message = format!(
            "You passed an empty string for '{at}'. We assume empty values are an attempt to unset a parameter; \
             however '{at}' cannot be unset. You should remove '{at}' from your request or supply a non-empty value."
        );
        return Err(Refusal::wrong("parameter_invalid_empty", at, message));
    }
    value(node, param.kind, at)
}

fn value(node: &Node, kind: Kind, at: &str) -> Result<Value, Refusal> {
    match (kind, node) {
        (Kind::Object(params), Node::Map(_)) => {
            let known: Vec<_> = params.iter().collect();
            object(node, &known, at).map(Value::Object)
        }
        (Kind::Object(_) | Kind::Metadata, Node::Text(_)) => {
            Err(Refusal::invalid(at, "Invalid object"))
        }
        (Kind::Metadata, Node::Map(entries)) => metadata(entries, at),
        (Kind::List(kind), Node::Map(entries)) => list(entries, *kind, at),
        (Kind::List(_), Node::Text(_)) => Err(Refusal::invalid(at, "Invalid array")),
        (Kind::Range, Node::Map(_)) => {
            let known: Vec<_> = BOUNDS.iter().collect();
            object(node, &known, at).map(Value::Object)
        }
        (Kind::Range, Node::Text(text)) => leaf(text, Kind::Time, at),
        (kind, Node::Text(text)) => leaf(text, kind, at),
        (_, Node::Map(_)) => {
            let message = "Invalid string: a hash was given instead";
            Err(Refusal::wrong("parameter_invalid_string", at, message))
        }
    }
}

fn list(entries: &[(String, Node)], kind: Kind, at: &str) -> Result<Value, Refusal> {
    let mut numbered = Vec::with_capacity(entries.len());
    for (index, node) in entries {
        let place: usize = index.parse().map_err(|_| Refusal::invalid(at, "Invalid array"))?;
        numbered.push((place, node));
    }
    numbered.sort_by_key(|(place, _)| *place);
    let read = numbered.into_iter().map(|(place, node)| {
        let at = format!("{at}[{place}]");
        value(node, kind, &at)
    });
    read.collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn metadata(entries: &[(String, Node)], at: &str) -> Result<Value, Refusal> {
    if entries.len() > 50 {
        return Err(Refusal::invalid(at, "Metadata can have up to 50 keys"));
    }
    let mut read = Map::new();
    for (key, node) in entries {
        let Node::Text(text) = node else {
            return Err(Refusal::invalid(path(at, key), "Metadata values must be strings"));
        };
        if key.chars().count() > 40 || text.chars().count() > 500 {
            let message = "Metadata keys have up to 40 characters and values up to 500";
            return Err(Refusal::invalid(path(at, key), message));
        }
        let text = if text.is_empty() { Value::Null } else { text.as_str().into() };
        read.insert(key.clone(), text);
    }
    Ok(Value::Object(read))
}

fn leaf(text: &str, kind: Kind, at: &str) -> Result<Value, Refusal> {
    let integer = |low: i64, high: i64| {
        let number: i64 = text.parse().map_err(|_| {
            Refusal::wrong("parameter_invalid_integer", at, format!("Invalid integer: {text}"))
        })?;
        let bound = if number < low {
            format!("This value must be greater than or equal to {low}.")
        } else if number > high {
            format!("This value must be less than or equal to {high}.")
        } else {
            return Ok(json!(number));
        };
        Err(Refusal::wrong("parameter_invalid_integer", at, format!("Invalid integer: {bound}")))
    };
    match kind {
        Kind::Text(longest) if text.chars().count() > longest => {
            let message = format!("Invalid string: {at} must be at most {longest} characters");
            Err(Refusal::wrong("parameter_invalid_string", at, message))
        }
        Kind::Text(_) => Ok(text.into()),
        Kind::Bool => match text {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err(Refusal::invalid(at, format!("Invalid boolean: {text}"))),
        },
        Kind::Int(low, high) => integer(low, high),
        Kind::Number(low, high) => match text.parse::<f64>() {
            Ok(number) if (low..=high).contains(&number) => Ok(json!(number)),
            _ => Err(Refusal::invalid(at, format!("Invalid decimal: {text}"))),
        },
        Kind::Time => integer(0, 9_999_999_999),
        Kind::TimeOr(words) if words.contains(&text) => Ok(text.into()),
        Kind::TimeOr(_) => integer(0, 9_999_999_999),
        Kind::OneOf(words) if words.contains(&text) => Ok(text.into()),
        Kind::OneOf(words) => {
            Err(Refusal::invalid(at, format!("Invalid {at}: must be {}", one_of(words))))
        }
        Kind::Url => match url::Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Ok(text.into())
            }
            _ => Err(Refusal::wrong("url_invalid", at, "Not a valid URL")),
        },
        Kind::Metadata | Kind::Object(_) | Kind::List(_) | Kind::Range => {
            Err(Refusal::invalid(at, "Invalid object"))
        }
    }
}

/// `a`, `one of a or b`, `one of a, b, or c`.
fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [a, b] => format!("one of {a} or {b}"),
        [most @ .., last] => format!("one of {}, or {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::form, *};

    const TAKES: &[Param] = &[
        must("mode", Kind::OneOf(&["payment", "setup", "subscription"])),
        may("active", Kind::Bool),
        may("count", Kind::Int(1, 100)),
        clears("email", WORD),
        may("items", Kind::List(&Kind::Object(&[must("price", WORD)]))),
        may("created", Kind::Range),
        may("until", Kind::TimeOr(&["now"])),
        may("metadata", Kind::Metadata),
    ];

    fn read(form: &str) -> Result<Value, Refusal> {
        let node = form::parse(form.as_bytes()).expect("a form");
        check(&node, &[TAKES]).map(Value::Object)
    }

    #[test]
    fn values_are_read_as_what_they_are() {
        let form = "mode=setup&active=true&count=3&email=&items[1][price]=b&items[0][price]=a\
                    &created[gte]=5&until=now&metadata[a]=1&metadata[b]=";
        let want = json!({
            "mode": "setup", "active": true, "count": 3, "email": null,
            "items": [{"price": "a"}, {"price": "b"}], "created": {"gte": 5}, "until": "now",
            "metadata": {"a": "1", "b": null},
        });
        assert_eq!(read(form), Ok(want));
        assert_eq!(read("mode=setup&created=7").expect("fine")["created"], 7);
    }

    #[test]
    fn whatever_is_not_listed_is_refused_with_its_name() {
        let cases = [
            ("mode=setup&colour=red", Some("parameter_unknown"), "colour"),
            ("mode=setup&items[0][prize]=a", Some("parameter_unknown"), "items[0][prize]"),
            ("active=true", Some("parameter_missing"), "mode"),
            ("mode=setup&items[0]=a", None, "items[0]"),
            ("mode=give", None, "mode"),
            ("mode=setup&active=yes", None, "active"),
            ("mode=setup&count=0", Some("parameter_invalid_integer"), "count"),
            ("mode=setup&count=1e1", Some("parameter_invalid_integer"), "count"),
            ("mode=", Some("parameter_invalid_empty"), "mode"),
            ("mode=setup&items=a", None, "items"),
            ("mode=setup&created[from]=5", Some("parameter_unknown"), "created[from]"),
            ("mode=setup&until=soon", Some("parameter_invalid_integer"), "until"),
        ];
        for (form, code, param) in cases {
            let refusal = read(form).expect_err(form);
            assert_eq!((refusal.code, refusal.param.as_deref()), (code, Some(param)), "{form}");
            assert_eq!((refusal.status, refusal.kept), (400, false), "{form}");
        }
        let refusal = read("mode=give").expect_err("no such mode");
        assert_eq!(refusal.message, "Invalid mode: must be one of payment, setup, or subscription");
    }
}
