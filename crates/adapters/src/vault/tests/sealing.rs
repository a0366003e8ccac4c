//! What opens, what does not, and which key it takes.

use proptest::prelude::*;

use super::*;

const NOON: &str = "2026-11-21T12:00:00Z";

#[tokio::test]
async fn what_was_sealed_opens_at_its_own_place_alone() {
    let vault = vault(Known::versions(1), &Clock::at(NOON));
    let home = token_of(1, 2);
    let sealed = vault.seal(TEST, &home, b"123456:TEST").await.unwrap();
    assert_eq!(*vault.open(TEST, &home, &sealed).await.unwrap(), b"123456:TEST");

    let elsewhere = [
        token_of(9, 2),
        token_of(1, 9),
        Place { row: id(9), ..home },
        Place { record: "account", ..home },
        Place { column: "secret", ..home },
        // The same letters, cut elsewhere.
        Place { record: "bott", column: "oken", ..home },
        Place { owner: Owner::Workspace(id(1).into()), ..home },
        Place { owner: Owner::Instance, ..home },
    ];
    for place in elsewhere {
        let error = vault.open(TEST, &place, &sealed).await.unwrap_err();
        assert!(matches!(error, VaultError::Refused), "{place:?} {error:?}");
    }
}

#[tokio::test]
async fn no_byte_can_be_changed_cut_or_added() {
    let vault = vault(Known::versions(1), &Clock::at(NOON));
    let home = token_of(1, 2);
    let sealed = vault.seal(TEST, &home, b"123456:TEST").await.unwrap().into_bytes();
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut bytes = sealed.clone();
            bytes[at] ^= 1 << bit;
            assert!(vault.open(TEST, &home, &bytes.into()).await.is_err(), "byte {at} bit {bit}");
        }
        let cut = Sealed::from(sealed[..at].to_vec());
        assert!(vault.open(TEST, &home, &cut).await.is_err(), "cut at {at}");
    }
    let longer = [sealed, vec![0]].concat();
    assert!(vault.open(TEST, &home, &longer.into()).await.is_err());
}

#[tokio::test]
async fn each_error_says_what_is_wrong() {
    let vault = vault(Known::versions(1), &Clock::at(NOON));
    let home = token_of(1, 2);
    let sealed = vault.seal(TEST, &home, b"x").await.unwrap().into_bytes();

    let open = async |at: usize, byte: u8| {
        let mut bytes = sealed.clone();
        bytes[at] = byte;
        vault.open(TEST, &home, &bytes.into()).await.unwrap_err()
    };
    assert!(matches!(open(0, 2).await, VaultError::Format));
    let error = open(5, 8).await;
    assert!(matches!(error, VaultError::UnknownKey(_)));
    assert_eq!(
        error.to_string(),
        "sealed with the key account/r8/2026q4, whose root key is not held here"
    );
    assert!(matches!(
        open(sealed.len() - 1, sealed[sealed.len() - 1] ^ 1).await,
        VaultError::Refused
    ));
    let empty = vault.open(TEST, &home, &Vec::new().into()).await.unwrap_err();
    assert!(matches!(empty, VaultError::Format));
    let long = vault.seal(TEST, &home, &vec![0; (1 << 20) + 1]).await.unwrap_err();
    assert!(matches!(long, VaultError::TooLong));
}

#[tokio::test]
async fn the_owner_and_the_calendar_choose_the_key() {
    let clock = Clock::at(NOON);
    let vault = vault(Known::versions(3), &clock);
    let places = [
        (token_of(1, 2), "account/r3/2026q4", "account/r3/2027q1"),
        (
            Place::of_workspace(id(1).into(), "hook", "secret", id(5)),
            "workspace/r3/2026",
            "workspace/r3/2027",
        ),
        (Place::of_instance("user", "totp", id(6)), "database/r3/2026q4", "database/r3/2027q1"),
    ];
    for (place, now, next_year) in places {
        clock.set(NOON);
        let sealed = vault.seal(TEST, &place, b"x").await.unwrap();
        assert_eq!(sealed.key_id().unwrap().to_string(), now);
        assert!(!vault.needs_reseal(&sealed));

        clock.set("2027-01-01T00:00:00Z");
        assert!(vault.needs_reseal(&sealed));
        let plain = vault.open(TEST, &place, &sealed).await.unwrap();
        let again = vault.seal(TEST, &place, &plain).await.unwrap();
        assert_eq!(again.key_id().unwrap().to_string(), next_year);
        assert!(!vault.needs_reseal(&again));
    }
    assert!(!vault.needs_reseal(&b"no envelope".to_vec().into()));
}

#[tokio::test]
async fn a_new_root_seals_and_the_old_ones_still_open() {
    let clock = Clock::at(NOON);
    let home = token_of(1, 2);
    let before = vault(Known::versions(1), &clock);
    let after = vault(Known::versions(2), &clock);
    let sealed = before.seal(TEST, &home, b"x").await.unwrap();
    assert_eq!(*after.open(TEST, &home, &sealed).await.unwrap(), b"x");
    assert!(after.needs_reseal(&sealed));
    let again = after.seal(TEST, &home, b"x").await.unwrap();
    assert_eq!(again.key_id().unwrap().root, after.newest_root());
    assert!(!before.needs_reseal(&again), "a newer key is not replaced by an older one");
    assert!(matches!(before.open(TEST, &home, &again).await, Err(VaultError::UnknownKey(_))));
}

#[tokio::test]
async fn a_key_is_derived_once_and_reported_once_in_ten_minutes() {
    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);
    impl KeyAccess for Heard {
        fn derived(&self, access: &Access<'_>) {
            let line = format!("{} {} {}", access.by.who, access.by.why, access.key);
            self.0.lock().unwrap().push(line);
        }
    }
    let heard = Arc::new(Heard::default());
    let clock = Clock::at(NOON);
    let vault = vault(Known::versions(1), &clock).with_access(heard.clone());
    let send = Use { who: "worker", why: "send broadcast" };
    let count = || heard.0.lock().unwrap().len();

    let sealed = vault.seal(TEST, &token_of(1, 2), b"x").await.unwrap();
    for _ in 0..3 {
        vault.open(send, &token_of(1, 2), &sealed).await.unwrap();
    }
    assert_eq!(count(), 1);
    vault.seal(send, &token_of(1, 3), b"x").await.unwrap();
    assert_eq!(count(), 2);
    clock.set("2026-11-21T12:09:59Z");
    vault.open(send, &token_of(1, 2), &sealed).await.unwrap();
    assert_eq!(count(), 2);
    clock.set("2026-11-21T12:10:00Z");
    vault.open(send, &token_of(1, 2), &sealed).await.unwrap();
    assert_eq!(count(), 3);
    assert_eq!(heard.0.lock().unwrap()[2], "worker send broadcast account/r1/2026q4");
}

#[tokio::test]
async fn fixed_keys_differ_by_purpose_length_and_root() {
    let vault = vault(Known::versions(2), &Clock::at(NOON));
    let old = RootVersion::FIRST;
    let cookie = vault.fixed_key::<64>(FixedKey::CookieSigning, old).await.unwrap();
    let again = vault.fixed_key::<64>(FixedKey::CookieSigning, old).await.unwrap();
    let newer = vault.fixed_key::<64>(FixedKey::CookieSigning, vault.newest_root()).await.unwrap();
    let audit = vault.fixed_key::<64>(FixedKey::AuditChain, old).await.unwrap();
    let short = vault.fixed_key::<32>(FixedKey::CookieSigning, old).await.unwrap();
    assert_eq!(*cookie, *again);
    assert_ne!(*cookie, *newer);
    assert_ne!(*cookie, *audit);
    assert_ne!(cookie[..32], short[..]);
}

#[test]
fn nothing_secret_is_printed() {
    let vault = vault(Known::versions(1), &Clock::at(NOON));
    assert_eq!(format!("{:?}", Sealed::from(vec![1, 2, 3])), "Sealed(3 bytes)");
    assert_eq!(format!("{:?}", RootKey::new(Zeroizing::new([7; 32]))), "RootKey(…)");
    assert_eq!(format!("{vault:?}"), "Vault { newest_root: RootVersion(1), .. }");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_secret_comes_back_and_never_looks_the_same_twice(
        plain in proptest::collection::vec(any::<u8>(), 0..300),
        workspace: u128,
        bot: u128,
        row: u128,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let vault = vault(Known::versions(1), &Clock::at(NOON));
            let place = Place { row: id(row), ..token_of(workspace, bot) };
            let one = vault.seal(TEST, &place, &plain).await.unwrap();
            let two = vault.seal(TEST, &place, &plain).await.unwrap();
            prop_assert_ne!(&one, &two);
            prop_assert_eq!(one.as_bytes().len(), plain.len() + 37);
            prop_assert_eq!(&*vault.open(TEST, &place, &one).await.unwrap(), &plain);
            prop_assert_eq!(&*vault.open(TEST, &place, &two).await.unwrap(), &plain);
            Ok(())
        })?;
    }

    #[test]
    fn rubbish_is_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let vault = vault(Known::versions(1), &Clock::at(NOON));
        let opened = runtime.block_on(vault.open(TEST, &token_of(1, 2), &bytes.into()));
        prop_assert!(opened.is_err());
    }
}
