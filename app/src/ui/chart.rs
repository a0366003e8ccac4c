//! Charts, drawn on the server in units of their own and stretched by the page. Colours are
//! classes, sizes are attributes: nothing here needs a `style`.

use std::fmt::Write as _;

use leptos::prelude::*;

/// Height of the drawing in its own units; width is what the number of points asks for.
const HEIGHT: f64 = 100.0;

/// One figure and what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// What it belongs to ("21 Nov").
    pub label: String,
    /// The figure.
    pub value: u64,
}

/// A line the size of a word: the shape of the last days.
#[component]
pub fn Sparkline(
    /// The figures, the oldest first.
    values: Vec<u64>,
    /// The same in words, said aloud.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let (line, area) = outline(&values);
    let width = width(values.len());
    view! {
        <svg
            class="spark"
            role="img"
            aria-label=label
            viewBox=format!("0 0 {width} {HEIGHT}")
            preserveAspectRatio="none"
        >
            <path class="mark-area" d=area></path>
            <path class="mark-line" d=line></path>
        </svg>
    }
}

/// Bars with an axis, and the same as a table.
#[component]
pub fn BarChart(
    /// What is shown, in words; also the table's caption.
    #[prop(into)]
    label: String,
    /// What the labels are ("Day").
    key: &'static str,
    /// What the figures are ("New subscribers").
    unit: &'static str,
    /// The figures, the oldest first.
    points: Vec<Point>,
) -> impl IntoView {
    const BAR: f64 = 10.0;
    const GAP: f64 = 4.0;
    let top = points.iter().map(|point| point.value).max().unwrap_or(0).max(1);
    let width = points.len().max(1) as f64 * (BAR + GAP) - GAP;
    let bars = points
        .iter()
        .enumerate()
        .map(|(at, point)| {
            // What is more than nothing is seen, however small beside the rest.
            let height = match point.value {
                0 => 0.0,
                value => (value as f64 / top as f64 * HEIGHT).max(1.5),
            };
            view! {
                <rect
                    class="mark-bar"
                    x=(at as f64 * (BAR + GAP)).to_string()
                    y=number(HEIGHT - height)
                    width=BAR.to_string()
                    height=number(height)
                >
                    <title>
                        {format!("{}: {}", point.label, crate::format::count(point.value))}
                    </title>
                </rect>
            }
        })
        .collect_view();
    let ends = [points.first(), points.last()];
    let axis = ends
        .map(|end| view! { <span>{end.map(|point| point.label.clone())}</span> })
        .collect_view();
    view! {
        <figure class="chart">
            <div class="chart-plot">
                <svg
                    role="img"
                    aria-label=label.clone()
                    viewBox=format!("0 0 {width} {HEIGHT}")
                    preserveAspectRatio="none"
                >
                    <path
                        class="mark-grid"
                        d=format!("M0 0H{width}M0 50H{width}M0 {HEIGHT}H{width}")
                    ></path>
                    {bars}
                </svg>
                <span class="chart-top">{crate::format::count(top)}</span>
            </div>
            <div class="chart-axis" aria-hidden="true">
                {axis}
            </div>
            <Figures caption=label key=key unit=unit points />
        </figure>
    }
}

/// The table behind a chart.
#[component]
pub fn Figures(
    /// What is shown.
    #[prop(into)]
    caption: String,
    /// What the labels are.
    key: &'static str,
    /// What the figures are.
    unit: &'static str,
    /// The figures.
    points: Vec<Point>,
) -> impl IntoView {
    let rows = points
        .into_iter()
        .map(|point| {
            view! {
                <tr>
                    <th scope="row">{point.label}</th>
                    <td>{crate::format::count(point.value)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <details>
            <summary class="small muted">"As a table"</summary>
            <table class="figures">
                <caption class="vh">{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">{key}</th>
                        <th scope="col">{unit}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
}

/// One part of a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub label: &'static str,
    /// How many.
    pub value: u64,
    /// The class of its mark: `mark-ok`, `mark-bad` …
    pub mark: &'static str,
}

/// A bar in parts with its legend. Parts of nothing are only in the legend.
#[component]
pub fn Parts(
    /// What the whole is, said aloud.
    #[prop(into)]
    label: String,
    /// The parts, in the order of the bar.
    parts: Vec<Part>,
) -> impl IntoView {
    let total = parts.iter().map(|part| part.value).sum::<u64>().max(1) as f64;
    let mut at = 0.0;
    let bars = parts
        .iter()
        .filter(|part| part.value > 0)
        .map(|part| {
            let (x, width) = (at, part.value as f64 / total * HEIGHT);
            at += width;
            view! { <rect class=part.mark x=number(x) y="0" width=number(width) height="10"></rect> }
        })
        .collect_view();
    view! {
        <div class="stack" data-tight="">
            <svg
                class="parts"
                role="img"
                aria-label=label
                viewBox="0 0 100 10"
                preserveAspectRatio="none"
            >
                {bars}
            </svg>
            <Legend parts />
        </div>
    }
}

/// The parts in words, each with its mark.
#[component]
pub fn Legend(
    /// The parts, in their order.
    parts: Vec<Part>,
) -> impl IntoView {
    let lines = parts
        .into_iter()
        .map(|part| {
            view! {
                <li>
                    <svg aria-hidden="true" viewBox="0 0 10 10">
                        <circle class=part.mark cx="5" cy="5" r="5"></circle>
                    </svg>
                    <span>{part.label}</span>
                    <b data-part=part.label>{crate::format::count(part.value)}</b>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="legend">{lines}</ul> }
}

fn width(points: usize) -> f64 {
    (points.max(2) - 1) as f64 * 10.0
}

/// Two decimals are a hundredth of a pixel on any screen.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The paths of a line over `values` and of the area under it. A line of nothing lies on the
/// ground.
fn outline(values: &[u64]) -> (String, String) {
    let top = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let y = |value: u64| number(HEIGHT - value as f64 / top * HEIGHT);
    let mut line = String::new();
    match values {
        [] => line.push_str("M0 100H10"),
        [only] => write!(line, "M0 {0}H10", y(*only)).expect("a string takes all"),
        many => {
            for (at, &value) in many.iter().enumerate() {
                let step = if at == 0 { 'M' } else { 'L' };
                write!(line, "{step}{} {}", at * 10, y(value)).expect("a string takes all");
            }
        }
    }
    let area = format!("{line}V{HEIGHT}H0Z");
    (line, area)
}

#[cfg(test)]
mod tests {
    use super::{number, outline};

    #[test]
    fn a_line_fits_its_box_whatever_the_figures() {
        let cases: [(&[u64], &str); 5] = [
            (&[], "M0 100H10"),
            (&[7], "M0 0H10"),
            (&[0, 0, 0], "M0 100L10 100L20 100"),
            (&[0, 5, 10], "M0 100L10 50L20 0"),
            (&[u64::MAX, 0], "M0 0L10 100"),
        ];
        for (values, want) in cases {
            assert_eq!(outline(values).0, want, "{values:?}");
        }
    }

    #[test]
    fn numbers_are_short() {
        for (value, want) in [(0.0, "0"), (100.0, "100"), (33.333, "33.33"), (2.5, "2.5")] {
            assert_eq!(number(value), want);
        }
    }
}
