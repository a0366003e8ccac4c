//! The methods' parameters, held against Telegram's own list where it is at hand.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;
use sim::ParamKind;

#[test]
fn every_method_knows_just_the_parameters_that_telegram_lists() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/telegram-bot-api.json");
    let Ok(list) = std::fs::read(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return;
    };
    let list: Value = serde_json::from_slice(&list).expect("the list is JSON");
    for (method, params) in sim::listed_params() {
        let listed = &list["methods"][method];
        assert!(listed.is_object(), "Telegram has no {method}");
        let listed: BTreeMap<_, _> =
            listed["fields"].as_array().into_iter().flatten().map(field).collect();
        let ours: BTreeMap<_, _> =
            params.iter().map(|param| (param.name, (param.kind, param.must))).collect();
        assert_eq!(ours, listed, "{method}");
    }
}

fn field(field: &Value) -> (&str, (ParamKind, bool)) {
    let name = field["name"].as_str().expect("a field has a name");
    let types: Vec<_> =
        field["types"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let kind = match types.as_slice() {
        ["Integer"] => ParamKind::Integer,
        ["Boolean"] => ParamKind::Boolean,
        ["String"] if name == "parse_mode" => ParamKind::ParseMode,
        ["String"] => ParamKind::Text,
        ["Integer", "String"] => ParamKind::Chat,
        ["InputFile", "String"] => ParamKind::File,
        ["InputFile"] => ParamKind::Upload,
        // Everything with parts is JSON.
        _ => ParamKind::Json,
    };
    (name, (kind, field["required"].as_bool().expect("a field is required or not")))
}
