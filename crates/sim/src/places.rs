//! Who belongs to which chat, and what bots hear when that changes.

use frankenstein::types::{Chat as ChatOut, User};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    bots::Bot,
    chats::{Chat, Group, Kind, Standing},
    error::SimError,
    wire,
    world::World,
};

/// What somebody is in a chat.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Member,
    /// May not write.
    Restricted,
    /// Of a group.
    Admin,
    /// Of a channel, with or without the right to post.
    ChannelAdmin {
        posts: bool,
    },
    Kicked,
    Left,
}

impl Place {
    /// The bot's own.
    pub fn of(chat: &Chat) -> Self {
        match (chat.standing, &chat.kind) {
            (Standing::Blocked | Standing::Deactivated, _) => Self::Kicked,
            (Standing::Left, _) => Self::Left,
            (standing, Kind::Group(group)) if group.channel => {
                Self::ChannelAdmin { posts: standing == Standing::Active }
            }
            (Standing::Muted, _) => Self::Restricted,
            (Standing::Active, Kind::Group(group)) if group.admin => Self::Admin,
            (Standing::Active, _) => Self::Member,
        }
    }

    /// `who` in this place, as the Bot API shows a member.
    pub fn member(self, who: &User) -> Value {
        match self {
            Self::Member => json!({"status": "member", "user": who}),
            Self::Left => json!({"status": "left", "user": who}),
            Self::Kicked => json!({"status": "kicked", "user": who, "until_date": 0}),
            Self::Restricted => json!({
                "status": "restricted", "user": who, "is_member": true, "until_date": 0,
                "can_send_messages": false, "can_send_audios": false, "can_send_documents": false,
                "can_send_photos": false, "can_send_videos": false, "can_send_video_notes": false,
                "can_send_voice_notes": false, "can_send_polls": false,
                "can_send_other_messages": false, "can_add_web_page_previews": false,
                "can_change_info": false, "can_invite_users": false, "can_pin_messages": false,
                "can_manage_topics": false, "can_react_to_messages": true, "can_edit_tag": false,
            }),
            Self::Admin => admin(who, &json!({"can_pin_messages": false})),
            Self::ChannelAdmin { posts } => {
                admin(who, &json!({"can_post_messages": posts, "can_edit_messages": posts}))
            }
        }
    }
}

/// An administrator with no right but those in `more`.
fn admin(who: &User, more: &Value) -> Value {
    let mut member = json!({
        "status": "administrator", "user": who, "can_be_edited": false, "is_anonymous": false,
        "can_manage_chat": true, "can_delete_messages": false, "can_manage_video_chats": false,
        "can_restrict_members": false, "can_promote_members": false, "can_change_info": false,
        "can_invite_users": false, "can_post_stories": false, "can_edit_stories": false,
        "can_delete_stories": false, "can_send_welcome_messages": false,
    });
    if let (Some(member), Some(more)) = (member.as_object_mut(), more.as_object()) {
        member.extend(more.clone());
    }
    member
}

impl World {
    /// Somebody adds the bot to a group or channel. Answers its number.
    ///
    /// # Errors
    /// [`SimError::NoSuchBot`], [`SimError::OutOfBounds`] for a number that is no group's.
    pub fn add_to_group(&self, bot: i64, by: i64, mut group: Group) -> Result<i64, SimError> {
        let bot = self.bots.by_id(bot)?;
        let mut room = bot.room.lock();
        if group.id == 0 {
            let base = if group.noun() == "group" { 0 } else { -1_000_000_000_000 };
            let free = (1..).map(|n| base - n).find(|id| !room.chats.contains_key(id));
            group.id = free.unwrap_or(base - 1);
        }
        let id = group.id;
        let is_far = (-1_i64 << 52..-1_000_000_000_000).contains(&id);
        if !(is_far || (-1_000_000_000_000..0).contains(&id)) || is_far == (group.noun() == "group")
        {
            let why = "a group has a negative number, a supergroup or channel one below -1,000,000,000,000";
            return Err(SimError::OutOfBounds(why));
        }
        let chat =
            room.chats.entry(id).or_insert_with(|| Chat::new(Kind::Group(Box::new(group.clone()))));
        let before = match chat.standing {
            Standing::Blocked => Place::Kicked,
            _ => Place::Left,
        };
        chat.standing = Standing::Active;
        let after = Place::of(chat);
        room.met.insert(by);
        drop(room);
        self.touch();
        self.my_chat_member(&bot, id, by, [before, after]);
        Ok(id)
    }

    /// The bot's own place in a chat has changed.
    pub fn my_chat_member(&self, bot: &Bot, chat: i64, by: i64, places: [Place; 2]) {
        self.place_changed(bot, chat, by, wire::bot_user(bot), "my_chat_member", places);
    }

    /// A person's place in a group has changed.
    pub fn chat_member(&self, bot: &Bot, chat: i64, person: i64, places: [Place; 2]) {
        self.place_changed(
            bot,
            chat,
            person,
            wire::person(&self.people, person),
            "chat_member",
            places,
        );
    }

    /// [`World::my_chat_member`] for a caller who has the chat in hand.
    pub fn place_of_bot_changed(&self, bot: &Bot, person: i64, chat: &Kind, places: [Place; 2]) {
        self.tell_place(bot, (person, chat), person, wire::bot_user(bot), "my_chat_member", places);
    }

    fn place_changed(
        &self,
        bot: &Bot,
        chat: i64,
        by: i64,
        who: User,
        kind: &str,
        places: [Place; 2],
    ) {
        let Some(known) = bot.room.lock().chats.get(&chat).map(|chat| chat.kind.clone()) else {
            return;
        };
        self.tell_place(bot, (chat, &known), by, who, kind, places);
    }

    fn tell_place(
        &self,
        bot: &Bot,
        chat: (i64, &Kind),
        by: i64,
        who: User,
        kind: &str,
        places: [Place; 2],
    ) {
        #[derive(Serialize)]
        struct Out {
            chat: ChatOut,
            from: User,
            date: u64,
            old_chat_member: Value,
            new_chat_member: Value,
        }
        let at = self.clock.now();
        let out = Out {
            chat: wire::chat(&self.people, chat.1, chat.0),
            from: wire::person(&self.people, by),
            date: at.unix_secs(),
            old_chat_member: places[0].member(&who),
            new_chat_member: places[1].member(&who),
        };
        bot.updates.push(at, kind, chat.0, &out);
    }
}
