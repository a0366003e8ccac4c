//! Reading fields of objects that we made ourselves.

use serde_json::{Map, Value};

/// Fields by name. What is absent or of another type reads as empty: text "", number 0, no rows.
pub(crate) trait Fields {
    fn field(&self, name: &str) -> Option<&Value>;

    fn opt(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_str()
    }

    fn text(&self, name: &str) -> &str {
        self.opt(name).unwrap_or_default()
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.field(name)?.as_i64()
    }

    fn int(&self, name: &str) -> i64 {
        self.number(name).unwrap_or_default()
    }

    fn yes(&self, name: &str) -> bool {
        self.field(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The elements of an array, or of a list object.
    fn rows(&self, name: &str) -> &[Value] {
        let rows = match self.field(name) {
            Some(Value::Array(rows)) => Some(rows),
            Some(Value::Object(list)) => list.get("data").and_then(Value::as_array),
            _ => None,
        };
        rows.map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether the parameter was given, be it to unset something.
    fn given(&self, name: &str) -> bool {
        self.field(name).is_some()
    }
}

impl Fields for Value {
    fn field(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

impl Fields for Map<String, Value> {
    fn field(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

/// Copies the given parameters of these names over the fields of the same names.
pub(crate) fn copy_given(from: &Map<String, Value>, names: &[&str], to: &mut Value) {
    for name in names {
        if let Some(given) = from.get(*name) {
            to[*name] = given.clone();
        }
    }
}

/// Merges metadata as Stripe does: null removes a key, and null for all of it removes every key.
pub(crate) fn merge_metadata(given: Option<&Value>, to: &mut Value) {
    match given {
        Some(Value::Object(entries)) => {
            let Some(kept) = to.as_object_mut() else {
                *to = given.cloned().unwrap_or_default();
                return;
            };
            for (key, text) in entries {
                if text.is_null() {
                    kept.remove(key);
                } else {
                    kept.insert(key.clone(), text.clone());
                }
            }
        }
        Some(Value::Null) => *to = Value::Object(Map::new()),
        _ => {}
    }
}

/// The fields of `before` that differ in `after`: `previous_attributes` of an event. Objects are
/// compared field by field, everything else whole.
pub(crate) fn difference(before: &Value, after: &Value) -> Option<Value> {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        return (before != after).then(|| before.clone());
    };
    let mut previous = Map::new();
    for (name, was) in old {
        let is = new.get(name).unwrap_or(&Value::Null);
        if let Some(was) = difference(was, is) {
            previous.insert(name.clone(), was);
        }
    }
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        previous.insert(name.clone(), Value::Null);
    }
    (!previous.is_empty()).then_some(Value::Object(previous))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_holds_what_was() {
        let before = json!({"a": 1, "m": {"x": "1", "y": "2"}, "l": [1], "same": null});
        let after = json!({"a": 2, "m": {"x": "1", "z": "3"}, "l": [1, 2], "same": null});
        let want = json!({"a": 1, "m": {"y": "2", "z": null}, "l": [1]});
        assert_eq!(difference(&before, &after), Some(want));
        assert_eq!(difference(&after, &after), None);
    }

    #[test]
    fn metadata_is_merged_and_unset() {
        let mut kept = json!({"a": "1", "b": "2"});
        merge_metadata(Some(&json!({"a": null, "c": "3"})), &mut kept);
        assert_eq!(kept, json!({"b": "2", "c": "3"}));
        merge_metadata(None, &mut kept);
        assert_eq!(kept, json!({"b": "2", "c": "3"}));
        merge_metadata(Some(&Value::Null), &mut kept);
        assert_eq!(kept, json!({}));
    }
}
