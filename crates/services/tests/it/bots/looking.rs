//! Looking at bots, their texts, and who may do what.

use contract::{
    ClientError,
    bots::{BotsApi, Texts},
    cx::RequestCx,
    subscribers::{Filter, SubscribersApi},
};
use domain::rights::Right;
use sim::person_id;

use crate::colony::{Colony, complaint, form};

const SLUG: &str = "acme_bot";

fn texts(welcome: &str, goodbye: &str, version: &str) -> Texts {
    Texts { welcome: welcome.into(), goodbye: goodbye.into(), if_unmodified_since: version.into() }
}

async fn version(colony: &Colony, cx: &RequestCx) -> String {
    colony.svc.view(cx, SLUG).await.expect("a view").version
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_saved_once_and_a_stale_form_is_told() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    colony.connected(&ann, SLUG).await;
    let first = version(&colony, &ann).await;

    colony.svc.set_texts(&ann, SLUG, texts("**Hi**", "", &first)).await.expect("saved");
    let stale = colony.svc.set_texts(&ann, SLUG, texts("Hello", "", &first)).await;
    assert!(
        matches!(&stale, Err(ClientError::Conflict { message }) if message.contains("not lost")),
        "{stale:?}"
    );
    let view = colony.svc.view(&ann, SLUG).await.expect("a view");
    assert_eq!((view.welcome.as_str(), view.goodbye.as_str()), ("**Hi**", ""));

    // The same again changes nothing, however old the form is.
    colony.svc.set_texts(&ann, SLUG, texts("**Hi**", "", &first)).await.expect("as it is");
    colony.svc.set_texts(&ann, SLUG, texts("Hello", "", &view.version)).await.expect("saved");
    assert_eq!(colony.log().await, ["bot.connected", "bot.texts_changed", "bot.texts_changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_save_at_once_one_wins() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    colony.connected(&ann, SLUG).await;
    let read = version(&colony, &ann).await;
    let tries =
        (0..16).map(|n| colony.svc.set_texts(&ann, SLUG, texts(&format!("Hi {n}"), "", &read)));
    let results = futures::future::join_all(tries).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert!(
        results.iter().all(|result| matches!(result, Ok(()) | Err(ClientError::Conflict { .. }))),
        "{results:?}"
    );
    assert_eq!(colony.log().await, ["bot.connected", "bot.texts_changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_telegram_would_not_take_are_refused_at_their_field() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    colony.connected(&ann, SLUG).await;
    let read = version(&colony, &ann).await;
    for bad in [
        "x".repeat(4_097),
        "😀".repeat(2_049),
        "a\0b".into(),
        "x".repeat(1 << 20),
        "**a** ".repeat(101),
    ] {
        let (field, _) =
            complaint(colony.svc.set_texts(&ann, SLUG, texts("Hi", &bad, &read)).await);
        assert_eq!(field, "goodbye", "{bad:.20}");
    }
    for bad in ["", "x", "99999999999999999999"] {
        let (field, _) = complaint(colony.svc.set_texts(&ann, SLUG, texts("Hi", "", bad)).await);
        assert_eq!(field, "if_unmodified_since", "{bad:?}");
    }
    for fine in ["", " \n ", "<b>&</b> \u{202e} 😀", &"x".repeat(4_096)] {
        let read = version(&colony, &ann).await;
        colony.svc.set_texts(&ann, SLUG, texts(fine, fine, &read)).await.expect("saved");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_shows_numbers_without_counting() {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    let card = colony.connected(&ann, SLUG).await;
    colony.connected(&ann, "quiet_bot").await;
    let receiving = colony.receive();
    for (index, source) in ["spring", "spring", "flyer", ""].into_iter().enumerate() {
        colony.starts(&card, person_id(1, index as u32), source);
    }
    colony.until("select count(*) from subscribers", &["4"]).await;
    colony.writes(&card, person_id(1, 0), "/stop");
    colony.until("select count(*) from subscribers where status = 'unsubscribed'", &["1"]).await;
    receiving.stop().await;

    let view = colony.svc.view(&ann, SLUG).await.expect("a view");
    assert_eq!((view.counts.active, view.counts.unsubscribed), (3, 1));
    assert_eq!(view.sources, [("spring".to_owned(), 2), ("flyer".to_owned(), 1)]);
    assert_eq!(
        (view.growth.len(), view.growth[13], view.growth[..13].iter().sum::<u64>()),
        (14, 4, 0)
    );

    let cards = BotsApi::list(&colony.svc, &ann).await.expect("a list");
    let shown: Vec<_> =
        cards.iter().map(|card| (card.slug.as_str(), card.active, card.growth[13])).collect();
    assert!(shown.contains(&(SLUG, 3, 4)) && shown.contains(&("quiet_bot", 0, 0)), "{shown:?}");
    let connection = colony.svc.connection(&ann, SLUG).await.expect("a connection");
    assert!(connection.last_update_at.is_some());
    assert_eq!(
        (connection.pending, connection.last_error, connection.trouble),
        (Some(0), None, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_has_its_right() {
    use ClientError::{Forbidden, Unauthenticated};
    type Door = (&'static str, Option<Right>);
    const DOORS: [Door; 9] = [
        ("view", Some(Right::View)),
        ("frame", Some(Right::View)),
        ("connection", Some(Right::View)),
        ("people", Some(Right::View)),
        ("person", Some(Right::View)),
        ("texts", Some(Right::Edit)),
        ("repair", Some(Right::Manage)),
        ("rotate", Some(Right::Manage)),
        ("disconnect", Some(Right::Manage)),
    ];
    async fn knock(
        colony: &Colony,
        cx: &RequestCx,
        door: &str,
        slug: &str,
    ) -> Result<(), ClientError> {
        let svc = &colony.svc;
        match door {
            "view" => svc.view(cx, slug).await.map(drop),
            "frame" => svc.frame(cx, slug).await.map(drop),
            "connection" => svc.connection(cx, slug).await.map(drop),
            "people" => SubscribersApi::list(svc, cx, slug, &Filter::default()).await.map(drop),
            "person" => svc.person(cx, slug, 1).await.map(drop),
            "texts" => svc.set_texts(cx, slug, texts("Hi", "Bye", "1")).await,
            "repair" => svc.repair(cx, slug).await,
            "rotate" => svc.rotate(cx, slug, &form("")).await,
            "disconnect" => svc.disconnect(cx, slug, "").await,
            other => panic!("no door {other}"),
        }
    }

    let colony = Colony::new().await;
    let (ann, eve) = (colony.owner("ann").await, colony.owner("eve").await);
    colony.connected(&ann, SLUG).await;
    let nobody = RequestCx { viewer: None, ..ann.clone() };
    let ungranted = colony.member(&ann, "ungranted", SLUG, &[]).await;
    for (door, need) in DOORS {
        assert_eq!(knock(&colony, &nobody, door, SLUG).await, Err(Unauthenticated), "{door}");
        for slug in [SLUG, "no_such_bot", "../x", "", "a\0b", "ACME_BOT"] {
            assert_eq!(knock(&colony, &eve, door, slug).await, Err(Forbidden), "{door} {slug:?}");
        }
        assert_eq!(knock(&colony, &ungranted, door, SLUG).await, Err(Forbidden), "{door}");
        for &right in Right::ALL {
            let name = format!("{door}_{right}");
            let member = colony.member(&ann, &name, SLUG, &[right]).await;
            let answer = knock(&colony, &member, door, SLUG).await;
            let may = Some(right) == need || need == Some(Right::View);
            assert_eq!(answer != Err(Forbidden), may, "{door} with {right}: {answer:?}");
        }
    }

    // Connecting is for owners and admins, and a member sees what was granted.
    assert_eq!(colony.svc.connect(&ungranted, &form("")).await, Err(Forbidden));
    assert_eq!(colony.svc.preview(&ungranted, &form("")).await.map(drop), Err(Forbidden));
    assert_eq!(colony.svc.connect_sandbox(&ungranted, "").await, Err(Forbidden));
    assert_eq!(colony.svc.connect_sandbox(&nobody, "").await, Err(Unauthenticated));
    assert!(BotsApi::list(&colony.svc, &ungranted).await.expect("a list").is_empty());
    let viewer = colony.member(&ann, "viewer", SLUG, &[Right::View]).await;
    assert_eq!(BotsApi::list(&colony.svc, &viewer).await.expect("a list").len(), 1);
    assert!(BotsApi::list(&colony.svc, &eve).await.expect("a list").is_empty());
}
