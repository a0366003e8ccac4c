//! A QR code as a picture in the page.

use fast_qr::{ECL, QRBuilder, QRCode};
use leptos::prelude::*;

/// Light modules around the code, as readers need them.
const QUIET: usize = 4;

/// `text` as a QR code, dark on white whatever the theme: that is what readers expect. Nothing when it is
/// too long for one.
#[component]
pub(super) fn Qr(
    /// What a reader gets.
    text: String,
    /// Said aloud in its place.
    label: &'static str,
) -> impl IntoView {
    QRBuilder::new(text).ecl(ECL::M).build().ok().map(|code| {
        let side = code.size + 2 * QUIET;
        view! {
            <svg
                class="qr"
                viewBox=format!("0 0 {side} {side}")
                role="img"
                aria-label=label
                shape-rendering="crispEdges"
            >
                <rect width=side height=side fill="#fff"></rect>
                <path fill="#000" d=path(&code)></path>
            </svg>
        }
    })
}

/// A stroke for each run of dark modules, row by row.
fn path(code: &QRCode) -> String {
    let mut path = String::new();
    for y in 0..code.size {
        let row = &code[y];
        let mut x = 0;
        while x < code.size {
            let run = row[x..].iter().take_while(|module| module.value()).count();
            if run > 0 {
                let (left, top) = (x + QUIET, y + QUIET);
                path.push_str(&format!("M{left} {top}h{run}v1h-{run}z"));
            }
            x += run.max(1);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_shows_every_dark_module_and_no_other() {
        let code = QRBuilder::new("otpauth://totp/Gannet:ann?secret=GEZD").build().expect("a code");
        let mut dark = vec![vec![false; code.size + 2 * QUIET]; code.size + 2 * QUIET];
        for stroke in path(&code).split('M').skip(1) {
            let numbers: Vec<usize> = stroke
                .split(|c: char| !c.is_ascii_digit())
                .filter(|text| !text.is_empty())
                .map(|text| text.parse().expect("a number"))
                .collect();
            let [x, y, run, ..] = numbers[..] else { panic!("{stroke}") };
            dark[y][x..x + run].fill(true);
        }
        for (y, row) in dark.iter().enumerate() {
            for (x, &is_dark) in row.iter().enumerate() {
                let inside = (QUIET..code.size + QUIET).contains(&x)
                    && (QUIET..code.size + QUIET).contains(&y);
                assert_eq!(is_dark, inside && code[y - QUIET][x - QUIET].value(), "{x} {y}");
            }
        }
    }
}
