//! The methods of the Bot API that are served.

mod chat;
mod edit;
mod files;
mod me;
mod media;
mod send;
mod table;
mod updates;

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use self::table::Method;
pub(crate) use self::table::{ALL, Spec};
use crate::{
    bots::Bot,
    params::{Param, Params},
    reply::{Answer, Refusal},
    world::World,
};

impl Method {
    /// Its name as Telegram writes it.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// The method of this name. Telegram does not mind the case, so neither do we.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|spec| spec.name.eq_ignore_ascii_case(name)).map(|spec| spec.method)
    }

    /// Whether somebody finds a new message afterwards.
    pub(crate) fn makes_a_message(self) -> bool {
        matches!(
            self,
            Method::SendMessage
                | Method::SendPhoto
                | Method::SendDocument
                | Method::SendVideo
                | Method::CopyMessage
        )
    }

    pub(crate) fn spec(self) -> &'static Spec {
        // The table and the enum are made by one macro, in one order.
        &ALL[self as usize]
    }

    /// Does what the request asks for.
    pub(crate) async fn run(
        self,
        world: &Arc<World>,
        bot: &Arc<Bot>,
        params: &Params<'_>,
    ) -> Answer {
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
            Method::SetMyShortDescription => {
                me::set_my_short_description(world, bot, params.typed()?)
            }
            Method::GetMyShortDescription => me::get_my_short_description(bot, &params.typed()?),
        }
    }
}

/// Each method that is served with its parameters: to be compared with Telegram's own list.
pub fn listed_params() -> impl Iterator<Item = (&'static str, &'static [Param])> {
    ALL.iter().map(|spec| (spec.name, spec.params))
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Method::named(&name)
            .ok_or_else(|| de::Error::custom(format!("the simulator has no method {name:?}")))
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
