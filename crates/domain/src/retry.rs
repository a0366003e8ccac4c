//! How long to wait before something is tried again.

use std::time::Duration;

const FIRST_RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(60 * 60);

/// How long to wait before attempt `failures + 1`: 5 s, 10 s, 20 s … at most an hour.
///
/// `asked` is the peer's own `Retry-After`; it wins whenever it is longer.
pub fn retry_delay(failures: u32, asked: Option<Duration>) -> Duration {
    let ours = FIRST_RETRY.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_RETRY);
    ours.max(asked.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_double_then_flatten_and_never_undercut_the_peer() {
        let cases =
            [(0, None, 5), (3, None, 40), (40, None, 3600), (0, Some(90), 90), (0, Some(1), 5)];
        for (failures, asked, want) in cases {
            let got = retry_delay(failures, asked.map(Duration::from_secs));
            assert_eq!(got, Duration::from_secs(want), "{failures} {asked:?}");
        }
    }
}
