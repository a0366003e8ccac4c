//! Sending, showing, changing and deleting messages.

use frankenstein::types::{ChatFullInfo, ChatMember, File, Message, MessageEntityType, MessageId};
use reqwest::multipart::{Form, Part};
use serde_json::json;
use sim::{Deed, Group};

use crate::support::{ANNA, BORIS, Telegram, answered};

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend(width.to_be_bytes());
    png.extend(height.to_be_bytes());
    png.extend([8, 2, 0, 0, 0]);
    png
}

async fn upload(
    telegram: &Telegram,
    method: &str,
    field: &'static str,
    name: &str,
    content: Vec<u8>,
) -> crate::support::Answered {
    let part = Part::bytes(content)
        .file_name(name.to_owned())
        .mime_str("image/png")
        .expect("a media type");
    let form = Form::new()
        .text("chat_id", ANNA.to_string())
        .text("caption", "<i>c</i>")
        .text("parse_mode", "HTML");
    let request = telegram.http.post(telegram.url(method)).multipart(form.part(field, part));
    answered(request.send().await.expect("an answer")).await
}

#[tokio::test]
async fn a_message_arrives_as_it_was_sent() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    let message: Message = telegram
        .call("sendMessage", json!({
            "chat_id": ANNA,
            "text": "Hello *you*, see /help\\.",
            "parse_mode": "MarkdownV2",
            "reply_markup": {"inline_keyboard": [[{"text": "Go", "url": "https://example.org"}, {"text": "No", "callback_data": "no"}]]},
            "reply_parameters": {"message_id": 1},
            "protect_content": true,
        }))
        .await
        .result();
    assert_eq!(message.text.as_deref(), Some("Hello you, see /help."));
    let kinds: Vec<_> =
        message.entities.iter().flatten().map(|e| (e.type_field, e.offset, e.length)).collect();
    assert_eq!(kinds, [(MessageEntityType::Bold, 6, 3), (MessageEntityType::BotCommand, 15, 5)]);
    assert_eq!(
        (message.chat.id, message.from.map(|from| from.id)),
        (ANNA, Some(telegram.bot.id as u64))
    );
    assert_eq!(message.reply_to_message.and_then(|to| to.text.clone()).as_deref(), Some("/start"));
    assert_eq!(message.has_protected_content, Some(true));
    assert_eq!(message.reply_markup.map(|keys| keys.inline_keyboard[0].len()), Some(2));

    let chat = telegram.sim.chat(telegram.bot.id, ANNA).expect("they talk");
    assert_eq!(
        chat.messages.last().map(|seen| seen.buttons.clone()),
        Some(vec![vec!["Go".to_owned(), "No".to_owned()]])
    );
    let entry = telegram.sim.ledger(telegram.bot.id, 0, 10).expect("the bot is there")[0];
    assert_eq!(
        (entry.chat, entry.message, entry.hash),
        (ANNA, message.message_id, sim::content_hash(&[b"Hello you, see /help."]))
    );
}

#[tokio::test]
async fn length_is_counted_in_utf16_after_markup() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    assert_eq!(
        telegram.sent(ANNA, &"🦆".repeat(2_048)).await.text.map(|text| text.chars().count()),
        Some(2_048)
    );
    let too_long = telegram.send(ANNA, &format!("{}.", "🦆".repeat(2_048))).await;
    assert_eq!(too_long.refusal(), (400, "Bad Request: message is too long"));
    let bold = format!("<b>{}</b>", "a".repeat(4_096));
    let fits = telegram
        .call("sendMessage", json!({"chat_id": ANNA, "text": bold, "parse_mode": "HTML"}))
        .await;
    assert_eq!(fits.result::<Message>().text.map(|text| text.len()), Some(4_096));
    let caption = telegram.call("sendPhoto", json!({"chat_id": ANNA, "photo": "https://example.org/a.jpg", "caption": "a".repeat(1_025)})).await;
    assert_eq!(caption.refusal(), (400, "Bad Request: message caption is too long"));
}

#[tokio::test]
async fn chats_and_texts_that_cannot_be_are_refused() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    let other = telegram.sim.create_bot(sim::NewBot::default()).expect("another bot");
    for (params, want) in [
        (json!({"chat_id": 5, "text": "x"}), (400, "Bad Request: chat not found")),
        (json!({"chat_id": "@nobody", "text": "x"}), (400, "Bad Request: chat not found")),
        (
            json!({"chat_id": other.id, "text": "x"}),
            (403, "Forbidden: bot can't send messages to bots"),
        ),
        (json!({"chat_id": ANNA, "text": "  \n"}), (400, "Bad Request: message text is empty")),
        (
            json!({"chat_id": ANNA, "text": "<b>x", "parse_mode": "HTML"}),
            (
                400,
                "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
            ),
        ),
        (
            json!({"chat_id": ANNA, "text": "1.0", "parse_mode": "MarkdownV2"}),
            (
                400,
                "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'",
            ),
        ),
        (
            json!({"chat_id": ANNA, "text": "x", "entities": [{"type": "bold", "offset": 0, "length": 2}]}),
            (
                400,
                "Bad Request: entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 2",
            ),
        ),
        (
            json!({"chat_id": ANNA, "text": "x", "reply_parameters": {"message_id": 99}}),
            (400, "Bad Request: message to be replied not found"),
        ),
        (
            json!({"chat_id": ANNA, "text": "x", "message_thread_id": 1}),
            (400, "Bad Request: message thread not found"),
        ),
        (
            json!({"chat_id": ANNA, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a"}]]}}),
            (
                400,
                "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
            ),
        ),
        (
            json!({"chat_id": ANNA, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "d".repeat(65)}]]}}),
            (400, "Bad Request: BUTTON_DATA_INVALID"),
        ),
        (
            json!({"chat_id": ANNA, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "nonsense"}]]}}),
            (400, "Bad Request: inline keyboard button URL 'nonsense' is invalid: Wrong HTTP URL"),
        ),
    ] {
        assert_eq!(telegram.call("sendMessage", params.clone()).await.refusal(), want, "{params}");
    }
    assert!(telegram.texts(ANNA).is_empty());
    assert_eq!(telegram.sim.stats(telegram.bot.id).expect("the bot is there").accepted, 0);
}

#[tokio::test]
async fn a_photo_is_uploaded_once_and_reused() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    let content = png(1_000, 500);
    let message: Message =
        upload(&telegram, "sendPhoto", "photo", "a.png", content.clone()).await.result();
    let sizes = message.photo.expect("it is a photo");
    assert_eq!(sizes.iter().map(|size| size.width).collect::<Vec<_>>(), [90, 320, 800, 1_000]);
    assert_eq!(message.caption.as_deref(), Some("c"));
    assert_eq!(message.caption_entities.map(|entities| entities.len()), Some(1));

    let id = &sizes[3].file_id;
    let again: Message =
        telegram.call("sendPhoto", json!({"chat_id": ANNA, "photo": id})).await.result();
    assert_eq!(again.photo.expect("it is a photo")[3].file_unique_id, sizes[3].file_unique_id);
    let file: File = telegram.call("getFile", json!({"file_id": sizes[0].file_id})).await.result();
    let path = file.file_path.expect("it can be fetched");
    let url = format!("{}/file/bot{}/{path}", telegram.sim.base_url(), telegram.bot.token);
    let fetched =
        telegram.http.get(url).send().await.expect("an answer").bytes().await.expect("a body");
    assert_eq!(fetched, content);

    let as_document = telegram.call("sendDocument", json!({"chat_id": ANNA, "document": id})).await;
    assert_eq!(
        as_document.refusal(),
        (400, "Bad Request: can't use file of type Photo as Document")
    );
    let stranger = telegram.sim.create_bot(sim::NewBot::default()).expect("another bot");
    let theirs = format!("{}/bot{}/getFile", telegram.sim.base_url(), stranger.token);
    let theirs =
        telegram.http.get(theirs).query(&[("file_id", id)]).send().await.expect("an answer");
    assert_eq!(answered(theirs).await.refusal(), (400, "Bad Request: invalid file_id"));
}

#[tokio::test]
async fn files_are_what_they_are_sent_as() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    let document: Message =
        upload(&telegram, "sendDocument", "document", "Отчёт.pdf", b"%PDF".to_vec()).await.result();
    let document = document.document.expect("it is a document");
    assert_eq!((document.file_name.as_deref(), document.file_size), (Some("Отчёт.pdf"), Some(4)));
    let video = json!({"chat_id": ANNA, "video": "https://example.org/v.mp4", "duration": 5, "width": 640, "height": 480});
    let video: Message = telegram.call("sendVideo", video).await.result();
    assert_eq!(video.video.map(|video| (video.width, video.duration)), Some((640, 5)));

    for (method, field, content, want) in [
        ("sendPhoto", "photo", b"not a picture".to_vec(), "Bad Request: IMAGE_PROCESS_FAILED"),
        ("sendPhoto", "photo", png(9_000, 2_000), "Bad Request: PHOTO_INVALID_DIMENSIONS"),
        ("sendDocument", "document", vec![], "Bad Request: file must be non-empty"),
    ] {
        assert_eq!(upload(&telegram, method, field, "x", content).await.refusal(), (400, want));
    }
    let gone = telegram.call("sendPhoto", json!({"chat_id": ANNA, "photo": "AgACnonsense"})).await;
    assert_eq!(
        gone.refusal(),
        (400, "Bad Request: wrong remote file identifier specified: can't unserialize it")
    );
}

#[tokio::test]
async fn messages_are_edited_copied_and_deleted() {
    let telegram = Telegram::unlimited().await;
    telegram.starts(ANNA);
    telegram.starts(BORIS);
    let first = telegram.sent(ANNA, "one").await.message_id;
    let which = |extra: serde_json::Value| {
        let mut params = json!({"chat_id": ANNA, "message_id": first});
        params
            .as_object_mut()
            .expect("an object")
            .extend(extra.as_object().expect("an object").clone());
        params
    };
    let edited: Message =
        telegram.call("editMessageText", which(json!({"text": "two"}))).await.result();
    assert_eq!((edited.text.as_deref(), edited.edit_date.is_some()), (Some("two"), true));
    let same = telegram.call("editMessageText", which(json!({"text": "two"}))).await;
    assert!(
        same.refusal()
            .1
            .starts_with("Bad Request: message is not modified: specified new message content")
    );
    let keys = json!({"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]});
    let keyed: Message = telegram
        .call("editMessageReplyMarkup", which(json!({"reply_markup": keys})))
        .await
        .result();
    assert!(keyed.reply_markup.is_some());
    let caption = telegram.call("editMessageCaption", which(json!({"caption": "x"}))).await;
    assert_eq!(caption.refusal(), (400, "Bad Request: there is no caption in the message to edit"));
    let theirs = telegram
        .call("editMessageText", json!({"chat_id": ANNA, "message_id": 1, "text": "x"}))
        .await;
    assert_eq!(theirs.refusal(), (400, "Bad Request: message can't be edited"));

    let copy = json!({"chat_id": BORIS, "from_chat_id": ANNA, "message_id": first});
    let copied: MessageId = telegram.call("copyMessage", copy.clone()).await.result();
    assert!(copied.message_id > first);
    assert_eq!(telegram.texts(BORIS), ["two"]);

    let delete = which(json!({}));
    assert!(telegram.call("deleteMessage", delete.clone()).await.result::<bool>());
    assert_eq!(
        telegram.call("deleteMessage", delete).await.refusal(),
        (400, "Bad Request: message to delete not found")
    );
    assert_eq!(
        telegram.call("copyMessage", copy).await.refusal(),
        (400, "Bad Request: message to copy not found")
    );

    let ledger = telegram.sim.ledger(telegram.bot.id, 0, 10).expect("the bot is there");
    let (one, two) = (sim::content_hash(&[b"one"]), sim::content_hash(&[b"two"]));
    let recorded: Vec<_> = ledger
        .iter()
        .map(|entry| (entry.method.name(), entry.chat, entry.message, entry.hash))
        .collect();
    let want = [
        ("sendMessage", ANNA, first, one),
        ("editMessageText", ANNA, first, two),
        ("editMessageReplyMarkup", ANNA, first, two),
        ("copyMessage", BORIS, copied.message_id, two),
        ("deleteMessage", ANNA, first, sim::content_hash(&[])),
    ];
    assert_eq!(recorded, want, "what was accepted, and nothing that was refused");
    assert!(telegram.texts(ANNA).is_empty());
}

#[tokio::test]
async fn a_bot_in_a_group_can_be_put_out_and_leave() {
    let telegram = Telegram::unlimited().await;
    let group =
        Group { title: "Bird club".into(), username: Some("birdclub".into()), ..Group::default() };
    let id = telegram.sim.add_to_group(telegram.bot.id, ANNA, group).expect("Anna may");
    telegram.does(BORIS, Deed::Join { group: id });
    let message: Message =
        telegram.call("sendMessage", json!({"chat_id": "@BirdClub", "text": "hi"})).await.result();
    assert_eq!((message.chat.id, message.chat.title.as_deref()), (id, Some("Bird club")));

    let chat: ChatFullInfo = telegram.call("getChat", json!({"chat_id": id})).await.result();
    assert_eq!(chat.username.as_deref(), Some("birdclub"));
    let member: ChatMember =
        telegram.call("getChatMember", json!({"chat_id": id, "user_id": BORIS})).await.result();
    assert!(matches!(member, ChatMember::Member(_)));
    let shy = telegram.send(BORIS, "psst").await;
    assert_eq!(shy.refusal(), (403, "Forbidden: bot can't initiate conversation with a user"));

    telegram.does(ANNA, Deed::Kick { group: id });
    assert_eq!(
        telegram.send(id, "x").await.refusal(),
        (403, "Forbidden: bot was kicked from the supergroup chat")
    );
    let back = Group { id, title: "Bird club".into(), ..Group::default() };
    telegram.sim.add_to_group(telegram.bot.id, ANNA, back).expect("Anna may");
    assert!(telegram.call("leaveChat", json!({"chat_id": id})).await.result::<bool>());
    assert_eq!(
        telegram.send(id, "x").await.refusal(),
        (403, "Forbidden: bot is not a member of the supergroup chat")
    );
}

#[tokio::test]
async fn a_bot_sets_what_it_says_about_itself() {
    let telegram = Telegram::start().await;
    let commands = json!([{"command": "stop", "description": "No more messages"}]);
    assert!(
        telegram
            .call("setMyCommands", json!({"commands": commands, "language_code": "en"}))
            .await
            .result::<bool>()
    );
    assert_eq!(
        telegram.call("getMyCommands", json!({"language_code": "en"})).await.json["result"],
        commands
    );
    assert_eq!(telegram.call("getMyCommands", json!({})).await.json["result"], json!([]));
    let bad = telegram
        .call("setMyCommands", json!({"commands": [{"command": "no spaces", "description": "x"}]}))
        .await;
    assert_eq!(bad.refusal(), (400, "Bad Request: BOT_COMMAND_INVALID"));
    assert!(
        telegram.call("deleteMyCommands", json!({"language_code": "en"})).await.result::<bool>()
    );
    assert_eq!(
        telegram.call("getMyCommands", json!({"language_code": "en"})).await.json["result"],
        json!([])
    );

    for (set, get, field) in [
        ("setMyDescription", "getMyDescription", "description"),
        ("setMyShortDescription", "getMyShortDescription", "short_description"),
        ("setMyName", "getMyName", "name"),
    ] {
        assert!(telegram.call(set, json!({field: "Птицы"})).await.result::<bool>());
        assert_eq!(
            telegram.call(get, json!({"language_code": "de"})).await.json["result"],
            json!({field: "Птицы"})
        );
    }
    assert_eq!(telegram.call("getMe", json!({})).await.json["result"]["first_name"], "Птицы");
}
