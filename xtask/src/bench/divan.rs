//! Reads the tree of times that divan, the benchmark library, prints.

/// Time that one measured piece of work takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Modules, function and argument, from the outermost.
    pub name: Vec<String>,
    /// Time of the fastest sample, in nanoseconds.
    pub fastest_ns: f64,
    /// Time of the median sample, in nanoseconds.
    pub median_ns: f64,
}

/// Reads all measured lines of a benchmark's output, in order.
pub fn costs(printed: &str) -> Vec<Cost> {
    let mut parents: Vec<String> = Vec::new();
    let mut costs = Vec::new();
    for line in printed.lines() {
        let Some((depth, rest)) = split_branches(line) else {
            continue;
        };
        let columns: Vec<&str> = rest.split('│').map(str::trim_end).collect();
        let (name, fastest) = split_name(columns.first().copied().unwrap_or_default());
        parents.truncate(depth);
        parents.push(name.to_owned());
        let (fastest, median) = (
            fastest.and_then(nanoseconds),
            columns.get(2).copied().and_then(nanoseconds),
        );
        if let (Some(fastest_ns), Some(median_ns)) = (fastest, median) {
            costs.push(Cost {
                name: parents.clone(),
                fastest_ns,
                median_ns,
            });
        }
    }
    costs
}

/// How many levels a line lies under the top, and what comes after the drawn branch; none for lines without one.
fn split_branches(line: &str) -> Option<(usize, &str)> {
    let at = line.find(['├', '╰'])?;
    let depth = line.get(..at)?.chars().count() / 3;
    Some((depth, line.get(at..)?.trim_start_matches(['├', '╰', '─', ' '])))
}

/// A name, and the time behind it if there is one.
fn split_name(column: &str) -> (&str, Option<&str>) {
    match column.trim_end().rsplit_once("  ") {
        Some((name, time)) => (name.trim_end(), Some(time)),
        None => (column.trim_end(), None),
    }
}

fn nanoseconds(time: &str) -> Option<f64> {
    let (number, unit) = time.trim().split_once(' ')?;
    let factor = match unit {
        "ps" => 1e-3,
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
Timer precision: 12 ns
costs                                   fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ crypto                                             │               │               │               │         │
│  ├─ seal                                            │               │               │               │         │
│  │  ├─ 200                            1.5 µs        │ 3 µs          │ 2 µs          │ 2 µs          │ 100     │ 100
│  │  ╰─ 900                            90.25 ns      │ 100 ns        │ 95.5 ns       │ 96 ns         │ 100     │ 100
│  ╰─ sign                              17 µs         │ 18 µs         │ 17.2 µs       │ 17 µs         │ 100     │ 100
╰─ workload                                           │               │               │               │         │
   ╰─ block apply: verify, execute      10.5 ms       │ 12 ms         │ 11 ms         │ 11 ms         │ 50      │ 50
                                        47.6 Kitem/s  │ 41 Kitem/s    │ 45 Kitem/s    │ 45 Kitem/s    │         │
";

    #[test]
    fn the_lines_of_the_tree_are_read_with_their_modules() {
        let costs = costs(PRINTED);
        let names: Vec<String> = costs.iter().map(|cost| cost.name.join("/")).collect();
        let expected = [
            "crypto/seal/200",
            "crypto/seal/900",
            "crypto/sign",
            "workload/block apply: verify, execute",
        ];
        assert_eq!(names, expected);
        let times: Vec<(f64, f64)> = costs
            .iter()
            .map(|cost| (cost.fastest_ns, cost.median_ns))
            .collect();
        assert_eq!(
            times,
            [
                (1500.0, 2000.0),
                (90.25, 95.5),
                (17_000.0, 17_200.0),
                (10.5e6, 11e6)
            ]
        );
    }
}
