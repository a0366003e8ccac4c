//! What a first view may weigh, and what it does weigh.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::{
    cli,
    compress::{self, Effort},
    http::{self, Url},
    site::{Asset, Built},
};

/// Most bytes of the WASM module, compressed with brotli.
pub const WASM_BYTES: usize = 100_000;
/// Most bytes of the scripts, compressed with brotli.
pub const JS_BYTES: usize = 9_000;
/// Most bytes of the stylesheet, compressed with brotli.
pub const CSS_BYTES: usize = 14_000;
/// Most bytes of the dashboard's HTML, compressed with brotli.
pub const HTML_BYTES: usize = 12_000;

/// Longest page that is measured; longer ones are cut off, and over any budget anyway.
const LONGEST_PAGE: u64 = 64 << 20;

/// The size of something, as it is and compressed. All in bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Weight {
    /// As it is.
    pub raw: usize,
    /// Compressed with gzip.
    pub gzip: usize,
    /// Compressed with brotli.
    pub brotli: usize,
}

impl Weight {
    fn and(self, other: Weight) -> Weight {
        Weight {
            raw: self.raw + other.raw,
            gzip: self.gzip + other.gzip,
            brotli: self.brotli + other.brotli,
        }
    }
}

/// A line of the budget.
#[derive(Debug)]
pub struct Line {
    name: &'static str,
    weight: Weight,
    most: usize,
}

impl Line {
    /// Whether it weighs no more than it may.
    pub fn holds(&self) -> bool {
        self.weight.brotli <= self.most
    }
}

/// The budget's lines for a built site.
pub fn lines(site: &Built) -> Vec<Line> {
    let sum = |ends_with: &str| {
        let of_kind = site.assets.iter().filter(|asset: &&Asset| asset.path.ends_with(ends_with));
        of_kind.map(|asset| asset.weight).fold(Weight::default(), Weight::and)
    };
    vec![
        Line { name: "WASM", weight: sum(".wasm"), most: WASM_BYTES },
        Line { name: "JS", weight: sum(".js"), most: JS_BYTES },
        Line { name: "CSS", weight: sum(".css"), most: CSS_BYTES },
    ]
}

/// The lines as a table. Without `checked` the budget is not spoken of: it is for release builds.
pub fn table(lines: &[Line], checked: bool) -> String {
    let heads = if checked { "    budget" } else { "" };
    let mut out = format!("  {:8}{:>12}{:>12}{:>12}{heads}\n", "bytes", "raw", "gzip", "brotli");
    for line in lines {
        let Weight { raw, gzip, brotli } = line.weight;
        let (raw, gzip, brotli) = (grouped(raw), grouped(gzip), grouped(brotli));
        out += &format!("  {:8}{raw:>12}{gzip:>12}{brotli:>12}", line.name);
        if checked {
            let verdict = if line.holds() { "ok" } else { "OVER" };
            out += &format!("{:>10}  {verdict}", grouped(line.most));
        }
        out.push('\n');
    }
    out
}

/// Fetches a page as a browser does and prints what it weighs; fails when that is too much.
///
/// # Errors
/// When the page cannot be fetched, or answers with anything but 200.
pub fn weigh_page(asked: &cli::Bytes) -> Result<ExitCode> {
    let url = Url::parse(&asked.url)?;
    let line = html(&url, asked.cookie.as_deref(), asked.max)
        .with_context(|| format!("fetch {}", asked.url))?;
    let holds = line.holds();
    print!("{}", table(&[line], true));
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a page weighs as a browser gets it, and may weigh.
///
/// # Errors
/// As [`weigh_page`].
pub fn html(url: &Url, cookie: Option<&str>, most: usize) -> Result<Line> {
    let mut headers = vec![("Accept", "text/html"), ("Accept-Encoding", "br")];
    headers.extend(cookie.map(|cookie| ("Cookie", cookie)));
    let answer = http::get(url, &headers)?;
    if answer.status != 200 {
        let to = answer.header("location").map(|to| format!(" and leads to {to}"));
        let to = to.unwrap_or_default();
        bail!("it answers {}{to}; a page behind the sign-in needs --cookie", answer.status);
    }
    let (raw, sent) = match answer.header("content-encoding") {
        Some("br") => (compress::unbrotli(&answer.body, LONGEST_PAGE)?, answer.body),
        Some(other) => bail!("the server answers {other:?} to a request for brotli"),
        None => {
            println!("The server does not compress this page; measured as if it did.");
            (answer.body.clone(), compress::brotli(&answer.body, Effort::Quick)?)
        }
    };
    let gzip = compress::gzip(&raw, Effort::Quick)?.len();
    let weight = Weight { raw: raw.len(), gzip, brotli: sent.len() };
    Ok(Line { name: "HTML", weight, most })
}

/// `1,234,567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(path: &str, brotli: usize) -> Asset {
        Asset {
            path: path.to_owned(),
            weight: Weight { raw: brotli * 3, gzip: brotli + 9, brotli },
        }
    }

    #[test]
    fn all_scripts_share_one_budget_and_icons_have_none() {
        let site = Built {
            assets: vec![
                asset("pkg/gannet-00.wasm", WASM_BYTES),
                asset("pkg/gannet-00.js", 6_000),
                asset("pkg/snippets/x/inline0.js", 3_001),
                asset("gannet-11.css", 13_000),
                asset("icons-22.svg", 90_000),
            ],
        };
        let lines = lines(&site);
        let verdicts: Vec<_> = lines.iter().map(|line| (line.name, line.holds())).collect();
        assert_eq!(verdicts, [("WASM", true), ("JS", false), ("CSS", true)]);

        let table = table(&lines, true);
        assert!(table.contains("9,001     9,000  OVER"), "{table}");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, want) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), want);
        }
    }
}
