//! The methods that are served and the parameters that Telegram lists for each.

use crate::params::{Kind, Param};

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
                params: &[
                    $(Param { name: stringify!($param), kind: Kind::$kind, must: need::$need },)*
                ],
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
        may direct_messages_topic_id: Integer, must text: Text, may parse_mode: ParseMode,
        may entities: Json, may link_preview_options: Json, may disable_notification: Boolean,
        may protect_content: Boolean, may allow_paid_broadcast: Boolean,
        may message_effect_id: Text, may suggested_post_parameters: Json,
        may reply_parameters: Json, may reply_markup: Json,
    }
    SendPhoto "sendPhoto" {
        may business_connection_id: Text, must chat_id: Chat, may message_thread_id: Integer,
        may direct_messages_topic_id: Integer, must photo: File, may caption: Text,
        may parse_mode: ParseMode, may caption_entities: Json,
        may show_caption_above_media: Boolean, may has_spoiler: Boolean,
        may disable_notification: Boolean, may protect_content: Boolean,
        may allow_paid_broadcast: Boolean, may message_effect_id: Text,
        may suggested_post_parameters: Json, may reply_parameters: Json, may reply_markup: Json,
    }
    SendDocument "sendDocument" {
        may business_connection_id: Text, must chat_id: Chat, may message_thread_id: Integer,
        may direct_messages_topic_id: Integer, must document: File, may thumbnail: File,
        may caption: Text, may parse_mode: ParseMode, may caption_entities: Json,
        may disable_content_type_detection: Boolean, may disable_notification: Boolean,
        may protect_content: Boolean, may allow_paid_broadcast: Boolean,
        may message_effect_id: Text, may suggested_post_parameters: Json,
        may reply_parameters: Json, may reply_markup: Json,
    }
    SendVideo "sendVideo" {
        may business_connection_id: Text, must chat_id: Chat, may message_thread_id: Integer,
        may direct_messages_topic_id: Integer, must video: File, may duration: Integer,
        may width: Integer, may height: Integer, may thumbnail: File, may cover: File,
        may start_timestamp: Integer, may caption: Text, may parse_mode: ParseMode,
        may caption_entities: Json, may show_caption_above_media: Boolean, may has_spoiler: Boolean,
        may supports_streaming: Boolean, may disable_notification: Boolean,
        may protect_content: Boolean, may allow_paid_broadcast: Boolean,
        may message_effect_id: Text, may suggested_post_parameters: Json,
        may reply_parameters: Json, may reply_markup: Json,
    }
    CopyMessage "copyMessage" {
        must chat_id: Chat, may message_thread_id: Integer, may direct_messages_topic_id: Integer,
        must from_chat_id: Chat, must message_id: Integer, may video_start_timestamp: Integer,
        may caption: Text, may parse_mode: ParseMode, may caption_entities: Json,
        may show_caption_above_media: Boolean, may disable_notification: Boolean,
        may protect_content: Boolean, may allow_paid_broadcast: Boolean,
        may message_effect_id: Text, may suggested_post_parameters: Json,
        may reply_parameters: Json, may reply_markup: Json,
    }
    SendChatAction "sendChatAction" {
        may business_connection_id: Text, must chat_id: Chat, may message_thread_id: Integer,
        must action: Text,
    }
    AnswerCallbackQuery "answerCallbackQuery" {
        must callback_query_id: Text, may text: Text, may show_alert: Boolean, may url: Text,
        may cache_time: Integer,
    }
    EditMessageText "editMessageText" {
        may business_connection_id: Text, may chat_id: Chat, may message_id: Integer,
        may inline_message_id: Text, may text: Text, may parse_mode: ParseMode, may entities: Json,
        may link_preview_options: Json, may rich_message: Json, may reply_markup: Json,
    }
    EditMessageCaption "editMessageCaption" {
        may business_connection_id: Text, may chat_id: Chat, may message_id: Integer,
        may inline_message_id: Text, may caption: Text, may parse_mode: ParseMode,
        may caption_entities: Json, may show_caption_above_media: Boolean, may reply_markup: Json,
    }
    EditMessageReplyMarkup "editMessageReplyMarkup" {
        may business_connection_id: Text, may chat_id: Chat, may message_id: Integer,
        may inline_message_id: Text, may reply_markup: Json,
    }
    DeleteMessage "deleteMessage" { must chat_id: Chat, must message_id: Integer, }
    LeaveChat "leaveChat" { must chat_id: Chat, }
    GetChat "getChat" { must chat_id: Chat, }
    GetChatMember "getChatMember" { must chat_id: Chat, must user_id: Integer, }
    GetUserProfilePhotos "getUserProfilePhotos" {
        must user_id: Integer, may offset: Integer, may limit: Integer,
    }
    GetFile "getFile" { must file_id: Text, }
    SetMyCommands "setMyCommands" { must commands: Json, may scope: Json, may language_code: Text, }
    GetMyCommands "getMyCommands" { may scope: Json, may language_code: Text, }
    DeleteMyCommands "deleteMyCommands" { may scope: Json, may language_code: Text, }
    SetMyName "setMyName" { may name: Text, may language_code: Text, }
    GetMyName "getMyName" { may language_code: Text, }
    SetMyDescription "setMyDescription" { may description: Text, may language_code: Text, }
    GetMyDescription "getMyDescription" { may language_code: Text, }
    SetMyShortDescription "setMyShortDescription" {
        may short_description: Text, may language_code: Text,
    }
    GetMyShortDescription "getMyShortDescription" { may language_code: Text, }
}
