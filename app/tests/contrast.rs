//! Whether everybody can read it: the contrast of every pair of tokens in use, in both themes.

use std::{collections::BTreeMap, fs, path::PathBuf};

/// A colour as it is written: lightness, chroma, hue in degrees.
type Oklch = [f64; 3];

fn style(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../style").join(name);
    fs::read_to_string(path).expect("the file is there")
}

/// Each colour token with its light and its dark value.
fn colours() -> BTreeMap<String, [Oklch; 2]> {
    let css = style("tokens.css");
    css.lines().filter_map(|line| colour(line.trim())).collect()
}

/// `--name: light-dark(oklch(L C H), oklch(L C H));`
fn colour(line: &str) -> Option<(String, [Oklch; 2])> {
    let (name, value) = line.strip_prefix("--")?.split_once(": light-dark(oklch(")?;
    let (light, dark) = value.strip_suffix("));")?.split_once("), oklch(")?;
    let numbers = |text: &str| -> Oklch {
        let parts: Vec<f64> = text.split(' ').map(|part| part.parse().expect("a number")).collect();
        parts.try_into().expect("three numbers and no alpha")
    };
    Some((name.to_owned(), [numbers(light), numbers(dark)]))
}

/// Linear sRGB, by the matrices of OKLab's author.
fn linear([lightness, chroma, hue]: Oklch) -> [f64; 3] {
    let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
    let cone = |x: f64, y: f64| (lightness + x * a + y * b).powi(3);
    let (l, m, s) = (
        cone(0.396_337_777_4, 0.215_803_757_3),
        cone(-0.105_561_345_8, -0.063_854_172_8),
        cone(-0.089_484_177_5, -1.291_485_548_0),
    );
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

fn luminance(colour: Oklch) -> f64 {
    let [r, g, b] = linear(colour).map(|part| part.clamp(0.0, 1.0));
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(one: Oklch, other: Oklch) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn black_on_white_is_twenty_one() {
    let ratio = contrast([0.0, 0.0, 0.0], [1.0, 0.0, 0.0]);
    assert!((ratio - 21.0).abs() < 0.01, "{ratio}");
}

#[test]
fn every_pair_in_use_can_be_read_in_both_themes() {
    let colours = colours();
    let pairs = style("pairs.txt");
    let mut seen = 0;
    for line in pairs.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [text, ground, least] = words[..] else { panic!("three words: {line}") };
        let least: f64 = least.parse().expect("a ratio");
        for (theme, name) in ["light", "dark"].into_iter().enumerate() {
            let ratio = contrast(colours[text][theme], colours[ground][theme]);
            assert!(ratio >= least, "{text} on {ground}, {name}: {ratio:.2} is less than {least}");
        }
        seen += 1;
    }
    assert!(seen > 40, "only {seen} pairs were read");
}

#[test]
fn every_colour_exists_on_ordinary_screens() {
    for (name, themes) in colours() {
        for colour in themes {
            let fits = linear(colour).iter().all(|part| (-0.002..=1.002).contains(part));
            assert!(
                fits,
                "{name} {colour:?} lies outside sRGB and would be shown as another colour"
            );
        }
    }
}
