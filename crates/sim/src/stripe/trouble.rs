//! Troubles on command: what a test wants to go wrong with the API.

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// What goes wrong, with which requests, how often.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// What happens.
    pub what: What,
    /// How many requests it hits before it is over; until it is removed when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Only requests whose verb this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verb: Option<String>,
    /// Only requests whose path begins with this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Trouble {
    /// This for every request until it is removed.
    pub fn new(what: What) -> Self {
        Self { what, count: None, verb: None, path: None }
    }

    /// This for the next `count` requests.
    pub fn times(what: What, count: u32) -> Self {
        Self { count: Some(count), ..Self::new(what) }
    }
}

/// What can go wrong with one request of the API.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// 503; nothing was done.
    Down,
    /// This status (400 to 599); nothing was done.
    Status(u16),
    /// 429; nothing was done.
    TooMany,
    /// The connection is reset; nothing was done.
    Closed,
    /// It was done, and the connection is reset instead of an answer.
    ClosedAfter,
    /// It is done after so many milliseconds, and answered then.
    SlowMs(u64),
}

/// A trouble with the number to end it by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListedTrouble {
    /// Its number.
    pub id: u64,
    /// What it is.
    #[serde(flatten)]
    pub trouble: Trouble,
}

/// All troubles in force.
#[derive(Debug, Default)]
pub(crate) struct Troubles(Mutex<(u64, Vec<ListedTrouble>)>);

impl Troubles {
    pub fn add(&self, trouble: Trouble) -> u64 {
        let mut inner = self.0.lock();
        inner.0 += 1;
        let id = inner.0;
        inner.1.push(ListedTrouble { id, trouble });
        id
    }

    pub fn remove(&self, id: u64) -> bool {
        let mut inner = self.0.lock();
        let before = inner.1.len();
        inner.1.retain(|listed| listed.id != id);
        inner.1.len() < before
    }

    pub fn clear(&self) {
        self.0.lock().1.clear();
    }

    pub fn list(&self) -> Vec<ListedTrouble> {
        self.0.lock().1.clone()
    }

    /// What hits this request, oldest trouble first.
    pub fn strike(&self, verb: &str, path: &str) -> Option<What> {
        let mut inner = self.0.lock();
        let hit = inner.1.iter_mut().find(|listed| {
            let trouble = &listed.trouble;
            trouble.verb.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(verb))
                && trouble.path.as_deref().is_none_or(|start| path.starts_with(start))
                && trouble.count != Some(0)
        })?;
        let what = hit.trouble.what;
        if let Some(left) = &mut hit.trouble.count {
            *left = left.saturating_sub(1);
        }
        inner.1.retain(|listed| listed.trouble.count != Some(0));
        Some(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_hits_what_it_names_and_wears_off() {
        let troubles = Troubles::default();
        let path = Some("/v1/invoices".to_owned());
        troubles.add(Trouble { path, verb: Some("post".into()), ..Trouble::times(What::Down, 2) });
        assert_eq!(troubles.strike("POST", "/v1/customers"), None);
        assert_eq!(troubles.strike("GET", "/v1/invoices"), None);
        assert_eq!(troubles.strike("POST", "/v1/invoices/in_1/pay"), Some(What::Down));
        assert_eq!(troubles.strike("POST", "/v1/invoices"), Some(What::Down));
        assert_eq!(troubles.strike("POST", "/v1/invoices"), None);
        let id = troubles.add(Trouble::new(What::Closed));
        assert_eq!(troubles.strike("GET", "/v1/events"), Some(What::Closed));
        assert!(troubles.remove(id) && troubles.list().is_empty());
    }
}
