//! Our requests against the Bot API's own description, where a copy of it lies beside the checkout.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

static SPEC: LazyLock<Option<Value>> = LazyLock::new(|| {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/telegram-bot-api.json");
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: no description of the Bot API at {}", path.display());
    }
    text.map(|text| serde_json::from_str(&text).unwrap())
});

/// That `method` exists, takes every parameter in `body` in its type, and lacks none.
pub fn fits(method: &str, body: &Value) {
    if let Some(spec) = &*SPEC {
        let described = &spec["methods"][method];
        assert!(described.is_object(), "there is no method {method}");
        object_fits(spec, method, described, body);
    }
}

fn object_fits(spec: &Value, name: &str, described: &Value, object: &Value) {
    let none = Vec::new();
    let fields = described["fields"].as_array().unwrap_or(&none);
    let given = object.as_object().unwrap_or_else(|| panic!("{name} takes an object"));
    for field in fields {
        let key = field["name"].as_str().unwrap();
        assert!(field["required"] == false || given.contains_key(key), "{name} lacks {key}");
    }
    for (key, value) in given {
        let field = fields.iter().find(|field| field["name"] == key.as_str());
        let field = field.unwrap_or_else(|| panic!("{name} takes no {key}"));
        let types = field["types"].as_array().unwrap();
        let one = types.iter().any(|kind| kind_fits(spec, kind.as_str().unwrap(), value));
        assert!(one, "{name}: {key} is {types:?}, not {value}");
    }
}

fn kind_fits(spec: &Value, kind: &str, value: &Value) -> bool {
    match kind {
        "Integer" => value.is_i64(),
        "String" => value.is_string(),
        "Boolean" => value.is_boolean(),
        _ => match (kind.strip_prefix("Array of "), value) {
            (Some(item), Value::Array(items)) => items.iter().all(|v| kind_fits(spec, item, v)),
            (None, Value::Object(_)) => {
                let described = &spec["types"][kind];
                // A type with variants has no fields of its own.
                if described["fields"].is_array() {
                    object_fits(spec, kind, described, value);
                }
                true
            }
            _ => false,
        },
    }
}

#[test]
fn a_wrong_request_is_noticed() {
    use serde_json::json;
    let wrong = [
        ("sendMesage", json!({})),
        ("sendMessage", json!({"chat_id": 1})),
        ("sendMessage", json!({"chat_id": 1, "text": 2})),
        ("sendMessage", json!({"chat_id": 1, "text": "x", "entitys": []})),
        ("sendMessage", json!({"chat_id": 1, "text": "x", "entities": [{"type": "bold"}]})),
    ];
    for (method, body) in wrong {
        let refused = std::panic::catch_unwind(|| fits(method, &body)).is_err();
        assert!(refused || SPEC.is_none(), "{method} {body}");
    }
}
