//! The key file: its permissions, its versions, and what it refuses.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::*;

const SECRET: &str = "9b0d4d6a1f0f9e2c7b58d34061ae82c5f7e3194d2086bb7ca1d5e0f4c36987a2";
const OTHER: &str = "1c6f0a92de48b7350e9d21f4586ab3c7704f1e8db2956ac30d7be9815f24a6c8";

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn secret(text: &str) -> Option<WebSecretKey> {
    Some(WebSecretKey::parse(text).unwrap())
}

fn open(dir: &Path, secret: Option<WebSecretKey>) -> Result<LocalRoot, RootError> {
    LocalRoot::open_or_create(dir, secret, now())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_first_start_makes_a_key_that_only_its_owner_can_read() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("new/keys");
    let made = open(&dir, None).unwrap();
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("root.keys")), 0o600);
    // Others may have to pass through the parent.
    assert_ne!(mode(&home.path().join("new")), 0o700);

    let again = open(&dir, None).unwrap();
    assert_eq!(made.fingerprint(), again.fingerprint());
    assert!(again.recognises(&made.fingerprint()));
    assert!(!again.recognises("another"));
}

#[test]
fn a_look_finds_what_is_there_and_makes_nothing() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("keys");
    assert!(LocalRoot::open(&dir, None).unwrap().is_none());
    assert!(!dir.exists());

    let made = open(&dir, None).unwrap();
    let seen = LocalRoot::open(&dir, None).unwrap().expect("they are there");
    assert_eq!(seen.fingerprint(), made.fingerprint());
    let wrong = LocalRoot::open(&dir, secret(SECRET)).err().unwrap();
    assert!(matches!(wrong, RootError::SecretUnexpected { .. }), "{wrong}");
    set_mode(&dir, 0o755);
    let error = LocalRoot::open(&dir, None).err().unwrap();
    assert!(matches!(error, RootError::Exposed { found: 0o755, wanted: 0o700, .. }));
}

#[test]
fn keys_that_others_may_read_stop_the_start() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("keys");
    open(&dir, None).unwrap();

    set_mode(&dir.join("root.keys"), 0o640);
    let error = open(&dir, None).err().unwrap();
    assert!(matches!(error, RootError::Exposed { found: 0o640, wanted: 0o600, .. }));
    assert!(error.to_string().contains("chmod 0600"), "{error}");

    set_mode(&dir.join("root.keys"), 0o600);
    set_mode(&dir, 0o755);
    let error = open(&dir, None).err().unwrap();
    assert!(matches!(error, RootError::Exposed { found: 0o755, wanted: 0o700, .. }));

    set_mode(&dir, 0o700);
    open(&dir, None).unwrap();
}

#[test]
fn a_web_secret_must_be_the_one_the_root_was_made_with() {
    let home = TempDir::new().unwrap();
    let made = open(&home.path().join("keys"), secret(SECRET)).unwrap();
    let text = fs::read_to_string(home.path().join("keys/root.keys")).unwrap();
    assert!(!text.contains(SECRET) && !text.contains(" key "), "{text}");

    let again = open(&home.path().join("keys"), secret(SECRET)).unwrap();
    assert_eq!(made.fingerprint(), again.fingerprint());
    let wrong = open(&home.path().join("keys"), secret(OTHER)).err().unwrap();
    assert!(matches!(wrong, RootError::Mismatch { .. }), "{wrong}");
    assert!(!wrong.to_string().contains(OTHER));
    assert!(matches!(open(&home.path().join("keys"), None), Err(RootError::SecretMissing { .. })));

    let random = TempDir::new().unwrap();
    open(&random.path().join("keys"), None).unwrap();
    let unexpected = open(&random.path().join("keys"), secret(SECRET)).err().unwrap();
    assert!(matches!(unexpected, RootError::SecretUnexpected { .. }), "{unexpected}");
}

#[tokio::test]
async fn machines_with_the_same_web_secret_open_each_others_secrets() {
    let (here, there) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let one = Arc::new(open(&here.path().join("keys"), secret(SECRET)).unwrap());
    let two = Arc::new(open(&there.path().join("keys"), secret(SECRET)).unwrap());
    one.roll(now()).unwrap();
    let clock = Clock::at("2026-11-21T12:00:00Z");
    let place = token_of(1, 2);
    let sealed = vault(one, &clock).seal(TEST, &place, b"x").await.unwrap();
    assert_eq!(sealed.key_id().unwrap().root.number(), 2);
    assert_eq!(*vault(two, &clock).open(TEST, &place, &sealed).await.unwrap(), b"x");
}

#[tokio::test]
async fn a_year_later_a_new_version_seals_in_every_process() {
    let home = TempDir::new().unwrap();
    let one = Arc::new(open(&home.path().join("keys"), None).unwrap());
    let two = Arc::new(open(&home.path().join("keys"), None).unwrap());
    let clock = Clock::at("2026-11-21T12:00:00Z");
    let place = token_of(1, 2);
    let old = vault(one.clone(), &clock).seal(TEST, &place, b"old").await.unwrap();

    assert_eq!(one.roll_if_due("2027-11-21T11:59:59Z".parse().unwrap()).unwrap(), None);
    let due = "2027-11-21T12:00:00Z".parse().unwrap();
    let second = one.roll_if_due(due).unwrap().unwrap();
    assert_eq!(second.number(), 2);
    // The other process comes too late to roll, and learns of it.
    assert_eq!(two.newest(), RootVersion::FIRST);
    assert_eq!(two.roll_if_due(due).unwrap(), None);
    assert_eq!(two.newest(), second);
    assert_eq!(one.versions().len(), 2);
    assert_eq!(mode(&home.path().join("keys/root.keys")), 0o600);

    let new = vault(one.clone(), &clock).seal(TEST, &place, b"new").await.unwrap();
    let reopened = vault(Arc::new(open(&home.path().join("keys"), None).unwrap()), &clock);
    assert_eq!(*reopened.open(TEST, &place, &old).await.unwrap(), b"old");
    assert_eq!(*reopened.open(TEST, &place, &new).await.unwrap(), b"new");

    assert!(matches!(one.forget(second), Err(RootError::InUse(_))));
    one.forget(RootVersion::FIRST).unwrap();
    assert!(matches!(one.forget(RootVersion::FIRST), Err(RootError::Unknown(_))));
    let after = vault(one, &clock).open(TEST, &place, &old).await.unwrap_err();
    assert!(matches!(after, VaultError::UnknownKey(_)), "{after}");
}

#[tokio::test]
async fn a_version_that_another_process_made_is_found_when_it_is_needed() {
    let home = TempDir::new().unwrap();
    let one = Arc::new(open(&home.path().join("keys"), None).unwrap());
    let two = Arc::new(open(&home.path().join("keys"), None).unwrap());
    one.roll(now()).unwrap();
    let clock = Clock::at("2026-11-21T12:00:00Z");
    let place = token_of(1, 2);
    let sealed = vault(one, &clock).seal(TEST, &place, b"x").await.unwrap();
    assert_eq!(*vault(two, &clock).open(TEST, &place, &sealed).await.unwrap(), b"x");
}

#[test]
fn many_first_starts_at_once_make_one_key() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("keys");
    let prints: Vec<String> = std::thread::scope(|scope| {
        let start = || scope.spawn(|| open(&dir, None).unwrap().fingerprint());
        let started: Vec<_> = (0..8).map(|_| start()).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(prints.iter().all(|print| *print == prints[0]), "{prints:?}");
}

#[test]
fn a_damaged_file_stops_the_start_and_is_left_as_it_is() {
    let home = TempDir::new().unwrap();
    open(&home.path().join("keys"), None).unwrap();
    let path = home.path().join("keys/root.keys");
    let good = fs::read_to_string(&path).unwrap();
    let flipped = {
        let at = good.trim_end().len() - 1;
        let digit = if good.as_bytes()[at] == b'0' { "1" } else { "0" };
        format!("{}{digit}\n", &good[..at])
    };
    let cases = [
        ("", 1),
        ("format 1\nsource random\n", 3),
        ("format 2\n", 1),
        ("format 1\nsource elsewhere\n", 2),
        (flipped.as_str(), 5),
        (&format!("{good}{}\n", good.lines().last().unwrap()), 6),
        (&good[..good.len() - 40], 5),
    ];
    for (text, line) in cases {
        fs::write(&path, text).unwrap();
        let error = open(&home.path().join("keys"), None).err().unwrap();
        assert!(matches!(error, RootError::Damaged { line: l, .. } if l == line), "{text} {error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert!(!error.to_string().contains("fingerprint"), "no line of it is repeated: {error}");
    }
}

#[test]
fn keys_may_not_lie_inside_the_data() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    fs::create_dir(&data).unwrap();
    std::os::unix::fs::symlink(&data, home.path().join("link")).unwrap();
    for inside in ["data", "data/keys", "link/keys", "data/pg/../keys"] {
        let found = keep_apart(&home.path().join(inside), &data);
        assert!(matches!(found, Err(RootError::BesideData { .. })), "{inside}");
    }
    for outside in ["keys", "data-keys", "data/../keys"] {
        keep_apart(&home.path().join(outside), &data).unwrap();
    }
}
