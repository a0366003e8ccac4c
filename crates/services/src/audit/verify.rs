//! Walking the chains, to find what was done to the log behind our back.

use std::collections::{BTreeMap, BTreeSet};

use adapters::anchors::{Anchor, Kept};
use domain::{
    Timestamp,
    audit::Event,
    ids::{AuditId, WorkspaceId},
};
use serde::Serialize;
use store::{
    Store, StoreError,
    audit::{
        chain::ChainKey,
        keep::KeeperTx,
        walk::{self, Head, Linked},
    },
};
use uuid::Uuid;

use crate::ServiceError;

/// Lines in memory at once.
const BATCH: i64 = 1_000;

/// What a walk has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Workspaces that have a log.
    pub workspaces: usize,
    /// Lines in their chains.
    pub lines: u64,
    /// Lines from before there were chains, which only their number protects.
    pub unchained: i64,
    /// Anchors that were compared.
    pub anchors: usize,
    /// What is not as it was written; empty when all is well.
    pub faults: Vec<Fault>,
}

/// One thing that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Whose log.
    pub workspace: Option<WorkspaceId>,
    /// `changed`, `missing`, `inserted`, `cut_off`, `head`, `anchor`, `unchained`, `key` or `damaged`.
    pub what: &'static str,
    /// The place in the chain.
    pub seq: Option<i64>,
    /// The line.
    pub line: Option<AuditId>,
    /// The line's moment.
    pub at: Option<Timestamp>,
    /// The same in words.
    pub text: String,
}

/// Walks the log of every workspace, or of `only` one, as it is at this moment.
///
/// `keys` are those of every root version that is held; `kept` are the anchors, read before.
///
/// # Errors
/// [`ServiceError::Store`] when the database is away.
pub async fn verify(
    store: &Store,
    keys: &[ChainKey],
    kept: &Kept,
    only: Option<WorkspaceId>,
) -> Result<Report, ServiceError> {
    let mut anchors: BTreeMap<WorkspaceId, Vec<&Anchor>> = BTreeMap::new();
    for anchor in &kept.anchors {
        anchors.entry(anchor.workspace).or_default().push(anchor);
    }
    let mut report = Report::default();
    report.faults.extend(kept.damaged.iter().map(|place| Fault {
        workspace: None,
        what: "damaged",
        seq: None,
        line: None,
        at: None,
        text: format!("{place} is no anchor: somebody changed the file"),
    }));
    store
        .auditor("verify the chains of the audit log", async |tx| {
            // Whoever removed a whole log left its anchors.
            let mut all: BTreeSet<WorkspaceId> = walk::workspaces(tx).await?.into_iter().collect();
            all.extend(anchors.keys());
            for workspace in all.into_iter().filter(|one| only.is_none_or(|only| only == *one)) {
                let anchors = anchors.remove(&workspace).unwrap_or_default();
                one(tx, keys, workspace, &anchors, &mut report).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await?;
    Ok(report)
}

async fn one(
    tx: &mut KeeperTx<'_>,
    keys: &[ChainKey],
    workspace: WorkspaceId,
    anchors: &[&Anchor],
    report: &mut Report,
) -> Result<(), StoreError> {
    let head = walk::head(tx, workspace).await?;
    let unchained = walk::unchained(tx, workspace).await?;
    let mut chain = Chain::new(keys, workspace, head, anchors);
    let mut after = (0, AuditId::from(Uuid::nil()));
    loop {
        let lines = walk::lines(tx, workspace, after, BATCH).await?;
        let Some(last) = lines.last() else { break };
        after = (last.seq, last.row.id);
        lines.into_iter().for_each(|line| chain.take(line));
    }
    chain.end(unchained);
    report.workspaces += 1;
    report.lines += chain.lines;
    report.unchained += unchained;
    report.anchors += anchors.len();
    report.faults.append(&mut chain.faults);
    Ok(())
}

/// Lines that are not there, and the line behind them.
struct Gap {
    from: i64,
    next: Linked,
}

/// One chain, as far as it was walked.
struct Chain<'a> {
    keys: &'a [ChainKey],
    workspace: WorkspaceId,
    head: Option<Head>,
    anchors: BTreeMap<i64, Vec<&'a Anchor>>,
    /// All lines at one place; more than one where somebody put another there.
    here: Vec<Linked>,
    /// The last place that was judged, and its link; none when it cannot be known.
    last: i64,
    link: Option<Vec<u8>>,
    gaps: Vec<Gap>,
    /// What retention has put on record: place, link, and lines left from before the chain.
    expired: Vec<(Option<i64>, Option<Vec<u8>>, i64)>,
    lines: u64,
    faults: Vec<Fault>,
}

impl<'a> Chain<'a> {
    fn new(
        keys: &'a [ChainKey],
        workspace: WorkspaceId,
        head: Option<Head>,
        anchors: &[&'a Anchor],
    ) -> Self {
        let mut by_place: BTreeMap<i64, Vec<&Anchor>> = BTreeMap::new();
        for anchor in anchors {
            by_place.entry(anchor.seq).or_default().push(anchor);
        }
        Self {
            keys,
            workspace,
            head,
            anchors: by_place,
            here: Vec::new(),
            last: 0,
            link: None,
            gaps: Vec::new(),
            expired: Vec::new(),
            lines: 0,
            faults: Vec::new(),
        }
    }

    fn take(&mut self, line: Linked) {
        self.lines += 1;
        if self.here.first().is_some_and(|here| here.seq != line.seq) {
            self.judge();
        }
        self.here.push(line);
    }

    /// Judges the lines of one place.
    fn judge(&mut self) {
        let here = std::mem::take(&mut self.here);
        let Some(first) = here.first() else { return };
        let seq = first.seq;
        let begins = seq == 1 && self.last == 0;
        if seq != self.last + 1 {
            // Judged at the end, when it is known what retention dropped.
            self.gaps.push(Gap { from: self.last + 1, next: first.clone() });
            self.link = None;
        }
        let is_behind_a_gap = self.link.is_none() && !begins;
        let true_one = here.iter().position(|line| is_behind_a_gap || self.holds(line));
        if true_one.is_none() {
            self.judge_changed(first);
        }
        let kept = true_one.unwrap_or(0);
        for (_, line) in here.iter().enumerate().filter(|(n, _)| *n != kept) {
            self.fault("inserted", line, "is not of this log: another line holds its place");
        }
        let line = &here[kept];
        if true_one.is_some() {
            self.remember(line);
        }
        for anchor in self.anchors.remove(&seq).unwrap_or_default() {
            if anchor.mac[..] != line.mac[..] {
                let what = format!("is not the line that was anchored on {}", anchor.day);
                self.fault("anchor", line, &what);
            }
        }
        (self.last, self.link) = (seq, Some(line.mac.clone()));
    }

    fn key(&self, line: &Linked) -> Option<&'a ChainKey> {
        let version = u32::try_from(line.key_version).ok()?;
        self.keys.iter().find(|key| key.version() == version)
    }

    /// Whether `line` is linked to the one before it.
    fn holds(&self, line: &Linked) -> bool {
        let Some(key) = self.key(line) else { return false };
        let unchained = self.head.as_ref().map_or(0, |head| head.unchained);
        let before = match &self.link {
            Some(link) => link.clone(),
            None => key.begin(self.workspace, unchained).to_vec(),
        };
        key.link(line.seq, &before, &line.row)[..] == line.mac[..]
    }

    fn judge_changed(&mut self, line: &Linked) {
        match self.key(line) {
            Some(_) => self.fault("changed", line, "was changed after it was written"),
            None => {
                let what = format!(
                    "was linked with the key of root version {}, which is not here",
                    line.key_version
                );
                self.fault("key", line, &what);
            }
        }
    }

    /// What a line that holds says of lines that were dropped for their age.
    fn remember(&mut self, line: &Linked) {
        if let Ok(Event::AuditExpired { through, mac, unchained, .. }) =
            serde_json::from_str(&line.row.details)
        {
            let mac = mac.and_then(|mac| hex::decode(mac).ok());
            self.expired.push((through, mac, unchained));
        }
    }

    fn end(&mut self, unchained: i64) {
        self.judge();
        let is_whole = self.gaps.first().is_none_or(|gap| gap.from > 1);
        self.judge_head();
        self.judge_gaps();
        self.judge_unchained(unchained, is_whole);
        let dropped = self.expired.iter().filter_map(|(through, ..)| *through).max().unwrap_or(0);
        for (seq, anchors) in std::mem::take(&mut self.anchors) {
            if seq > self.last {
                let what = format!(
                    "the log ends at line {}, and on {} it had {seq}: its end was cut off",
                    self.last, anchors[0].day
                );
                self.fault_at("cut_off", seq, &what);
            } else if seq > dropped
                && !self.gaps.iter().any(|gap| (gap.from..gap.next.seq).contains(&seq))
            {
                let what = format!("the line that was anchored on {} is not there", anchors[0].day);
                self.fault_at("anchor", seq, &what);
            }
        }
    }

    /// A gap is in order when retention has put on record from which link the chain goes on.
    fn judge_gaps(&mut self) {
        let gaps = std::mem::take(&mut self.gaps);
        for gap in &gaps {
            let through = gap.next.seq - 1;
            let link = self.expired.iter().find(|(to, ..)| *to == Some(through));
            let link = link.and_then(|(_, mac, _)| mac.clone());
            match link {
                Some(link) => {
                    self.link = Some(link);
                    if !self.holds(&gap.next) {
                        self.judge_changed(&gap.next);
                    }
                }
                None => {
                    let lines = match through - gap.from {
                        0 => format!("line {through} is missing"),
                        _ => format!("lines {} to {through} are missing", gap.from),
                    };
                    self.fault_at("missing", gap.from, &lines);
                }
            }
        }
        self.gaps = gaps;
    }

    /// Lines without a place are those that were there before the chain, or those that retention left.
    fn judge_unchained(&mut self, found: i64, is_whole: bool) {
        let began = self.head.as_ref().map_or(0, |head| head.unchained);
        let mut expected: Vec<i64> = self.expired.iter().map(|(.., left)| *left).collect();
        if is_whole || expected.is_empty() {
            expected.push(began);
        }
        if !expected.contains(&found) {
            let what = format!(
                "{found} lines have no place in the chain, and {began} were older than it: the others \
                 were put in or taken out"
            );
            self.push("unchained", None, None, what);
        }
    }

    fn judge_head(&mut self) {
        let Some(head) = self.head.clone() else {
            if self.last > 0 {
                let what = "nothing says where the chain ends: its head was removed";
                self.fault_at("head", self.last, what);
            }
            return;
        };
        if head.seq > self.last {
            let what = format!(
                "the log ends at line {}, and {} were written: its end was cut off",
                self.last, head.seq
            );
            self.fault_at("cut_off", head.seq, &what);
        } else if head.seq < self.last {
            let what = format!(
                "the log has {} lines, and {} were written: its head was set back, or lines were put in",
                self.last, head.seq
            );
            self.fault_at("head", self.last, &what);
        } else if self.last > 0 && self.link != head.mac {
            self.fault_at("head", self.last, "the last line is not the one that was written last");
        }
    }

    fn fault(&mut self, what: &'static str, line: &Linked, text: &str) {
        self.push(what, Some(line.seq), Some(line), format!("line {} {text}", line.seq));
    }

    fn fault_at(&mut self, what: &'static str, seq: i64, text: &str) {
        self.push(what, Some(seq), None, text.to_owned());
    }

    fn push(&mut self, what: &'static str, seq: Option<i64>, line: Option<&Linked>, text: String) {
        let at = line.and_then(|line| Timestamp::from_microsecond(line.row.at_micros).ok());
        let (workspace, line) = (Some(self.workspace), line.map(|line| line.row.id));
        self.faults.push(Fault { workspace, what, seq, line, at, text });
    }
}
