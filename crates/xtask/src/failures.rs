//! What a failed program says that matters: of hundreds of lines, those about what failed.

/// Most lines of a failed program's output that are shown; the log has the rest.
const SHOWN_LINES: usize = 150;

/// The reports of the tests that failed, if the program ran tests; otherwise its last lines.
pub fn worth_showing(output: &str) -> String {
    let lines: Vec<_> = output.lines().collect();
    let reports = of_libtest(&lines);
    if reports.is_empty() {
        return lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
    }
    let mut shown = reports[..reports.len().min(SHOWN_LINES)].join("\n");
    if reports.len() > SHOWN_LINES {
        shown.push_str("\n…");
    }
    shown
}

/// What Rust's test harness prints between its two lines `failures:`, for each test program. The
/// second one lists the names, which the reports have already.
fn of_libtest<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut reports = Vec::new();
    let mut inside = false;
    for line in lines {
        match *line {
            "failures:" => inside = !inside,
            line if inside => reports.push(line),
            _ => {}
        }
        // A program that was cut off in the middle of its reports.
        if line.starts_with("     Running ") {
            inside = false;
        }
    }
    reports
}

#[cfg(test)]
mod tests {
    use super::{SHOWN_LINES, worth_showing};

    #[test]
    fn of_many_tests_those_that_failed_are_shown() {
        let output = "\
     Running tests/it/main.rs
test a ... ok
test b ... FAILED

failures:

---- b stdout ----
thread 'b' panicked at src/lib.rs:1:1:
one is not two

failures:
    b

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

     Running unittests src/lib.rs
test c ... ok
";
        let shown = worth_showing(output);
        assert!(shown.contains("---- b stdout ----\nthread 'b' panicked"), "{shown}");
        assert!(!shown.contains("test c") && !shown.contains("test a"), "{shown}");
    }

    #[test]
    fn of_anything_else_the_end_is_shown() {
        assert_eq!(worth_showing("error: no such file"), "error: no such file");
        let long: Vec<_> = (0..=SHOWN_LINES).map(|n| n.to_string()).collect();
        let shown = worth_showing(&long.join("\n"));
        assert!(shown.starts_with("1\n2\n") && shown.ends_with("\n150"), "{shown}");
    }
}
