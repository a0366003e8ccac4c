//! Counting what test runners say.

use std::{fmt, ops::Add};

/// How many tests passed and failed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Tally {
    /// Ran and held.
    pub passed: u32,
    /// Ran and did not hold, or could not be run.
    pub failed: u32,
}

impl Add for Tally {
    type Output = Tally;

    fn add(self, other: Tally) -> Tally {
        Tally { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Sums the closing lines of `cargo test`, one per test program:
/// `test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …`.
pub fn of_cargo(output: &str) -> Tally {
    output
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("test result: "))
        .map(|line| Tally { passed: before(line, "passed;"), failed: before(line, "failed;") })
        .fold(Tally::default(), Tally::add)
}

/// Sums the closing lines of Playwright's list reporter: `  2 failed`, `  12 passed (4.5s)`.
///
/// A flaky journey failed at least once, and one that did not run was not walked: neither passed.
pub fn of_playwright(output: &str) -> Tally {
    let closing = |line: &str| -> Option<Tally> {
        let (count, verdict) = line.trim().split_once(' ')?;
        let count = count.parse().ok()?;
        // `passed (4.5s)`: the time is not part of the verdict.
        match verdict.split_once(" (").map_or(verdict, |(verdict, _)| verdict) {
            "passed" => Some(Tally { passed: count, failed: 0 }),
            "failed" | "flaky" | "interrupted" | "did not run" => {
                Some(Tally { passed: 0, failed: count })
            }
            _ => None,
        }
    };
    output.lines().filter_map(closing).fold(Tally::default(), Tally::add)
}

/// The number before a word, 0 without one.
fn before(line: &str, word: &str) -> u32 {
    let words: Vec<_> = line.split_whitespace().collect();
    let at = words.iter().position(|w| *w == word).and_then(|at| at.checked_sub(1));
    at.and_then(|at| words[at].parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Tally, of_cargo, of_playwright};

    #[test]
    fn every_test_program_of_cargo_counts() {
        let output = "\
running 3 tests
test a::holds ... ok
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

test result: FAILED. 10 passed; 2 failed; 1 ignored; 0 measured; 4 filtered out; finished in 1.2s
";
        assert_eq!(of_cargo(output), Tally { passed: 13, failed: 2 });
        assert_eq!(of_cargo("error[E0432]: unresolved import"), Tally::default());
    }

    #[test]
    fn only_the_closing_lines_of_playwright_count() {
        let output = "\
Running 17 tests using 1 worker
  ✓  1 [wasm] › tests/health.spec.ts:5:1 › 3 passed the gate (120ms)
  2 failed
    [wasm] › tests/a.spec.ts:3:1 › a
    [no-wasm] › tests/a.spec.ts:3:1 › a
  1 flaky
    [wasm] › tests/b.spec.ts:3:1 › b
  3 skipped
  1 did not run
  10 passed (4.5s)
";
        assert_eq!(of_playwright(output), Tally { passed: 10, failed: 4 });
    }
}
