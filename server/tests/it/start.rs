//! Starting and stopping: what is wrong is said in one line each, and what to do about it.

use std::{fs, path::Path, time::Duration};

use tempfile::TempDir;
use testdb::TestDb;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{Ended, Gannet, free_port, run, usual_settings};

/// A password that must be shown nowhere.
const SECRET: &str = "TEST-pw-4711";
/// For `WEB_SECRET_KEY`.
const WEB_SECRET: &str = "TEST-b7Qx92mZkLr04vNcTe8wYs61HdJfUp35";

/// A database and a folder to start on.
struct Ground {
    db: TestDb,
    dir: TempDir,
}

impl Ground {
    async fn new() -> Self {
        Self { db: TestDb::new().await, dir: tempfile::tempdir().expect("a folder") }
    }

    /// What `gannet serve` says that should not start with `settings` instead of the usual ones.
    async fn refused(&self, settings: &[(&'static str, String)]) -> Ended {
        self.run(&["serve"], settings).await
    }

    async fn run(&self, arguments: &[&str], settings: &[(&'static str, String)]) -> Ended {
        let mut all = usual_settings(&self.db, self.dir.path(), free_port());
        // Whatever else stands on the standard error is a complaint.
        all.push(("LOG", "error".to_owned()));
        all.extend_from_slice(settings);
        run(arguments, &all).await
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

fn pair(name: &'static str, value: &str) -> (&'static str, String) {
    (name, value.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named_before_anything_else_is_touched() {
    let ground = Ground::new().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let ended = ground.refused(&[pair("LISTEN", &address)]).await;
    let said = ended.complaint();
    assert!(said.starts_with("LISTEN: cannot listen on") && said.contains(&address), "{said}");
    assert!(said.contains("perhaps another gannet") && said.contains("another port"), "{said}");
    assert!(!ground.path().join("keys").exists(), "no key was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_or_does_not_know_us_is_named_by_its_setting() {
    let ground = Ground::new().await;
    let nowhere = |role: &str| format!("postgres://{role}:{SECRET}@127.0.0.1:1/gannet");
    let away = [
        ("DATABASE_URL", nowhere("a")),
        ("DATABASE_WORKER_URL", nowhere("b")),
        ("DATABASE_OWNER_URL", nowhere("c")),
    ];
    let ended = ground.refused(&away).await;
    let said = ended.complaint();
    assert!(said.starts_with("DATABASE_URL: the database does not take us"), "{said}");
    assert!(said.contains("check that it runs") && !said.contains(SECRET), "{said}");

    let stranger = ground.db.worker_url().replace("gannet_worker", "nobody_we_know");
    let ended = ground.refused(&[("DATABASE_WORKER_URL", stranger)]).await;
    let said = ended.complaint();
    assert!(said.starts_with("DATABASE_WORKER_URL: the database does not take us"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_from_the_future_is_left_alone() {
    let ground = Ground::new().await;
    let admin = ground.db.superuser().await;
    let newer = "insert into __diesel_schema_migrations (version) values ('20991231000000')";
    admin.batch_execute(newer).await.expect("a newer schema");
    for command in ["serve", "migrate"] {
        let ended = ground.run(&[command], &[]).await;
        let said = ended.complaint();
        assert!(said.contains("made by a newer gannet") && said.contains("20991231"), "{said}");
        assert!(said.contains("start that version, or restore a backup"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_could_climb_the_fence_does_not_serve() {
    let ground = Ground::new().await;
    let ended = ground.refused(&[("DATABASE_URL", ground.db.superuser_url())]).await;
    let said = ended.complaint();
    assert!(said.starts_with("DATABASE_URL: ") && said.contains("superuser"), "{said}");
    assert!(said.contains("gannet migrate --create-roles"), "{said}");

    let (owner, worker) = (ground.db.owner_url(), ground.db.worker_url());
    let swapped = [("DATABASE_WORKER_URL", owner), ("DATABASE_OWNER_URL", worker)];
    let ended = ground.refused(&swapped).await;
    assert!(!ended.complaint().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_another_instance_do_not_start_on_these_data() {
    let ground = Ground::new().await;
    let first = Gannet::start(&ground.db, ground.path(), &[]).await;
    assert_eq!(first.stop().await, Some(0));

    let others = ground.path().join("others").to_str().expect("UTF-8").to_owned();
    let ended = ground.refused(&[("GANNET_KEYS", others)]).await;
    let said = ended.complaint();
    assert!(said.contains("sealed with another root key"), "{said}");
    assert!(said.contains("put back the files of GANNET_KEYS"), "{said}");

    let again = Gannet::start(&ground.db, ground.path(), &[]).await;
    assert_eq!(again.stop().await, Some(0), "nothing was spoilt");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_the_settings_is_said_at_once() {
    let ground = Ground::new().await;
    let wrong = [
        pair("LISTEN", "3000"),
        pair("BASE_URL", "https://gannet.example"),
        pair("SIGNUPS", "perhaps"),
        pair("WEB_ALLOWED_IP", "10.0.0.1"),
        pair("WEB_SECRET_KEY", SECRET),
    ];
    let ended = ground.refused(&wrong).await;
    let complaints = ended.complaints();
    let want = [
        ("LISTEN: ", "no address and port"),
        ("SIGNUPS: ", "open, invite or closed"),
        ("SMTP_URL: ", "needed"),
        ("WEB_ALLOWED_IP: ", "did you mean WEB_ALLOWED_IPS?"),
        ("WEB_SECRET_KEY: ", "needs 32 or more"),
    ];
    assert_eq!(complaints.len(), want.len(), "{complaints:#?}");
    for (setting, what) in want {
        let found = complaints.iter().find(|said| said.starts_with(setting));
        assert!(found.is_some_and(|said| said.contains(what)), "{setting} {complaints:#?}");
    }
    assert!(!ended.stderr.contains(SECRET), "{complaints:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_gannet_without_a_mail_server_does_not_start() {
    let ground = Ground::new().await;
    let ended = ground.refused(&[pair("BASE_URL", "https://gannet.example")]).await;
    let said = ended.complaint();
    assert!(said.starts_with("SMTP_URL: needed"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn help_tells_a_stranger_every_command_and_every_setting() {
    let ended = run(&["--help"], &[]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let commands = ["serve", "migrate", "doctor", "admin", "healthcheck", "config"];
    let settings = ["LISTEN", "BASE_URL", "DATABASE_URL", "SMTP_URL", "GANNET_KEYS", "NAME_FILE"];
    for word in commands.iter().chain(&settings) {
        assert!(ended.stdout.contains(word), "{word}: {}", ended.stdout);
    }
    let typo = run(&["sevre"], &[]).await;
    assert_eq!(typo.code, Some(2));
    assert!(typo.stderr.contains("serve"), "{}", typo.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_in_force_are_shown_without_their_secrets() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("smtp");
    fs::write(&file, format!("smtp://ann:{SECRET}@mail.example.org\n")).expect("written");
    let file = file.to_str().expect("UTF-8");
    let url = |role: &str| format!("postgres://{role}:{SECRET}@db.example.org/gannet");
    let settings = [
        ("DATA_DIR", dir.path().to_str().expect("UTF-8").to_owned()),
        ("BASE_URL", "https://gannet.example".to_owned()),
        ("WEB_SECRET_KEY", WEB_SECRET.to_owned()),
        ("SMTP_URL_FILE", file.to_owned()),
        ("DATABASE_URL", url("app")),
        ("DATABASE_WORKER_URL", url("worker")),
        ("DATABASE_OWNER_URL", url("owner")),
        ("DATABASE_ADMIN_URL", url("admin")),
    ];
    let ended = run(&["config"], &settings).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for secret in [SECRET, WEB_SECRET] {
        assert!(!ended.stdout.contains(secret), "{}", ended.stdout);
    }
    let line = |name: &str| {
        let line = ended.stdout.lines().find(|line| line.split_whitespace().next() == Some(name));
        line.unwrap_or_else(|| panic!("{name} is missing: {}", ended.stdout))
    };
    assert!(line("SMTP_URL").contains("mail.example.org"), "{}", ended.stdout);
    assert!(line("SMTP_URL").ends_with(&format!("file {file}")), "{}", ended.stdout);
    assert!(line("BASE_URL").ends_with("environment"), "{}", ended.stdout);
    assert!(line("LISTEN").ends_with("default"), "{}", ended.stdout);
    assert!(line("DATABASE_URL").contains("db.example.org"), "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn healthcheck_says_by_its_status_whether_gannet_lives() {
    let ground = Ground::new().await;
    let gannet = Gannet::start(&ground.db, ground.path(), &[]).await;
    let listen = [("LISTEN", format!("127.0.0.1:{}", gannet.port()))];
    let alive = ground.run(&["healthcheck"], &listen).await;
    assert_eq!((alive.code, alive.stderr.as_str()), (Some(0), ""));

    assert_eq!(gannet.stop().await, Some(0));
    let gone = ground.run(&["healthcheck"], &listen).await;
    assert_eq!((gone.code, gone.stderr.lines().count()), (Some(1), 1), "{gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn told_once_it_waits_for_requests_and_told_twice_it_does_not() {
    let ground = Ground::new().await;
    let mut gannet = Gannet::start(&ground.db, ground.path(), &[]).await;
    // A form whose other half does not come.
    let mut client = TcpStream::connect(("127.0.0.1", gannet.port())).await.expect("connected");
    let half = b"POST /auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-length: 20\r\n\
                 content-type: application/x-www-form-urlencoded\r\nexpect: 100-continue\r\n\r\n";
    client.write_all(half).await.expect("sent");
    // The server asks for the body: the request is being worked on.
    let mut asked = [0; 12];
    client.read_exact(&mut asked).await.expect("an answer");
    assert_eq!(&asked, b"HTTP/1.1 100");

    gannet.terminate();
    assert_eq!(gannet.ended_within(Duration::from_millis(1500)).await, None, "it waits");
    // Who comes meanwhile is sent away, by an answer like any other.
    let late = reqwest::get(format!("{}/", gannet.url())).await.expect("an answer");
    assert_eq!(late.status(), 503);
    for name in ["x-request-id", "x-frame-options", "content-security-policy", "retry-after"] {
        assert!(late.headers().contains_key(name), "{name}: {:?}", late.headers());
    }
    gannet.terminate();
    let ended = gannet.ended_within(Duration::from_secs(5)).await;
    assert_eq!(ended, Some(Some(130)), "at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_while_it_starts_it_stops() {
    let ground = Ground::new().await;
    // Another gannet is busy with the schema, and ours waits for its turn.
    let admin = ground.db.superuser().await;
    let take_turn = "select pg_advisory_lock(113723414078836)";
    admin.batch_execute(take_turn).await.expect("its turn");
    let mut gannet = Gannet::begin(&ground.db, ground.path(), &[]);
    let waiting = "select count(*) from pg_locks l join pg_stat_activity a using (pid)
                   where locktype = 'advisory' and not granted and datname = current_database()";
    let waits =
        async || admin.query_one(waiting, &[]).await.expect("counted").get::<_, i64>(0) == 1;
    for _ in 0..600 {
        if waits().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(waits().await, "it does not wait for the schema");

    gannet.terminate();
    let ended = gannet.ended_within(Duration::from_secs(10)).await;
    assert_eq!(ended, Some(Some(0)), "in order, and soon");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_tells_keys_that_belong_to_other_data_and_makes_none() {
    let ground = Ground::new().await;
    let doctor = async |keys: &str| {
        let keys = ground.path().join(keys);
        let setting = [("GANNET_KEYS", keys.to_str().expect("UTF-8").to_owned())];
        let ended = ground.run(&["doctor"], &setting).await;
        let seal = ended.stdout.lines().find(|line| line.contains("  seal "));
        (seal.unwrap_or_else(|| panic!("{ended:?}")).to_owned(), keys)
    };
    let (fresh, keys) = doctor("keys").await;
    assert!(fresh.starts_with("ok") && !keys.exists(), "a look makes no keys: {fresh}");

    let first = Gannet::start(&ground.db, ground.path(), &[]).await;
    assert_eq!(first.stop().await, Some(0));
    assert!(doctor("keys").await.0.starts_with("ok"), "these are its own");
    let (missing, others) = doctor("others").await;
    assert!(missing.starts_with("FAIL") && missing.contains("are not here"), "{missing}");
    assert!(!others.exists(), "a look makes no keys");

    let other = Ground::new().await;
    let theirs = [("GANNET_KEYS", others.to_str().expect("UTF-8").to_owned())];
    let second = Gannet::start(&other.db, other.path(), &theirs).await;
    assert_eq!(second.stop().await, Some(0));
    let (wrong, _) = doctor("others").await;
    assert!(wrong.starts_with("FAIL") && wrong.contains("with other keys"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_follows_the_database() {
    let ground = Ground::new().await;
    let gannet = Gannet::start(&ground.db, ground.path(), &[]).await;
    let health = async |path: &str| {
        reqwest::get(format!("{}{path}", gannet.url())).await.expect("an answer").status().as_u16()
    };
    assert_eq!(health("/healthz").await, 200);

    let admin = ground.db.superuser().await;
    let door = |change: &str| {
        let roles = "public, gannet_app, gannet_worker";
        change.replace("ROLES", roles).replace("HERE", ground.db.name())
    };
    let shut = door(
        "revoke connect on database HERE from ROLES;
         select pg_terminate_backend(pid) from pg_stat_activity
         where datname = 'HERE' and usename in ('gannet_app', 'gannet_worker')",
    );
    admin.batch_execute(&shut).await.expect("the database is away");
    assert_eq!(health("/healthz").await, 503);
    assert_eq!(health("/livez").await, 200);

    let open = door("grant connect on database HERE to ROLES");
    admin.batch_execute(&open).await.expect("the database is back");
    for _ in 0..100 {
        if health("/healthz").await == 200 {
            assert_eq!(gannet.stop().await, Some(0));
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not come back");
}
