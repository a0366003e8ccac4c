//! Everything of a workspace as files: whole, its own, and for its owners.

use std::io::Read;

use contract::{
    ClientError,
    cx::RequestCx,
    export::{Export, ExportApi, State},
};
use domain::{Timestamp, rights::Role};
use flate2::read::MultiGzDecoder;
use services::jobs;
use tokio::time::{Duration, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::colony::Colony;

impl Colony {
    /// Runs jobs until the export of `cx`'s workspace is ready.
    async fn written(&self, cx: &RequestCx) -> Export {
        let stop = CancellationToken::new();
        let worker = tokio::spawn(jobs::run(self.svc.clone(), stop.clone()));
        let ready = async {
            loop {
                let export = self.svc.current(cx).await.expect("an answer").expect("an export");
                if matches!(export.state, State::Ready { .. }) {
                    return export;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        let export = timeout(Duration::from_secs(60), ready).await.expect("it is written");
        stop.cancel();
        worker.await.expect("it stops");
        export
    }

    /// A file, read part by part.
    async fn file(&self, cx: &RequestCx, id: &str, file: &str) -> Result<String, ClientError> {
        let mut part = self.svc.fetch(cx, id, file).await?;
        let mut gzip = part.gzip.clone();
        while let Some(next) = self.svc.part_after(cx, id, file, part.n).await? {
            gzip.extend_from_slice(&next.gzip);
            part = next;
        }
        let mut text = String::new();
        MultiGzDecoder::new(&gzip[..]).read_to_string(&mut text).expect("gzip");
        Ok(text)
    }
}

fn fresh(cx: &RequestCx) -> RequestCx {
    RequestCx { proved_at: Some(Timestamp::now()), ..cx.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_all_that_is_the_workspaces_and_nothing_of_another() {
    let colony = Colony::public().await;
    let (ann, mallory) = (fresh(&colony.owner("ann").await), fresh(&colony.owner("mallory").await));
    colony.connected(&ann, "acme_bot").await;
    colony.connected(&ann, "second_bot").await;
    colony.connected(&mallory, "other_bot").await;
    let admin = colony.db.superuser().await;
    // More than two pages of the one, a few of the other, with names that mean harm.
    let fill = "insert into subscribers (workspace_id, bot_id, chat_id, name, status)
         select workspace_id, bot_id, n, '=' || slug || E'\\u202e' || n, 'active'
         from directory, generate_series(1, case slug when 'acme_bot' then 10001 else 3 end) n";
    admin.batch_execute(fill).await.expect("filled");
    let groups = "insert into chats (workspace_id, bot_id, chat_id, was, kind, title, standing)
         select workspace_id, bot_id, -1001234567890, -7, 'supergroup', '=' || slug || E'\\u202e', 'writable'
         from directory";
    admin.batch_execute(groups).await.expect("filled");

    colony.svc.ask(&ann).await.expect("asked");
    assert!(
        matches!(colony.svc.ask(&ann).await, Err(ClientError::Conflict { .. })),
        "one at a time"
    );
    let Export { id, state: State::Ready { files, .. }, .. } = colony.written(&ann).await else {
        panic!("it is ready")
    };
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names.len(), 18, "{names:?}");
    for file in &files {
        let text = colony.file(&ann, &id, &file.name).await.expect("a file");
        assert_eq!(text.len() as u64, file.bytes, "{}", file.name);
        let lines = text.lines().count() as u64;
        let head = u64::from(file.name.ends_with(".csv"));
        assert_eq!(lines, file.rows + head, "{}", file.name);
        for not_ours in ["other_bot", "mallory", "$2b$", "\u{202e}"] {
            assert!(!text.contains(not_ours), "{} holds {not_ours}", file.name);
        }
    }
    let subscribers = colony.file(&ann, &id, "subscribers.jsonl").await.expect("a file");
    let mut chats: Vec<(String, i64)> = subscribers
        .lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let name = format!("={}\u{202e}{}", row["bot"].as_str().expect("a bot"), row["chat"]);
            assert_eq!(row["name"], name, "exact");
            (row["bot"].as_str().expect("a bot").to_owned(), row["chat"].as_i64().expect("a chat"))
        })
        .collect();
    chats.sort();
    chats.dedup();
    assert_eq!(chats.len(), 10_004, "everybody once");
    let table = colony.file(&ann, &id, "subscribers.csv").await.expect("a file");
    assert!(table.contains(",'=acme_bot\\u202e7,"), "no formula, and nothing that hides");

    let chats = colony.file(&ann, &id, "chats.jsonl").await.expect("a file");
    assert_eq!(chats.lines().filter(|line| line.contains("-1001234567890")).count(), 2, "{chats}");

    for (who, file) in [(&mallory, "subscribers.csv"), (&ann, "nothing.csv"), (&ann, "\0' or true")]
    {
        let refused = colony.file(who, &id, file).await;
        assert_eq!(refused, Err(ClientError::NotFound), "{file}");
    }
    let told = colony.texts("select subject from mails where cause like 'export/%'").await;
    assert_eq!(told, ["Your Gannet export is ready"]);
    let lines = "select kind || ' ' || count(*) from audit_log where kind like 'workspace.export%' group by kind order by 1";
    assert_eq!(
        colony.texts(lines).await,
        ["workspace.export_asked 1", "workspace.export_fetched 21", "workspace.export_ready 1"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_for_owners_who_have_proved_themselves_and_for_a_week() {
    let colony = Colony::public().await;
    let ann = colony.owner("ann").await;
    let refused = ExportApi::ask(&colony.svc, &RequestCx { proved_at: None, ..ann.clone() }).await;
    assert!(matches!(refused, Err(ClientError::Invalid { .. })), "{refused:?}");
    let ann = fresh(&ann);
    let viewer = ann.viewer.clone().expect("signed in");
    for role in [Role::Admin, Role::Member] {
        let bob = colony.db.person(role.as_str()).await;
        colony.db.member(viewer.workspace, &bob, role).await;
        let as_bob = contract::cx::Viewer { user: bob.id, role, ..viewer.clone() };
        let cx = RequestCx { viewer: Some(as_bob), ..ann.clone() };
        assert_eq!(colony.svc.ask(&cx).await, Err(ClientError::Forbidden));
        assert_eq!(colony.svc.current(&cx).await, Err(ClientError::Forbidden));
        assert_eq!(colony.file(&cx, "x", "members.csv").await, Err(ClientError::Forbidden));
    }
    colony.svc.ask(&ann).await.expect("asked");
    let export = colony.written(&ann).await;
    let week = 7 * 24 * 3_600;
    colony.svc.store.shift_clock(week - 60);
    colony.file(&ann, &export.id, "members.csv").await.expect("still there");
    colony.svc.store.shift_clock(week + 60);
    assert_eq!(colony.file(&ann, &export.id, "members.csv").await, Err(ClientError::NotFound));
    assert_eq!(colony.svc.current(&ann).await, Ok(None));
    let stop = CancellationToken::new();
    let worker = tokio::spawn(jobs::run(colony.svc.clone(), stop.clone()));
    let gone = async {
        while !colony.texts("select file from export_parts").await.is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(30), gone).await.expect("and what was in it goes");
    stop.cancel();
    worker.await.expect("it stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_workers_at_one_step_one_writes_and_a_kill_costs_nothing_that_was_written() {
    let colony = Colony::public().await;
    let ann = fresh(&colony.owner("ann").await);
    colony.connected(&ann, "acme_bot").await;
    let fill = "insert into subscribers (workspace_id, bot_id, chat_id, name, status)
         select workspace_id, bot_id, n, 'Ada', 'active' from directory, generate_series(1, 30000) n";
    colony.db.superuser().await.batch_execute(fill).await.expect("filled");
    colony.svc.ask(&ann).await.expect("asked");
    // Killed again and again, and each time taken up by two who know nothing of each other.
    let again = "update jobs set leased_until = null, run_at = gannet_now()";
    let done = "select step::text from exports where ready_at is not null";
    for n in 0.. {
        assert!(n < 60, "it ends");
        let workers = [0, 1].map(|_| {
            let (svc, stop) = (colony.svc.clone(), CancellationToken::new());
            tokio::spawn(async move { jobs::run(svc, stop).await })
        });
        // Longer each time: at first next to nothing is done.
        sleep(Duration::from_millis(20 + n * n)).await;
        for worker in workers {
            worker.abort();
            let _ = worker.await;
        }
        colony.db.superuser().await.batch_execute(again).await.expect("its lease lapses");
        if !colony.texts(done).await.is_empty() {
            break;
        }
        // Both had it: a second job for the same export.
        let twice = "insert into jobs (workspace_id, id, kind, payload)
             select workspace_id, gen_random_uuid(), 'export', '{}' from exports
             where not exists (select from jobs where kind = 'export')";
        colony.db.superuser().await.batch_execute(twice).await.expect("enqueued");
    }
    let export = colony.svc.current(&ann).await.expect("an answer").expect("an export");
    let text = colony.file(&ann, &export.id, "subscribers.jsonl").await.expect("a file");
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 30_000, "each once");
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 30_000);
    assert_eq!(
        colony.texts("select id::text from mails where cause like 'export/%'").await.len(),
        1
    );
}
