//! HKDF-SHA256, with info strings that cannot be confused.

use hkdf::Hkdf;
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{KeyId, KeyKind, Owner, RootKey, RootVersion};

/// First field of every info string.
const LABEL: &[u8] = b"gannet/key/v1";

/// Keys that belong to the whole instance and last as long as their root version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FixedKey {
    /// Signs session cookies (64 bytes).
    CookieSigning,
    /// Signs the cookie by which a browser is known again.
    KnownBrowser,
    /// Chains the audit log.
    AuditChain,
    /// Hashes codes that are too short for a plain hash: six digits by mail, backup codes.
    OneTimeCodes,
}

impl FixedKey {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::CookieSigning => b"cookie-signing",
            Self::KnownBrowser => b"known-browser",
            Self::AuditChain => b"audit-chain",
            Self::OneTimeCodes => b"one-time-codes",
        }
    }
}

/// Derives the key `id` of `owner`; nothing when the two do not belong together.
pub(super) fn derive(root: &RootKey, id: KeyId, owner: Owner) -> Option<Zeroizing<[u8; 32]>> {
    match (id.kind, owner) {
        (KeyKind::Database, Owner::Instance) => {
            Some(expand(root.bytes(), &[b"database", &id.year.to_be_bytes(), &[id.quarter]]))
        }
        (KeyKind::Workspace, Owner::Workspace(workspace)) => {
            Some(workspace_key(root, workspace.as_uuid(), id.year))
        }
        (KeyKind::Account, Owner::Bot(workspace, bot)) => {
            let parent = workspace_key(root, workspace.as_uuid(), id.year);
            let bot = bot.as_uuid();
            let fields: [&[u8]; 4] =
                [b"account", bot.as_bytes(), &id.year.to_be_bytes(), &[id.quarter]];
            Some(expand(&*parent, &fields))
        }
        (KeyKind::Database | KeyKind::Workspace | KeyKind::Account, _) => None,
    }
}

fn workspace_key(root: &RootKey, workspace: Uuid, year: u16) -> Zeroizing<[u8; 32]> {
    expand(root.bytes(), &[b"workspace", workspace.as_bytes(), &year.to_be_bytes()])
}

/// Derives a fixed key of `N` bytes, at most 8,160. The length is part of the info string.
pub(super) fn fixed<const N: usize>(root: &RootKey, which: FixedKey) -> Zeroizing<[u8; N]> {
    let length = u16::try_from(N).expect("fixed keys are short").to_be_bytes();
    expand(root.bytes(), &[b"fixed", which.label(), &length])
}

/// Derives the root key `version` from the text of `WEB_SECRET_KEY`.
pub(super) fn root_from(secret: &[u8], version: RootVersion) -> RootKey {
    RootKey::new(expand(secret, &[b"root", &version.number().to_be_bytes()]))
}

/// HKDF-SHA256 without salt; the info is the label and the fields, each after its length.
fn expand<const N: usize>(parent: &[u8], fields: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut info = Vec::with_capacity(96);
    put(&mut info, LABEL);
    for field in fields {
        put(&mut info, field);
    }
    let mut key = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(None, parent)
        .expand(&info, key.as_mut_slice())
        .expect("HKDF-SHA256 gives up to 8,160 bytes");
    key
}

/// Appends `field` after its length (two bytes, big-endian), so that no two lists of fields are
/// written alike.
pub(super) fn put(out: &mut Vec<u8>, field: &[u8]) {
    let length = u16::try_from(field.len()).expect("fields are names and ids, far below 64 KiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(field);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn hkdf_is_the_one_of_rfc_5869() {
        // Appendix A.1 (SHA-256, with salt) and A.3 (without salt and info).
        let ikm = [0x0b; 22];
        let salt = hex::decode("000102030405060708090a0b0c").unwrap();
        let info = hex::decode("f0f1f2f3f4f5f6f7f8f9").unwrap();
        let mut okm = [0; 42];
        Hkdf::<Sha256>::new(Some(&salt), &ikm).expand(&info, &mut okm).unwrap();
        assert_eq!(
            hex::encode(okm),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        );
        Hkdf::<Sha256>::new(None, &ikm).expand(&[], &mut okm).unwrap();
        assert_eq!(
            hex::encode(okm),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        );
    }

    #[test]
    fn every_owner_period_and_purpose_has_a_key_of_its_own() {
        let mut seen = HashSet::new();
        for root in [1u8, 2] {
            let root = RootKey::new(Zeroizing::new([root; 32]));
            for (year, quarter) in [(2026, 3), (2026, 4), (2027, 1)] {
                for n in 0..3u128 {
                    let (one, two) = (Uuid::from_u128(n), Uuid::from_u128(n + 10));
                    let id =
                        |kind, quarter| KeyId { kind, root: RootVersion::FIRST, year, quarter };
                    let account = id(KeyKind::Account, quarter);
                    let bot = Owner::Bot(one.into(), two.into());
                    let swapped = Owner::Bot(two.into(), one.into());
                    seen.insert(*derive(&root, account, bot).unwrap());
                    seen.insert(*derive(&root, account, swapped).unwrap());
                    let workspace = id(KeyKind::Workspace, 0);
                    seen.insert(*derive(&root, workspace, Owner::Workspace(one.into())).unwrap());
                    let database = id(KeyKind::Database, quarter);
                    seen.insert(*derive(&root, database, Owner::Instance).unwrap());
                }
            }
            for which in [FixedKey::CookieSigning, FixedKey::KnownBrowser, FixedKey::AuditChain] {
                seen.insert(*fixed::<32>(&root, which));
                seen.insert(fixed::<64>(&root, which)[..32].try_into().unwrap());
            }
        }
        // Per root: 3 quarters x 3 pairs x 2 bots, 2 years x 3 workspaces, 3 quarters, 6 fixed.
        assert_eq!(seen.len(), 2 * (18 + 6 + 3 + 6));
    }

    #[test]
    fn a_key_of_another_kind_is_not_derived() {
        let root = RootKey::new(Zeroizing::new([1; 32]));
        let id = KeyId { kind: KeyKind::Account, root: RootVersion::FIRST, year: 2026, quarter: 1 };
        assert!(derive(&root, id, Owner::Instance).is_none());
        assert!(derive(&root, id, Owner::Workspace(Uuid::nil().into())).is_none());
    }
}
