use serde_json::{Value, json};

use crate::stripe::{Event, Mode, NoEvent};

fn event(object: Value) -> Value {
    json!({
        "object": "event", "id": "evt_TEST", "type": "invoice.paid", "livemode": false,
        "created": 1_795_000_000, "api_version": "1999-01-01", "data": {"object": object},
    })
}

fn read(value: &Value) -> Result<Event, NoEvent> {
    Event::read(value.to_string().as_bytes())
}

#[test]
fn whom_an_event_is_about() {
    let customer = json!({"object": "customer", "id": "cus_TEST", "email": "a@example.org"});
    let invoice = json!({"object": "invoice", "id": "in_TEST", "customer": "cus_TEST"});
    let whole = json!({"object": "invoice", "id": "in_TEST", "customer": {"id": "cus_TEST"}});
    for object in [customer, invoice, whole] {
        let event = read(&event(object)).unwrap();
        assert_eq!(event.customer.as_deref(), Some("cus_TEST"));
        assert_eq!(event.mode, Mode::Test);
    }
    let dispute =
        read(&event(json!({"object": "dispute", "id": "dp_TEST", "charge": "ch_TEST"}))).unwrap();
    assert_eq!((dispute.customer, dispute.charge.as_deref()), (None, Some("ch_TEST")));
    // A kind of tomorrow.
    let strange = read(&event(json!({"object": "tomorrow"}))).unwrap();
    assert_eq!((strange.object_id, strange.customer), (None, None));
}

#[test]
fn nothing_of_a_card_is_read() {
    let card =
        json!({"brand": "visa", "last4": "4242", "exp_month": 4, "fingerprint": "TESTFINGER"});
    let charge = json!({
        "object": "charge", "id": "ch_TEST", "customer": "cus_TEST",
        "payment_method_details": {"type": "card", "card": card},
        "billing_details": {"name": "Test Person", "address": {"line1": "Test street"}},
    });
    let event = format!("{:?}", read(&event(charge)).unwrap());
    for part in ["visa", "4242", "TESTFINGER", "Test Person", "Test street"] {
        assert!(!event.contains(part), "{event}");
    }
}

#[test]
fn what_is_no_event_is_refused() {
    let mut wrong = vec![json!(null), json!([]), json!({}), json!("evt_TEST")];
    for (field, value) in [
        ("object", json!("charge")),
        ("id", json!("in_TEST")),
        ("id", json!(format!("evt_{}", "x".repeat(252)))),
        ("id", json!("evt_T\u{0}EST")),
        ("type", json!(7)),
        ("livemode", json!("no")),
        ("created", json!("now")),
        ("data", json!({})),
    ] {
        let mut event = event(json!({"object": "invoice", "id": "in_TEST"}));
        event[field] = value;
        wrong.push(event);
    }
    for value in wrong {
        assert_eq!(read(&value), Err(NoEvent), "{value}");
    }
    assert_eq!(Event::read(b"\xff\xfe"), Err(NoEvent));
}
