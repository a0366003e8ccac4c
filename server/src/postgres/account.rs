//! The user PostgreSQL runs as: never root.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, lchown},
        process::CommandExt,
    },
    path::Path,
    process::Command,
};

use crate::refusal::Refusal;

/// Root's number.
const ROOT: u32 = 0;

/// The user PostgreSQL runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// We are no root: it runs as we do.
    Ours,
    /// We are root and drop to this one, because PostgreSQL refuses root.
    Dropped { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// As root whoever owns `home`, so that a command of root's takes nothing away from a gannet that
    /// runs there as another user; for a new one `postgres`, which the distribution's package makes,
    /// else `nobody`.
    pub(super) fn choose(home: &Path) -> Result<Self, Refusal> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ours);
        }
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(|err| Refusal::file("read", path, &err))?;
        if let Some(owner) = fs::metadata(home).ok().filter(|meta| meta.uid() != ROOT) {
            let (uid, gid) = (owner.uid(), owner.gid());
            let unnamed = || Self::Dropped { name: uid.to_string(), uid, gid };
            return Ok(with_number(&passwd, uid).unwrap_or_else(unnamed));
        }
        ["postgres", "nobody"].iter().find_map(|name| find(&passwd, name)).ok_or_else(|| {
            Refusal::new(
                "PostgreSQL does not run as root and there is no user `postgres` or `nobody` to \
                 run it as; add one, or run gannet as another user",
            )
        })
    }

    /// The user's number.
    pub(super) fn uid(&self) -> u32 {
        match self {
            Self::Ours => rustix::process::geteuid().as_raw(),
            Self::Dropped { uid, .. } => *uid,
        }
    }

    /// Makes `command` run as this user, in its groups alone, and with an environment that
    /// brings nothing along.
    pub(super) fn dress(&self, command: &mut Command) {
        command.env_clear().env("LC_ALL", "C").env("TZ", "UTC");
        if let Self::Dropped { uid, gid, .. } = self {
            // As root the standard library empties the supplementary groups with it.
            command.uid(*uid).gid(*gid);
        }
    }

    /// Makes `home` (0700, of this user) unless it is there, and checks that the user can walk to it.
    pub(super) fn prepare_home(&self, home: &Path) -> Result<(), Refusal> {
        if let Some(parent) = home.parent()
            && !parent.exists()
        {
            super::make_dir(parent, 0o755)?;
        }
        self.make_dir(home)?;
        match self.first_closed_door(home) {
            None => Ok(()),
            Some((door, name)) => Err(Refusal::new(format!(
                "the database runs as the user {name}, who may not enter {}; set DATA_DIR to \
                 another directory, such as /var/lib/gannet",
                door.display()
            ))),
        }
    }

    /// Makes the directory `path` (0700, of this user) unless it is there.
    pub(super) fn make_dir(&self, path: &Path) -> Result<(), Refusal> {
        super::make_dir(path, 0o700)?;
        self.own(path)
    }

    /// Gives `path` to this user if it is root's, as is what we have just made. What is somebody's
    /// stays theirs, and a link is not followed.
    pub(super) fn own(&self, path: &Path) -> Result<(), Refusal> {
        let Self::Dropped { uid, gid, .. } = self else { return Ok(()) };
        let given = fs::symlink_metadata(path).and_then(|meta| match meta.uid() {
            ROOT => lchown(path, Some(*uid), Some(*gid)),
            _ => Ok(()),
        });
        given.map_err(|err| Refusal::file("change the owner of", path, &err))
    }

    fn first_closed_door<'a>(&self, home: &'a Path) -> Option<(&'a Path, &str)> {
        let Self::Dropped { name, uid, gid } = self else { return None };
        let closed = |dir: &&Path| match fs::metadata(dir) {
            Ok(meta) if meta.uid() == *uid => meta.mode() & 0o100 == 0,
            Ok(meta) if meta.gid() == *gid => meta.mode() & 0o010 == 0,
            Ok(meta) => meta.mode() & 0o001 == 0,
            Err(_) => true,
        };
        home.ancestors().find(closed).map(|door| (door, name.as_str()))
    }
}

/// `name` in the text of `/etc/passwd`.
fn find(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find(|line| line.split(':').next() == Some(name)).and_then(account)
}

/// The user with the number `wanted` in the text of `/etc/passwd`.
fn with_number(passwd: &str, wanted: u32) -> Option<Account> {
    passwd.lines().filter_map(account).find(|account| account.uid() == wanted)
}

/// The user of one line of `/etc/passwd`.
fn account(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account::Dropped { name, uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_their_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n\
                      postgres2:x:9:9::/:/bin/sh\n\
                      postgres:x:104:107:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n\
                      broken:x:one:two\n";
        let postgres = Account::Dropped { name: "postgres".to_owned(), uid: 104, gid: 107 };
        assert_eq!(find(passwd, "postgres"), Some(postgres.clone()));
        assert_eq!(with_number(passwd, 104), Some(postgres));
        assert_eq!(with_number(passwd, 10), None);
        assert_eq!(find(passwd, "nobody"), None);
        assert_eq!(find(passwd, "broken"), None);
    }
}
