//! Everything that can be steered, from outside.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{ANNA, Telegram, soon};

async fn ask(
    telegram: &Telegram,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let request = telegram.http.request(method, format!("{}/sim{path}", telegram.sim.base_url()));
    let request = match body {
        Some(body) => request.json(&body),
        None => request,
    };
    let response = request.send().await.expect("an answer");
    (response.status(), response.json().await.expect("JSON"))
}

#[tokio::test]
async fn a_whole_life_of_a_bot_by_remote_control() {
    let telegram = Telegram::unlimited().await;
    let post = async |path: &str, body: Value| {
        let (status, answer) = ask(&telegram, Method::POST, path, Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    };
    let get = async |path: &str| ask(&telegram, Method::GET, path, None).await.1;

    let bot = post("/bots", json!({"username": "remote_bot", "name": "Remote"})).await;
    let (id, token) =
        (bot["id"].as_i64().expect("a number"), bot["token"].as_str().expect("a token"));
    assert_eq!(get("/bots").await.as_array().map(Vec::len), Some(2));
    let people =
        post(&format!("/bots/{id}/people"), json!({"count": 20, "payloads": ["x"], "seed": 5}))
            .await;
    let first = people["first_person"].as_i64().expect("a number");
    soon("arrivals", async || {
        let chats = get(&format!("/bots/{id}/chats")).await;
        (chats.as_array().map(Vec::len) == Some(20)).then_some(())
    })
    .await;
    post(&format!("/bots/{id}/people/{first}"), json!({"do": "text", "text": "hello"})).await;

    let send = format!("{}/bot{token}/sendMessage", telegram.sim.base_url());
    for text in ["a", "a", "b"] {
        telegram
            .http
            .post(&send)
            .json(&json!({"chat_id": first, "text": text}))
            .send()
            .await
            .expect("an answer");
    }
    let chat = get(&format!("/bots/{id}/chats/{first}")).await;
    let texts: Vec<_> =
        chat["messages"].as_array().expect("messages").iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, ["/start x", "hello", "a", "a", "b"]);
    assert_eq!(chat["standing"], "active");
    let stats = get(&format!("/bots/{id}/ledger/stats")).await;
    assert_eq!(
        (&stats["accepted"], &stats["duplicates"], &stats["by_method"]),
        (&json!(3), &json!(1), &json!({"sendMessage": 3}))
    );
    assert_eq!(get(&format!("/bots/{id}/ledger/duplicates")).await[0]["chat"], first);
    assert_eq!(get(&format!("/bots/{id}/ledger?from=2")).await.as_array().map(Vec::len), Some(1));
    assert_eq!(get(&format!("/bots/{id}/ledger/chats")).await[first.to_string()], 3);
    assert_eq!(get("/ledger").await[id.to_string()]["accepted"], 3);

    let fault =
        post("/faults", json!({"bot": id, "count": 1, "what": {"status": {"code": 500}}})).await;
    assert_eq!(get("/faults").await[0]["id"], fault["id"]);
    let failed =
        telegram.http.post(&send).json(&json!({"chat_id": first, "text": "c"})).send().await;
    assert_eq!(failed.expect("an answer").status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(get("/faults").await, json!([]));

    let limits =
        json!({"bot": null, "chat": {"count": 1, "per_secs": 1, "burst": 1}, "group": null});
    assert_eq!(ask(&telegram, Method::PUT, "/limits", Some(limits.clone())).await.1, limits);
    assert_eq!(get("/limits").await, limits);
    post("/clock", json!({"advance_secs": 3600})).await;

    let update = json!({"kind": "poll_answer", "content": {"poll_id": "1", "option_ids": []}});
    assert!(post(&format!("/bots/{id}/updates"), update).await["update_id"].is_u64());
    let rotated = post(&format!("/bots/{id}/token"), json!({})).await;
    assert_ne!(rotated["token"], token);
    let old = telegram.http.post(&send).json(&json!({})).send().await.expect("an answer");
    assert_eq!(old.status(), StatusCode::UNAUTHORIZED);

    post("/reset", json!({"keep_bots": true})).await;
    assert_eq!(get(&format!("/bots/{id}/chats")).await, json!([]));
    assert_eq!(
        ask(&telegram, Method::DELETE, &format!("/bots/{id}"), None).await.0,
        StatusCode::OK
    );
    assert_eq!(get("/bots").await.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn orders_that_make_no_sense_are_refused_with_a_reason() {
    let telegram = Telegram::start().await;
    let bot = telegram.bot.id;
    let name = json!({"username": "gannet_test_bot"});
    for (path, body, want) in [
        ("/bots", name, StatusCode::CONFLICT),
        ("/bots", json!({"username": "nobot_"}), StatusCode::UNPROCESSABLE_ENTITY),
        ("/bots", json!({"usrname": "x_bot"}), StatusCode::UNPROCESSABLE_ENTITY),
        ("/bots/5/people", json!({"count": 1}), StatusCode::NOT_FOUND),
        (&format!("/bots/{bot}/people"), json!({"count": 0}), StatusCode::UNPROCESSABLE_ENTITY),
        (
            &format!("/bots/{bot}/people"),
            json!({"count": 1, "payloads": ["a b"]}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (&format!("/bots/{bot}/people/{ANNA}"), json!({"do": "block"}), StatusCode::NOT_FOUND),
        (
            &format!("/bots/{bot}/people/0"),
            json!({"do": "start"}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        ("/clock", json!({"advance_secs": -1}), StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let response = telegram
            .http
            .post(format!("{}/sim{path}", telegram.sim.base_url()))
            .json(&body)
            .send()
            .await;
        assert_eq!(response.expect("an answer").status(), want, "{path} {body}");
    }
    assert_eq!(ask(&telegram, Method::GET, "/nothing", None).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn web_pages_cannot_give_orders() {
    let telegram = Telegram::start().await;
    let url = format!("{}/sim/reset", telegram.sim.base_url());
    for (header, value) in [("origin", "http://localhost:3000"), ("sec-fetch-site", "cross-site")] {
        let request = telegram.http.post(&url).header(header, value).json(&json!({}));
        assert_eq!(request.send().await.expect("an answer").status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(telegram.sim.bots().len(), 1);

    let closed = Telegram::with(|config| config.control = false).await;
    assert_eq!(ask(&closed, Method::GET, "/bots", None).await.0, StatusCode::NOT_FOUND);
}
