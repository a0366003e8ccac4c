//! What samples say.

use std::time::Duration;

/// Samples in seconds, in order.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl FromIterator<Duration> for Samples {
    fn from_iter<T: IntoIterator<Item = Duration>>(times: T) -> Self {
        let mut all: Vec<_> = times.into_iter().map(|time| time.as_secs_f64()).collect();
        all.sort_by(f64::total_cmp);
        Self(all)
    }
}

impl Samples {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The sample below which a part of all lie, from 0 to 1, in milliseconds; the nearest rank.
    pub fn quantile_ms(&self, part: f64) -> f64 {
        let rank = (part * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.clamp(1, self.0.len().max(1)) - 1).map_or(f64::NAN, |secs| secs * 1e3)
    }

    /// The largest distance between the two distributions, and how probable a larger one is if both
    /// are the same: the two-sample Kolmogorov-Smirnov test in its limit for many samples.
    pub fn kolmogorov_smirnov(&self, other: &Self) -> (f64, f64) {
        let (a, b) = (&self.0, &other.0);
        let (mut i, mut j, mut distance) = (0, 0, 0.0_f64);
        while i < a.len() && j < b.len() {
            let at = a[i].min(b[j]);
            i += a[i..].iter().take_while(|secs| **secs <= at).count();
            j += b[j..].iter().take_while(|secs| **secs <= at).count();
            let apart = i as f64 / a.len() as f64 - j as f64 / b.len() as f64;
            distance = distance.max(apart.abs());
        }
        let (n, m) = (a.len() as f64, b.len() as f64);
        let root = (n * m / (n + m)).sqrt();
        (distance, kolmogorov((root + 0.12 + 0.11 / root) * distance))
    }
}

/// How probable it is that Kolmogorov's distribution exceeds `x`.
fn kolmogorov(x: f64) -> f64 {
    if x < 0.2 {
        return 1.0;
    }
    let term = |k: i32| {
        let sign = if k % 2 == 1 { 1.0 } else { -1.0 };
        sign * (-2.0 * f64::from(k * k) * x * x).exp()
    };
    (2.0 * (1..=100).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

/// The middle of some figures, with the least and the most.
pub fn middle(figures: &[f64]) -> (f64, f64, f64) {
    let mut all = figures.to_vec();
    all.sort_by(f64::total_cmp);
    let at = |index: usize| all.get(index).copied().unwrap_or(f64::NAN);
    let median = match all.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => at(count / 2),
        count => (at(count / 2 - 1) + at(count / 2)) / 2.0,
    };
    (median, at(0), at(all.len().saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(ms: impl IntoIterator<Item = u64>) -> Samples {
        ms.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn quantiles_are_samples() {
        let all = samples((1..=100).rev());
        for (part, want) in [(0.0, 1.0), (0.1, 10.0), (0.5, 50.0), (0.99, 99.0), (1.0, 100.0)] {
            assert!((all.quantile_ms(part) - want).abs() < 1e-9, "{part}");
        }
        assert!(samples([]).quantile_ms(0.5).is_nan());
    }

    #[test]
    fn the_same_is_told_from_the_shifted() {
        let (even, odd) = (samples((0..400).map(|n| 2 * n)), samples((0..400).map(|n| 2 * n + 1)));
        let (distance, chance) = even.kolmogorov_smirnov(&odd);
        assert!(distance < 0.01 && chance > 0.99, "{distance} {chance}");
        let shifted = samples((0..400).map(|n| 2 * n + 160));
        let (distance, chance) = even.kolmogorov_smirnov(&shifted);
        assert!((distance - 0.2).abs() < 1e-9 && chance < 1e-6, "{distance} {chance}");
        let (distance, chance) = even.kolmogorov_smirnov(&even.clone());
        assert!(distance == 0.0 && chance == 1.0);
    }

    #[test]
    fn kolmogorovs_table_comes_out() {
        for (x, want) in [(1.2238, 0.10), (1.3581, 0.05), (1.6276, 0.01)] {
            assert!((kolmogorov(x) - want).abs() < 1e-4, "{x}: {}", kolmogorov(x));
        }
    }

    #[test]
    fn the_middle_of_a_few() {
        assert_eq!(middle(&[3.0, 1.0, 2.0]), (2.0, 1.0, 3.0));
        assert_eq!(middle(&[4.0, 1.0]), (2.5, 1.0, 4.0));
    }
}
