//! A broadcast that begins by itself, as somebody without scripts has it.

use domain::{
    Timestamp,
    rights::{Right, Role},
};
use serde_json::Value;

use crate::{access::stage::Stage, support::JSON};

const HOURS: i64 = 60 * 60;

/// The day so many hours from now, by the clock of UTC.
fn day(hours: i64) -> String {
    let at = Timestamp::from_second(Timestamp::now().as_second() + hours * HOURS);
    at.expect("a moment").to_string()[..10].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_is_chosen_mended_changed_and_taken_back_without_scripts() {
    let stage = Stage::set().await;
    let ann = &stage.ann;
    let zone = [("name", "Ann"), ("time_zone", "Asia/Kathmandu")];
    ann.done("/account", &zone).await;
    let list = format!("/bots/{}/broadcasts", stage.acme.slug);
    let path = format!("{list}/{}", stage.acme.draft);
    let version = ann.get(&path).await.value_of("if_unmodified_since");
    let quiet = [
        ("text", "Closed on Monday"),
        ("silent", "on"),
        ("if_unmodified_since", version.as_str()),
        ("step", "confirm"),
    ];
    let confirm = ann.done(&path, &quiet).await;
    let page = ann.get(&confirm).await;
    assert!(page.body.contains("Without sound"), "{}", page.gist());
    assert!(
        page.body.contains("<option value=\"Asia/Kathmandu\" selected"),
        "the viewer's own zone is chosen"
    );
    let version = page.value_of("if_unmodified_since");
    let send = format!("{path}/schedule");

    // Everything wrong, each said at its field, and everything typed still there.
    let wrong = [
        ("day", "2026-02-30"),
        ("time", "25:61"),
        ("zone", "Mars/Olympus"),
        ("if_unmodified_since", version.as_str()),
    ];
    let page = ann.post(&send, &wrong).await;
    assert_eq!(page.status, 422, "{}", page.gist());
    for field in ["day", "time", "zone"] {
        assert!(page.body.contains(&format!("id=\"f-{field}-error\"")), "{field}: {}", page.gist());
    }
    assert_eq!(page.value_of("day"), "2026-02-30");
    assert_eq!(page.value_of("time"), "25:61");
    assert!(page.body.contains("<details id=\"at-a-time\" open"), "in sight");
    let past = [("day", "2020-01-01"), ("time", "09:00"), wrong[3], ("zone", "UTC")];
    let page = ann.post(&send, &past).await;
    assert!(page.body.contains("This time has passed already."), "{}", page.gist());

    let tomorrow = day(48);
    let right = [
        ("day", tomorrow.as_str()),
        ("time", "09:30"),
        ("zone", "Asia/Kathmandu"),
        ("if_unmodified_since", version.as_str()),
    ];
    let next = ann.done(&send, &right).await;
    assert_eq!(next, format!("{path}?done=scheduled"));
    let page = ann.get(&next).await;
    for text in [
        "09:30 (Asia/Kathmandu, UTC+05:45)",
        "It goes out by itself, at its time.",
        "1 person",
        "Back to draft",
        "Change the time",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.gist());
    }
    assert!(page.headers.contains_key("refresh"), "it is another page once it has begun");
    let page = ann.get(&list).await;
    assert!(page.body.contains("09:30") && page.body.contains("scheduled"), "{}", page.gist());

    // A page of before has the time of before: the newer one is not overwritten.
    let stale = ann.post(&send, &right).await;
    assert_eq!(stale.status, 409, "{}", stale.gist());
    assert_eq!(stale.value_of("time"), "09:30", "what was typed is still there");

    let page = ann.get(&format!("{path}/confirm")).await;
    assert_eq!((page.value_of("day"), page.value_of("time")), (tomorrow.clone(), "09:30".into()));
    let version = page.value_of("if_unmodified_since");
    let later = [("time", "18:00"), right[0], right[2], ("if_unmodified_since", version.as_str())];
    ann.done(&send, &later).await;
    assert!(ann.get(&path).await.body.contains("18:00 (Asia/Kathmandu"));

    // The text may be changed, and stays one that can be sent.
    let page = ann.get(&format!("{path}?edit=text")).await;
    let version = page.value_of("if_unmodified_since");
    assert!(page.body.contains("data-by-hand"), "no half sentence is saved by itself");
    let empty = [("text", " "), ("if_unmodified_since", version.as_str())];
    let refused = ann.post(&path, &empty).await;
    assert_eq!(refused.status, 422, "{}", refused.gist());
    let text = [("text", "Closed on Tuesday"), ("if_unmodified_since", version.as_str())];
    ann.done(&path, &text).await;
    let page = ann.get(&path).await;
    assert!(page.body.contains("Closed on Tuesday") && page.body.contains("18:00"));
    assert!(!page.body.contains("Without sound"), "a box that is not ticked is not sent");

    let next = ann.done(&format!("{path}/unschedule"), &[]).await;
    assert_eq!(next, format!("{path}?done=unscheduled"));
    let page = ann.get(&next).await;
    assert!(page.body.contains("It is a draft again"), "{}", page.gist());
    assert!(page.body.contains("<textarea"), "and is written on");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_send_sees_the_time_and_changes_nothing() {
    let stage = Stage::set().await;
    let path = format!("/bots/{}/broadcasts/{}", stage.acme.slug, stage.acme.draft);
    let version = stage.ann.get(&path).await.value_of("if_unmodified_since");
    let tomorrow = day(48);
    let form = [
        ("day", tomorrow.as_str()),
        ("time", "09:30"),
        ("zone", "UTC"),
        ("if_unmodified_since", version.as_str()),
    ];
    let ed = stage.colleague("ed", Role::Member, &[Right::Edit]).await.browser;
    let send = format!("{path}/schedule");
    assert_eq!(ed.post(&send, &form).await.status, 403);
    stage.ann.done(&send, &form).await;
    let page = ed.get(&format!("{path}?edit=text")).await;
    assert!(page.body.contains("09:30 (UTC, UTC+00:00)"), "{}", page.gist());
    for button in ["Back to draft", "Change the time", "Send now", "<textarea"] {
        assert!(!page.body.contains(button), "{button}");
    }
    let version = stage.ann.get(&format!("{path}?edit=text")).await;
    let version = version.value_of("if_unmodified_since");
    let text = [("text", "Mine"), ("if_unmodified_since", version.as_str())];
    assert_eq!(ed.post(&path, &text).await.status, 403);
    for verb in ["unschedule", "discard"] {
        assert_eq!(ed.post(&format!("{path}/{verb}"), &[]).await.status, 403, "{verb}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_has_just_come_begins_within_seconds() {
    let stage = Stage::set().await;
    let path = format!("/bots/{}/broadcasts/{}", stage.acme.slug, stage.acme.draft);
    let version = stage.ann.get(&path).await.value_of("if_unmodified_since");
    let now = Timestamp::now().to_string();
    let form = [
        ("day", &now[..10]),
        ("time", &now[11..16]),
        ("zone", "UTC"),
        ("if_unmodified_since", version.as_str()),
    ];
    stage.ann.done(&format!("{path}/schedule"), &form).await;
    let page = stage.ann.wait_for(&path, "Results", 20).await;
    assert!(page.body.contains("Was to begin"), "{}", page.gist());
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_are_told_which_field_is_wrong() {
    let stage = Stage::set().await;
    let path = format!("/bots/{}/broadcasts/{}/schedule", stage.acme.slug, stage.acme.draft);
    let answer = stage.ann.ask(reqwest::Method::POST, &path, JSON).await;
    assert_eq!(answer.status, 409, "nothing was looked at");
    let body: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert!(body["message"].as_str().is_some_and(|text| text.contains("after you looked")));
}
