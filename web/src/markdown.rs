//! What people wrote, as elements: emphasis, strong, code, code blocks, links, lists, quotes. Nothing else.
//!
//! Text becomes text nodes, never markup; HTML shows as it was typed, images as their alternative text. Links lead only to `http`, `https` and
//! `mailto`. Nesting deeper than [`MAX_DEPTH`] is drawn flat, so no message exhausts the stack.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use yew::prelude::*;

/// Elements within elements.
const MAX_DEPTH: usize = 12;

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Break,
    Code(String),
    CodeBlock(String),
    Element(Element, Vec<Piece>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    Paragraph,
    Emphasis,
    Strong,
    Quote,
    List,
    NumberedList(u64),
    Item,
    Link(String),
    /// Not in the whitelist: only its content shows.
    Plain,
}

/// Draws a message; `names` are the people it mentions.
pub fn draw(text: &str, names: &[String]) -> Html {
    parse(text).iter().map(|piece| draw_piece(piece, names)).collect()
}

fn parse(text: &str) -> Vec<Piece> {
    let mut open: Vec<(Element, Vec<Piece>)> = vec![(Element::Plain, Vec::new())];
    let mut flattened = 0_usize;
    for event in Parser::new_ext(text, Options::empty()) {
        match event {
            Event::Start(_) if open.len() > MAX_DEPTH => flattened += 1,
            Event::End(_) if flattened > 0 => flattened -= 1,
            Event::Start(tag) => open.push((element_of(&tag), Vec::new())),
            Event::End(end) => close(&mut open, matches!(end, TagEnd::CodeBlock)),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => push_text(&mut open, &text),
            Event::Code(code) => push(&mut open, Piece::Code(code.into_string())),
            Event::SoftBreak | Event::HardBreak => push(&mut open, Piece::Break),
            Event::Rule => push_text(&mut open, "———"),
            _ => {}
        }
    }
    while open.len() > 1 {
        close(&mut open, false);
    }
    open.pop().map(|(_, pieces)| pieces).unwrap_or_default()
}

fn element_of(tag: &Tag) -> Element {
    match tag {
        Tag::Paragraph => Element::Paragraph,
        Tag::Heading { .. } => Element::Strong,
        Tag::Emphasis => Element::Emphasis,
        Tag::Strong => Element::Strong,
        Tag::BlockQuote(_) => Element::Quote,
        Tag::List(None) => Element::List,
        Tag::List(Some(first)) => Element::NumberedList(*first),
        Tag::Item => Element::Item,
        Tag::Link { dest_url, .. } if is_harmless(dest_url) => Element::Link(dest_url.to_string()),
        _ => Element::Plain,
    }
}

/// Only these schemes are ever opened.
fn is_harmless(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    ["http://", "https://", "mailto:"]
        .iter()
        .any(|scheme| lower.starts_with(scheme))
}

fn push(open: &mut [(Element, Vec<Piece>)], piece: Piece) {
    if let Some((_, pieces)) = open.last_mut() {
        pieces.push(piece);
    }
}

fn push_text(open: &mut [(Element, Vec<Piece>)], text: &str) {
    let in_link = open
        .iter()
        .any(|(element, _)| matches!(element, Element::Link(_)));
    for piece in if in_link {
        vec![Piece::Text(text.to_owned())]
    } else {
        with_links(text)
    } {
        push(open, piece);
    }
}

fn close(open: &mut Vec<(Element, Vec<Piece>)>, is_code: bool) {
    if open.len() < 2 {
        return;
    }
    let Some((element, pieces)) = open.pop() else {
        return;
    };
    if is_code {
        push(open, Piece::CodeBlock(plain_text(&pieces)));
    } else if element == Element::Plain {
        for piece in pieces {
            push(open, piece);
        }
    } else {
        push(open, Piece::Element(element, pieces));
    }
}

fn plain_text(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) | Piece::Code(text) | Piece::CodeBlock(text) => text.clone(),
            Piece::Break => "\n".into(),
            Piece::Element(_, inner) => plain_text(inner),
        })
        .collect()
}

/// Text with the addresses in it made links.
fn with_links(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = ["https://", "http://"]
        .iter()
        .filter_map(|scheme| rest.find(scheme))
        .min()
    {
        let (before, from_link) = rest.split_at(start);
        let end = from_link.find(char::is_whitespace).unwrap_or(from_link.len());
        let (link, after) = from_link.split_at(end);
        let trimmed = link.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '"', '\'', '>']);
        let (link, tail) = link.split_at(trimmed.len());
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Element(
            Element::Link(link.to_owned()),
            vec![Piece::Text(link.to_owned())],
        ));
        if !tail.is_empty() {
            pieces.push(Piece::Text(tail.to_owned()));
        }
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    pieces
}

fn draw_piece(piece: &Piece, names: &[String]) -> Html {
    match piece {
        Piece::Text(text) => draw_text(text, names),
        Piece::Break => html! { <br /> },
        Piece::Code(code) => html! { <code>{code}</code> },
        Piece::CodeBlock(code) => html! { <pre tabindex="0"><code>{code}</code></pre> },
        Piece::Element(element, pieces) => {
            let inner: Html = pieces.iter().map(|piece| draw_piece(piece, names)).collect();
            match element {
                Element::Paragraph => html! { <p>{inner}</p> },
                Element::Emphasis => html! { <em>{inner}</em> },
                Element::Strong => html! { <strong>{inner}</strong> },
                Element::Quote => html! { <blockquote>{inner}</blockquote> },
                Element::List => html! { <ul>{inner}</ul> },
                Element::NumberedList(first) => html! { <ol start={first.to_string()}>{inner}</ol> },
                Element::Item => html! { <li>{inner}</li> },
                Element::Link(address) => html! {
                    <a href={address.clone()} target="_blank" rel="noopener noreferrer nofollow">{inner}</a>
                },
                Element::Plain => inner,
            }
        }
    }
}

/// Text with the mentioned people marked.
fn draw_text(text: &str, names: &[String]) -> Html {
    let mut drawn = Vec::new();
    let mut rest = text;
    let first_mention = |rest: &str| {
        let found = names.iter().filter(|name| !name.is_empty());
        found
            .filter_map(|name| Some((rest.find(&format!("@{name}"))?, name.len() + 1)))
            .min()
    };
    while let Some((start, length)) = first_mention(rest) {
        let (before, from_name) = rest.split_at(start);
        let (name, after) = from_name.split_at(length);
        drawn.push(html! { {before} });
        drawn.push(html! { <span class="mention">{name}</span> });
        rest = after;
    }
    drawn.push(html! { {rest} });
    drawn.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.into())
    }

    fn paragraph(pieces: Vec<Piece>) -> Vec<Piece> {
        vec![Piece::Element(Element::Paragraph, pieces)]
    }

    #[test]
    fn emphasis_code_and_links_are_recognised() {
        assert_eq!(
            parse("*a* **b** `c`"),
            paragraph(vec![
                Piece::Element(Element::Emphasis, vec![text("a")]),
                text(" "),
                Piece::Element(Element::Strong, vec![text("b")]),
                text(" "),
                Piece::Code("c".into()),
            ])
        );
        assert_eq!(
            parse("see https://ting.example/x?y=1."),
            paragraph(vec![
                text("see "),
                Piece::Element(
                    Element::Link("https://ting.example/x?y=1".into()),
                    vec![text("https://ting.example/x?y=1")]
                ),
                text("."),
            ])
        );
    }

    #[test]
    fn markup_shows_as_it_was_typed() {
        let pieces = parse("<img src=x onerror=alert(1)> <b>hi</b>\n\n<script>alert(1)</script>");
        let shown = plain_text(&pieces);
        assert!(shown.contains("<img src=x onerror=alert(1)>"));
        assert!(shown.contains("<script>alert(1)</script>"));
    }

    #[test]
    fn only_harmless_schemes_become_links() {
        for address in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "/wallet",
            "JaVaScRiPt:x",
        ] {
            let pieces = parse(&format!("[click]({address})"));
            assert_eq!(pieces, paragraph(vec![text("click")]), "{address}");
        }
        assert!(is_harmless("MAILTO:a@b.example"));
    }

    #[test]
    fn images_leave_their_words_only() {
        assert_eq!(
            parse("![a picture](https://tracker.example/x.png)"),
            paragraph(vec![text("a picture")])
        );
    }

    #[test]
    fn code_blocks_keep_their_lines() {
        assert_eq!(
            parse("```rust\nlet a = 1;\n\nb\n```"),
            vec![Piece::CodeBlock("let a = 1;\n\nb\n".into())]
        );
    }

    #[test]
    fn deep_nesting_is_drawn_flat() {
        fn depth(pieces: &[Piece]) -> usize {
            let inner = |piece: &Piece| {
                if let Piece::Element(_, inner) = piece {
                    1 + depth(inner)
                } else {
                    0
                }
            };
            pieces.iter().map(inner).max().unwrap_or(0)
        }
        let pieces = parse(&format!("{}deep", ">".repeat(4_000)));
        assert!(depth(&pieces) <= MAX_DEPTH + 1);
        assert!(plain_text(&pieces).contains("deep"));
    }
}
