//! A figure, what was asked of it, and whether it is met: one line each.

use std::fmt;

use crate::stats::middle;

/// What is asked of a ratio.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// It is at least this.
    AtLeast(f64),
    /// It is at most this.
    AtMost(f64),
}

impl Goal {
    fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(least) => figure >= least,
            Self::AtMost(most) => figure <= most,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "≥ {least}"),
            Self::AtMost(most) => write!(f, "≤ {most}"),
        }
    }
}

/// Prints what `figures` say: their median with the least and the most, `of` being what they are.
pub fn print(name: &str, figures: &[f64], of: &str, goal: Goal) {
    let (median, least, most) = middle(figures);
    let verdict = if goal.is_met(median) { "met" } else { "short" };
    let spread =
        if figures.len() > 1 { format!(" ({least:.2} … {most:.2})") } else { String::new() };
    let count = figures.len();
    println!("{name}: {median:.2}{spread} over {count} {of}, goal {goal}, {verdict}");
}

/// Prints that a figure says nothing, and why.
pub fn void(name: &str, why: &str) {
    println!("{name}: void: {why}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_up_to_its_bound() {
        assert!(Goal::AtLeast(0.75).is_met(0.75) && !Goal::AtLeast(0.75).is_met(0.749));
        assert!(Goal::AtMost(1.1).is_met(1.1) && !Goal::AtMost(1.1).is_met(1.11));
        assert!(!Goal::AtMost(1.0).is_met(f64::NAN) && !Goal::AtLeast(1.0).is_met(f64::NAN));
    }
}
