//! The relay's fan-out, measured by the relay's own bench, which ends with a line of JSON.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::document::{grouped, table};
use super::machine::Load;
use crate::shell;

const BENCH: [&str; 5] = ["bench", "-p", "ting-relay", "--bench", "fan_out"];

/// Deliveries, latencies, processor time and memory.
pub fn measure() -> Result<(String, Load)> {
    shell::run(shell::command("cargo").args(BENCH).arg("--no-run"))?;
    let (printed, load) = Load::around(|| shell::run_and_copy(shell::command("cargo").args(BENCH)));
    let (succeeded, printed) = printed?;
    let last = printed.lines().find(|line| line.starts_with('['));
    match last {
        Some(json) if succeeded => Ok((figures(json)?, load)),
        _ => bail!("the relay's bench failed"),
    }
}

fn figures(json: &str) -> Result<String> {
    let runs: Vec<Value> = serde_json::from_str(json)?;
    let rows: Result<Vec<Vec<String>>> = runs.iter().map(row).collect();
    let head = [
        "connections, pace",
        "delivered/s",
        "lost",
        "p50",
        "p99",
        "relay's CPU per delivery",
        "relay's CPU",
        "relay's memory",
    ];
    Ok(table(&head, &rows?))
}

fn row(run: &Value) -> Result<Vec<String>> {
    let number = |name: &str| {
        let number = run.get(name).and_then(Value::as_f64);
        number.with_context(|| format!("the relay's bench did not tell `{name}`"))
    };
    let pace = run.get("pace").and_then(Value::as_str).unwrap_or_default();
    Ok(vec![
        format!("{}, {pace}", grouped(number("connections")?)),
        grouped(number("delivered_per_s")?),
        grouped(number("lost")?),
        format!("{:.1} ms", number("p50_us")? / 1e3),
        format!("{:.1} ms", number("p99_us")? / 1e3),
        format!("{:.2} µs", number("relay_cpu_us_per_delivery")?),
        format!("{:.0} %", number("relay_cpu_share")? * 100.0),
        format!("{} KiB", grouped(number("relay_rss_kib")?)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_becomes_a_row() {
        let json = r#"[{"connections":10,"pace":"steady","delivered_per_s":49999.6,"lost":0,"p50_us":120,"p99_us":2300,
            "max_us":4000,"relay_cpu_us_per_delivery":3.456,"relay_cpu_share":0.17,"idle_kib_per_connection":40.2,
            "relay_rss_kib":9000}]"#;
        let text = figures(json).unwrap();
        let row = "| 10, steady | 50,000 | 0 | 0.1 ms | 2.3 ms | 3.46 µs | 17 % | 9,000 KiB |";
        assert_eq!(text.lines().last(), Some(row));
    }

    #[test]
    fn a_missing_figure_is_named() {
        let error = figures(r#"[{"connections":10}]"#).unwrap_err();
        assert!(error.to_string().contains("delivered_per_s"));
    }
}
