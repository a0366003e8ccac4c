//! Whether a webhook's secret is right.

use std::collections::HashMap;

use store::{Store, StoreError, directory};
use subtle::ConstantTimeEq;

use super::{Accepted, IngestError};
use crate::bots::webhook::hash;

/// A webhook that is in force.
#[derive(Clone, Debug)]
pub(super) struct Door {
    to: Accepted,
    secret_hash: [u8; 32],
}

/// Compared with when there is no such path. No text has this hash.
const NOBODYS: [u8; 32] = [0; 32];

/// The path to look for: what cannot be one is looked for as the empty one, which nobody has.
pub(super) fn path(hook: &str) -> String {
    let is_path = hook.len() == 32 && hook.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if is_path { hook.to_owned() } else { String::new() }
}

/// Looks for webhooks by their paths, for all callers at once.
pub(super) async fn find(
    store: Store,
    paths: Vec<String>,
) -> Vec<Result<Option<Door>, IngestError>> {
    let asked: Vec<&str> = paths.iter().map(String::as_str).collect();
    let found = store
        .system("a webhook's request names its bot by its path alone", async |tx| {
            Ok::<_, StoreError>(directory::doors(tx, &asked).await?)
        })
        .await;
    match found {
        Ok(doors) => {
            let doors: HashMap<String, Door> = doors.into_iter().filter_map(known).collect();
            paths.iter().map(|path| Ok(doors.get(path).cloned())).collect()
        }
        Err(error) => {
            tracing::warn!(%error, "webhooks cannot be looked up");
            vec![Err(IngestError::Away); paths.len()]
        }
    }
}

fn known(door: directory::Door) -> Option<(String, Door)> {
    let secret_hash = door.secret_hash?.try_into().ok()?;
    let to = Accepted { workspace: door.workspace, bot: door.bot };
    Some((door.path?, Door { to, secret_hash }))
}

/// Whose update it is, if the secret is right. Takes as long for a wrong secret as for no door at all.
pub(super) fn judge(door: Option<&Door>, secret: &str) -> Option<Accepted> {
    let want = door.map_or(&NOBODYS, |door| &door.secret_hash);
    let is_right = bool::from(hash(secret).ct_eq(want));
    door.filter(|_| is_right).map(|door| door.to)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_the_whole_secret_opens() {
        let to = Accepted { workspace: Uuid::from_u128(1).into(), bot: Uuid::from_u128(2).into() };
        let door = Door { to, secret_hash: hash("TEST-secret") };
        assert_eq!(judge(Some(&door), "TEST-secret"), Some(to));
        for wrong in ["", "TEST-secre", "TEST-secrets", "test-secret", "TEST-secret\0"] {
            assert_eq!(judge(Some(&door), wrong), None, "{wrong:?}");
            assert_eq!(judge(None, wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_is_no_path_is_looked_for_as_none() {
        let good = "0123456789abcdef0123456789abcdef";
        assert_eq!(path(good), good);
        for bad in
            ["", "x", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcde\0"]
        {
            assert_eq!(path(bad), "", "{bad:?}");
        }
    }
}
