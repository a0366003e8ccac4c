//! `docs/envelope.md` against the code.

use super::*;

const DOC: &str = include_str!("../../../../../docs/envelope.md");

/// The value of a row of the last table of the document: `| name | value |`.
fn written(name: &str) -> Vec<u8> {
    let (_, vector) = DOC.split_once("## Test vector").unwrap();
    let value = vector.lines().find_map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        (cells.next() == Some(name)).then(|| cells.next().unwrap().replace(['`', ' '], ""))
    });
    hex::decode(value.unwrap_or_else(|| panic!("{name} is missing"))).unwrap()
}

fn uuid_of(name: &str) -> Uuid {
    Uuid::from_slice(&written(name)).unwrap()
}

#[tokio::test]
async fn the_envelopes_in_the_document_open() {
    let root = written("root key, version 1").try_into().unwrap();
    let roots = Arc::new(Known(BTreeMap::from([(RootVersion::FIRST, root)])));
    let vault = vault(roots, &Clock::at("2030-01-01T00:00:00Z"));
    let (workspace, bot) = (uuid_of("workspace"), uuid_of("bot"));
    let row = uuid_of("row of the other two");

    let token = Place::of_bot(workspace.into(), bot.into(), "bot", "token", uuid_of("bot"));
    let sealed = Sealed::from(written("envelope of the bot's token"));
    assert_eq!(sealed.key_id().unwrap().to_string(), "account/r1/2026q4");
    assert_eq!(*vault.open(TEST, &token, &sealed).await.unwrap(), written("plain text"));

    let hook = Place::of_workspace(workspace.into(), "hook", "secret", row);
    let sealed = Sealed::from(written("envelope of the workspace's hook secret"));
    assert_eq!(*vault.open(TEST, &hook, &sealed).await.unwrap(), written("plain text"));

    let totp = Place::of_instance("user", "totp", row);
    let sealed = Sealed::from(written("envelope of the user's TOTP secret"));
    assert_eq!(*vault.open(TEST, &totp, &sealed).await.unwrap(), written("plain text"));
}

#[tokio::test]
async fn the_derived_keys_in_the_document_are_right() {
    let root = RootKey::new(Zeroizing::new(written("root key, version 1").try_into().unwrap()));
    let (workspace, bot) = (uuid_of("workspace").into(), uuid_of("bot").into());
    let id = |kind, quarter| KeyId { kind, root: RootVersion::FIRST, year: 2026, quarter };
    let cases = [
        ("key.workspace of 2026", id(KeyKind::Workspace, 0), Owner::Workspace(workspace)),
        ("key.account of 2026 q4", id(KeyKind::Account, 4), Owner::Bot(workspace, bot)),
        ("key.database of 2026 q4", id(KeyKind::Database, 4), Owner::Instance),
    ];
    for (name, id, owner) in cases {
        assert_eq!(derive::derive(&root, id, owner).unwrap().to_vec(), written(name), "{name}");
    }
    assert_eq!(hex::decode(root.fingerprint()).unwrap(), written("fingerprint of the root key"));
}
