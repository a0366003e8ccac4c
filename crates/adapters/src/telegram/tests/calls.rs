//! Each call: what it asks, and what it makes of the answer.

use serde_json::json;

use super::*;

/// What the server saw of one call: its method's name and its parameters.
async fn asked(
    answers: impl IntoIterator<Item = Act>,
    call: impl AsyncFnOnce(BotApi, Credentials),
) -> Vec<(String, serde_json::Value)> {
    let server = Server::start(answers).await;
    call(client(), bot_at(&server.base)).await;
    let path = format!("/bot{TOKEN}/");
    let asked = |seen: server::Seen| match seen.path.strip_prefix(&path) {
        Some(method) => {
            spec::fits(method, &seen.body);
            (method.to_owned(), seen.body)
        }
        None => (seen.path, seen.body),
    };
    server.seen().into_iter().map(asked).collect()
}

#[tokio::test]
async fn get_me() {
    let me = r#"{"id":123456,"is_bot":true,"first_name":"Gull","username":"gull_bot","can_join_groups":true,"something_new":{}}"#;
    let asked = asked([Act::ok(me)], async |api, who| {
        let me = api.get_me(&who).await.unwrap();
        assert_eq!(
            (me.id, me.first_name.as_str(), me.username.as_str()),
            (123_456, "Gull", "gull_bot")
        );
        assert!(me.can_join_groups && !me.can_read_all_group_messages);
    });
    assert_eq!(asked.await, [("getMe".into(), json!({}))]);
}

#[tokio::test]
async fn the_webhook_is_set_asked_about_and_deleted() {
    let info = r#"{"url":"https://example.org/telegram/x","has_custom_certificate":false,"pending_update_count":3,"last_error_date":1800000000,"last_error_message":"Connection refused","max_connections":40,"allowed_updates":["message"]}"#;
    let answers = [
        Act::ok("true"),
        Act::ok(info),
        Act::ok(r#"{"url":"","has_custom_certificate":false,"pending_update_count":0}"#),
        Act::ok("true"),
    ];
    let asked = asked(answers, async |api, who| {
        let hook = Webhook {
            url: "https://example.org/telegram/x",
            secret: "TEST-secret",
            allowed_updates: &["message", "callback_query"],
            max_connections: 40,
            drop_pending: false,
        };
        assert!(!format!("{hook:?}").contains("secret"));
        api.set_webhook(&who, &hook).await.unwrap();
        let info = api.get_webhook_info(&who).await.unwrap();
        assert_eq!(info.pending_update_count, 3);
        assert_eq!(info.last_error_date.unwrap().as_second(), 1_800_000_000);
        assert_eq!(info.last_error_message.as_deref(), Some("Connection refused"));
        assert!(!format!("{info:?}").contains("telegram/x"));
        let none = api.get_webhook_info(&who).await.unwrap();
        assert!(none.url.is_empty() && none.last_error_date.is_none());
        api.delete_webhook(&who, false).await.unwrap();
    })
    .await;
    let set = json!({
        "url": "https://example.org/telegram/x",
        "secret_token": "TEST-secret",
        "allowed_updates": ["message", "callback_query"],
        "max_connections": 40,
        "drop_pending_updates": false,
    });
    assert_eq!(asked[0], ("setWebhook".into(), set));
    assert_eq!(asked[1], ("getWebhookInfo".into(), json!({})));
    assert_eq!(asked[3], ("deleteWebhook".into(), json!({"drop_pending_updates": false})));
}

#[tokio::test]
async fn updates_come_as_the_bytes_they_were() {
    let first = r#"{"update_id":41, "message":{"text":"ж\u0436", "n":1.50}}"#;
    let second = r#"{"edited":null,"update_id":42}"#;
    let asked = asked([Act::ok(&format!("[ {first} ,{second}]"))], async |api, who| {
        let wait = Duration::from_secs(50);
        let updates = api.get_updates(&who, 41, wait, &["message"]).await.unwrap();
        let got: Vec<_> = updates.iter().map(|u| (u.update_id, u.json.as_ref())).collect();
        assert_eq!(got, [(41, first.as_bytes()), (42, second.as_bytes())]);
    });
    let want = json!({"offset": 41, "timeout": 50, "allowed_updates": ["message"]});
    assert_eq!(asked.await, [("getUpdates".into(), want)]);
}

#[tokio::test]
async fn a_poll_is_waited_for_longer_than_another_call() {
    let server = Server::start([]).await;
    let (api, who) = (client(), bot_at(&server.base));
    let begun = tokio::time::Instant::now();
    let silence = api.get_updates(&who, 0, Duration::from_secs(1), &[]).await.unwrap_err();
    assert_eq!(silence, CallError::Unanswered(Unanswered::Deadline));
    assert!(begun.elapsed() >= Duration::from_secs(1) + DEADLINE);
}

#[tokio::test]
async fn two_pollers_are_a_conflict() {
    let body = r#"{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request"}"#;
    asked([Act::status(409, body)], async |api, who| {
        let error = api.get_updates(&who, 0, Duration::ZERO, &[]).await.unwrap_err();
        assert!(matches!(error, CallError::Conflict(_)) && !error.is_temporary());
    })
    .await;
}

#[tokio::test]
async fn small_orders() {
    let answers = [Act::ok("true"), Act::ok("true"), Act::ok("true"), Act::ok("true")];
    let asked = asked(answers, async |api, who| {
        api.answer_callback_query(&who, "77", None).await.unwrap();
        api.answer_callback_query(&who, "78", Some("Done")).await.unwrap();
        api.leave_chat(&who, -100).await.unwrap();
        let start = Command { command: "start".into(), description: "Begin".into() };
        api.set_my_commands(&who, &[start]).await.unwrap();
    });
    let want = [
        ("answerCallbackQuery", json!({"callback_query_id": "77"})),
        ("answerCallbackQuery", json!({"callback_query_id": "78", "text": "Done"})),
        ("leaveChat", json!({"chat_id": -100})),
        ("setMyCommands", json!({"commands": [{"command": "start", "description": "Begin"}]})),
    ];
    assert_eq!(asked.await, want.map(|(name, body)| (name.to_owned(), body)));
}

#[tokio::test]
async fn a_picture_is_found_and_downloaded() {
    let photos = r#"{"total_count":1,"photos":[[{"file_id":"s","width":90},{"file_id":"m","width":320},{"file_id":"l","width":640}]]}"#;
    let file =
        r#"{"file_id":"m","file_unique_id":"u","file_size":4,"file_path":"photos/file_1.jpg"}"#;
    let answers = [Act::ok(photos), Act::ok(file), Act::status(200, "JPEG")];
    let asked = asked(answers, async |api, who| {
        let picture = api.profile_picture(&who, 123_456).await.unwrap().unwrap();
        assert_eq!(picture.jpeg, "JPEG");
    })
    .await;
    assert_eq!(asked[0].1, json!({"user_id": 123_456, "limit": 1}));
    assert_eq!(asked[1], ("getFile".into(), json!({"file_id": "m"})));
    assert_eq!(asked[2].0, format!("/file/bot{TOKEN}/photos/file_1.jpg"));
}

#[tokio::test]
async fn no_picture_is_no_error() {
    let answers = [Act::ok(r#"{"total_count":0,"photos":[]}"#)];
    asked(answers, async |api, who| {
        assert_eq!(api.profile_picture(&who, 123_456).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn downloads_stay_in_their_place_and_size() {
    let gone = r#"{"ok":false,"error_code":404,"description":"Not Found: no such file"}"#;
    let answers = [Act::status(200, "12345"), Act::status(404, gone), Act::status(200, "12345")];
    let asked = asked(answers, async |api, who| {
        for path in
            ["", "../getMe", "a/../b", "/etc/passwd", "a//b", "a?b", "a b", "a%2e", "a\r\nb"]
        {
            let error = api.download(&who, path, 10).await.unwrap_err();
            assert!(matches!(error, CallError::Rejected { code: 400, .. }), "{path}");
        }
        assert_eq!(api.download(&who, "a/b.jpg", 5).await.unwrap(), "12345");
        let error = api.download(&who, "a/b.jpg", 5).await.unwrap_err();
        assert!(matches!(error, CallError::Rejected { code: 404, .. }));
        let error = api.download(&who, "a/b.jpg", 4).await.unwrap_err();
        assert_eq!(error, CallError::Unanswered(Unanswered::Garbled));
    });
    assert_eq!(asked.await.len(), 3, "bad paths never leave");
}
