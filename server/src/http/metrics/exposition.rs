//! Prometheus' text format, version 0.0.4.

use std::fmt::{Display, Write};

/// What `Content-Type` says of it.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a number is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// It only grows, until the process starts again.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Observations, counted by their size.
    Histogram,
}

/// Names and values of labels. They are written in the program: none can hold what a client said, and there
/// are never more of them than stand there.
pub type Labels<'a> = &'a [(&'static str, &'static str)];

/// The text as it grows.
#[derive(Debug, Default)]
pub struct Exposition(String);

impl Exposition {
    /// Begins the numbers called `name`; `help` is one line.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> Family<'_> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.0.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        Family { text: &mut self.0, name }
    }

    /// One number without labels.
    pub fn single(&mut self, name: &'static str, kind: Kind, help: &str, value: impl Display) {
        self.family(name, kind, help).sample(&[], value);
    }

    /// All of it.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// The numbers of one name.
pub struct Family<'e> {
    text: &'e mut String,
    name: &'static str,
}

impl Family<'_> {
    /// One of them.
    pub fn sample(&mut self, labels: Labels<'_>, value: impl Display) -> &mut Self {
        self.line("", labels, None, value);
        self
    }

    /// A histogram's: `counts` are those up to each of `bounds`, in seconds, and those beyond; `sum` in seconds.
    pub fn histogram(&mut self, bounds: &[f64], counts: &[u64], sum: f64) {
        let mut so_far = 0;
        for (at, count) in counts.iter().enumerate() {
            so_far += count;
            let bound = bounds.get(at).map_or("+Inf".to_owned(), f64::to_string);
            self.line("_bucket", &[], Some(&bound), so_far);
        }
        self.line("_sum", &[], None, sum);
        self.line("_count", &[], None, so_far);
    }

    fn line(&mut self, end: &str, labels: Labels<'_>, upto: Option<&str>, value: impl Display) {
        let pairs = labels.iter().copied().chain(upto.map(|bound| ("le", bound)));
        let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let pairs =
            if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
        // Writing into a string does not fail.
        let _ = writeln!(self.text, "{}{end}{pairs} {value}", self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_prometheus_reads_it() {
        let mut text = Exposition::default();
        text.family("a_total", Kind::Counter, "Things.")
            .sample(&[("kind", "one")], 1)
            .sample(&[("kind", "two"), ("more", "x")], 2);
        text.single("b", Kind::Gauge, "A thing.", 0.5);
        text.family("c_seconds", Kind::Histogram, "Times.").histogram(
            &[0.1, 1.0],
            &[3, 0, 2],
            7.25,
        );
        let want = "# HELP a_total Things.\n# TYPE a_total counter\n\
                    a_total{kind=\"one\"} 1\na_total{kind=\"two\",more=\"x\"} 2\n\
                    # HELP b A thing.\n# TYPE b gauge\nb 0.5\n\
                    # HELP c_seconds Times.\n# TYPE c_seconds histogram\n\
                    c_seconds_bucket{le=\"0.1\"} 3\nc_seconds_bucket{le=\"1\"} 3\n\
                    c_seconds_bucket{le=\"+Inf\"} 5\nc_seconds_sum 7.25\nc_seconds_count 5\n";
        assert_eq!(text.into_text(), want);
    }
}
