//! What failing tests said, picked out of all that a runner printed, so that a reader finds it beside the closing table.

/// Lines of one complaint that are kept: its first line names the place, the next ones the reason.
const MAX_LINES: usize = 6;

/// Each panic and each error that a test ended with, in the order in which they were printed.
pub fn complaints(printed: &str) -> Vec<String> {
    let lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
    let begins = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("Error: ") || (line.starts_with("thread '") && line.contains("panicked at"))
    };
    let starts = lines.iter().enumerate().filter(|(_, line)| begins(line));
    starts
        .map(|(start, _)| {
            let rest = lines.iter().skip(start).take(MAX_LINES);
            let own = rest
                .enumerate()
                .take_while(|(index, line)| *index == 0 || !ends(line));
            own.map(|(_, line)| *line).collect::<Vec<_>>().join("\n")
        })
        .collect()
}

/// Whether this line belongs to what comes after a complaint.
fn ends(line: &str) -> bool {
    let line = line.trim_start();
    [
        "note: run with",
        "stack backtrace:",
        "test ",
        "Error: ",
        "thread '",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_and_a_panic_are_found_with_their_reasons_and_nothing_that_follows() {
        let printed = "running 3 tests\n\
            Error: while waiting for the block\n\nCaused by:\n    no such element\n\
            test one ... FAILED\n\
            thread 'two' (7) panicked at src/lib.rs:1:2:\nleft is not right\nstack backtrace:\n   0: begin\n\
            test three ... ok\n";
        assert_eq!(
            complaints(printed),
            [
                "Error: while waiting for the block\n\nCaused by:\n    no such element",
                "thread 'two' (7) panicked at src/lib.rs:1:2:\nleft is not right",
            ]
        );
    }

    #[test]
    fn tests_that_pass_complain_of_nothing() {
        assert!(
            complaints("running 1 test\ntest one ... ok\n\ntest result: ok. 1 passed; 0 failed\n").is_empty()
        );
    }
}
