//! What can be told to and asked of one bot's part of the world.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    bots::{BotCard, NewBot},
    chats::Group,
    deeds::Deed,
    error::SimError,
    ledger::{Duplicate, Entry, Stats},
    people::person_id,
    reactions::Reactions,
    scripts::Script,
    view::{self, ChatSummary, ChatView},
    world::{World, retire},
};

type Answer<T> = Result<Json<T>, SimError>;
type Shared = State<Arc<World>>;

/// Entries or chats that one answer holds unless more are asked for.
const PAGE: usize = 1_000;
/// Most that can be asked for.
const LARGEST_PAGE: usize = 100_000;

pub(super) async fn list(State(world): Shared) -> Json<Vec<BotCard>> {
    Json(world.bots.all().iter().map(|bot| bot.card()).collect())
}

pub(super) async fn create(State(world): Shared, Json(new): Json<NewBot>) -> Answer<BotCard> {
    let bot = world.bots.create(new)?;
    world.touch();
    Ok(Json(bot.card()))
}

pub(super) async fn remove(State(world): Shared, Path(bot): Path<i64>) -> Answer<Value> {
    retire(&*world.bots.remove(bot)?);
    world.touch();
    Ok(Json(json!({})))
}

pub(super) async fn rotate(State(world): Shared, Path(bot): Path<i64>) -> Answer<Value> {
    let token = world.bots.rotate(bot)?;
    world.touch();
    Ok(Json(json!({"token": token})))
}

pub(super) async fn people(
    State(world): Shared,
    Path(bot): Path<i64>,
    Json(script): Json<Script>,
) -> Answer<Value> {
    let (first, count) = (person_id(script.seed, script.first), script.count);
    world.play(bot, script)?;
    Ok(Json(json!({"first_person": first, "count": count})))
}

pub(super) async fn person_does(
    State(world): Shared,
    Path((bot, person)): Path<(i64, i64)>,
    Json(deed): Json<Deed>,
) -> Answer<Value> {
    world.person_does(bot, person, &deed)?;
    Ok(Json(json!({})))
}

pub(super) async fn set_reactions(
    State(world): Shared,
    Path(bot): Path<i64>,
    Json(reactions): Json<Reactions>,
) -> Answer<Reactions> {
    let reactions = reactions.checked()?;
    *world.bots.by_id(bot)?.reactions.write() = Some(reactions);
    world.touch();
    Ok(Json(reactions))
}

/// A group and who adds the bot to it.
#[derive(Deserialize)]
pub(super) struct Invitation {
    by: i64,
    group: Group,
}

pub(super) async fn add_to_group(
    State(world): Shared,
    Path(bot): Path<i64>,
    Json(ask): Json<Invitation>,
) -> Answer<Value> {
    let group = world.add_to_group(bot, ask.by, ask.group)?;
    Ok(Json(json!({"group": group})))
}

/// An update of any kind.
#[derive(Deserialize)]
pub(super) struct Injected {
    kind: String,
    #[serde(default)]
    chat: i64,
    content: Value,
}

pub(super) async fn inject(
    State(world): Shared,
    Path(bot): Path<i64>,
    Json(ask): Json<Injected>,
) -> Answer<Value> {
    let bot = world.bots.by_id(bot)?;
    let id = bot.updates.push(world.clock.now(), &ask.kind, ask.chat, &ask.content);
    world.touch();
    Ok(Json(json!({"update_id": id})))
}

/// A part of a long list.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    from: usize,
    after: Option<i64>,
    limit: Option<usize>,
}

impl Page {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(PAGE).min(LARGEST_PAGE)
    }
}

pub(super) async fn chats(
    State(world): Shared,
    Path(bot): Path<i64>,
    Query(page): Query<Page>,
) -> Answer<Vec<ChatSummary>> {
    let bot = world.bots.by_id(bot)?;
    Ok(Json(view::chats(&bot, page.after.unwrap_or(i64::MIN), page.limit())))
}

pub(super) async fn chat(
    State(world): Shared,
    Path((bot, chat)): Path<(i64, i64)>,
) -> Answer<ChatView> {
    Ok(Json(view::chat(&world.people, &*world.bots.by_id(bot)?, chat)?))
}

pub(super) async fn ledger(
    State(world): Shared,
    Path(bot): Path<i64>,
    Query(page): Query<Page>,
) -> Answer<Vec<Entry>> {
    let bot = world.bots.by_id(bot)?;
    let entries = bot.room.lock().ledger.read(page.from, page.limit());
    Ok(Json(entries))
}

pub(super) async fn stats(State(world): Shared, Path(bot): Path<i64>) -> Answer<Stats> {
    Ok(Json(world.bots.by_id(bot)?.ledger().stats()))
}

pub(super) async fn per_chat(
    State(world): Shared,
    Path(bot): Path<i64>,
) -> Answer<HashMap<i64, u32>> {
    Ok(Json(world.bots.by_id(bot)?.ledger().per_chat()))
}

pub(super) async fn duplicates(
    State(world): Shared,
    Path(bot): Path<i64>,
) -> Answer<Vec<Duplicate>> {
    Ok(Json(world.bots.by_id(bot)?.ledger().duplicates()))
}
