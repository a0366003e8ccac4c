use super::*;

fn entry() -> Entry {
    Entry {
        at: "2026-11-26T03:00:00Z".parse().expect("a moment"),
        actor: "=Ann\u{202e}\n".into(),
        actor_id: None,
        sentence: "did, it".into(),
        kind: "x.y".into(),
        bot: None,
        resource: None,
        ip: Some("192.0.2.1".into()),
        user_agent: None,
        is_erased: false,
        request_id: None,
        seq: Some(7),
        facts: Vec::new(),
        details: r#"{"kind":"x.y","name":"-1"}"#.into(),
    }
}

#[test]
fn a_line_of_csv_has_a_cell_for_each_column() {
    let line = Format::Csv.line(&entry());
    assert_eq!(
        line,
        "2026-11-26T03:00:00Z,7,'=Ann\\u202e\\u000a,,x.y,\"did, it\",,,192.0.2.1,,,,\
         \"{\"\"kind\"\":\"\"x.y\"\",\"\"name\"\":\"\"-1\"\"}\"\r\n"
    );
    assert_eq!(csv::HEAD.matches(',').count(), 12);
}

#[test]
fn a_line_of_json_is_exact_and_hides_nothing() {
    let line = Format::JsonLines.line(&entry());
    assert!(line.ends_with("}\n") && !line.trim_end().contains(char::is_control), "{line}");
    assert!(!line.contains('\u{202e}') && line.contains("\\u202e"), "{line}");
    let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(read["actor"], "=Ann\u{202e}\n");
    assert_eq!(read["details"]["name"], "-1");
}
