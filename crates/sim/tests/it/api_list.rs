//! The methods' parameters, held against Telegram's own list where it is at hand.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

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
        let ours: BTreeMap<_, _> = params.into_iter().collect();
        assert_eq!(ours, listed, "{method}");
    }
}

fn field(field: &Value) -> (&str, bool) {
    let name = field["name"].as_str().expect("a field has a name");
    (name, field["required"].as_bool().expect("a field is required or not"))
}
