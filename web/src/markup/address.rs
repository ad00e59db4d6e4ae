//! Addresses within text: one whole link, or none.

use ting_core::codec::letters::is_invisible;

/// The schemes that are ever opened, and the prefix that stands for one.
const BEGINNINGS: [&str; 4] = ["https://", "http://", "mailto:", "www."];
/// What ends a sentence or a quotation rather than an address.
const TRAILING: [char; 9] = ['.', ',', ';', ':', '!', '?', '\'', '…', '’'];

/// The address that this text begins with: how many bytes of it, and where it leads. Signs in `open_marks` that end it are marks
/// around it, because such a mark stands before it.
pub(super) fn at_beginning(text: &str, open_marks: &[char]) -> Option<(usize, String)> {
    let beginning = BEGINNINGS.into_iter().find(|beginning| {
        text.get(..beginning.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(beginning))
    })?;
    let whole = text.get(..end_of(text))?;
    let whole = whole.trim_end_matches(|letter| TRAILING.contains(&letter) || open_marks.contains(&letter));
    let rest = whole.get(beginning.len()..)?;
    let is_whole = match beginning {
        "mailto:" => rest
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && begins_host(host)),
        "www." => begins_host(rest) && rest.contains('.'),
        _ => begins_host(rest.rsplit_once('@').map_or(rest, |(_, host)| host)) && begins_host(rest),
    };
    let leads_to = if beginning == "www." {
        format!("https://{whole}")
    } else {
        whole.to_owned()
    };
    is_whole.then_some((whole.len(), leads_to))
}

fn begins_host(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_alphanumeric() || letter == '[')
}

/// Where the address must end: before white space, what no address holds, or a bracket that was opened before it.
fn end_of(text: &str) -> usize {
    let mut open = Vec::new();
    for (place, letter) in text.char_indices() {
        match letter {
            '(' | '[' | '{' => open.push(letter),
            ')' | ']' | '}' if open.pop() != Some(opening(letter)) => return place,
            '"'
            | '<'
            | '>'
            | '`'
            | '“'
            | '”'
            | '«'
            | '»'
            | '\u{3000}'..='\u{303f}'
            | '\u{ff00}'..='\u{ff0f}'
            | '\u{ff1a}'..='\u{ff20}'
            | '\u{ff3b}'..='\u{ff40}'
            | '\u{ff5b}'..='\u{ff65}' => return place,
            _ if letter.is_whitespace() || letter.is_control() || is_invisible(letter) => return place,
            _ => {}
        }
    }
    text.len()
}

const fn opening(closing: char) -> char {
    match closing {
        ')' => '(',
        ']' => '[',
        _ => '{',
    }
}
