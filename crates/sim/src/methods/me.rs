//! What a bot says about itself.

use std::collections::BTreeMap;

use frankenstein::{
    methods::{
        DeleteMyCommandsParams, GetMyCommandsParams, GetMyDescriptionParams, GetMyNameParams,
        GetMyShortDescriptionParams, SetMyCommandsParams, SetMyDescriptionParams, SetMyNameParams,
        SetMyShortDescriptionParams,
    },
    types::{BotCommand, BotCommandScope, User},
};
use serde_json::json;

use crate::{
    bots::Bot,
    reply::{self, Answer, Refusal},
    world::World,
};

const LONGEST_NAME: usize = 64;
const LONGEST_DESCRIPTION: usize = 512;
const LONGEST_SHORT_DESCRIPTION: usize = 120;
const MOST_COMMANDS: usize = 100;

pub(super) fn get_me(bot: &Bot) -> Answer {
    let about = bot.about.read();
    let me = User::builder()
        .id(bot.id.unsigned_abs())
        .is_bot(true)
        .first_name(about.name.as_str())
        .username(about.username.as_str())
        .can_join_groups(true)
        .can_read_all_group_messages(true)
        .supports_inline_queries(false)
        .can_connect_to_business(false)
        .has_main_web_app(false)
        .build();
    reply::ok(&me)
}

pub(super) fn set_my_commands(world: &World, bot: &Bot, ask: SetMyCommandsParams) -> Answer {
    if ask.commands.len() > MOST_COMMANDS {
        return Err(Refusal::bad_request("BOT_COMMANDS_TOO_MUCH"));
    }
    ask.commands.iter().try_for_each(check_command)?;
    let place = place(ask.scope, ask.language_code)?;
    bot.about.write().commands.insert(place, ask.commands);
    world.touch();
    reply::yes()
}

fn check_command(command: &BotCommand) -> Result<(), Refusal> {
    // Telegram lowers the name and takes a slash in front of it.
    let name = command.command.trim_start_matches('/').to_ascii_lowercase();
    let sound = (1..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !sound {
        return Err(Refusal::bad_request("BOT_COMMAND_INVALID"));
    }
    if !(1..=256).contains(&command.description.trim().chars().count()) {
        return Err(Refusal::bad_request("BOT_COMMAND_DESCRIPTION_INVALID"));
    }
    Ok(())
}

pub(super) fn get_my_commands(bot: &Bot, ask: GetMyCommandsParams) -> Answer {
    let place = place(ask.scope, ask.language_code)?;
    let about = bot.about.read();
    reply::ok(&about.commands.get(&place).map_or(&[][..], Vec::as_slice))
}

pub(super) fn delete_my_commands(world: &World, bot: &Bot, ask: DeleteMyCommandsParams) -> Answer {
    let place = place(ask.scope, ask.language_code)?;
    bot.about.write().commands.remove(&place);
    world.touch();
    reply::yes()
}

/// Where a list of commands belongs: each scope and language has its own.
fn place(scope: Option<BotCommandScope>, language: Option<String>) -> Result<String, Refusal> {
    let scope =
        serde_json::to_string(&scope.unwrap_or(BotCommandScope::Default)).unwrap_or_default();
    Ok(format!("{scope} {}", checked_language(language)?))
}

pub(super) fn set_my_name(world: &World, bot: &Bot, ask: SetMyNameParams) -> Answer {
    let name = ask.name.unwrap_or_default();
    let language = checked_language(ask.language_code)?;
    let mut about = bot.about.write();
    if language.is_empty() {
        if !(1..=LONGEST_NAME).contains(&name.trim().chars().count()) {
            return Err(Refusal::bad_request("BOT_TITLE_INVALID"));
        }
        about.name = name.trim().to_owned();
    } else {
        put(&mut about.names, language, name, LONGEST_NAME, "BOT_TITLE_INVALID")?;
    }
    drop(about);
    world.touch();
    reply::yes()
}

pub(super) fn get_my_name(bot: &Bot, ask: &GetMyNameParams) -> Answer {
    let about = bot.about.read();
    let own = ask.language_code.as_ref().and_then(|language| about.names.get(language));
    reply::ok(&json!({"name": own.unwrap_or(&about.name)}))
}

pub(super) fn set_my_description(world: &World, bot: &Bot, ask: SetMyDescriptionParams) -> Answer {
    let language = checked_language(ask.language_code)?;
    let text = ask.description.unwrap_or_default();
    let texts = &mut bot.about.write().descriptions;
    put(texts, language, text, LONGEST_DESCRIPTION, "BOT_DESCRIPTION_INVALID")?;
    world.touch();
    reply::yes()
}

pub(super) fn get_my_description(bot: &Bot, ask: &GetMyDescriptionParams) -> Answer {
    let about = bot.about.read();
    reply::ok(
        &json!({"description": in_language(&about.descriptions, ask.language_code.as_deref())}),
    )
}

pub(super) fn set_my_short_description(
    world: &World,
    bot: &Bot,
    ask: SetMyShortDescriptionParams,
) -> Answer {
    let language = checked_language(ask.language_code)?;
    let text = ask.short_description.unwrap_or_default();
    let texts = &mut bot.about.write().short_descriptions;
    put(texts, language, text, LONGEST_SHORT_DESCRIPTION, "BOT_ABOUT_INVALID")?;
    world.touch();
    reply::yes()
}

pub(super) fn get_my_short_description(bot: &Bot, ask: &GetMyShortDescriptionParams) -> Answer {
    let about = bot.about.read();
    let text = in_language(&about.short_descriptions, ask.language_code.as_deref());
    reply::ok(&json!({"short_description": text}))
}

/// Sets a text, or removes it when it is empty.
fn put(
    texts: &mut BTreeMap<String, String>,
    language: String,
    text: String,
    longest: usize,
    invalid: &str,
) -> Result<(), Refusal> {
    if text.chars().count() > longest {
        return Err(Refusal::bad_request(invalid));
    }
    if text.is_empty() {
        texts.remove(&language);
    } else {
        texts.insert(language, text);
    }
    Ok(())
}

fn in_language<'a>(texts: &'a BTreeMap<String, String>, language: Option<&str>) -> &'a str {
    let own = language.and_then(|language| texts.get(language));
    own.or_else(|| texts.get("")).map_or("", String::as_str)
}

/// A language of two letters, or none.
fn checked_language(language: Option<String>) -> Result<String, Refusal> {
    let language = language.unwrap_or_default();
    let sound = language.is_empty()
        || (language.len() == 2 && language.bytes().all(|b| b.is_ascii_lowercase()));
    sound.then_some(language).ok_or_else(|| Refusal::bad_request("invalid language code specified"))
}
