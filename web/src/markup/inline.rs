//! The inside of a line: marks in pairs, code, links. Read in two steps, cut into tokens and then paired, each in one pass.

use ting_core::codec::letters;

use super::{
    address,
    parts::{Inline, MAX_DEPTH, Mark},
};

/// A run of the same sign that may be a mark.
#[derive(Clone, Copy, Debug)]
struct Run<'a> {
    typed: &'a str,
    mark: Mark,
    opens: bool,
    closes: bool,
}

enum Token<'a> {
    Text(&'a str),
    Whole(Inline),
    Run(Run<'a>),
    /// A blank line, over which no pair of marks reaches.
    Border,
}

/// Reads text of one or more lines.
pub(super) fn parse(text: &str) -> Vec<Inline> {
    pair(tokens(text))
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut open_marks: Vec<char> = Vec::new();
    let part = |from: usize, to: usize| Token::Text(text.get(from..to).unwrap_or_default());
    let (mut begun, mut place) = (0, 0);
    while let Some(letter) = text.get(place..).and_then(|rest| rest.chars().next()) {
        let found = match letter {
            '`' => code(text, place),
            '*' | '_' | '~' | '|' => run(text, place).map(|run| (Token::Run(run), run.typed.len())),
            '[' => link(text, place),
            'h' | 'H' | 'w' | 'W' | 'm' | 'M' => plain_address(text, place, &open_marks),
            '\n' if text.get(place..).is_some_and(|rest| rest.starts_with("\n\n")) => {
                Some((Token::Border, 0))
            }
            _ => None,
        };
        let length = match &found {
            Some((_, length)) if *length > 0 => *length,
            // A run that is no mark is passed over as a whole, lest its rest be taken for one.
            _ => same_letters(text, place, letter),
        };
        if let Some((token, taken)) = found {
            if matches!(token, Token::Run(Run { opens: true, .. })) && !open_marks.contains(&letter) {
                open_marks.push(letter);
            }
            tokens.push(part(begun, place));
            tokens.push(token);
            begun = place + taken;
        }
        place += length;
    }
    tokens.push(part(begun, text.len()));
    tokens
}

/// Bytes of the run of this letter that begins here; of letters that are no marks, the letter itself.
fn same_letters(text: &str, place: usize, letter: char) -> usize {
    let rest = text.get(place..).unwrap_or_default();
    if matches!(letter, '`' | '*' | '_' | '~' | '|') {
        rest.len() - rest.trim_start_matches(letter).len()
    } else {
        letter.len_utf8()
    }
}

fn code(text: &str, place: usize) -> Option<(Token<'_>, usize)> {
    let ticks = same_letters(text, place, '`');
    let inside = text.get(place + ticks..)?;
    let inside = inside.split_once("\n\n").map_or(inside, |(before, _)| before);
    let mut at = 0;
    while let Some(next) = inside.get(at..)?.find('`').map(|found| at + found) {
        let run = same_letters(inside, next, '`');
        if run == ticks {
            let code = inside.get(..next).filter(|code| !code.trim().is_empty())?;
            return Some((Token::Whole(Inline::Code(code.to_owned())), next + 2 * ticks));
        }
        at = next + run;
    }
    None
}

/// A run of signs as a mark, if it is one by its length and by what stands beside it: within a word it is none.
fn run(text: &str, place: usize) -> Option<Run<'_>> {
    let letter = text.get(place..)?.chars().next()?;
    let end = place + same_letters(text, place, letter);
    let typed = text.get(place..end)?;
    let mark = match (letter, typed.len()) {
        ('*' | '_', 1) => Mark::Emphasis,
        ('*', 2) => Mark::Strong,
        ('*', 3) => Mark::StrongEmphasis,
        ('~', 2) => Mark::Strike,
        ('|', 2) => Mark::Spoiler,
        _ => return None,
    };
    let (before, after) = (text.get(..place)?.chars().next_back(), text.get(end..)?);
    let next = after.chars().next();
    let is_wide = |letter: char| typed.len() > 1 && has_no_word_spaces(letter);
    let opens = next.is_some_and(|next| !next.is_whitespace())
        && before.is_none_or(|before| begins_word(before) || is_wide(before));
    let behind = after.trim_start_matches(ends_phrase).chars().next();
    let closes = before.is_some_and(|before| !before.is_whitespace())
        && (behind.is_none_or(|behind| behind.is_whitespace() || is_sign(behind))
            || next.is_some_and(|next| matches!(next, '\'' | '’' | '—' | '–') || is_wide(next)));
    (opens || closes).then_some(Run {
        typed,
        mark,
        opens,
        closes,
    })
}

const fn is_sign(letter: char) -> bool {
    matches!(letter, '*' | '_' | '~' | '|')
}

fn begins_word(letter: char) -> bool {
    letter.is_whitespace()
        || is_sign(letter)
        || matches!(
            letter,
            '(' | '['
                | '{'
                | '"'
                | '\''
                | '“'
                | '‘'
                | '„'
                | '‚'
                | '«'
                | '»'
                | '¿'
                | '¡'
                | '—'
                | '–'
                | '…'
        )
}

const fn ends_phrase(letter: char) -> bool {
    matches!(
        letter,
        '.' | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | '…'
            | ')'
            | ']'
            | '}'
            | '"'
            | '\''
            | '”'
            | '’'
            | '»'
            | '«'
            | '。'
            | '，'
            | '！'
            | '？'
            | '、'
    )
}

/// Scripts that put no space between words: there a mark of two signs may stand within what only looks like a word.
const fn has_no_word_spaces(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

/// `[words](address)`, if it is that in every part; the address may hold pairs of brackets.
fn link(text: &str, place: usize) -> Option<(Token<'_>, usize)> {
    let inside = text.get(place + 1..)?;
    let end = inside.find([']', '[', '\n'])?;
    let words = inside.get(..end)?;
    let target = inside.get(end..)?.strip_prefix("](")?;
    let mut depth = 0_usize;
    let closing = target.char_indices().find_map(|(at, letter)| {
        match letter {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(Some(at)),
            ')' => depth -= 1,
            _ if letter.is_whitespace() => return Some(None),
            _ => {}
        }
        None
    })??;
    let target = target.get(..closing)?;
    let (bytes, address) = address::at_beginning(target, &[])?;
    let is_link = bytes == target.len() && letters::shows_something(words);
    let words = words.to_owned();
    is_link.then_some((
        Token::Whole(Inline::Link { address, words }),
        1 + end + 2 + closing + 1,
    ))
}

fn plain_address<'a>(text: &'a str, place: usize, open_marks: &[char]) -> Option<(Token<'a>, usize)> {
    let before = text.get(..place)?.chars().next_back();
    if before.is_some_and(|before| before.is_ascii_alphanumeric()) {
        return None;
    }
    let rest = text.get(place..)?;
    let (bytes, address) = address::at_beginning(rest, open_marks)?;
    let words = rest.get(..bytes)?.to_owned();
    Some((Token::Whole(Inline::Link { address, words }), bytes))
}

/// An element whose end is still to come.
struct Open<'a> {
    run: Run<'a>,
    inside: Vec<Inline>,
}

fn pair(tokens: Vec<Token<'_>>) -> Vec<Inline> {
    let mut done = Vec::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    for token in tokens {
        match token {
            Token::Text(text) => push_text(innermost(&mut done, &mut open), text),
            Token::Whole(inline) => innermost(&mut done, &mut open).push(inline),
            Token::Border => give_up(&mut done, &mut open, 0),
            Token::Run(run) => {
                let begun = open
                    .iter()
                    .rposition(|open| open.run.typed == run.typed && !open.inside.is_empty());
                match begun.filter(|_| run.closes) {
                    Some(begun) => close(&mut done, &mut open, begun),
                    None if run.opens && open.len() < MAX_DEPTH => open.push(Open {
                        run,
                        inside: Vec::new(),
                    }),
                    None => push_text(innermost(&mut done, &mut open), run.typed),
                }
            }
        }
    }
    give_up(&mut done, &mut open, 0);
    done
}

fn innermost<'a>(done: &'a mut Vec<Inline>, open: &'a mut [Open<'_>]) -> &'a mut Vec<Inline> {
    open.last_mut().map_or(done, |open| &mut open.inside)
}

/// Ends the element that was begun there. What was begun within it and not ended is text.
fn close(done: &mut Vec<Inline>, open: &mut Vec<Open<'_>>, begun: usize) {
    give_up(done, open, begun + 1);
    if let Some(Open { run, inside }) = open.pop() {
        innermost(done, open).push(Inline::Marked(run.mark, inside));
    }
}

/// Marks from there on have no second one: they stand as typed.
fn give_up(done: &mut Vec<Inline>, open: &mut Vec<Open<'_>>, from: usize) {
    while open.len() > from {
        if let Some(Open { run, inside }) = open.pop() {
            let outside = innermost(done, open);
            push_text(outside, run.typed);
            for inline in inside {
                match inline {
                    Inline::Text(text) => push_text(outside, &text),
                    other => outside.push(other),
                }
            }
        }
    }
}

fn push_text(inlines: &mut Vec<Inline>, text: &str) {
    match inlines.last_mut() {
        Some(Inline::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => inlines.push(Inline::Text(text.to_owned())),
    }
}
