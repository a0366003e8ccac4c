//! A real PostgreSQL, killed in every way that happens.

use std::{
    fs,
    io::{Read, Write},
    os::unix::{
        fs::{MetadataExt, chown, symlink},
        net::UnixStream,
        process::CommandExt,
    },
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::*;

/// A directory that a dropped user can walk to.
fn home() -> (tempfile::TempDir, PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::Builder::new().prefix("gannet-").tempdir().expect("a directory");
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).expect("passable");
    let home = root.path().join("postgres");
    (root, home)
}

/// Whether the server answers a connection: the protocol's first byte is an authentication
/// message (`R`), or an error (`E`).
fn answers(socket_dir: &Path) -> bool {
    let Ok(mut socket) = UnixStream::connect(socket_dir.join(".s.PGSQL.5432")) else {
        return false;
    };
    let parameters = b"user\0postgres\0database\0postgres\0\0";
    let length = u32::try_from(parameters.len() + 8).expect("short");
    let hello = [&length.to_be_bytes()[..], &[0, 3, 0, 0], parameters].concat();
    let mut first = [0];
    socket.write_all(&hello).is_ok() && socket.read_exact(&mut first).is_ok() && first == *b"R"
}

/// This very test again, run as a process of its own that finds `home` in the environment.
fn played_by_this_test(home: &Path) -> Command {
    let this = thread::current().name().expect("tests have names").to_owned();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([&this, "--exact", "--nocapture"]).env(PLAYED, home);
    command
}

/// Names the home of the server to a process that plays a part.
const PLAYED: &str = "GANNET_TEST_HOLD_POSTGRES";

fn server_pid(home: &Path) -> Pid {
    let text = fs::read_to_string(home.join("data/postmaster.pid")).expect("it runs");
    let number = text.lines().next().and_then(|line| line.parse().ok()).expect("a number");
    Pid::from_raw(number).expect("a process")
}

fn is_ready(home: &Path) -> bool {
    let pid_file = fs::read_to_string(home.join("data/postmaster.pid"));
    pid_file.is_ok_and(|text| text.contains("\nready")) && answers(&home.join("socket"))
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < end, "{what} did not happen within 30 s");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn it_starts_answers_and_stops_and_starts_again() {
    let (_root, home) = home();
    for _ in 0..2 {
        let server = Embedded::open(&home, Wanted::Alone).expect("it starts");
        assert!(server.is_ours() && answers(&server.socket_dir));
        server.stop();
        assert!(!home.join("data/postmaster.pid").exists(), "a clean stop leaves no lock");
    }
}

#[test]
fn a_second_gannet_is_refused_and_a_command_may_look_on() {
    let (_root, home) = home();
    let server = Embedded::open(&home, Wanted::Alone).expect("it starts");
    let second = Embedded::open(&home, Wanted::Alone).expect_err("two would be one too many");
    assert!(second.to_string().contains("another gannet is running"), "{second}");

    let command = Embedded::open(&home, Wanted::Shared).expect("a command uses the same server");
    assert!(!command.is_ours());
    command.stop();
    assert!(answers(&server.socket_dir), "the command's end is not the server's");
}

#[test]
fn it_is_started_again_when_it_is_killed() {
    let (_root, home) = home();
    let server = Embedded::open(&home, Wanted::Alone).expect("it starts");
    let before = server_pid(&home);
    kill_process(before, Signal::KILL).expect("killed");
    wait_for("the restart", || {
        let file = fs::read_to_string(home.join("data/postmaster.pid")).unwrap_or_default();
        !file.starts_with(&format!("{}\n", before.as_raw_nonzero())) && answers(&server.socket_dir)
    });
}

#[test]
fn locks_of_processes_that_are_none_of_its_own_do_not_stop_it() {
    let (_root, home) = home();
    let server = Embedded::open(&home, Wanted::Alone).expect("it starts");
    let pid_file = fs::read_to_string(home.join("data/postmaster.pid")).expect("it runs");
    let socket_dir = server.socket_dir.clone();
    server.stop();

    // As after the restart of a container: the numbers belong to another process of the same user.
    let mut stranger = Command::new("sleep");
    stranger.arg("60");
    Account::choose(&home).expect("a user").dress(&mut stranger);
    let mut stranger = stranger.env("PATH", "/usr/bin:/bin").spawn().expect("sleep runs");
    let (_, rest) = pid_file.split_once('\n').expect("lines");
    let stale = format!("{}\n{rest}", stranger.id());
    fs::write(home.join("data/postmaster.pid"), &stale).expect("written");
    fs::write(socket_dir.join(".s.PGSQL.5432.lock"), &stale).expect("written");

    let server = Embedded::open(&home, Wanted::Alone).expect("it starts all the same");
    assert!(answers(&server.socket_dir));
    server.stop();
    stranger.kill().expect("ended");
    stranger.wait().expect("ended");
}

#[test]
fn it_ends_when_gannet_is_killed_and_the_next_start_waits_for_that() {
    // The part of gannet is played by this very test, run as a process of its own.
    if let Some(home) = std::env::var_os(PLAYED) {
        let _server = Embedded::open(Path::new(&home), Wanted::Alone).expect("it starts");
        thread::sleep(Duration::from_secs(120));
        return;
    }
    let (_root, home) = home();
    for _ in 0..3 {
        let mut gannet = played_by_this_test(&home).spawn().expect("it runs");
        wait_for("the start", || is_ready(&home));
        gannet.kill().expect("killed");
        gannet.wait().expect("dead");

        let server = Embedded::open(&home, Wanted::Alone).expect("it starts after a kill");
        assert!(answers(&server.socket_dir));
        server.stop();
    }
}

#[test]
fn ctrl_c_in_a_terminal_is_for_gannet_alone() {
    if let Some(home) = std::env::var_os(PLAYED) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let interrupts = tokio::signal::unix::SignalKind::interrupt();
        let listen = async { tokio::signal::unix::signal(interrupts) };
        let _heard = runtime.expect("a runtime").block_on(listen).expect("a handler");
        let _server = Embedded::open(Path::new(&home), Wanted::Alone).expect("it starts");
        thread::sleep(Duration::from_secs(120));
        return;
    }
    let (_root, home) = home();
    let mut gannet = played_by_this_test(&home).process_group(0).spawn().expect("it runs");
    wait_for("the start", || is_ready(&home));
    let before = server_pid(&home);

    kill_process_group(Pid::from_child(&gannet), Signal::INT).expect("Ctrl-C");
    // Nothing tells that a signal did not come; told to stop, it would be gone in a tenth of this.
    thread::sleep(Duration::from_secs(1));
    assert!(answers(&home.join("socket")) && server_pid(&home) == before, "it goes on");
    assert!(matches!(gannet.try_wait(), Ok(None)), "and so does who holds it");
    gannet.kill().expect("killed");
    gannet.wait().expect("dead");
    Embedded::open(&home, Wanted::Alone).expect("it starts after that").stop();
}

#[test]
fn a_command_of_root_leaves_everything_to_the_user_it_belongs_to() {
    if !rustix::process::geteuid().is_root() {
        return; // Nobody else could take it away.
    }
    let (_root, home) = home();
    // `daemon`, which every system has: neither of those that are chosen unasked.
    let owner = 1;
    fs::create_dir(&home).expect("made");
    chown(&home, Some(owner), Some(owner)).expect("given");
    let server = Embedded::open(&home, Wanted::Alone).expect("it starts");
    let command = Embedded::open(&home, Wanted::Shared).expect("a command beside it");
    for place in ["", "data", "log", "log/start.log", "socket", "gannet.lock"] {
        let found = fs::metadata(home.join(place)).expect(place).uid();
        assert_eq!(found, owner, "{place}");
    }
    command.stop();
    server.stop();
}

#[test]
fn an_earlier_server_is_found_without_the_right_to_look_into_processes() {
    let cluster = |home: &Path| {
        let account = Account::choose(home).expect("a user");
        Cluster { binaries: Binaries::find().expect("installed"), account, home: home.to_owned() }
    };
    if let Some(home) = std::env::var_os(PLAYED) {
        let home = PathBuf::from(home);
        let (cluster, socket_dir) = (cluster(&home), home.join("socket"));
        let cleared = leftovers::clear(&cluster.data_dir(), &socket_dir, cluster.account.uid());
        return cleared.expect("the earlier server ends");
    }
    if !rustix::process::geteuid().is_root() {
        return; // It is our own process then, which everybody may look into.
    }
    let (_root, home) = home();
    Embedded::open(&home, Wanted::Alone).expect("it starts").stop();
    let mut command = cluster(&home).command(&home.join("socket")).expect("a command");
    let mut earlier = command.spawn().expect("it runs");
    wait_for("the start", || is_ready(&home));

    let next = played_by_this_test(&home);
    let mut container = Command::new("setpriv");
    container.args(["--bounding-set", "-sys_ptrace", "--"]).arg(next.get_program());
    container.args(next.get_args()).env(PLAYED, &home);
    assert!(container.status().expect("setpriv runs").success());
    assert!(matches!(earlier.try_wait(), Ok(Some(_))), "it was stopped, not overlooked");
}

#[test]
fn a_half_made_cluster_is_made_anew() {
    let (_root, home) = home();
    fs::create_dir_all(home.join("data.new/base")).expect("made");
    fs::write(home.join("data.new/base/half"), "x").expect("written");
    let server = Embedded::open(&home, Wanted::Alone).expect("it starts");
    assert!(answers(&server.socket_dir) && !home.join("data.new").exists());
}

#[test]
fn a_directory_its_user_cannot_enter_is_named() {
    use std::os::unix::fs::PermissionsExt;
    if !rustix::process::geteuid().is_root() {
        return; // Nobody is dropped to: there is no second user.
    }
    let (root, _) = home();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o700)).expect("closed");
    let refusal = Embedded::open(&root.path().join("postgres"), Wanted::Alone)
        .expect_err("its user cannot get there");
    assert!(refusal.to_string().contains("may not enter"), "{refusal}");
}

#[test]
fn a_deep_directory_gets_its_socket_elsewhere() {
    let (root, _) = home();
    let home = root.path().join("x".repeat(90)).join("postgres");
    let server = Embedded::open(&home, Wanted::Alone).expect("it starts");
    assert!(!server.socket_dir.starts_with(&home) && answers(&server.socket_dir));
    let socket_dir = server.socket_dir.clone();
    server.stop();

    // A link put in its place by somebody else is not followed.
    fs::remove_dir_all(&socket_dir).expect("removed");
    let trap = root.path().join("trap");
    fs::create_dir(&trap).expect("made");
    symlink(&trap, &socket_dir).expect("linked");
    let server = Embedded::open(&home, Wanted::Alone);
    fs::remove_file(&socket_dir).expect("removed");
    match server {
        Ok(server) => {
            assert_ne!(server.socket_dir, socket_dir);
            let other = server.socket_dir.clone();
            server.stop();
            fs::remove_dir_all(other).expect("removed");
        }
        Err(refusal) => assert!(refusal.to_string().contains("is not ours"), "{refusal}"),
    }
    assert_eq!(fs::read_dir(&trap).expect("there").count(), 0, "nothing was put into the trap");
}
