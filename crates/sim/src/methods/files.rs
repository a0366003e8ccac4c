//! Files that can be fetched again, and pictures of people.

use frankenstein::{
    methods::{GetFileParams, GetUserProfilePhotosParams},
    types::File as FileOut,
};
use serde_json::json;

use crate::{
    bots::Bot,
    reply::{self, Answer, Refusal},
    world::World,
};

/// Most bytes that a bot can fetch back.
const LARGEST_DOWNLOAD: u64 = 20 << 20;

pub(super) fn get_file(bot: &Bot, ask: &GetFileParams) -> Answer {
    let invalid = || Refusal::bad_request("invalid file_id");
    let file = bot.files.lock().find(&ask.file_id).ok_or_else(invalid)?;
    if file.size > LARGEST_DOWNLOAD {
        return Err(Refusal::bad_request("file is too big"));
    }
    if file.content().is_none() {
        return Err(Refusal::bad_request("wrong file_id or the file is temporarily unavailable"));
    }
    let out = FileOut::builder()
        .file_id(ask.file_id.as_str())
        .file_unique_id(file.unique.as_str())
        .file_size(file.size)
        .file_path(file.path.as_str())
        .build();
    reply::ok(&out)
}

/// Nobody here has had a picture taken.
pub(super) fn get_user_profile_photos(world: &World, ask: &GetUserProfilePhotosParams) -> Answer {
    let exists = i64::try_from(ask.user_id).is_ok_and(|id| !world.people.is_gone(id));
    if !exists {
        return Err(Refusal::bad_request("user not found"));
    }
    reply::ok(&json!({"total_count": 0, "photos": []}))
}
