//! Texts that a person chose are drawn in one place, which keeps them from turning what stands beside them.
//!
//! The sources of the web app are read as Rust tokens: whatever stands as content in `html!` and reads a name, a channel or a memo is
//! to be drawn by the components of `parts/said.rs`.

use std::{fs, path::Path};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::{
    modules::sources,
    tokens::{is_mark, is_word},
};

/// Where the components are.
const HOME: &str = "parts/said.rs";
/// Fields and functions that hold what a person chose.
const FIELDS: [&str; 9] = [
    "author",
    "author_name",
    "channel",
    "excerpt",
    "memo",
    "name",
    "name_of",
    "note",
    "summary",
];
/// Variables that hold it.
const VARIABLES: [&str; 6] = ["author", "channel", "excerpt", "memo", "name", "name_of"];

/// Lines on which code draws such a text by itself.
fn drawn_elsewhere(code: TokenStream) -> Vec<usize> {
    let mut found = Vec::new();
    code_of(code, &mut found);
    found
}

/// Looks for markup in code; whether there was any.
fn code_of(code: TokenStream, found: &mut Vec<usize>) -> bool {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let mut has_markup = false;
    for (place, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let is_macro = place >= 2 && is_mark(&tokens[place - 1], '!') && is_word(&tokens[place - 2], "html");
        if is_macro {
            has_markup = true;
            markup_of(group.stream(), found);
        } else {
            has_markup |= code_of(group.stream(), found);
        }
    }
    has_markup
}

/// Where in markup a token stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Content,
    Tag,
    /// Between `if` and its braces.
    Condition,
    /// Behind `else`.
    Alternative,
}

fn markup_of(markup: TokenStream, found: &mut Vec<usize>) {
    let tokens: Vec<TokenTree> = markup.into_iter().collect();
    let mut here = Place::Content;
    for (place, token) in tokens.iter().enumerate() {
        match (token, here) {
            (TokenTree::Group(group), Place::Condition | Place::Alternative)
                if group.delimiter() == Delimiter::Brace =>
            {
                here = Place::Content;
                markup_of(group.stream(), found);
            }
            (TokenTree::Group(group), here) => {
                let has_markup = code_of(group.stream(), found);
                if here == Place::Content && !has_markup {
                    found.extend(chosen_by_a_person(group.stream()));
                }
            }
            (token, Place::Content | Place::Alternative) if is_word(token, "if") => here = Place::Condition,
            (token, Place::Content) if is_word(token, "else") => here = Place::Alternative,
            (token, Place::Content) if is_mark(token, '<') => {
                here = Place::Tag;
                if is_word(tokens.get(place + 1), "bdi") {
                    found.push(token.span().start().line);
                }
            }
            (token, Place::Tag) if is_mark(token, '>') => here = Place::Content,
            _ => {}
        }
    }
}

/// The lines of an expression on which a text of a person is read.
fn chosen_by_a_person(expression: TokenStream) -> Vec<usize> {
    let tokens: Vec<TokenTree> = expression.into_iter().collect();
    let mut lines = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => lines.extend(chosen_by_a_person(group.stream())),
            TokenTree::Ident(word) => {
                let is_field = place > 0 && is_mark(&tokens[place - 1], '.');
                let words: &[&str] = if is_field { &FIELDS } else { &VARIABLES };
                let is_chosen = words.iter().any(|chosen| word == chosen);
                if is_chosen && !is_only_measured(&tokens[place + 1..]) {
                    lines.push(word.span().start().line);
                }
            }
            _ => {}
        }
    }
    lines
}

/// Whether what follows takes a length or another field of it, which is looked at in its turn.
fn is_only_measured(rest: &[TokenTree]) -> bool {
    let [dot, TokenTree::Ident(word), rest @ ..] = rest else {
        return false;
    };
    let is_call =
        matches!(rest.first(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
    is_mark(dot, '.') && (!is_call || word == "len" || word == "is_empty")
}

#[test]
fn what_a_person_chose_is_drawn_in_one_place() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/src");
    let mut wrong = Vec::new();
    for file in sources(&source).into_iter().filter(|file| !file.ends_with(HOME)) {
        let code: TokenStream = fs::read_to_string(&file).unwrap().parse().unwrap();
        let lines = drawn_elsewhere(code);
        wrong.extend(lines.iter().map(|line| format!("{}:{line}", file.display())));
    }
    assert!(
        wrong.is_empty(),
        "texts of people that the components of {HOME} are to draw:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_way_to_draw_a_name_is_seen() {
    for (code, count) in [
        ("html! { <p>{name}</p> }", 1),
        ("html! { <p>{member.name.clone()}</p> }", 1),
        ("html! { <p>{format!(\"by {}\", member.name)}</p> }", 1),
        ("html! { if a < b { <p>{memo.clone()}</p> } }", 1),
        ("html! { if let Some(name) = name { {name} } else { {memo} } }", 2),
        ("html! { if a { <i /> } else if b { {view.channel.clone()} } }", 1),
        (
            "html! { <ul>{all.iter().map(|name| html! { <li>{name}</li> })}</ul> }",
            1,
        ),
        ("html! { <Part inside={html! { <p>{name}</p> }} /> }", 1),
        ("html! { <p>{channel.name}</p> }", 1),
        ("html! { <p>{name.to_uppercase()}</p> }", 1),
        ("html! { <bdi>{text}</bdi> }", 1),
        ("html! { <p>{channel.unread}{name.len()}</p> }", 0),
        ("html! { <Said text={name} /> }", 0),
        (
            "html! { <p title={format!(\"by {name}\")} aria-label={name}>{day_name(day)}</p> }",
            0,
        ),
        (
            "html! { <ul>{all.iter().map(|name| { let name = name; html! { <Said text={name} /> } })}</ul> }",
            0,
        ),
        ("fn name() -> String { name.memo() }", 0),
    ] {
        assert_eq!(drawn_elsewhere(code.parse().unwrap()).len(), count, "{code}");
    }
}
