//! What the relay has to show: each aim beside the relay's figure and the best of the others in the same run.

use super::{suite::Server, tables::title};
use crate::bench::document::{self, grouped};

/// Whether less is better, or more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Better {
    Less,
    More,
}

/// One thing to reach: name, where its figure stands, unit, limit.
struct Aim {
    what: &'static str,
    kind: &'static str,
    connections: u64,
    number: &'static str,
    /// What the figure is divided by.
    scale: f64,
    unit: &'static str,
    limit: f64,
    better: Better,
}

const fn aim(
    what: &'static str,
    place: (&'static str, u64, &'static str),
    (scale, unit): (f64, &'static str),
    limit: f64,
    better: Better,
) -> Aim {
    let (kind, connections, number) = place;
    Aim {
        what,
        kind,
        connections,
        number,
        scale,
        unit,
        limit,
        better,
    }
}

const MICROSECONDS: (f64, &str) = (1.0, "µs");
const MILLISECONDS: (f64, &str) = (1e3, "ms");
const AIMS: [Aim; 7] = [
    aim(
        "CPU per delivery, 100 connections",
        ("steady", 100, "cpu_us_per_delivery"),
        MICROSECONDS,
        4.0,
        Better::Less,
    ),
    aim(
        "CPU per delivery, saturated",
        ("saturated", 100, "cpu_us_per_delivery"),
        MICROSECONDS,
        2.0,
        Better::Less,
    ),
    aim(
        "ceiling without loss, one core",
        ("ceiling", 100, "best.delivered_per_s"),
        (1e3, "k/s"),
        400.0,
        Better::More,
    ),
    aim(
        "p99, 100 connections",
        ("steady", 100, "p99_us"),
        MILLISECONDS,
        1.1,
        Better::Less,
    ),
    aim(
        "p99, 1,000 connections",
        ("steady", 1_000, "p99_us"),
        MILLISECONDS,
        9.0,
        Better::Less,
    ),
    aim(
        "idle memory per connection",
        ("idle", 1_000, "bytes_per_connection"),
        (1e3, "kB"),
        6.0,
        Better::Less,
    ),
    aim(
        "CPU of 1,000 joins",
        ("joins", 1_000, "cpu_s"),
        (1.0, "s"),
        1.0,
        Better::Less,
    ),
];

/// Aims, best peers, and the relay.
fn rows(servers: &[Server]) -> Vec<Vec<String>> {
    let Some(relay) = servers.iter().find(|server| server.name == "relay") else {
        return Vec::new();
    };
    let row = |aim: &Aim| {
        let figure =
            |server: &Server| Some(server.number(aim.kind, aim.connections, aim.number)? / aim.scale);
        let shown = |figure: f64| match figure {
            100.0.. => format!("{} {}", grouped(figure), aim.unit),
            _ => format!("{figure:.2} {}", aim.unit),
        };
        let others = servers
            .iter()
            .filter(|server| server.name != "relay" && server.name != "bare-loop");
        let figures = others.filter_map(|server| Some((server.name, figure(server)?)));
        let better = |first: &f64, second: &f64| match aim.better {
            Better::Less => first.total_cmp(second),
            Better::More => second.total_cmp(first),
        };
        let best = figures.min_by(|first, second| better(&first.1, &second.1));
        let own = figure(relay)?;
        let (sign, is_met) = match aim.better {
            Better::Less => ("≤", own <= aim.limit),
            Better::More => ("≥", own >= aim.limit),
        };
        Some(vec![
            aim.what.to_owned(),
            best.map_or(String::new(), |(name, figure)| {
                format!("{} ({})", shown(figure), title(name))
            }),
            format!("{sign} {} {}", aim.limit, aim.unit),
            format!("**{}**", shown(own)),
            if is_met { "yes" } else { "no" }.to_owned(),
        ])
    };
    AIMS.iter()
        .filter_map(row)
        .chain(beside_bare_loop(servers, relay))
        .collect()
}

/// The relay's throughput per processor time beside that of a loop without rooms and limits.
fn beside_bare_loop(servers: &[Server], relay: &Server) -> Option<Vec<String>> {
    const LIMIT: f64 = 0.8;
    let bare = servers.iter().find(|server| server.name == "bare-loop")?;
    let cost = |server: &Server| server.number("steady", 100, "cpu_us_per_delivery");
    let ratio = cost(bare)? / cost(relay)?;
    Some(vec![
        "deliveries per CPU second beside a bare tungstenite loop".to_owned(),
        String::new(),
        format!("≥ {LIMIT} ×"),
        format!("**{ratio:.2} ×**"),
        if ratio >= LIMIT { "yes" } else { "no" }.to_owned(),
    ])
}

/// The aims and what was reached, as a Markdown table.
pub fn table(servers: &[Server]) -> String {
    let head = ["what", "best of the others", "aim", "Ting's relay", "met"];
    document::table(&head, &rows(servers))
}

#[cfg(test)]
mod tests {
    use super::{super::tables::tests::server, *};

    #[test]
    fn the_best_of_the_others_stands_beside_the_relay() {
        let servers = [
            server("relay", 3.9),
            server("bare-loop", 3.9),
            server("ws", 8.6),
            server("nats", 6.4),
        ];
        let rows = rows(&servers);
        assert_eq!(rows[0][1..], ["6.40 µs (NATS)", "≤ 4 µs", "**3.90 µs**", "yes"]);
        assert_eq!(rows[1][1..], ["400 k/s (ws)", "≥ 400 k/s", "**400 k/s**", "yes"]);
        assert_eq!(rows.last().unwrap()[3], "**1.00 ×**");
    }
}
