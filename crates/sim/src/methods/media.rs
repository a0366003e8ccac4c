//! sendPhoto, sendDocument, sendVideo: uploaded, reused by `file_id`, or named by URL.

use std::sync::Arc;

use frankenstein::{
    input_file::FileUpload,
    methods::{SendDocumentParams, SendPhotoParams, SendVideoParams},
};

use super::{
    Method,
    send::{Draft, Unserved, body_caption, checked_keyboard, deliver},
};
use crate::{
    bots::Bot,
    chats::Body,
    files::{File, Shape, picture_size},
    params::{Params, Upload},
    reply::{Answer, Refusal},
    world::World,
};

/// Most bytes of a photo.
const LARGEST_PHOTO: usize = 10 << 20;
/// Most bytes of any other file.
const LARGEST_FILE: usize = 50 << 20;
/// Most that a photo's width and height make together.
const LONGEST_SIDES: u32 = 10_000;
/// What a photo by URL is taken to measure, since nobody looks.
const GUESSED: Shape = Shape::Photo { width: 1280, height: 720 };

pub(super) fn send_photo(world: &World, bot: &Bot, params: &Params<'_>) -> Answer {
    let ask: SendPhotoParams = params.typed()?;
    let served = Unserved {
        business: ask.business_connection_id.is_some(),
        thread: ask.message_thread_id.is_some() || ask.direct_messages_topic_id.is_some(),
        post: ask.suggested_post_parameters.is_some(),
    };
    served.check()?;
    let caption = body_caption(ask.caption, ask.parse_mode, ask.caption_entities)?;
    let keyboard = checked_keyboard(ask.reply_markup)?;
    let file = file(bot, params, "photo", &ask.photo, |upload| match upload {
        None => Ok(GUESSED),
        Some(upload) => photo_shape(upload),
    })?;
    let above = ask.show_caption_above_media.unwrap_or(false);
    let draft = Draft {
        method: Method::SendPhoto,
        chat: ask.chat_id,
        body: Body::Media { file, caption, above, spoiler: ask.has_spoiler.unwrap_or(false) },
        keyboard,
        reply: ask.reply_parameters.map(Box::new),
        protected: ask.protect_content.unwrap_or(false),
        silent: ask.disable_notification.unwrap_or(false),
        paid: ask.allow_paid_broadcast.unwrap_or(false),
    };
    deliver(world, bot, draft)?.answer(world, bot)
}

pub(super) fn send_document(world: &World, bot: &Bot, params: &Params<'_>) -> Answer {
    let ask: SendDocumentParams = params.typed()?;
    let served = Unserved {
        business: ask.business_connection_id.is_some(),
        thread: ask.message_thread_id.is_some() || ask.direct_messages_topic_id.is_some(),
        post: ask.suggested_post_parameters.is_some(),
    };
    served.check()?;
    let caption = body_caption(ask.caption, ask.parse_mode, ask.caption_entities)?;
    let keyboard = checked_keyboard(ask.reply_markup)?;
    let file = file(bot, params, "document", &ask.document, |_| Ok(Shape::Document))?;
    let draft = Draft {
        method: Method::SendDocument,
        chat: ask.chat_id,
        body: Body::Media { file, caption, above: false, spoiler: false },
        keyboard,
        reply: ask.reply_parameters.map(Box::new),
        protected: ask.protect_content.unwrap_or(false),
        silent: ask.disable_notification.unwrap_or(false),
        paid: ask.allow_paid_broadcast.unwrap_or(false),
    };
    deliver(world, bot, draft)?.answer(world, bot)
}

pub(super) fn send_video(world: &World, bot: &Bot, params: &Params<'_>) -> Answer {
    let ask: SendVideoParams = params.typed()?;
    let served = Unserved {
        business: ask.business_connection_id.is_some(),
        thread: ask.message_thread_id.is_some() || ask.direct_messages_topic_id.is_some(),
        post: ask.suggested_post_parameters.is_some(),
    };
    served.check()?;
    let caption = body_caption(ask.caption, ask.parse_mode, ask.caption_entities)?;
    let keyboard = checked_keyboard(ask.reply_markup)?;
    let shape = Shape::Video {
        width: ask.width.unwrap_or(0),
        height: ask.height.unwrap_or(0),
        duration: ask.duration.unwrap_or(0),
    };
    let file = file(bot, params, "video", &ask.video, |_| Ok(shape))?;
    let above = ask.show_caption_above_media.unwrap_or(false);
    let draft = Draft {
        method: Method::SendVideo,
        chat: ask.chat_id,
        body: Body::Media { file, caption, above, spoiler: ask.has_spoiler.unwrap_or(false) },
        keyboard,
        reply: ask.reply_parameters.map(Box::new),
        protected: ask.protect_content.unwrap_or(false),
        silent: ask.disable_notification.unwrap_or(false),
        paid: ask.allow_paid_broadcast.unwrap_or(false),
    };
    deliver(world, bot, draft)?.answer(world, bot)
}

/// The file that a parameter means. `shape` says what a new one is; it gets the upload, or nothing
/// for a URL.
fn file(
    bot: &Bot,
    params: &Params<'_>,
    what: &str,
    given: &FileUpload,
    shape: impl Fn(Option<&Upload>) -> Result<Shape, Refusal>,
) -> Result<Arc<File>, Refusal> {
    let FileUpload::String(given) = given else {
        return Err(Refusal::bad_request(format!("There is no {what} in the request")));
    };
    if let Some(name) = given.strip_prefix("attach://") {
        let missing = || Refusal::bad_request(format!("There is no {what} in the request"));
        let upload = params.upload(name).ok_or_else(missing)?;
        if upload.content.is_empty() {
            return Err(Refusal::bad_request("file must be non-empty"));
        }
        if upload.content.len() > LARGEST_FILE {
            return Err(Refusal::too_large());
        }
        let shape = shape(Some(upload))?;
        return Ok(bot.files.lock().upload(bot.id, upload, shape));
    }
    if given.starts_with("http://") || given.starts_with("https://") {
        let sound = url::Url::parse(given)
            .is_ok_and(|url| url.host_str().is_some_and(|host| host.contains('.')));
        if !sound {
            return Err(Refusal::bad_request("Wrong HTTP URL specified"));
        }
        return Ok(bot.files.lock().link(bot.id, given, shape(None)?));
    }
    let Some(file) = bot.files.lock().find(given) else {
        let why = "wrong remote file identifier specified: can't unserialize it";
        return Err(Refusal::bad_request(why));
    };
    let wanted = shape(None)?.name();
    let is = file.shape.name();
    if is == wanted {
        Ok(file)
    } else {
        Err(Refusal::bad_request(format!("can't use file of type {is} as {wanted}")))
    }
}

fn photo_shape(upload: &Upload) -> Result<Shape, Refusal> {
    let size = upload.content.len();
    if size > LARGEST_PHOTO {
        return Err(Refusal::bad_request(format!(
            "file of size {size} bytes is too big for a photo"
        )));
    }
    let (width, height) = picture_size(&upload.content)
        .ok_or_else(|| Refusal::bad_request("IMAGE_PROCESS_FAILED"))?;
    let too_long = width.saturating_add(height) > LONGEST_SIDES;
    if too_long || width.max(height) > width.min(height).saturating_mul(20) {
        return Err(Refusal::bad_request("PHOTO_INVALID_DIMENSIONS"));
    }
    Ok(Shape::Photo { width, height })
}
