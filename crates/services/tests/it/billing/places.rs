//! Places for bots: whoever leaves gives one back, and of many who want the last one gets it.

use contract::{
    ClientError,
    bots::{BotsApi, Connect, Relocate},
};
use domain::{bot::Slug, ids::WorkspaceId, rights::Role};
use futures::future::join_all;
use sim::{BotCard, NewBot};
use uuid::Uuid;

use super::till::{Till, refused};

const FULL: &str = "The plan has room for 1 bot";

fn bot(till: &Till, username: &str) -> BotCard {
    let new = NewBot { username: Some(username.to_owned()), ..NewBot::default() };
    till.rig.sim.create_bot(new).expect("a bot")
}

async fn connect(till: &Till, card: &BotCard) -> Result<Slug, ClientError> {
    let form = Connect { token: card.token.clone(), take_over: String::new() };
    till.svc.connect(&till.cx(), &form).await
}

async fn disconnect(till: &Till, slug: &str) {
    till.svc.disconnect(&till.cx(), slug, slug).await.expect("disconnected");
    // Telegram is told by a job; a bot that comes back meanwhile would wait for it.
    let admin = till.rig.db.superuser().await;
    admin
        .batch_execute("delete from jobs; update bots set changing_until = null")
        .await
        .expect("told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_left_gives_its_place_back_and_finds_it_when_it_returns() {
    let till = Till::new(1).await;
    let (first, second) = (bot(&till, "first_bot"), bot(&till, "second_bot"));
    refused(connect(&till, &first).await, FULL);
    disconnect(&till, till.rig.slug()).await;
    connect(&till, &first).await.expect("room for one");
    refused(connect(&till, &second).await, FULL);

    // It leaves and comes back, on a plan that has room for it alone.
    disconnect(&till, "first_bot").await;
    connect(&till, &first).await.expect("its own place");
    // Or another one comes in its stead, and it is the one that waits.
    disconnect(&till, "first_bot").await;
    connect(&till, &second).await.expect("the place of the one that left");
    refused(connect(&till, &first).await, FULL);
    let connected = "select slug from bots where disconnected_at is null";
    assert_eq!(till.texts(connected).await, ["second_bot"]);
    let entered = "select slug from directory where connected";
    assert_eq!(till.texts(entered).await, ["second_bot"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_who_connect_at_once_one_gets_the_last_place() {
    let till = Till::new(1).await;
    disconnect(&till, till.rig.slug()).await;
    let cards: Vec<_> = (0..16).map(|n| bot(&till, &format!("number_{n}_bot"))).collect();
    let answers = join_all(cards.iter().map(|card| connect(&till, card))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    for answer in answers.into_iter().filter(Result::is_err) {
        refused(answer, FULL);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_that_move_at_once_to_where_there_is_one_place_one_does() {
    let till = Till::new(1).await;
    let acme = &till.rig.acme;
    let second = WorkspaceId::from(Uuid::now_v7());
    let sql = format!("insert into workspaces (id, name) values ('{second}', 'Second')");
    till.rig.db.superuser().await.batch_execute(&sql).await.expect("founded");
    till.rig.db.member(second, &acme.owner, Role::Owner).await;
    let mut slugs = Vec::new();
    for n in 0..10 {
        slugs.push(till.rig.db.bot(acme.workspace, &format!("number_{n}_bot")).await.slug);
    }
    let moves = slugs.iter().map(async |slug| {
        let form = Relocate { workspace: second.to_string() };
        till.svc.relocate(&till.cx(), slug, form).await
    });
    let answers = join_all(moves).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    for answer in answers.into_iter().filter(Result::is_err) {
        refused(answer, FULL);
    }
    let there = format!("select count(*) from bots where workspace_id = '{second}'");
    assert_eq!(till.texts(&there).await, ["1"]);
}
