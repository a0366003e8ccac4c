//! What processes have used, as Linux counts it (`proc(5)`).

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result};

/// The clock ticks of `/proc/<pid>/stat` in a second; Linux has told user space 100 for decades.
const TICKS: f64 = 100.0;

/// A server and its database.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    server: u32,
    database: u32,
}

impl Family {
    /// The server `pid`, and the database whose number `postmaster` begins with.
    pub fn of(pid: u32, postmaster: &Path) -> Result<Self> {
        let text = fs::read_to_string(postmaster).context("the database runs")?;
        let database = text.lines().next().context("a number")?.trim().parse()?;
        Ok(Self { server: pid, database })
    }

    /// Most memory the server has held at once since the last [`Family::forget_peak`], in bytes.
    pub fn peak(self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: u64 = line.context("a peak")?.trim().trim_end_matches(" kB").parse()?;
        Ok(kib * 1024)
    }

    /// Lets the peak begin anew with what is held now.
    pub fn forget_peak(self) -> Result<()> {
        Ok(fs::write(format!("/proc/{}/clear_refs", self.server), "5")?)
    }

    /// Time that processors have spent for it: the server, and the database with all its processes.
    pub fn cpu(self) -> Result<(Duration, Duration)> {
        let mut database = 0;
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
                continue;
            };
            // One that has ended since is counted by its parent.
            let Some(stat) = Stat::of(pid) else { continue };
            if pid == self.database {
                database += stat.own + stat.ended_children;
            } else if stat.parent == self.database {
                database += stat.own;
            }
        }
        let server = Stat::of(self.server).context("it runs")?.own;
        Ok((ticks(server), ticks(database)))
    }
}

fn ticks(count: u64) -> Duration {
    Duration::from_secs_f64(count as f64 / TICKS)
}

struct Stat {
    parent: u32,
    own: u64,
    ended_children: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn read(text: &str) -> Option<Self> {
        // The name, in brackets, may hold anything.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(number(1)?).ok()?,
            own: number(11)? + number(12)?,
            ended_children: number(13)? + number(14)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_behind_its_name() {
        let line = "7 (a ) b) S 3 7 7 0 -1 0 1 2 3 4 500 60 7 8 20 0 4 0 1 2 3";
        let stat = Stat::read(line).expect("a line");
        assert_eq!((stat.parent, stat.own, stat.ended_children), (3, 560, 15));
    }

    #[test]
    fn this_very_process_has_used_something() {
        assert!(Stat::of(std::process::id()).is_some());
    }
}
