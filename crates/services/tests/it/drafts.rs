//! A form that comes twice makes one draft, and no text is lost on the way.

use contract::{
    ClientError,
    bots::{BotsApi, Texts},
    broadcasts::{BroadcastsApi, Draft, Saved},
};
use domain::ids::BroadcastId;
use futures::future::join_all;
use uuid::Uuid;

use crate::rig::Rig;

/// What a page with a new draft posts to the list's address.
async fn post(rig: &Rig, id: &str, text: &str) -> Result<Saved, ClientError> {
    let draft = Draft { id: id.into(), text: text.into(), ..Draft::default() };
    rig.svc.save(&rig.cx(), rig.slug(), None, draft).await
}

async fn texts(rig: &Rig) -> Vec<String> {
    let admin = rig.db.superuser().await;
    let rows = admin.query("select source from broadcasts order by id", &[]).await.expect("rows");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_draft_that_is_posted_many_times_at_once_is_one() {
    let rig = Rig::new(1, 1_000).await;
    let id = Uuid::now_v7().to_string();
    let saved = join_all((0..8).map(|_| post(&rig, &id, "Hello"))).await;
    let first = saved[0].clone().expect("saved");
    assert_eq!(first.id.to_string(), id);
    assert!(saved.iter().all(|saved| saved.as_ref() == Ok(&first)), "{saved:?}");
    assert_eq!(texts(&rig).await, ["Hello"]);
    let admin = rig.db.superuser().await;
    let lines = admin.query_one("select count(*) from audit_log", &[]).await.expect("a number");
    assert_eq!(lines.get::<_, i64>(0), 1, "made once, and nothing was edited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_never_heard_the_answer_goes_on_and_overwrites_nobody() {
    let rig = Rig::new(1, 1_000).await;
    let id = Uuid::now_v7().to_string();
    post(&rig, &id, "Hel").await.expect("saved, and the answer is lost");
    let saved = post(&rig, &id, "Hello").await.expect("goes on");
    assert_eq!(texts(&rig).await, ["Hello"]);

    // Somebody else goes on writing where this page does not look.
    let theirs = Draft {
        text: "Hello, all of you".into(),
        if_unmodified_since: saved.version,
        ..Draft::default()
    };
    rig.svc.save(&rig.cx(), rig.slug(), Some(saved.id), theirs).await.expect("edited");
    let refused = post(&rig, &id, "Hello!").await;
    assert!(matches!(refused, Err(ClientError::Conflict { .. })), "{refused:?}");
    assert_eq!(texts(&rig).await, ["Hello, all of you"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_stands_for_any() {
    let rig = Rig::new(1, 1_000).await;
    let mut ids = Vec::new();
    for id in ["", "", "no id", "00000000-0000-0000-0000-000000000000"] {
        ids.push(post(&rig, id, "Hello").await.expect("saved").id);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    assert!(!ids.contains(&BroadcastId::from(Uuid::nil())));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_edits_at_once_with_one_token_one_is_taken() {
    let rig = Rig::new(1, 1_000).await;
    let saved = post(&rig, "", "Hello").await.expect("saved");
    let edit = async |n: u32| {
        let draft = Draft {
            text: format!("Hello, {n}"),
            if_unmodified_since: saved.version.clone(),
            ..Draft::default()
        };
        rig.svc.save(&rig.cx(), rig.slug(), Some(saved.id), draft).await
    };
    let (taken, refused): (Vec<_>, Vec<_>) =
        join_all((0..64).map(edit)).await.into_iter().partition(Result::is_ok);
    assert_eq!((taken.len(), refused.len()), (1, 63));
    let is_conflict = |refused| matches!(refused, Err(ClientError::Conflict { .. }));
    assert!(refused.into_iter().all(is_conflict));

    // A token that is off by a microsecond is another one.
    let version = taken[0].as_ref().expect("taken").version.clone();
    let micros: i64 = version.parse().expect("a version is a number of microseconds");
    for other in [micros - 1, micros + 1] {
        let draft = Draft {
            text: "Mine".into(),
            if_unmodified_since: other.to_string(),
            ..Draft::default()
        };
        let refused = rig.svc.save(&rig.cx(), rig.slug(), Some(saved.id), draft).await;
        assert!(is_conflict(refused), "{other}");
    }

    let read = BotsApi::view(&rig.svc, &rig.cx(), rig.slug()).await.expect("a bot").version;
    let texts = async |n: u32| {
        let texts = Texts {
            welcome: format!("Welcome, {n}"),
            goodbye: String::new(),
            if_unmodified_since: read.clone(),
        };
        rig.svc.set_texts(&rig.cx(), rig.slug(), texts).await
    };
    let taken = join_all((0..64).map(texts)).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(taken, 1, "the bot's answers likewise");
}
