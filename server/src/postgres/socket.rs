//! Where the unix socket lies.

use std::{
    fs, io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt},
    },
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::account::Account;
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
        account.make_dir(&inside)?;
        return Ok(inside);
    }
    let hash = Sha256::digest(home.as_os_str().as_bytes());
    let name = format!("gannet-{}", hex(&hash[..8]));
    let elsewhere = [PathBuf::from("/run"), std::env::temp_dir()].map(|dir| dir.join(&name));
    let fitting = elsewhere.into_iter().filter(|dir| fits(dir));
    let mut refusal = Refusal::new(format!(
        "the path {} is too long for a unix socket; set DATA_DIR to a shorter one",
        home.display()
    ));
    for dir in fitting {
        match claim(&dir, account) {
            Ok(()) => return Ok(dir),
            Err(err) => refusal = err,
        }
    }
    Err(refusal)
}

/// Makes `dir` where others can write too: it must be ours, not something put there for us, so
/// nothing that exists is changed or followed.
fn claim(dir: &Path, account: &Account) -> Result<(), Refusal> {
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => account.own(dir)?,
        Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
        Err(err) => return Err(Refusal::file("make", dir, &err)),
    }
    match fs::symlink_metadata(dir) {
        Ok(meta) if meta.is_dir() && meta.uid() == account.uid() && meta.mode() & 0o077 == 0 => {
            Ok(())
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
