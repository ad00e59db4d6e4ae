//! The comparison as a picture: three groups of bars, one bar for each server, in colours for light and dark pages.

use super::{suite::Server, tables::title};
use crate::bench::document::grouped;

const NAME_WIDTH: f64 = 190.0;
const BAR_WIDTH: f64 = 360.0;
const WIDTH: f64 = 680.0;
const BAR_HEIGHT: f64 = 16.0;
const ROW_HEIGHT: f64 = 22.0;
const TITLE_HEIGHT: f64 = 40.0;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.bar{fill:#8c959f}.own{fill:#0969da}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6e7681}.own{fill:#4493f8}}";

/// One group of bars: title, where its figures stand, and how they are written.
struct Group {
    title: &'static str,
    place: (&'static str, u64, &'static str),
    text: fn(f64) -> String,
}

const GROUPS: [Group; 3] = [
    Group {
        title: "CPU per delivery at 50,000/s, 100 connections (less is better)",
        place: ("steady", 100, "cpu_us_per_delivery"),
        text: |us| format!("{us:.1} µs"),
    },
    Group {
        title: "p99 latency at 50,000/s, 1,000 connections (less is better)",
        place: ("steady", 1_000, "p99_us"),
        text: |us| format!("{:.1} ms", us / 1e3),
    },
    Group {
        title: "deliveries per second without loss on one core, 100 connections (more is better)",
        place: ("ceiling", 100, "best.delivered_per_s"),
        text: grouped,
    },
];

/// Draws the whole picture, as SVG.
pub fn picture(servers: &[Server]) -> String {
    let mut body = String::new();
    let mut top = 0.0;
    for group in &GROUPS {
        let (kind, connections, name) = group.place;
        let bars: Vec<(&Server, f64)> = servers
            .iter()
            .filter_map(|server| Some((server, server.number(kind, connections, name)?)))
            .collect();
        let longest = bars
            .iter()
            .map(|(_, figure)| *figure)
            .fold(f64::MIN_POSITIVE, f64::max);
        body += &format!(
            "<text class=\"title\" x=\"0\" y=\"{:.0}\">{}</text>\n",
            top + 26.0,
            group.title
        );
        top += TITLE_HEIGHT;
        for (server, figure) in bars {
            body += &bar(server, top, figure / longest, &(group.text)(figure));
            top += ROW_HEIGHT;
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH:.0} {:.0}\" role=\"img\" \
         aria-label=\"The relay beside other servers\">\n<style>{STYLE}</style>\n{body}</svg>\n",
        top + 8.0
    )
}

fn bar(server: &Server, top: f64, share: f64, figure: &str) -> String {
    let name = title(server.name).replace('*', "");
    let class = if server.name == "relay" { "own" } else { "bar" };
    let width = (share * BAR_WIDTH).max(1.0);
    let baseline = top + BAR_HEIGHT - 3.0;
    format!(
        "<text x=\"{:.0}\" y=\"{baseline:.0}\" text-anchor=\"end\">{name}</text>\
         <rect class=\"{class}\" x=\"{NAME_WIDTH:.0}\" y=\"{top:.0}\" width=\"{width:.0}\" height=\"{BAR_HEIGHT:.0}\" rx=\"2\"/>\
         <text x=\"{:.0}\" y=\"{baseline:.0}\">{figure}</text>\n",
        NAME_WIDTH - 8.0,
        NAME_WIDTH + width + 8.0,
    )
}

#[cfg(test)]
mod tests {
    use super::{super::tables::tests::server, *};

    #[test]
    fn the_longest_bar_fills_the_width_and_the_others_are_in_proportion() {
        let text = picture(&[server("relay", 4.0), server("ws", 8.0)]);
        assert!(
            text.contains("class=\"own\" x=\"190\" y=\"40\" width=\"180\""),
            "{text}"
        );
        assert!(
            text.contains("class=\"bar\" x=\"190\" y=\"62\" width=\"360\""),
            "{text}"
        );
    }
}
