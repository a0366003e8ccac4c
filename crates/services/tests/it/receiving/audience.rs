//! The list of subscribers, and one of them.

use contract::{
    ClientError,
    cx::RequestCx,
    subscribers::{Filter, SubscribersApi},
};

use crate::colony::{Colony, complaint};

const SLUG: &str = "acme_bot";

/// A bot with 120 people, `Person 0` first.
async fn with_people() -> (Colony, RequestCx) {
    let colony = Colony::new().await;
    let ann = colony.owner("ann").await;
    colony.connected(&ann, SLUG).await;
    let admin = colony.db.superuser().await;
    admin
        .batch_execute(
            "insert into subscribers (workspace_id, bot_id, chat_id, name, username, source, status, since)
             select workspace_id, id, 1000 + n,
                    case n when 1 then '100%_a\\\\' when 2 then 'Ärger Straße' else 'Person ' || n end,
                    case when n % 2 = 0 then 'User_' || n end,
                    case n % 3 when 0 then 'spring' when 1 then 'flyer-7' end,
                    case when n < 100 then 'active' else 'blocked' end,
                    -- Nine at the same moment, so that pages end between them.
                    timestamptz '2026-01-01' + (n / 9) * interval '1 hour'
             from bots cross join generate_series(0, 119) n",
        )
        .await
        .expect("people");
    (colony, ann)
}

async fn chats(colony: &Colony, cx: &RequestCx, filter: &Filter) -> Vec<i64> {
    let page = SubscribersApi::list(&colony.svc, cx, SLUG, filter).await.expect("a page");
    page.rows.into_iter().map(|row| row.chat).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_one_another_without_gap_or_repeat() {
    let (colony, ann) = with_people().await;
    let mut filter = Filter::default();
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let page = SubscribersApi::list(&colony.svc, &ann, SLUG, &filter).await.expect("a page");
        seen.extend(page.rows.iter().map(|row| row.chat));
        pages += 1;
        match page.next {
            Some(next) => filter.after = next,
            None => break,
        }
    }
    assert_eq!(pages, 3);
    assert_eq!(seen, (1_000..1_120).rev().collect::<Vec<i64>>());

    filter.after = "1.x".into();
    let (field, _) = complaint(SubscribersApi::list(&colony.svc, &ann, SLUG, &filter).await);
    assert_eq!(field, "after");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_how_they_begin() {
    let (colony, ann) = with_people().await;
    let cases: [(&str, &[i64]); 11] = [
        (
            "person 11",
            &[1_119, 1_118, 1_117, 1_116, 1_115, 1_114, 1_113, 1_112, 1_111, 1_110, 1_011],
        ),
        ("  PERSON   7 ", &[1_007]),
        ("@user_118", &[1_118]),
        ("user_118", &[1_118]),
        ("1119", &[1_119]),
        ("111", &[1_119, 1_118, 1_117, 1_116, 1_115, 1_114, 1_113, 1_112, 1_111, 1_110]),
        ("100%_A\\", &[1_001]),
        ("%", &[]),
        ("_", &[]),
        ("ärger", &[1_002]),
        ("'; drop table subscribers; --\0", &[]),
    ];
    for (q, want) in cases {
        let found = chats(&colony, &ann, &Filter { q: q.into(), ..Filter::default() }).await;
        let want: Vec<i64> = if q == "person 7" { Vec::new() } else { want.to_vec() };
        if q.contains("PERSON") {
            assert!(found.contains(&1_007) && found.len() == 11, "{q:?}: {found:?}");
        } else {
            assert_eq!(found, want, "{q:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_together() {
    let (colony, ann) = with_people().await;
    let count = async |status: &str, source: &str, q: &str| {
        let filter = Filter {
            status: status.into(),
            source: source.into(),
            q: q.into(),
            after: String::new(),
        };
        chats(&colony, &ann, &filter).await.len()
    };
    assert_eq!(count("blocked", "", "").await, 20);
    assert_eq!(count("blocked", "spring", "").await, 6);
    assert_eq!(count("active", "flyer-7", "").await, 33);
    assert_eq!(count("", "flyer", "").await, 0);
    assert_eq!(count("nonsense", "", "").await, 50);
    assert_eq!(count("blocked", "spring", "person 11").await, 3);
    assert_eq!(count("paused", "", "").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_a_page_with_what_they_got() {
    let (colony, ann) = with_people().await;
    let admin = colony.db.superuser().await;
    admin
        .batch_execute(
            "insert into broadcasts (workspace_id, bot_id, id, author_id, author_name, source, status, message, started_at)
             select workspace_id, id, gen_random_uuid(), gen_random_uuid(), 'ann', '**Hello** ' || n, 'paused', '{}', now()
             from bots cross join generate_series(1, 3) n;
             insert into deliveries (workspace_id, bot_id, broadcast_id, chat_id, outcome, reason, at)
             select workspace_id, bot_id, id, 1005, case right(source, 1) when '3' then 'failed' else 'sent' end,
                    case right(source, 1) when '3' then 'Bad Request' end, now() + right(source, 1)::int * interval '1 second'
             from broadcasts",
        )
        .await
        .expect("deliveries");
    let person = colony.svc.person(&ann, SLUG, 1_005).await.expect("a person");
    assert_eq!((person.row.name.as_str(), person.row.source), ("Person 5", None));
    let got: Vec<_> = person
        .deliveries
        .iter()
        .map(|d| (d.excerpt.as_str(), d.outcome.as_str(), d.reason.as_deref()))
        .collect();
    assert_eq!(
        got,
        [
            ("Hello 3", "failed", Some("Bad Request")),
            ("Hello 2", "sent", None),
            ("Hello 1", "sent", None)
        ]
    );

    assert!(colony.svc.person(&ann, SLUG, 1_006).await.expect("a person").deliveries.is_empty());
    for nobody in [0, -1, 1, i64::MAX] {
        assert_eq!(colony.svc.person(&ann, SLUG, nobody).await, Err(ClientError::NotFound));
    }
}
