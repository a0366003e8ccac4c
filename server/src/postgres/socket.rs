//! Where the unix socket lies.

use std::{
    fs,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{account::Account, make_dir};
use crate::refusal::Refusal;

/// Longest path of a unix socket, in bytes.
const LONGEST_PATH_BYTES: usize = 107;
/// What PostgreSQL appends to the directory.
const SOCKET_NAME: &str = "/.s.PGSQL.5432";

/// The socket's directory for the cluster in `home`, made, 0700, and owned by `account`.
///
/// Below `home`, unless that path is too long for a socket: then beside other programs' run-time
/// files, under a name made from `home`.
pub(super) fn directory(home: &Path, account: &Account) -> Result<PathBuf, Refusal> {
    let inside = home.join("socket");
    if fits(&inside) {
        make_dir(&inside, 0o700)?;
        account.own(&inside)?;
        return Ok(inside);
    }
    let hash = Sha256::digest(home.as_os_str().as_bytes());
    let name = format!("gannet-{}", hex(&hash[..8]));
    let elsewhere = std::env::temp_dir().join(&name);
    let dir = [Path::new("/run").join(&name), elsewhere]
        .into_iter()
        .filter(|dir| fits(dir))
        .find(|dir| make_dir(dir, 0o700).is_ok() && account.own(dir).is_ok())
        .ok_or_else(|| {
            Refusal::new(format!(
                "the path {} is too long for a unix socket; set DATA_DIR to a shorter one",
                home.display()
            ))
        })?;
    // Others can write beside it: it must be the directory we made, not one put there for us.
    match fs::symlink_metadata(&dir) {
        Ok(meta) if meta.is_dir() && meta.uid() == account.uid() && meta.mode() & 0o077 == 0 => {
            Ok(dir)
        }
        _ => Err(Refusal::new(format!("{} is not ours; remove it", dir.display()))),
    }
}

fn fits(dir: &Path) -> bool {
    dir.as_os_str().len() + SOCKET_NAME.len() <= LONGEST_PATH_BYTES
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_path_may_have_107_bytes() {
        let dir = |bytes: usize| PathBuf::from(format!("/{}", "x".repeat(bytes - 1)));
        assert!(fits(&dir(LONGEST_PATH_BYTES - SOCKET_NAME.len())));
        assert!(!fits(&dir(LONGEST_PATH_BYTES - SOCKET_NAME.len() + 1)));
    }
}
