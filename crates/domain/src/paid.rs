//! Going faster than Telegram's free rate, for Stars.
//!
//! Telegram lets a bot that asks for it (`allow_paid_broadcast`) send up to 1,000 messages a second, and takes a tenth
//! of a Star from its balance for each above the free thirty (Bot API, `sendMessage`; Bot FAQ, "How can I message all
//! of my bot's subscribers at once?"). Which of them are above, it alone knows: here each one that asks counts.

use std::time::Duration;

use crate::broadcast::duration_at;

/// Most Stars that a broadcast may be given.
pub const MOST_STARS: u32 = 1_000_000;

/// Thousandths of a Star.
const THOUSANDTHS: u64 = 1_000;

/// What this instance says that Telegram offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Offer {
    /// Messages a second, at least 1.
    pub rate: u32,
    /// What each costs, in thousandths of a Star, at least 1.
    pub price: u32,
}

impl Offer {
    /// What so many messages cost at the most, in thousandths of a Star.
    pub const fn cost(self, messages: u64) -> u64 {
        messages.saturating_mul(self.price as u64)
    }

    /// How many messages `cap` Stars still pay for when `paid` thousandths are paid already.
    pub const fn covers(self, cap: u32, paid: u64) -> u64 {
        let left = (cap as u64 * THOUSANDTHS).saturating_sub(paid);
        match left.checked_div(self.price as u64) {
            Some(messages) => messages,
            None => 0,
        }
    }

    /// How long `messages` take where `cap` Stars are paid: as many as those cover at `paid` a second, the others at
    /// `free`.
    pub fn time(self, messages: u64, cap: u32, free: u32, paid: u32) -> Duration {
        let fast = self.covers(cap, 0).min(messages);
        duration_at(fast, paid).saturating_add(duration_at(messages - fast, free))
    }
}

/// So many thousandths as whole Stars, rounded up.
pub const fn stars(thousandths: u64) -> u64 {
    thousandths.div_ceil(THOUSANDTHS)
}

/// The text is no number of Stars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Enter how many Stars it may cost at the most, 1 to 1,000,000 in digits alone, or nothing to send it for free."
)]
pub struct NotStars;

/// Reads how many Stars may be paid at the most, 1 to [`MOST_STARS`]. Nothing typed: none.
///
/// # Errors
/// [`NotStars`] for anything else.
pub fn parse_cap(typed: &str) -> Result<Option<u32>, NotStars> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let is_number = typed.len() <= 10 && typed.bytes().all(|b| b.is_ascii_digit());
    match typed.parse() {
        Ok(cap) if is_number && (1..=MOST_STARS).contains(&cap) => Ok(Some(cap)),
        _ => Err(NotStars),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TELEGRAMS: Offer = Offer { rate: 1_000, price: 100 };

    #[test]
    fn a_cap_is_never_exceeded_and_nothing_of_it_is_lost() {
        for price in [1, 7, 100, 999, 1_000, 1_001, u32::MAX] {
            let offer = Offer { price, ..TELEGRAMS };
            for cap in [1, 2, 50, MOST_STARS] {
                for paid in [0, 1, 999, 50_000, u64::MAX] {
                    let more = offer.covers(cap, paid);
                    let all = u64::from(cap) * 1_000;
                    assert!(more == 0 || paid + offer.cost(more) <= all, "{price} {cap} {paid}");
                    assert!(
                        paid.saturating_add(offer.cost(more + 1)) > all,
                        "{price} {cap} {paid}"
                    );
                }
            }
        }
        assert_eq!(Offer { price: 0, rate: 1 }.covers(1, 0), 0);
        assert_eq!((TELEGRAMS.covers(1, 0), TELEGRAMS.covers(1, 901)), (10, 0));
    }

    #[test]
    fn what_is_paid_for_goes_fast_and_the_rest_does_not() {
        let secs = |messages, cap| TELEGRAMS.time(messages, cap, 30, 1_000).as_secs();
        assert_eq!(secs(30_000, 3_000), 30);
        assert_eq!(secs(30_000, 1_500), 15 + 500);
        assert_eq!(secs(300, MOST_STARS), 1);
        assert_eq!((stars(0), stars(1), stars(1_000), stars(1_001)), (0, 1, 1, 2));
    }

    #[test]
    fn a_cap_is_typed_in_digits() {
        assert_eq!((parse_cap(""), parse_cap(" 50 ")), (Ok(None), Ok(Some(50))));
        for typed in ["0", "-1", "1.5", "1000001", "1e3", "\u{202e}5", "５", "99999999999"] {
            assert_eq!(parse_cap(typed), Err(NotStars), "{typed:?}");
        }
    }
}
