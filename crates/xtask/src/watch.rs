//! `cargo xtask dev`: builds again what a change concerns, and nothing else.
//!
//! Files are looked at a few times a second. There are some hundred of them, which takes a few
//! milliseconds, works on every file system, and needs no library.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::{Duration, SystemTime},
};

use anyhow::Result;

use crate::{
    product,
    serve::{self, How, Server},
    signals,
    site::{self, Module},
    steps::{Failed, Steps},
    workspace::Workspace,
};

/// How often the files are looked at. Changes that follow each other closer are taken together:
/// an editor writes several times, a checkout hundreds of times.
const GLANCE: Duration = Duration::from_millis(200);

/// What lies at the top of the checkout and makes a difference.
const WATCHED: [&str; 10] = [
    ".cargo",
    "app",
    "crates",
    "frontend",
    "migrations",
    "public",
    "server",
    "style",
    "Cargo.lock",
    "Cargo.toml",
];

/// Serves, and builds again whenever a file changes, until Ctrl-C.
///
/// # Errors
/// When the first look at the machine fails; failing builds are shown and waited out.
pub fn dev(workspace: &Workspace, steps: &mut Steps, open: bool) -> Result<ExitCode> {
    serve::ensure_is_free(serve::listen_address()?)?;
    serve::ensure_ready_to_run(workspace, steps, false)?;
    let mut files = Files::look(workspace.root());
    let stale = Stale::EVERYTHING;
    let mut bench = Bench { workspace, steps, stale, module: None, server: None };
    bench.rebuild(open)?;
    while !signals::stopping() {
        thread::sleep(GLANCE);
        bench.notice_end()?;
        let changed = files.settled(workspace.root());
        if changed.is_empty() || signals::stopping() {
            continue;
        }
        bench.steps.console().line(&format!("\nchanged: {}", summary(&changed)));
        let stale = Stale::after(&changed);
        if stale != Stale::default() {
            bench.stale = bench.stale.and(stale);
            bench.rebuild(false)?;
        }
    }
    if let Some(server) = bench.server.take() {
        server.stop()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is being worked on.
struct Bench<'a> {
    workspace: &'a Workspace,
    steps: &'a mut Steps,
    /// What changed since everything was last built; a build that fails leaves it so.
    stale: Stale,
    /// The last WASM module that compiled.
    module: Option<Module>,
    server: Option<Server>,
}

impl Bench<'_> {
    /// Builds what is stale and starts the server again; a build that fails leaves all as it was.
    fn rebuild(&mut self, open: bool) -> Result<()> {
        let built = self.build().and_then(|()| self.restart(open));
        match built {
            Err(error) if error.is::<Failed>() => {
                if !signals::stopping() {
                    let rest = match self.server {
                        Some(_) => "The last good build goes on serving; waiting for a change.",
                        None => "Waiting for a change.",
                    };
                    self.steps.console().line(rest);
                }
                Ok(())
            }
            other => other,
        }
    }

    fn build(&mut self) -> Result<()> {
        if self.stale.module || self.module.is_none() {
            self.module = Some(site::build_module(self.workspace, self.steps, false)?);
        }
        if self.stale.server {
            product::build_server(self.workspace, self.steps, false)?;
        }
        if let Some(module) = &self.module {
            site::write(self.workspace, self.steps, module, false)?;
        }
        self.stale = Stale::default();
        Ok(())
    }

    /// The server reads the names of the static files when it starts, so a new site takes a start.
    fn restart(&mut self, open: bool) -> Result<()> {
        if let Some(server) = self.server.take() {
            server.stop()?;
        }
        self.server = serve::start_for_people(
            self.workspace,
            self.steps,
            &How { open, ..How::default() },
            None,
        )?;
        Ok(())
    }

    fn notice_end(&mut self) -> Result<()> {
        let Some(server) = &mut self.server else {
            return Ok(());
        };
        if let Some(status) = server.ended()? {
            self.server = None;
            self.steps
                .console()
                .line(&format!("The server ended ({status}); waiting for a change."));
        }
        Ok(())
    }
}

/// What has to be built again. The site always is: it takes no compiler.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Stale {
    /// The WASM module.
    module: bool,
    /// The server.
    server: bool,
    /// The site's other files.
    site: bool,
}

impl Stale {
    const EVERYTHING: Stale = Stale { module: true, server: true, site: true };

    /// What a change of these files, given from the top of the checkout, makes stale.
    fn after(changed: &[PathBuf]) -> Stale {
        changed.iter().map(|path| Stale::after_one(path)).fold(Stale::default(), Stale::and)
    }

    fn and(self, other: Stale) -> Stale {
        Stale {
            module: self.module || other.module,
            server: self.server || other.server,
            site: self.site || other.site,
        }
    }

    fn after_one(path: &Path) -> Stale {
        let mut parts = path.iter().filter_map(|part| part.to_str());
        match (parts.next(), parts.next()) {
            (Some("style" | "public"), _) => Stale { site: true, ..Stale::default() },
            (Some("frontend"), _) => Stale { module: true, ..Stale::default() },
            // Ourselves, and what only tests and measuring use.
            (Some("crates"), Some("bench" | "testdb" | "xtask")) => Stale::default(),
            // In both the pages and the module.
            (Some("app"), _) | (Some("crates"), Some("domain" | "contract")) => Stale::EVERYTHING,
            (Some("crates" | "migrations"), _) => Stale { server: true, ..Stale::default() },
            // `server/tests` is no part of the server.
            (Some("server"), Some("tests")) => Stale::default(),
            (Some("server"), _) => Stale { server: true, ..Stale::default() },
            // Dependencies and settings of cargo.
            _ => Stale::EVERYTHING,
        }
    }
}

/// The files of the checkout, and when each was written last.
struct Files(BTreeMap<PathBuf, (SystemTime, u64)>);

impl Files {
    fn look(root: &Path) -> Files {
        let mut files = BTreeMap::new();
        for top in WATCHED {
            collect(root, &root.join(top), &mut files);
        }
        Files(files)
    }

    /// The files that changed since the last look, once no more do.
    fn settled(&mut self, root: &Path) -> Vec<PathBuf> {
        let mut now = Files::look(root);
        let changed = self.differences(&now);
        if changed.is_empty() {
            return changed;
        }
        loop {
            thread::sleep(GLANCE);
            let later = Files::look(root);
            if later.differences(&now).is_empty() || signals::stopping() {
                break;
            }
            now = later;
        }
        let changed = self.differences(&now);
        *self = now;
        changed
    }

    fn differences(&self, other: &Files) -> Vec<PathBuf> {
        let mut paths: Vec<_> = self
            .0
            .iter()
            .filter(|(path, stamp)| other.0.get(*path) != Some(stamp))
            .map(|(path, _)| path.clone())
            .chain(other.0.keys().filter(|path| !self.0.contains_key(*path)).cloned())
            .collect();
        paths.sort();
        paths
    }
}

fn collect(root: &Path, path: &Path, files: &mut BTreeMap<PathBuf, (SystemTime, u64)>) {
    // A file may go while we look: then it is not there.
    let Ok(metadata) = fs::metadata(path) else {
        return;
    };
    if metadata.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            if !is_noise(&entry.file_name().to_string_lossy()) {
                collect(root, &entry.path(), files);
            }
        }
    } else if let (Ok(name), Ok(written)) = (path.strip_prefix(root), metadata.modified()) {
        files.insert(name.to_owned(), (written, metadata.len()));
    }
}

/// What editors leave beside a file while it is open, and what is not ours.
fn is_noise(name: &str) -> bool {
    name.starts_with(['.', '#'])
        || name.ends_with('~')
        || ["target", "node_modules", "4913"].contains(&name)
        || [".swp", ".swx", ".tmp"].iter().any(|ending| name.ends_with(ending))
}

fn summary(changed: &[PathBuf]) -> String {
    match changed {
        [] => String::new(),
        [one] => one.display().to_string(),
        [first, rest @ ..] => format!("{} and {} more", first.display(), rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf, time::Duration};

    use super::{Files, Stale, is_noise, summary};

    #[test]
    fn a_change_builds_what_it_is_in_and_no_more() {
        let (module, server, site) = (
            Stale { module: true, ..Stale::default() },
            Stale { server: true, ..Stale::default() },
            Stale { site: true, ..Stale::default() },
        );
        let cases = [
            ("style/components/lists.css", site),
            ("public/icons.svg", site),
            ("frontend/src/lib.rs", module),
            ("app/src/broadcasts/list.rs", Stale::EVERYTHING),
            ("crates/domain/src/text.rs", Stale::EVERYTHING),
            ("crates/contract/src/lib.rs", Stale::EVERYTHING),
            ("crates/services/src/access.rs", server),
            ("crates/sim/src/lib.rs", server),
            ("migrations/2026-11-21_make_users/up.sql", server),
            ("server/src/main.rs", server),
            ("server/tests/it/architecture.rs", Stale::default()),
            ("crates/testdb/src/lib.rs", Stale::default()),
            ("crates/xtask/src/main.rs", Stale::default()),
            ("Cargo.lock", Stale::EVERYTHING),
            (".cargo/config.toml", Stale::EVERYTHING),
        ];
        for (path, want) in cases {
            assert_eq!(Stale::after(&[PathBuf::from(path)]), want, "{path}");
        }
        let both = [PathBuf::from("style/base.css"), PathBuf::from("server/src/main.rs")];
        assert_eq!(Stale::after(&both), Stale { server: true, site: true, module: false });
    }

    #[test]
    fn new_changed_and_removed_files_are_seen() {
        let root = std::env::temp_dir().join(format!("xtask-watch-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("below the root")).expect("a directory");
            fs::write(&path, text).expect("a file");
            let time = std::time::UNIX_EPOCH + Duration::from_secs(text.len() as u64);
            fs::File::options()
                .write(true)
                .open(path)
                .and_then(|f| f.set_modified(time))
                .expect("a time");
        };
        write("style/a.css", "a");
        write("style/b.css", "b");
        write("style/c.css", "c");
        let before = Files::look(&root);
        write("style/b.css", "bb");
        write("style/d.css", "d");
        write("style/.a.css.swp", "x");
        fs::remove_file(root.join("style/c.css")).expect("it was there");
        let after = Files::look(&root);
        fs::remove_dir_all(&root).expect("ours");

        let changed = before.differences(&after);
        let want = ["style/b.css", "style/c.css", "style/d.css"].map(PathBuf::from);
        assert_eq!(changed, want);
        assert_eq!(summary(&changed), "style/b.css and 2 more");
        assert!(after.differences(&after).is_empty());
    }

    #[test]
    fn what_editors_write_beside_a_file_is_no_change() {
        for name in [".lib.rs.swp", "lib.rs~", "#lib.rs#", "4913", "target"] {
            assert!(is_noise(name), "{name}");
        }
        assert!(!is_noise("lib.rs"));
    }
}
