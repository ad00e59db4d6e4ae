//! Messages cut into blocks: fences, quotes, lists, and paragraphs of whatever is none of these.

use super::{
    inline,
    parts::{Block, Item, MAX_DEPTH},
};

/// Most digits of a number in a list.
const MAX_DIGITS: usize = 9;

/// Cuts a message into blocks.
pub(super) fn parse(text: &str) -> Vec<Block> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    blocks(&text.split('\n').collect::<Vec<_>>(), 0)
}

fn blocks(lines: &[&str], depth: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut plain = Vec::new();
    let mut rest = lines;
    while let Some((line, after)) = rest.split_first() {
        if let Some((block, below)) = special(rest, depth) {
            blocks.extend(paragraph(&mut plain));
            blocks.push(block);
            rest = below;
        } else {
            plain.push(*line);
            rest = after;
        }
    }
    blocks.extend(paragraph(&mut plain));
    blocks
}

/// The lines gathered so far. A paragraph of blank lines only ends with one more line feed, because browsers do not show the last one.
fn paragraph(lines: &mut Vec<&str>) -> Option<Block> {
    let lines = core::mem::take(lines);
    let is_blank = lines.iter().all(|line| line.trim().is_empty());
    let end = if is_blank { "\n" } else { "" };
    (!lines.is_empty()).then(|| Block::Paragraph(inline::parse(&format!("{}{end}", lines.join("\n")))))
}

/// The block that begins with the first of these lines, and the lines below it.
fn special<'a, 'b>(lines: &'b [&'a str], depth: usize) -> Option<(Block, &'b [&'a str])> {
    let first = lines.first()?;
    match first.chars().next()? {
        '`' => fence(lines),
        '>' if depth < MAX_DEPTH => quote(lines, depth),
        '-' | '*' | '0'..='9' if depth < MAX_DEPTH => list(lines, depth),
        _ => None,
    }
}

/// A fence that is never closed is none, nor is one around nothing.
fn fence<'a, 'b>(lines: &'b [&'a str]) -> Option<(Block, &'b [&'a str])> {
    let (first, inside) = lines.split_first()?;
    let label = first.trim_start_matches('`');
    let ticks = first.len() - label.len();
    if ticks < 3 || label.contains('`') {
        return None;
    }
    let closes = |line: &&str| {
        let line = line.trim_end();
        line.len() >= ticks && line.bytes().all(|byte| byte == b'`')
    };
    let end = inside.iter().position(closes)?;
    let (code, below) = inside.split_at_checked(end)?;
    let (label, code) = (label.trim().to_owned(), code.join("\n"));
    let says_something = !(label.is_empty() && code.trim().is_empty());
    says_something.then_some((Block::Fence { label, code }, below.get(1..)?))
}

fn quote<'a, 'b>(lines: &'b [&'a str], depth: usize) -> Option<(Block, &'b [&'a str])> {
    let quoted = |line: &&'a str| line.strip_prefix("> ").or_else(|| (*line == ">").then_some(""));
    let inside: Vec<&str> = lines.iter().map_while(quoted).collect();
    let says_something = inside.iter().any(|line| !line.trim().is_empty());
    let below = lines.get(inside.len()..)?;
    says_something.then(|| (Block::Quote(blocks(&inside, depth + 1)), below))
}

fn list<'a, 'b>(lines: &'b [&'a str], depth: usize) -> Option<(Block, &'b [&'a str])> {
    let mut items: Vec<Item> = Vec::new();
    let mut rest = lines;
    while let Some((number, line)) = rest.first().and_then(|line| item(line)) {
        if items
            .first()
            .is_some_and(|first| first.number.is_some() != number.is_some())
        {
            break;
        }
        let indented: Vec<&str> = rest.iter().skip(1).map_while(|line| dedented(line)).collect();
        rest = rest.get(1 + indented.len()..).unwrap_or_default();
        items.push(Item {
            number,
            line: inline::parse(line),
            below: blocks(&indented, depth + 1),
        });
    }
    (!items.is_empty()).then_some((Block::List(items), rest))
}

/// Number and text of a line that is an entry of a list. A number that would show otherwise than typed makes none, nor does a row of marks.
fn item(line: &str) -> Option<(Option<u32>, &str)> {
    let says_something = |text: &&str| {
        text.chars()
            .any(|letter| !matches!(letter, '-' | '*') && !letter.is_whitespace())
    };
    if let Some(text) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return Some((None, text)).filter(|(_, text)| says_something(text));
    }
    let (digits, text) = line.split_once(". ")?;
    let number: u32 = digits.parse().ok().filter(|_| digits.len() <= MAX_DIGITS)?;
    (number.to_string() == digits && says_something(&text)).then_some((Some(number), text))
}

/// A line below an entry of a list that belongs to it, without its indentation.
fn dedented(line: &str) -> Option<&str> {
    line.strip_prefix('\t')
        .or_else(|| line.strip_prefix("   ").filter(|line| item(line).is_some()))
        .or_else(|| line.strip_prefix("  "))
        .filter(|line| !line.trim().is_empty())
}
