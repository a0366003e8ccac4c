//! A real PostgreSQL, killed in every way that happens.

use std::{
    fs,
    io::{Read, Write},
    os::unix::{fs::symlink, net::UnixStream},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

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

fn server_pid(home: &Path) -> Pid {
    let text = fs::read_to_string(home.join("data/postmaster.pid")).expect("it runs");
    let number = text.lines().next().and_then(|line| line.parse().ok()).expect("a number");
    Pid::from_raw(number).expect("a process")
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
    Account::choose().expect("a user").dress(&mut stranger);
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
    if let Some(home) = std::env::var_os("GANNET_TEST_HOLD_POSTGRES") {
        let _server = Embedded::open(Path::new(&home), Wanted::Alone).expect("it starts");
        thread::sleep(Duration::from_secs(120));
        return;
    }
    let (_root, home) = home();
    for _ in 0..3 {
        let this = thread::current().name().expect("tests have names").to_owned();
        let mut gannet = Command::new(std::env::current_exe().expect("this program"))
            .args([&this, "--exact", "--nocapture"])
            .env("GANNET_TEST_HOLD_POSTGRES", &home)
            .spawn()
            .expect("it runs");
        let pid_file = home.join("data/postmaster.pid");
        wait_for("the start", || {
            fs::read_to_string(&pid_file).is_ok_and(|text| text.contains("\nready"))
                && answers(&home.join("socket"))
        });
        gannet.kill().expect("killed");
        gannet.wait().expect("dead");

        let server = Embedded::open(&home, Wanted::Alone).expect("it starts after a kill");
        assert!(answers(&server.socket_dir));
        server.stop();
    }
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
