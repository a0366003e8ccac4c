//! `audit.visible` and `audit.immutable` through the program: the page, the files, `gannet audit verify`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::support::{Answer, Browser, Ended, HTML, JSON, Site, run, usual_settings};

/// `gannet audit verify` with the settings of the server.
async fn verify(site: &Site, arguments: &[&str]) -> Ended {
    let port = site.gannet.as_ref().expect("running").port();
    let settings = usual_settings(&site.db, site.dir.path(), port);
    let all: Vec<&str> = ["audit", "verify"].into_iter().chain(arguments.iter().copied()).collect();
    run(&all, &settings).await
}

/// As a superuser who does not care for triggers.
async fn tamper(site: &Site, sql: &str) {
    let sql = format!("set session_replication_role = replica; {sql}");
    site.db.superuser().await.batch_execute(&sql).await.expect("done");
}

/// The sentences of a page of the log.
fn lines(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.gist());
    let summaries = answer.body.split("<summary>").skip(1);
    summaries
        .map(|rest| {
            let summary = rest.split("</summary>").next().unwrap_or_default();
            let mut text = String::new();
            let mut is_inside = true;
            for c in summary.chars() {
                match c {
                    '<' => is_inside = false,
                    '>' => is_inside = true,
                    c if is_inside => text.push(c),
                    _ => {}
                }
            }
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// Ann, with two bots and some lines about them.
async fn with_log() -> (Site, Browser, Vec<String>) {
    let site = Site::with(&[]).await;
    let ann = site.member("ann").await;
    let mut slugs = Vec::new();
    for _ in 0..2 {
        let to = ann.done("/bots/sandbox", &[]).await;
        let slug = to.split('?').next().and_then(|path| path.strip_prefix("/bots/"));
        slugs.push(slug.expect("a bot's page").to_owned());
    }
    ann.done(&format!("/bots/{}/broadcasts", slugs[0]), &[("text", "Hello")]).await;
    (site, ann, slugs)
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_counts_what_is_whole_and_names_the_place_of_what_is_not() {
    let (site, _, _) = with_log().await;
    let whole = verify(&site, &[]).await;
    assert_eq!((whole.code, whole.stderr.as_str()), (Some(0), ""), "{whole:?}");
    let want = "4 lines in 1 workspace, 0 from before the chain, 0 anchors: everything is as it was written.\n";
    assert_eq!(whole.stdout, want);

    tamper(&site, "update audit_log set actor_name = 'Eve' where seq = 2").await;
    let changed = verify(&site, &[]).await;
    assert_eq!(changed.code, Some(1), "{changed:?}");
    assert!(changed.stdout.contains("line 2 was changed after it was written (id "), "{changed:?}");
    assert!(changed.stdout.ends_with("1 thing is not as it was written.\n"), "{changed:?}");

    tamper(&site, "delete from audit_log where seq = 3").await;
    let json = verify(&site, &["--json"]).await;
    assert_eq!(json.code, Some(1), "{json:?}");
    let report: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let places: Vec<_> = report["faults"].as_array().expect("faults").iter().collect();
    let places: Vec<_> = places.iter().map(|fault| (&fault["what"], &fault["seq"])).collect();
    assert_eq!(
        format!("{places:?}"),
        r#"[(String("changed"), Number(2)), (String("missing"), Number(3))]"#
    );

    let none = verify(&site, &["--workspace", "00000000-0000-7000-8000-000000000000"]).await;
    assert!(none.code == Some(0) && none.stdout.starts_with("0 lines in 0 workspaces"), "{none:?}");
    let no_id = verify(&site, &["--workspace", "acme"]).await;
    assert_eq!(no_id.code, Some(2), "{no_id:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_anchors_the_log_beside_the_data_and_verify_compares() {
    let (mut site, _, _) = with_log().await;
    // Housekeeping comes round at the start.
    site.crash().await;
    let anchors = site.dir.path().join("data/anchors");
    let mut written = false;
    for _ in 0..400 {
        written =
            anchors.is_dir() && std::fs::read_dir(&anchors).expect("readable").next().is_some();
        if written {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(written, "within 20 s");
    let whole = verify(&site, &[]).await;
    assert!(whole.code == Some(0) && whole.stdout.contains("1 anchor:"), "{whole:?}");
    tamper(
        &site,
        "delete from audit_log where seq = 4;
         update audit_heads set seq = 3, mac = (select mac from audit_log where seq = 3)",
    )
    .await;
    let cut = verify(&site, &[]).await;
    assert_eq!(cut.code, Some(1), "{cut:?}");
    assert!(cut.stdout.contains("it had 4: its end was cut off"), "{cut:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_narrowed_by_its_address_alone() {
    let (site, ann, slugs) = with_log().await;
    let at = async |query: &str| lines(&ann.get(&format!("/w/audit?{query}")).await);
    let all = at("").await;
    assert_eq!(all.len(), 4, "{all:#?}");
    assert_eq!(all[0], "ann began a broadcast");
    assert!(all[3].starts_with("ann created the workspace"), "{all:#?}");

    assert_eq!(at(&format!("bot={}", slugs[1])).await.len(), 1);
    assert_eq!(at(&format!("bot={}", slugs[0])).await.len(), 2);
    assert_eq!(at("kind=bot.connected").await.len(), 2);
    assert_eq!(at(&format!("kind=bot.connected&bot={}", slugs[0])).await.len(), 1);
    assert_eq!(at("kind=bot.nonsense").await.len(), 0);

    let admin = site.db.superuser().await;
    let text =
        async |sql: &str| admin.query_one(sql, &[]).await.expect("a row").get::<_, String>(0);
    let user = text("select id::text from users").await;
    assert_eq!(at(&format!("person={user}")).await.len(), 4);
    assert_eq!(at("person=00000000-0000-7000-8000-000000000000").await.len(), 0);
    assert_eq!(at("person=nobody").await.len(), 0);
    let draft = text("select id::text from broadcasts").await;
    assert_eq!(at(&format!("resource={draft}")).await, ["ann began a broadcast"]);

    let today = text("select to_char(now() at time zone 'UTC', 'YYYY-MM-DD')").await;
    let before =
        text("select to_char((now() at time zone 'UTC') - interval '2 days', 'YYYY-MM-DD')").await;
    assert_eq!(at(&format!("from={before}&to={today}")).await.len(), 4);
    assert_eq!(at(&format!("to={before}")).await.len(), 0);
    assert_eq!(at("from=2990-01-01").await.len(), 0);
    let no_day = ann.get("/w/audit?from=yesterday").await;
    assert_eq!(no_day.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(no_day.body.contains("This is no day") && no_day.body.contains("href=\"#f-from\""));

    // What was chosen stands in the form and in the links.
    let page = ann.get(&format!("/w/audit?kind=bot.connected&person={user}&from={before}")).await;
    for part in [
        "value=\"bot.connected\" selected",
        &format!("value=\"{user}\" selected"),
        &format!("value=\"{before}\""),
        &format!("export?format=csv&amp;person={user}&amp;kind=bot.connected&amp;from={before}"),
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_is_read_page_by_page_and_exported_whole() {
    let (site, ann, _) = with_log().await;
    tamper(
        &site,
        "insert into audit_log (workspace_id, id, at, actor_name, kind, details)
         select (select id from workspaces), gen_random_uuid(), now() - n * interval '1 second', 'Bot',
                'x.y', '{}' from generate_series(1, 1203) n",
    )
    .await;
    let (mut path, mut seen) = ("/w/audit?kind=x.y".to_owned(), 0);
    for _ in 0..30 {
        let page = ann.get(&path).await;
        seen += lines(&page).len();
        let pager = page.body.split("class=\"pager\"").nth(1).expect("a pager");
        let pager = pager.split("</nav>").next().expect("its end");
        let next = pager.split("<a ").find(|link| link.contains("Next"));
        let Some(next) = next.and_then(|link| link.split("href=\"").nth(1)) else { break };
        path = next.split('"').next().expect("an address").replace("&amp;", "&");
        assert!(path.contains("kind=x.y"), "{path}");
    }
    assert_eq!(seen, 1_203);

    let csv = ann.get("/w/audit/export?format=csv&kind=x.y").await;
    assert_eq!(csv.status, StatusCode::OK);
    let header =
        |answer: &Answer, name: &str| answer.headers[name].to_str().expect("text").to_owned();
    assert_eq!(header(&csv, "content-type"), "text/csv; charset=utf-8; header=present");
    assert!(header(&csv, "content-disposition").starts_with("attachment; filename=\"audit-log-2"));
    assert_eq!(csv.body.split("\r\n").filter(|line| line.contains("x.y")).count(), 1_203);
    let jsonl = ann.get("/w/audit/export?format=jsonl").await;
    let all: Vec<Value> =
        jsonl.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(all.len(), 1_207, "without filters all of it");
    assert_eq!(all[0]["kind"], "broadcast.drafted", "newest first");
    let unknown = ann.get("/w/audit/export?format=pdf").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    let no_day = ann.get("/w/audit/export?to=never").await;
    assert_eq!(no_day.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_values_do_no_harm_on_the_page_and_in_the_files() {
    let (site, ann, _) = with_log().await;
    let hostile = "=cmd()\u{202e}</summary><script>alert(1)</script>\n\u{1b}[31m,\"x\"";
    site.db
        .superuser()
        .await
        .execute(
            "insert into audit_log (workspace_id, id, actor_name, kind, details, user_agent, ip)
             select id, gen_random_uuid(), $1, 'x.y', json_build_object('kind', 'x.y', 'name', $1::text,
                    'name_before', '-1'), '@' || $1, '\t=1' from workspaces",
            &[&hostile],
        )
        .await
        .expect("written");
    let page = ann.get("/w/audit?kind=x.y").await;
    assert!(
        !page.body.contains("<script>alert") && !page.body.contains('\u{202e}'),
        "{}",
        page.body
    );
    assert!(page.body.contains("=cmd()\\u202e&lt;/summary&gt;"), "{}", page.body);
    let bare = page.body.replace("<!>", "");
    assert!(bare.contains("<del>-1</del> → <span class=\"wrap-anywhere\">=cmd()"), "{bare}");

    let csv = ann.get("/w/audit/export?kind=x.y").await.body;
    let rows: Vec<&str> = csv.split("\r\n").filter(|row| !row.is_empty()).collect();
    assert_eq!(rows.len(), 2, "a row is a line: {csv:?}");
    assert!(rows[1].contains("\"'=cmd()\\u202e") && rows[1].contains("\"'@=cmd()"), "{csv}");
    assert!(rows[1].contains(",'\\u0009=1,"), "{csv}");
    assert!(!rows[1].contains(|c: char| c.is_control() || c == '\u{202e}'), "{csv:?}");

    let jsonl = ann.get("/w/audit/export?format=jsonl&kind=x.y").await.body;
    assert!(!jsonl.trim_end().contains(|c: char| c.is_control() || c == '\u{202e}'), "{jsonl:?}");
    let line: Value = serde_json::from_str(&jsonl).expect("one line of JSON");
    assert_eq!((&line["actor"], &line["details"]["name"]), (&hostile.into(), &hostile.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_for_those_who_may_read_the_page() {
    let (site, _, slugs) = with_log().await;
    let nobody = Browser::new(&site.url());
    let asked = nobody.get(&format!("/w/audit/export?format=csv&bot={}", slugs[0])).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let want = format!("/auth/login?next=%2Fw%2Faudit%3Fformat%3Dcsv%26bot%3D{}", slugs[0]);
    assert_eq!(asked.location(), want, "back to the page, not into a file");
    let json = nobody.ask(Method::GET, "/w/audit/export", JSON).await;
    assert_eq!(json.status, StatusCode::UNAUTHORIZED);

    let mallory = site.member("mallory").await;
    let theirs = mallory.ask(Method::GET, &format!("/w/audit/export?bot={}", slugs[0]), HTML).await;
    assert_eq!(theirs.status, StatusCode::FORBIDDEN);
    let own = mallory.get("/w/audit/export?format=jsonl").await;
    assert_eq!(own.body.lines().count(), 1, "her own workspace: {}", own.body);
}

/// Eight people rename the workspace as fast as they can while the server is killed again and again. Each
/// line tells what it was called before and after: were one missing or one too many, they would not fit.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_kills_among_changes_leave_as_many_lines_as_changes() {
    const KILLS: u32 = 50;
    let mut site = Site::with(&[]).await;
    let mut ann = site.member("ann").await;
    let taken = Arc::new(AtomicU64::new(0));
    for kill in 0..KILLS {
        let rename = |hand: u32| {
            let (ann, taken) = (ann.clone(), Arc::clone(&taken));
            tokio::spawn(async move {
                for n in 0.. {
                    let name = format!("{kill}.{hand}.{n}");
                    match ann.dare("/w/rename", &[("name", &name)]).await {
                        Some(StatusCode::SEE_OTHER) => drop(taken.fetch_add(1, Ordering::Relaxed)),
                        // Killed.
                        None => break,
                        Some(status) => panic!("{status}"),
                    }
                }
            })
        };
        let before = taken.load(Ordering::Relaxed);
        let hands: Vec<_> = (0..8).map(rename).collect();
        // After one change, or several, and at another point of the next ones each time.
        while taken.load(Ordering::Relaxed) <= before + u64::from(kill % 5) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(u64::from(kill * 37 % 23))).await;
        site.crash().await;
        for hand in hands {
            hand.await.expect("its end");
        }
        ann.move_to(&site.url());
    }
    let acknowledged = taken.load(Ordering::Relaxed);
    let admin = site.db.superuser().await;
    let rows = admin
        .query(
            "select details ->> 'from', details ->> 'to' from audit_log
             where kind = 'workspace.renamed' order by seq",
            &[],
        )
        .await
        .expect("the lines");
    let lines: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    for pair in lines.windows(2) {
        assert_eq!(pair[0].1, pair[1].0, "each goes on where the one before it ended");
    }
    let name: String =
        admin.query_one("select name from workspaces", &[]).await.expect("a name").get(0);
    assert_eq!(lines.last().map(|(_, to)| to.as_str()), Some(name.as_str()));
    let written = lines.len() as u64;
    // What was under way when the server died may have been written without anybody hearing of it.
    let unheard = u64::from(KILLS) * 8;
    assert!(
        acknowledged <= written && written <= acknowledged + unheard,
        "{acknowledged} {written}"
    );
    assert!(acknowledged >= u64::from(KILLS), "{acknowledged}");
    let found = verify(&site, &[]).await;
    assert_eq!(found.code, Some(0), "{}{}", found.stdout, found.stderr);
    println!("{written} changes and lines, {acknowledged} of them acknowledged, {KILLS} kills");
}
