//! How requests may look, and what is said to those that look otherwise.

use frankenstein::types::{Message, User};
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::support::{ANNA, Telegram, answered};

#[tokio::test]
async fn a_bot_learns_who_it_is() {
    let telegram = Telegram::start().await;
    let me: User = telegram.call("getMe", json!({})).await.result();
    assert_eq!(
        (me.id, me.is_bot, me.username.as_deref()),
        (telegram.bot.id as u64, true, Some("gannet_test_bot"))
    );
    let me: User = telegram.call("GETME", json!({})).await.result();
    assert!(me.is_bot);
}

#[tokio::test]
async fn wrong_tokens_methods_and_paths_are_told_apart() {
    let telegram = Telegram::start().await;
    let (base, token) = (telegram.sim.base_url(), &telegram.bot.token);
    let revoked = telegram.sim.create_bot(sim::NewBot::default()).expect("a second bot");
    telegram.sim.remove_bot(revoked.id).expect("it is there");
    for (path, want) in [
        (format!("bot{token}/getMeow"), (404, "Not Found: method not found")),
        (format!("bot{}/getMe", revoked.token), (401, "Unauthorized")),
        ("bot12345/getMe".into(), (404, "Not Found")),
        ("botABC:DEF/getMe".into(), (404, "Not Found")),
        (format!("bot{token}x/getMe"), (404, "Not Found")),
        ("".into(), (404, "Not Found")),
        ("favicon.ico".into(), (404, "Not Found")),
    ] {
        let answer =
            answered(telegram.http.get(format!("{base}/{path}")).send().await.expect("an answer"))
                .await;
        assert_eq!(answer.refusal(), want, "{path}");
    }
    let encoded = format!("{base}/bot{}/getMe", token.replace(':', "%3A"));
    assert!(
        answered(telegram.http.get(encoded).send().await.expect("an answer"))
            .await
            .status
            .is_success()
    );
    let put = telegram.http.put(telegram.url("getMe")).send().await.expect("an answer");
    assert_eq!(answered(put).await.refusal(), (405, "Method Not Allowed"));
}

#[tokio::test]
async fn parameters_come_in_four_ways_and_mean_the_same() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    let anna = ANNA.to_string();
    let pairs = [
        ("chat_id", anna.as_str()),
        ("text", "<b>ж</b>"),
        ("parse_mode", "html"),
        ("disable_notification", "1"),
    ];
    let url = telegram.url("sendMessage");
    let (http, json) =
        (&telegram.http, json!({"chat_id": ANNA, "text": "<b>ж</b>", "parse_mode": "HTML"}));
    let multipart =
        pairs.iter().fold(Form::new(), |form, (name, value)| form.text(*name, value.to_string()));
    for request in [
        http.get(&url).query(&pairs),
        http.post(&url).query(&pairs),
        http.post(&url).form(&pairs),
        http.post(&url).json(&json),
        http.post(&url).query(&pairs[..1]).json(&json!({"text": "<b>ж</b>", "parse_mode": "HTML"})),
        http.post(&url).multipart(multipart),
    ] {
        let message: Message = answered(request.send().await.expect("an answer")).await.result();
        assert_eq!(message.text.as_deref(), Some("ж"));
        let entities = message.entities.expect("the text is bold");
        assert_eq!((entities.len(), entities[0].length), (1, 1));
    }
}

#[tokio::test]
async fn a_strict_simulator_refuses_what_telegram_would_overlook() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    let keyboard = |button| json!({"inline_keyboard": [[button]]});
    for (extra, want) in [
        (
            ("disable_web_page_preview", json!(true)),
            "Bad Request: sendMessage has no parameter \"disable_web_page_preview\" (the simulator is strict)",
        ),
        (
            ("disable_notification", json!("true")),
            "Bad Request: field \"disable_notification\" must be of type Boolean",
        ),
        (
            ("reply_markup", keyboard(json!({"text": "a", "callback_data": "b", "colour": "red"}))),
            "Bad Request: there is no field \"reply_markup.inline_keyboard[0][0].colour\" (the simulator is strict)",
        ),
    ] {
        let mut params = json!({"chat_id": ANNA, "text": "x"});
        params[extra.0] = extra.1;
        assert_eq!(telegram.call("sendMessage", params).await.refusal(), (400, want));
    }

    let lenient = Telegram::with(|config| config.strict = false).await;
    lenient.starts(ANNA);
    let params = json!({"chat_id": ANNA.to_string(), "text": 7, "disable_notification": "true", "nonsense": 1});
    let message: Message = lenient.call("sendMessage", params).await.result();
    assert_eq!(message.text.as_deref(), Some("7"));
}

#[tokio::test]
async fn missing_and_broken_parameters_are_named() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    for (method, params, want) in [
        ("sendMessage", json!({"text": "x"}), "Bad Request: chat_id is empty"),
        ("sendMessage", json!({"chat_id": ANNA}), "Bad Request: message text is empty"),
        ("sendMessage", json!({"chat_id": ANNA, "text": ""}), "Bad Request: message text is empty"),
        (
            "sendMessage",
            json!({"chat_id": ANNA, "text": "x", "parse_mode": "rtf"}),
            "Bad Request: unsupported parse_mode",
        ),
        (
            "sendMessage",
            json!({"chat_id": ANNA, "text": "x", "reply_markup": "{"}),
            "Bad Request: can't parse reply markup JSON object",
        ),
        (
            "sendMessage",
            json!({"chat_id": ANNA, "text": "x", "entities": [{"type": "shiny", "offset": 0, "length": 1}]}),
            "Bad Request: can't parse MessageEntity: Unsupported type specified",
        ),
        ("sendPhoto", json!({"chat_id": ANNA}), "Bad Request: there is no photo in the request"),
        ("getFile", json!({}), "Bad Request: parameter \"file_id\" is required"),
        (
            "sendChatAction",
            json!({"chat_id": ANNA, "action": "dancing"}),
            "Bad Request: wrong parameter action in request",
        ),
    ] {
        assert_eq!(
            telegram.call(method, params.clone()).await.refusal(),
            (400, want),
            "{method} {params}"
        );
    }
    for body in ["[]", "{\"chat_id\":", "null", "{} x"] {
        let request = telegram
            .http
            .post(telegram.url("sendMessage"))
            .header("content-type", "application/json");
        let answer = answered(request.body(body).send().await.expect("an answer")).await;
        assert!(
            answer.refusal().1.starts_with("Bad Request: can't parse the body as a JSON object"),
            "{body}"
        );
    }
    let twice = telegram
        .http
        .post(telegram.url("sendMessage"))
        .query(&[("text", "a")])
        .json(&json!({"chat_id": ANNA, "text": "b"}));
    assert_eq!(answered(twice.send().await.expect("an answer")).await.refusal().0, 400);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let telegram = Telegram::start().await;
    let huge = Part::bytes(vec![0; 53 << 20]).file_name("huge.bin");
    let form = Form::new().text("chat_id", "1").part("document", huge);
    let answer = telegram.http.post(telegram.url("sendDocument")).multipart(form).send().await;
    // The server may hang up while the client is still writing.
    if let Ok(answer) = answer {
        assert_eq!(answered(answer).await.refusal(), (413, "Request Entity Too Large"));
    }
}
