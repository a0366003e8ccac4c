//! The key that speaks for an account of Stripe's.

use std::fmt;

use zeroize::Zeroizing;

/// Which of Stripe's two worlds something belongs to. They never mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Money moves.
    Live,
    /// Nothing moves.
    Test,
}

impl Mode {
    /// By what objects say of themselves.
    pub const fn of(livemode: bool) -> Self {
        if livemode { Self::Live } else { Self::Test }
    }

    /// What objects say of themselves.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Live)
    }
}

/// A secret or restricted key: `sk_test_…`, `rk_live_…`.
#[derive(Clone)]
pub struct SecretKey {
    key: Zeroizing<String>,
    mode: Mode,
}

/// It is none of Stripe's secret keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of Stripe's secret keys: sk_live_…, sk_test_…, rk_live_… or rk_test_…")]
pub struct NoKey;

impl SecretKey {
    /// Reads one.
    ///
    /// # Errors
    /// [`NoKey`] for anything else, a publishable key (`pk_…`) among it.
    pub fn parse(text: &str) -> Result<Self, NoKey> {
        let live = ["sk_live_", "rk_live_"].map(|prefix| (prefix, Mode::Live));
        let test = ["sk_test_", "rk_test_"].map(|prefix| (prefix, Mode::Test));
        let found = live.into_iter().chain(test).find_map(|(prefix, mode)| {
            let rest = text.strip_prefix(prefix)?;
            let fits =
                !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            fits.then_some(mode)
        });
        let mode = found.ok_or(NoKey)?;
        Ok(Self { key: Zeroizing::new(text.to_owned()), mode })
    }

    /// To which world it belongs.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The key itself.
    pub(super) fn reveal(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").field("mode", &self.mode).finish_non_exhaustive()
    }
}
