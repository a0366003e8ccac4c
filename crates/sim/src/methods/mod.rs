//! The methods of the Bot API that are served, each with the parameters that Telegram lists for it.

mod chat;
mod edit;
mod files;
mod me;
mod media;
mod send;
mod updates;

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    bots::Bot,
    params::{Kind, Param, Params},
    reply::{Answer, Refusal},
    world::World,
};

/// A method with what it takes.
#[derive(Debug)]
pub(crate) struct Spec {
    pub method: Method,
    pub name: &'static str,
    pub params: &'static [Param],
}

macro_rules! methods {
    ($($method:ident $name:literal { $($need:ident $param:ident: $kind:ident,)* })*) => {
        /// A method of the Bot API.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Method {
            $(#[doc = concat!("`", $name, "`")] $method,)*
        }

        /// Every method that is served.
        pub(crate) const ALL: &[Spec] = &[
            $(Spec {
                method: Method::$method,
                name: $name,
                params: &[$(Param { name: stringify!($param), kind: Kind::$kind, must: need::$need },)*],
            },)*
        ];
    };
}

/// How the table below says whether a parameter is required.
#[expect(non_upper_case_globals, reason = "they are read as words of the table")]
mod need {
    pub const must: bool = true;
    pub const may: bool = false;
}

methods! {
    GetMe "getMe" {}
    GetUpdates "getUpdates" {
        may offset: Integer, may limit: Integer, may timeout: Integer, may allowed_updates: Json,
    }
    SetWebhook "setWebhook" {
        must url: Text, may certificate: Upload, may ip_address: Text, may max_connections: Integer,
        may allowed_updates: Json, may drop_pending_updates: Boolean, may secret_token: Text,
    }
    DeleteWebhook "deleteWebhook" { may drop_pending_updates: Boolean, }
    GetWebhookInfo "getWebhookInfo" {}
    SendMessage "sendMessage" {
        may business_connection_id: Text, must chat_id: Chat, may message_thread_id: Integer,
        may direct_messages_topic_id: Integer, must text: Text, may parse_mode: ParseMode, may entities: Json,
        may link_preview_options: Json, may disable_notification: Boolean, may protect_content: Boolean,
        may allow_paid_broadcast: Boolean, may message_effect_id: Text, may suggested_post_parameters: Json,
        may reply_parameters: Json, may reply_markup: Json,
    }
    SendPhoto "sendPhoto" {
        may business_connection_id: Text, must chat_id: Chat, may message_thread_id: Integer,
        may direct_messages_topic_id: Integer, must photo: File, may caption: Text, may parse_mode: ParseMode,
        may caption_entities: Json, may show_caption_above_media: Boolean, may has_spoiler: Boolean,
        may disable_notification: Boolean, may protect_content: Boolean, may allow_paid_broadcast: Boolean,
        may message_effect_id: Text, may suggested_post_parameters: Json, may reply_parameters: Json,
        may reply_markup: Json,
    }
    SendDocument "sendDocument" {
        may business_connection_id: Text, must chat_id: Chat, may message_thread_id: Integer,
        may direct_messages_topic_id: Integer, must document: File, may thumbnail: File, may caption: Text,
        may parse_mode: ParseMode, may caption_entities: Json, may disable_content_type_detection: Boolean,
        may disable_notification: Boolean, may protect_content: Boolean, may allow_paid_broadcast: Boolean,
        may message_effect_id: Text, may suggested_post_parameters: Json, may reply_parameters: Json,
        may reply_markup: Json,
    }
    SendVideo "sendVideo" {
        may business_connection_id: Text, must chat_id: Chat, may message_thread_id: Integer,
        may direct_messages_topic_id: Integer, must video: File, may duration: Integer, may width: Integer,
        may height: Integer, may thumbnail: File, may cover: File, may start_timestamp: Integer, may caption: Text,
        may parse_mode: ParseMode, may caption_entities: Json, may show_caption_above_media: Boolean,
        may has_spoiler: Boolean, may supports_streaming: Boolean, may disable_notification: Boolean,
        may protect_content: Boolean, may allow_paid_broadcast: Boolean, may message_effect_id: Text,
        may suggested_post_parameters: Json, may reply_parameters: Json, may reply_markup: Json,
    }
    CopyMessage "copyMessage" {
        must chat_id: Chat, may message_thread_id: Integer, may direct_messages_topic_id: Integer,
        must from_chat_id: Chat, must message_id: Integer, may video_start_timestamp: Integer, may caption: Text,
        may parse_mode: ParseMode, may caption_entities: Json, may show_caption_above_media: Boolean,
        may disable_notification: Boolean, may protect_content: Boolean, may allow_paid_broadcast: Boolean,
        may message_effect_id: Text, may suggested_post_parameters: Json, may reply_parameters: Json,
        may reply_markup: Json,
    }
    SendChatAction "sendChatAction" {
        may business_connection_id: Text, must chat_id: Chat, may message_thread_id: Integer, must action: Text,
    }
    AnswerCallbackQuery "answerCallbackQuery" {
        must callback_query_id: Text, may text: Text, may show_alert: Boolean, may url: Text, may cache_time: Integer,
    }
    EditMessageText "editMessageText" {
        may business_connection_id: Text, may chat_id: Chat, may message_id: Integer, may inline_message_id: Text,
        may text: Text, may parse_mode: ParseMode, may entities: Json, may link_preview_options: Json,
        may rich_message: Json, may reply_markup: Json,
    }
    EditMessageCaption "editMessageCaption" {
        may business_connection_id: Text, may chat_id: Chat, may message_id: Integer, may inline_message_id: Text,
        may caption: Text, may parse_mode: ParseMode, may caption_entities: Json,
        may show_caption_above_media: Boolean, may reply_markup: Json,
    }
    EditMessageReplyMarkup "editMessageReplyMarkup" {
        may business_connection_id: Text, may chat_id: Chat, may message_id: Integer, may inline_message_id: Text,
        may reply_markup: Json,
    }
    DeleteMessage "deleteMessage" { must chat_id: Chat, must message_id: Integer, }
    LeaveChat "leaveChat" { must chat_id: Chat, }
    GetChat "getChat" { must chat_id: Chat, }
    GetChatMember "getChatMember" { must chat_id: Chat, must user_id: Integer, }
    GetUserProfilePhotos "getUserProfilePhotos" { must user_id: Integer, may offset: Integer, may limit: Integer, }
    GetFile "getFile" { must file_id: Text, }
    SetMyCommands "setMyCommands" { must commands: Json, may scope: Json, may language_code: Text, }
    GetMyCommands "getMyCommands" { may scope: Json, may language_code: Text, }
    DeleteMyCommands "deleteMyCommands" { may scope: Json, may language_code: Text, }
    SetMyName "setMyName" { may name: Text, may language_code: Text, }
    GetMyName "getMyName" { may language_code: Text, }
    SetMyDescription "setMyDescription" { may description: Text, may language_code: Text, }
    GetMyDescription "getMyDescription" { may language_code: Text, }
    SetMyShortDescription "setMyShortDescription" { may short_description: Text, may language_code: Text, }
    GetMyShortDescription "getMyShortDescription" { may language_code: Text, }
}

impl Method {
    /// Its name as Telegram writes it.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// The method of this name. Telegram does not mind the case, so neither do we.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|spec| spec.name.eq_ignore_ascii_case(name)).map(|spec| spec.method)
    }

    pub(crate) fn spec(self) -> &'static Spec {
        // The table and the enum are made by one macro, in one order.
        &ALL[self as usize]
    }

    /// Does what the request asks for.
    pub(crate) async fn run(self, world: &Arc<World>, bot: &Arc<Bot>, params: &Params<'_>) -> Answer {
        match self {
            Method::GetMe => me::get_me(bot),
            Method::GetUpdates => updates::get_updates(world, bot, params.typed()?).await,
            Method::SetWebhook => updates::set_webhook(world, bot, params),
            Method::DeleteWebhook => updates::delete_webhook(world, bot, params.typed()?),
            Method::GetWebhookInfo => updates::get_webhook_info(world, bot),
            Method::SendMessage => send::send_message(world, bot, params.typed()?),
            Method::SendPhoto => media::send_photo(world, bot, params),
            Method::SendDocument => media::send_document(world, bot, params),
            Method::SendVideo => media::send_video(world, bot, params),
            Method::CopyMessage => send::copy_message(world, bot, params.typed()?),
            Method::SendChatAction => chat::send_chat_action(bot, params),
            Method::AnswerCallbackQuery => chat::answer_callback_query(world, bot, params.typed()?),
            Method::EditMessageText => edit::edit_text(world, bot, params.typed()?),
            Method::EditMessageCaption => edit::edit_caption(world, bot, params.typed()?),
            Method::EditMessageReplyMarkup => edit::edit_reply_markup(world, bot, params.typed()?),
            Method::DeleteMessage => edit::delete_message(world, bot, &params.typed()?),
            Method::LeaveChat => chat::leave_chat(world, bot, &params.typed()?),
            Method::GetChat => chat::get_chat(world, bot, &params.typed()?),
            Method::GetChatMember => chat::get_chat_member(world, bot, &params.typed()?),
            Method::GetUserProfilePhotos => files::get_user_profile_photos(world, &params.typed()?),
            Method::GetFile => files::get_file(bot, &params.typed()?),
            Method::SetMyCommands => me::set_my_commands(world, bot, params.typed()?),
            Method::GetMyCommands => me::get_my_commands(bot, params.typed()?),
            Method::DeleteMyCommands => me::delete_my_commands(world, bot, params.typed()?),
            Method::SetMyName => me::set_my_name(world, bot, params.typed()?),
            Method::GetMyName => me::get_my_name(bot, &params.typed()?),
            Method::SetMyDescription => me::set_my_description(world, bot, params.typed()?),
            Method::GetMyDescription => me::get_my_description(bot, &params.typed()?),
            Method::SetMyShortDescription => me::set_my_short_description(world, bot, params.typed()?),
            Method::GetMyShortDescription => me::get_my_short_description(bot, &params.typed()?),
        }
    }
}

/// Each method that is served with its parameters, and which of those are required: to be compared with Telegram's own
/// list.
pub fn listed_params() -> impl Iterator<Item = (&'static str, Vec<(&'static str, bool)>)> {
    ALL.iter().map(|spec| (spec.name, spec.params.iter().map(|param| (param.name, param.must)).collect()))
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Method::named(&name).ok_or_else(|| de::Error::custom(format!("the simulator has no method {name:?}")))
    }
}

/// `message_id` as frankenstein wants it, when it is there.
fn wanted<T>(value: Option<T>, otherwise: &str) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::bad_request(otherwise))
}

/// Longest a long poll waits, as on the real servers.
const LONGEST_POLL: Duration = Duration::from_secs(50);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_found_by_name_in_any_case() {
        for spec in ALL {
            assert_eq!(spec.method.name(), spec.name);
            assert_eq!(Method::named(&spec.name.to_uppercase()), Some(spec.method));
        }
        assert_eq!(Method::named("getMeow"), None);
    }
}
