use super::{csv::cell, *};

#[test]
fn cells_are_quoted_and_no_spreadsheet_reads_a_formula() {
    let cases = [
        ("Ann", "Ann"),
        ("", ""),
        ("a,b", "\"a,b\""),
        ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1+1", "'＝1+1"),
        ("\t=1", "'\\u0009=1"),
        ("\r=1", "'\\u000d=1"),
        ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
        ("a\r\nb", "a\\u000d\\u000ab"),
        ("evil\u{202e}gpj.exe", "evil\\u202egpj.exe"),
        ("a=b", "a=b"),
    ];
    for (text, want) in cases {
        assert_eq!(cell(text), want, "{text:?}");
    }
}

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
