//! The document with the figures: text by hand, and between markers what was measured last.

use std::fs;

use anyhow::{Context, Result};

use super::Kind;
use crate::shell;

/// Puts the figures of this kind in place of those from before.
pub fn refresh(kind: Kind, part: &str) -> Result<()> {
    let file = shell::root().join("docs/benchmarks.md");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = replaced(&text, &kind.to_string(), part)?;
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn replaced(text: &str, name: &str, part: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- begin {name} -->"), format!("<!-- end {name} -->"));
    let (before, rest) = text
        .split_once(&begin)
        .with_context(|| format!("the document has no `{begin}`"))?;
    let (_, after) = rest
        .split_once(&end)
        .with_context(|| format!("the document has no `{end}`"))?;
    Ok(format!("{before}{begin}\n{}\n{end}{after}", part.trim()))
}

/// A table with a heading; the first column is text, the others are figures.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line =
        |cells: &mut dyn Iterator<Item = &str>| format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
    let rule = (0..head.len()).map(|column| if column == 0 { "---" } else { "---:" });
    let mut text = line(&mut head.iter().copied()) + &line(&mut rule.into_iter());
    for row in rows {
        text += &line(&mut row.iter().map(String::as_str));
    }
    text
}

/// A number without decimals, its thousands apart: `12,345`.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in the unit that suits it.
pub fn duration(ns: f64) -> String {
    let (number, unit) = match ns {
        ..1e3 => (ns, "ns"),
        ..1e6 => (ns / 1e3, "µs"),
        ..1e9 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    let decimals = if number < 10.0 { 2 } else { 1 };
    format!("{number:.decimals$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_part_changes() {
        let text = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n<!-- begin y -->\n<!-- end y -->\n";
        let expected = "a\n<!-- begin x -->\nnew\n<!-- end x -->\nb\n<!-- begin y -->\n<!-- end y -->\n";
        assert_eq!(replaced(text, "x", "new\n").unwrap(), expected);
        assert_eq!(replaced(expected, "x", "new").unwrap(), expected);
        assert!(replaced(text, "z", "new").is_err());
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(999.4), "999");
        assert_eq!(grouped(1_000.0), "1,000");
        assert_eq!(grouped(12_345_678.0), "12,345,678");
    }

    #[test]
    fn a_time_is_told_in_the_unit_that_suits_it() {
        assert_eq!(duration(999.0), "999.0 ns");
        assert_eq!(duration(1_234_000.0), "1.23 ms");
    }

    #[test]
    fn figures_stand_on_the_right() {
        let rows = [vec!["a".to_owned(), "1".to_owned()]];
        assert_eq!(
            table(&["what", "n"], &rows),
            "| what | n |\n| --- | ---: |\n| a | 1 |\n"
        );
    }
}
