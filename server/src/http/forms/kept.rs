//! What somebody typed when their session had ended, while they sign in again.
//!
//! It travels through the sign-in form as one hidden field: nothing is stored, and nobody but the
//! person who typed it can get it.

use std::collections::BTreeMap;

use app::next::landing;
use contract::form::FormState;
use serde::{Deserialize, Serialize};

/// A form that waits for its person to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The page with the form.
    pub page: String,
    /// What was typed, secrets aside.
    pub values: BTreeMap<String, String>,
}

impl Kept {
    /// The hidden field of the sign-in form.
    pub const FIELD: &'static str = "kept";

    /// For the hidden field.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From the hidden field; none when there is nothing sound in it.
    pub fn from_text(text: &str) -> Option<Self> {
        let kept: Self = serde_json::from_str(text).ok()?;
        landing(&kept.page)?;
        Some(kept)
    }

    /// The form as it was.
    pub fn into_state(self) -> FormState {
        FormState { values: self.values, ..FormState::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_survives_and_other_sites_do_not() {
        let kept = |page: &str| Kept {
            page: page.to_owned(),
            values: BTreeMap::from([("text".to_owned(), "<b>ü & \"x\"".to_owned())]),
        };
        let ours = kept("/bots/demo/broadcasts/new");
        assert_eq!(Kept::from_text(&ours.to_text()), Some(ours));
        assert_eq!(Kept::from_text(&kept("//evil.test").to_text()), None);
        assert_eq!(Kept::from_text("{"), None);
        assert_eq!(Kept::from_text(""), None);
    }
}
