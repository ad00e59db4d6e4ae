//! Tables of what was measured of each server.

use serde_json::Value;

use super::suite::{Server, number};
use crate::bench::document::{grouped, table};

/// A figure that was not measured.
const NONE: &str = "–";

/// All tables, with a sentence before each.
pub fn all(servers: &[Server]) -> String {
    let mut text = String::new();
    let mut add = |title: &str, head: &[&str], rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            text += &format!("**{title}**\n\n{}\n", table(head, &rows));
        }
    };
    let head = [
        "server, connections",
        "delivered/s",
        "lost",
        "p50",
        "p99",
        "max",
        "CPU per delivery",
        "of it own code",
        "memory",
    ];
    add("50,000 deliveries per second, one room", &head, steady(servers));
    let head = [
        "server",
        "saturated",
        "CPU per delivery",
        "ceiling without loss",
        "above it",
        "idle memory per connection",
    ];
    add(
        "100 connections at their limit, and 1,000 idle ones",
        &head,
        limits(servers),
    );
    let head = [
        "server",
        "lost by the others",
        "p99 of the others",
        "most memory",
        "stalled ones cut",
    ];
    add(
        "Five members that never read, 20 that do, frames of 16 KiB",
        &head,
        stalled(servers),
    );
    if let Some(relay) = servers.iter().find(|server| server.name == "relay") {
        add("The relay alone", &["what", "figure"], alone(relay));
        let head = [
            "rooms × members",
            "delivered/s",
            "lost",
            "p99",
            "CPU per delivery",
            "CPU per frame in or out",
            "of it own code",
        ];
        add(
            "The relay with more and more rooms, 50,000 deliveries per second in all",
            &head,
            rooms(relay),
        );
    }
    for server in servers {
        if let Some(reason) = &server.missing {
            text += &format!(
                "{}: not all could be measured ({reason}).\n\n",
                title(server.name)
            );
        }
    }
    text
}

/// Name of a server for readers.
pub fn title(name: &str) -> String {
    let known = [
        ("relay", "**Ting's relay**"),
        ("bare-loop", "bare tokio-tungstenite loop"),
        ("axum-chat", "axum's chat pattern"),
        ("socket-io", "socket.io"),
        ("nats", "NATS"),
        ("mosquitto", "Mosquitto"),
        ("nostr", "nostr-rs-relay"),
    ];
    known
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(name, |(_, title)| title)
        .to_owned()
}

fn steady(servers: &[Server]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for connections in [10, 100, 1_000] {
        for server in servers {
            let Some(run) = server.run("steady", connections, Some(1)) else {
                continue;
            };
            rows.push(vec![
                format!("{}, {}", title(server.name), grouped(connections as f64)),
                count(run, "delivered_per_s"),
                count(run, "lost"),
                milliseconds(run, "p50_us"),
                milliseconds(run, "p99_us"),
                milliseconds(run, "max_us"),
                microseconds(run, "cpu_us_per_delivery"),
                microseconds(run, "user_us_per_delivery"),
                kibibytes(run, "rss_kib"),
            ]);
        }
    }
    rows
}

fn limits(servers: &[Server]) -> Vec<Vec<String>> {
    let row = |server: &Server| {
        let none = Value::Null;
        let saturated = server.run("saturated", 100, Some(1)).unwrap_or(&none);
        let ceiling = server.run("ceiling", 100, None).unwrap_or(&none);
        let idle = server.run("idle", 1_000, None).unwrap_or(&none);
        vec![
            title(server.name),
            per_second(saturated, "delivered_per_s"),
            microseconds(saturated, "cpu_us_per_delivery"),
            per_second(ceiling, "best.delivered_per_s"),
            above(ceiling),
            number(idle, "bytes_per_connection")
                .map_or(NONE.into(), |bytes| format!("{:.1} kB", bytes / 1e3)),
        ]
    };
    servers
        .iter()
        .filter(|server| !server.runs.is_empty())
        .map(row)
        .collect()
}

/// What happened at the lowest rate that failed.
fn above(ceiling: &Value) -> String {
    let Some(offered) = number(ceiling, "failed.offered_per_s") else {
        return if ceiling.is_null() { NONE } else { "not reached" }.to_owned();
    };
    let of = |name: &str| number(ceiling, &format!("failed.{name}")).unwrap_or_default();
    let what = if of("closed") > 0.0 {
        format!("{} connections closed", grouped(of("closed")))
    } else if of("lost") > 0.0 {
        format!("{} lost without a word", grouped(of("lost")))
    } else if of("delivered_per_s") > 0.0 {
        format!("late (p99 {:.0} ms)", of("p99_us") / 1e3)
    } else {
        "stuck".to_owned()
    };
    format!("{}/s: {what}", grouped(offered))
}

fn stalled(servers: &[Server]) -> Vec<Vec<String>> {
    let row = |server: &Server| {
        let run = server.run("stalled", 20, None).or_else(|| {
            server
                .runs
                .iter()
                .find(|run| run.get("kind").and_then(Value::as_str) == Some("stalled"))
        })?;
        let delivered = number(run, "healthy.delivered_per_s")? * 6.0;
        let lost = number(run, "healthy.lost")?;
        Some(vec![
            title(server.name),
            format!("{:.1} %", 100.0 * lost / (lost + delivered).max(1.0)),
            milliseconds(run, "healthy.p99_us"),
            kibibytes(run, "peak_kib"),
            format!("{} of {}", count(run, "cut"), count(run, "stalled")),
        ])
    };
    servers.iter().filter_map(row).collect()
}

fn alone(relay: &Server) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    if let Some(run) = relay.run("idle", 10_000, None) {
        let memory = number(run, "bytes_per_connection").unwrap_or_default();
        let share = number(run, "cpu_share").unwrap_or_default() * 100.0;
        let figure = format!("{memory:.0} bytes for each connection, {share:.1} % of a core");
        rows.push(vec!["10,000 idle connections".to_owned(), figure]);
    }
    if let Some(run) = relay.run("joins", 1_000, None) {
        let cpu = number(run, "cpu_s").unwrap_or_default();
        let bytes = number(run, "bytes").unwrap_or_default() / 1e6;
        let figure = format!("{cpu:.2} s of CPU, {bytes:.1} MB to all members together");
        rows.push(vec!["1,000 joins of one room".to_owned(), figure]);
    }
    if let Some(run) = relay.run("return", 1_000, None) {
        let half = number(run, "half_back_s").unwrap_or_default();
        let all = number(run, "all_back_s").unwrap_or_default();
        let figure = format!(
            "half after {half:.1} s, all after {all:.1} s; {} back, {} failed attempts; {:.2} s of CPU",
            count(run, "back"),
            count(run, "failures"),
            number(run, "cpu_s").unwrap_or_default()
        );
        rows.push(vec!["1,000 clients return after a restart".to_owned(), figure]);
    }
    rows
}

fn rooms(relay: &Server) -> Vec<Vec<String>> {
    let runs = [(10, 1), (100, 10), (1_000, 100), (1_000, 500), (10_000, 5_000)];
    let row = |(connections, rooms): (u64, u64)| {
        let run = relay.run("steady", connections, Some(rooms))?;
        Some(vec![
            format!("{} × {}", grouped(rooms as f64), connections / rooms),
            count(run, "delivered_per_s"),
            count(run, "lost"),
            milliseconds(run, "p99_us"),
            microseconds(run, "cpu_us_per_delivery"),
            per_frame(run, "cpu_us_per_delivery", connections / rooms),
            per_frame(run, "user_us_per_delivery", connections / rooms),
        ])
    };
    let rows: Vec<_> = runs.into_iter().filter_map(row).collect();
    if rows.len() > 1 { rows } else { Vec::new() }
}

/// A frame that goes out to the other members also came in once: what a delivery costs, spread over both.
fn per_frame(run: &Value, name: &str, members: u64) -> String {
    let readers = members.saturating_sub(1).max(1) as f64;
    number(run, name).map_or(NONE.into(), |us| {
        format!("{:.2} µs", us * readers / (readers + 1.0))
    })
}

fn count(run: &Value, name: &str) -> String {
    number(run, name).map_or(NONE.into(), grouped)
}

fn per_second(run: &Value, name: &str) -> String {
    number(run, name).map_or(NONE.into(), |rate| format!("{}/s", grouped(rate)))
}

fn milliseconds(run: &Value, name: &str) -> String {
    number(run, name).map_or(NONE.into(), |us| format!("{:.1} ms", us / 1e3))
}

fn microseconds(run: &Value, name: &str) -> String {
    number(run, name).map_or(NONE.into(), |us| format!("{us:.2} µs"))
}

fn kibibytes(run: &Value, name: &str) -> String {
    number(run, name).map_or(NONE.into(), |kib| format!("{:.1} MB", kib * 1024.0 / 1e6))
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    /// A server with one run of each common kind.
    pub fn server(name: &'static str, cpu: f64) -> Server {
        let steady = |connections: u64| {
            json!({"kind": "steady", "connections": connections, "rooms": 1, "delivered_per_s": 49_999.6, "lost": 0,
                "p50_us": 120, "p99_us": 2_300, "max_us": 4_000, "cpu_us_per_delivery": cpu, "user_us_per_delivery": cpu / 4.0, "rss_kib": 9_000})
        };
        let ceiling = json!({"kind": "ceiling", "connections": 100, "best": {"delivered_per_s": 400_000.0},
            "failed": {"offered_per_s": 500_000.0, "delivered_per_s": 450_000.0, "lost": 7, "closed": 0, "p99_us": 5}});
        Server {
            name,
            runs: vec![steady(10), steady(100), steady(1_000), ceiling],
            missing: None,
        }
    }

    #[test]
    fn a_run_becomes_a_row() {
        let text = all(&[server("ws", 8.6)]);
        let row = "| ws, 100 | 50,000 | 0 | 0.1 ms | 2.3 ms | 4.0 ms | 8.60 µs | 2.15 µs | 9.2 MB |";
        assert!(text.lines().any(|line| line == row), "{text}");
        assert!(text.contains("500,000/s: 7 lost without a word"), "{text}");
    }

    #[test]
    fn a_server_that_is_not_there_is_named() {
        let missing = Server {
            name: "nats",
            runs: Vec::new(),
            missing: Some("no apt".to_owned()),
        };
        assert!(all(&[missing]).contains("NATS: not all could be measured (no apt)."));
    }
}
