//! Directories, keys, space on the disk, static files.

use std::path::Path;

use super::finding::Finding;
use crate::{boot::Keys, config::Config, http::static_files::Site};

/// Free space below which there is a warning, and below which it is too little, in bytes.
const LITTLE_BYTES: u64 = 2 << 30;
const TOO_LITTLE_BYTES: u64 = 200 << 20;

pub(super) async fn check(config: &Config) -> Vec<Finding> {
    vec![disk(&config.data.dir), keys(config).await, site(config)]
}

fn disk(data_dir: &Path) -> Finding {
    // The directory is made at the first start; until then its nearest parent tells.
    let Some(there) = data_dir.ancestors().find(|dir| dir.is_dir()) else {
        return Finding::fail("disk", format!("no {}", data_dir.display()), "set DATA_DIR");
    };
    match rustix::fs::statvfs(there) {
        Ok(stat) => space(stat.f_bavail.saturating_mul(stat.f_frsize), data_dir),
        Err(err) => Finding::warn("disk", format!("cannot be asked: {err}"), "look at DATA_DIR"),
    }
}

fn space(free: u64, data_dir: &Path) -> Finding {
    let found =
        format!("{:.1} GiB free for {}", free as f64 / (1u64 << 30) as f64, data_dir.display());
    let fix = "make room, or move DATA_DIR to a larger disk";
    match free {
        free if free < TOO_LITTLE_BYTES => Finding::fail("disk", found, fix),
        free if free < LITTLE_BYTES => Finding::warn("disk", found, fix),
        _ => Finding::ok("disk", found),
    }
}

async fn keys(config: &Config) -> Finding {
    let dir = &config.data.keys;
    match Keys::find(&config.data).await {
        Ok(Some(_)) => Finding::ok("keys", format!("readable in {}", dir.display())),
        Ok(None) => Finding::ok(
            "keys",
            format!("none in {}, where a first start makes them", dir.display()),
        ),
        Err(refusal) => Finding::fail(
            "keys",
            refusal.to_string(),
            "put the key files back from your backup, owned by this user, mode 0600",
        ),
    }
}

fn site(config: &Config) -> Finding {
    match Site::open(config.web.site.as_deref()) {
        Ok(site) if site.is_missing() => Finding::fail(
            "site",
            "this build holds no static files",
            "set GANNET_SITE to the built site, or install a released binary",
        ),
        Ok(_) => Finding::ok("site", "static files are there"),
        Err(refusal) => Finding::fail("site", refusal.to_string(), "build the site again"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn little_space_is_a_warning_and_none_a_failure() {
        let cases = [(100 << 20, Level::Fail), (1 << 30, Level::Warn), (50 << 30, Level::Ok)];
        for (free, want) in cases {
            assert_eq!(space(free, Path::new("/data")).level(), want, "{free}");
        }
    }
}
