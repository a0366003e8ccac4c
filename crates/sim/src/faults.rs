//! Misbehaviour on command: what networks and overloaded servers do, when a test wants it done.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::methods::Method;

/// One fault: what goes wrong, for whom, how often.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only for this bot; for all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<i64>,
    /// Only for this method (`sendMessage`); for all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Only for requests with this `chat_id`; for all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<i64>,
    /// How many requests it hits before it is over; until it is removed when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// What happens.
    pub what: Trouble,
}

impl Fault {
    /// This trouble for everybody until it is removed.
    pub fn new(what: Trouble) -> Self {
        Self { bot: None, method: None, chat: None, count: None, what }
    }
}

/// What can go wrong with one request.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Trouble {
    /// Refused with this status (400 to 599); nothing is accepted.
    Status {
        /// The HTTP status and `error_code`.
        code: u16,
        /// The description; the status' name when absent.
        #[serde(default)]
        description: Option<String>,
    },
    /// Refused with 429; nothing is accepted.
    TooMany {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// Answered only after a while; it is accepted before the wait begins.
    Stall {
        /// How long, at most 600 s.
        secs: f64,
    },
    /// The connection is reset; nothing is accepted.
    ResetBefore,
    /// The connection is reset after the request was accepted: the sender cannot know.
    ResetAfter,
    /// The answer's body trickles over this many seconds, at most 600.
    SlowBody {
        /// From the first byte to the last.
        secs: f64,
    },
    /// The answer is padded to this many bytes, at most 256 MiB.
    Oversize {
        /// Size of the body.
        bytes: usize,
    },
}

/// A fault that is in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    /// To remove it by.
    pub id: u64,
    /// How many requests it has hit.
    pub hits: u64,
    /// What it is; `count` is what is left of it.
    pub fault: Fault,
}

/// All faults in force, in the order in which they were set; the first that fits hits.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    // Read on every request, so that a healthy simulator takes no lock for its faults.
    any: AtomicBool,
    last_id: AtomicU64,
    listed: Mutex<Vec<Listed>>,
}

impl Faults {
    pub fn add(&self, fault: Fault) -> u64 {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut listed = self.listed.lock();
        listed.push(Listed { id, hits: 0, fault });
        self.any.store(true, Ordering::Release);
        id
    }

    /// Whether there was one with this number.
    pub fn remove(&self, id: u64) -> bool {
        let mut listed = self.listed.lock();
        let before = listed.len();
        listed.retain(|one| one.id != id);
        self.any.store(!listed.is_empty(), Ordering::Release);
        listed.len() < before
    }

    pub fn clear(&self) {
        let mut listed = self.listed.lock();
        listed.clear();
        self.any.store(false, Ordering::Release);
    }

    pub fn list(&self) -> Vec<Listed> {
        self.listed.lock().clone()
    }

    pub fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// What happens to this request, if anything. Faults with a `count` wear off.
    pub fn strike(&self, bot: i64, method: Method, chat: Option<i64>) -> Option<Trouble> {
        let mut listed = self.listed.lock();
        let fits = |fault: &Fault| {
            fault.bot.is_none_or(|only| only == bot)
                && fault.method.is_none_or(|only| only == method)
                && fault.chat.is_none_or(|only| Some(only) == chat)
        };
        let at = listed.iter().position(|one| fits(&one.fault))?;
        let hit = &mut listed[at];
        hit.hits += 1;
        let what = hit.fault.what.clone();
        if let Some(left) = &mut hit.fault.count {
            *left = left.saturating_sub(1);
            if *left == 0 {
                listed.remove(at);
                self.any.store(!listed.is_empty(), Ordering::Release);
            }
        }
        Some(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_hits_whom_it_names_and_wears_off() {
        let faults = Faults::default();
        let what = Trouble::ResetBefore;
        faults.add(Fault {
            bot: Some(1),
            chat: Some(7),
            count: Some(2),
            ..Fault::new(what.clone())
        });

        assert_eq!(faults.strike(2, Method::SendMessage, Some(7)), None);
        assert_eq!(faults.strike(1, Method::SendMessage, Some(8)), None);
        assert_eq!(faults.strike(1, Method::GetMe, None), None);
        assert_eq!(faults.strike(1, Method::SendMessage, Some(7)), Some(what.clone()));
        assert_eq!(faults.strike(1, Method::SendPhoto, Some(7)), Some(what));
        assert!(!faults.any());
        assert_eq!(faults.strike(1, Method::SendMessage, Some(7)), None);
    }
}
