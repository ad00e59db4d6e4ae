//! What was typed is what shows.

use super::{
    blocks, clamp,
    parts::{Block, Inline, Item, Mark},
};

fn text(text: &str) -> Inline {
    Inline::Text(text.into())
}

fn link(words: &str, address: &str) -> Inline {
    Inline::Link {
        address: address.into(),
        words: words.into(),
    }
}

/// The message as one paragraph; anything else fails the test.
fn line(typed: &str) -> Vec<Inline> {
    let mut blocks = blocks::parse(typed);
    assert_eq!(blocks.len(), 1, "{typed:?}: {blocks:?}");
    match blocks.pop() {
        Some(Block::Paragraph(inside)) => inside,
        other => panic!("{typed:?}: {other:?}"),
    }
}

/// The words that are links in a line, and where they lead.
fn links(typed: &str) -> Vec<(String, String)> {
    fn of(inlines: &[Inline]) -> Vec<(String, String)> {
        let found = inlines.iter().map(|inline| match inline {
            Inline::Link { address, words } => vec![(words.clone(), address.clone())],
            Inline::Marked(_, inside) => of(inside),
            Inline::Text(_) | Inline::Code(_) => Vec::new(),
        });
        found.flatten().collect()
    }
    of(&line(typed))
}

/// All that can be read of a message, with the numbers of lists and the targets of links.
fn visible(blocks: &[Block]) -> String {
    fn of_inlines(inlines: &[Inline]) -> String {
        let shown = inlines.iter().map(|inline| match inline {
            Inline::Text(text) | Inline::Code(text) => text.clone(),
            Inline::Marked(_, inside) => of_inlines(inside),
            Inline::Link { address, words }
                if address.trim_start_matches("https://") == words || address == words =>
            {
                words.clone()
            }
            Inline::Link { address, words } => format!("{words} {address}"),
        });
        shown.collect()
    }
    let of_item = |item: &Item| {
        let number = item
            .number
            .map(|number| format!("{number}. "))
            .unwrap_or_default();
        format!("{number}{}\n{}", of_inlines(&item.line), visible(&item.below))
    };
    let shown = blocks.iter().map(|block| match block {
        Block::Paragraph(inside) => of_inlines(inside),
        Block::Fence { label, code } => format!("{label}\n{code}"),
        Block::Quote(inside) => visible(inside),
        Block::List(items) => items.iter().map(of_item).collect(),
    });
    shown.collect::<Vec<_>>().join("\n")
}

#[test]
fn all_that_is_no_markup_stands_as_typed() {
    for typed in [
        "#",
        "-",
        ">",
        "1.",
        "```",
        "*",
        "**",
        "* ",
        "- - -",
        "***",
        "_",
        "~~",
        "||",
        "[]",
        "[]()",
        "&nbsp;",
        "&amp;",
        "<b>",
        "# One\n# Two",
        "¯\\_(ツ)_/¯",
        "\\\\srv\\share\\_tmp",
        "C:\\Users\\me\\.ssh",
        "5*3*2",
        "__init__.py",
        "__init__",
        "snake_case_name",
        "a * b * c",
        "2 ** 3 ** 4",
        "a || b || c",
        "~5 ~6",
        "one\n\n\ntwo",
        "  indented\n    more",
        ">_<",
        ">:(",
        "007. Bond",
        "1) one",
        "-5",
        "[words](javascript:alert(1))",
        "[words](/wallet)",
        "[words](data:text/html,x)",
        "[](x)",
        "![a picture](file:///x.png)",
        "<img src=x onerror=alert(1)>",
        "```\nnever closed",
        "`",
        "``",
        "a ` b",
        "*a\n\nb*",
        "Hi!*",
        "\\*a\\*",
        "$HOME/*/x_*.rs",
        "x_*_y",
    ] {
        assert_eq!(line(typed), [text(typed)], "{typed:?}");
    }
}

#[test]
fn marks_in_pairs_around_something_are_elements() {
    let marked = |mark, inside: &str| Inline::Marked(mark, vec![text(inside)]);
    assert_eq!(
        line("*a* _b_ **c** ~~d~~ ||e|| `f*g*`"),
        [
            marked(Mark::Emphasis, "a"),
            text(" "),
            marked(Mark::Emphasis, "b"),
            text(" "),
            marked(Mark::Strong, "c"),
            text(" "),
            marked(Mark::Strike, "d"),
            text(" "),
            marked(Mark::Spoiler, "e"),
            text(" "),
            Inline::Code("f*g*".into()),
        ]
    );
    assert_eq!(
        line("(*really*), yes"),
        [text("("), marked(Mark::Emphasis, "really"), text("), yes")]
    );
    assert_eq!(line("***both***"), [marked(Mark::StrongEmphasis, "both")]);
    assert_eq!(
        line("**a _b_ c**"),
        [Inline::Marked(
            Mark::Strong,
            vec![text("a "), marked(Mark::Emphasis, "b"), text(" c")]
        )]
    );
    assert_eq!(
        line("这是**重点**内容"),
        [text("这是"), marked(Mark::Strong, "重点"), text("内容")]
    );
    assert_eq!(line("``a ` b``"), [Inline::Code("a ` b".into())]);
    assert_eq!(line("*a **b*"), [marked(Mark::Emphasis, "a **b")]);
}

#[test]
fn fences_quotes_and_lists_are_blocks() {
    let paragraph = |inside: &str| Block::Paragraph(vec![text(inside)]);
    let item = |number, inside: &str| Item {
        number,
        line: vec![text(inside)],
        below: Vec::new(),
    };
    assert_eq!(
        blocks::parse("```rust\nlet a = 1;\n\n  *b*\n```\nafter"),
        [
            Block::Fence {
                label: "rust".into(),
                code: "let a = 1;\n\n  *b*".into()
            },
            paragraph("after"),
        ]
    );
    assert_eq!(
        blocks::parse("> a\n>\n> > b\nc"),
        [
            Block::Quote(vec![paragraph("a\n"), Block::Quote(vec![paragraph("b")])]),
            paragraph("c")
        ]
    );
    assert_eq!(
        blocks::parse("so:\n- a\n  below\n- b\n3. c\n7. d"),
        [
            paragraph("so:"),
            Block::List(vec![
                Item {
                    below: vec![paragraph("below")],
                    ..item(None, "a")
                },
                item(None, "b"),
            ]),
            Block::List(vec![item(Some(3), "c"), item(Some(7), "d")]),
        ]
    );
}

#[test]
fn an_address_is_one_whole_link_or_none() {
    for (typed, address) in [
        (
            "https://example.com/_next/a_b.js",
            "https://example.com/_next/a_b.js",
        ),
        (
            "https://en.wikipedia.org/wiki/Rust_(programming_language)",
            "https://en.wikipedia.org/wiki/Rust_(programming_language)",
        ),
        ("(see https://example.com/a)", "https://example.com/a"),
        (
            "https://web.archive.org/web/2020*/https://example.com/",
            "https://web.archive.org/web/2020*/https://example.com/",
        ),
        ("请看https://example.com，谢谢。", "https://example.com"),
        ("[Update]: https://example.com", "https://example.com"),
        ("HTTPS://EXAMPLE.com/A", "HTTPS://EXAMPLE.com/A"),
        ("see https://ting.example/x?y=1.", "https://ting.example/x?y=1"),
        (
            "https://ting.example/chat#aB3_-x.9f",
            "https://ting.example/chat#aB3_-x.9f",
        ),
        ("**https://example.com/a**", "https://example.com/a"),
        ("*at https://example.com/a_b*", "https://example.com/a_b"),
        ("<https://example.com/a>", "https://example.com/a"),
        ("\"https://example.com/a\".", "https://example.com/a"),
        (
            "https://de.wikipedia.org/wiki/Über",
            "https://de.wikipedia.org/wiki/Über",
        ),
        ("http://[::1]:4040/chat!", "http://[::1]:4040/chat"),
        (
            "https://google.com@evil.example",
            "https://google.com@evil.example",
        ),
        ("mailto:a@b.example", "mailto:a@b.example"),
    ] {
        let words = typed
            .find(address)
            .map(|start| &typed[start..start + address.len()])
            .unwrap();
        assert_eq!(
            links(typed),
            [(words.to_owned(), address.to_owned())],
            "{typed:?}"
        );
    }
    assert_eq!(
        links("www.example.org/x, say"),
        [("www.example.org/x".into(), "https://www.example.org/x".into())]
    );
    for typed in [
        "https://",
        "http:// x",
        "www.",
        "www.x",
        "xhttps://a.example",
        "mailto:",
        "mailto:x",
        "https://?",
        "ftp://a.example",
    ] {
        assert_eq!(line(typed), [text(typed)], "{typed:?}");
    }
    assert!(matches!(
        line("`https://a.example`").as_slice(),
        [Inline::Code(_)]
    ));
}

#[test]
fn words_may_be_a_link_to_harmless_schemes() {
    assert_eq!(
        line("[the docs](https://a.example/x_(y))"),
        [link("the docs", "https://a.example/x_(y)")]
    );
    assert_eq!(
        line("[https://bank.example](https://evil.example)"),
        [link("https://bank.example", "https://evil.example")]
    );
    assert_eq!(
        line("[ ](https://a.example)"),
        [
            text("[ ]("),
            link("https://a.example", "https://a.example"),
            text(")")
        ]
    );
}

#[test]
fn no_message_loses_a_letter() {
    const PARTS: [&str; 44] = [
        "a",
        "B",
        "7",
        "é",
        "中",
        "😀",
        " ",
        " ",
        "\n",
        "\n",
        "\n\n",
        "*",
        "**",
        "***",
        "_",
        "__",
        "~~",
        "||",
        "`",
        "``",
        "```",
        "\n```\n",
        "\n```rust\n",
        "\n> ",
        "\n- ",
        "\n* ",
        "\n1. ",
        "\n12. ",
        "  ",
        "\t",
        "[",
        "](",
        ")",
        "(",
        "https://",
        "www.",
        "x.example/",
        "\\",
        "#",
        "&lt;",
        "<",
        ">",
        ".",
        "!",
    ];
    let letters = |text: &str| -> String {
        text.chars()
            .filter(|letter| !letter.is_whitespace() && !"*_~|`>-[]()".contains(*letter))
            .collect()
    };
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for _ in 0..20_000 {
        let typed: String = (0..1 + draw(24)).map(|_| PARTS[draw(PARTS.len())]).collect();
        let parsed = blocks::parse(&typed);
        assert_eq!(
            letters(&visible(&parsed)),
            letters(&typed),
            "{typed:?}: {parsed:?}"
        );
        if !typed.trim().is_empty() {
            assert!(!visible(&parsed).trim().is_empty(), "{typed:?} shows as nothing");
        }
    }
}

#[test]
fn nesting_is_bounded_and_long_rows_of_marks_are_read_at_once() {
    fn depth(blocks: &[Block]) -> usize {
        let inner = |block: &Block| match block {
            Block::Quote(inside) => 1 + depth(inside),
            Block::List(items) => 1 + items.iter().map(|item| depth(&item.below)).max().unwrap_or(0),
            Block::Paragraph(_) | Block::Fence { .. } => 0,
        };
        blocks.iter().map(inner).max().unwrap_or(0)
    }
    let quoted = blocks::parse(&format!("{}deep", "> ".repeat(2_000)));
    assert!(depth(&quoted) <= super::parts::MAX_DEPTH && visible(&quoted).contains("deep"));
    for part in [
        "*a ",
        "_a **b ",
        "`a ``b ",
        "[",
        "](",
        "```a\n",
        "- a\n  ",
        "https://a(",
        "||a ~~",
    ] {
        let typed = part.repeat(4_000 / part.len());
        let parsed = blocks::parse(&typed);
        assert!(depth(&parsed) <= super::parts::MAX_DEPTH, "{part:?}");
        assert!(visible(&parsed).contains('a') || !part.contains('a'), "{part:?}");
    }
}

#[test]
fn a_giant_message_shows_its_beginning() {
    let fence = format!("```\n{}end\n```", "x\n".repeat(1_700));
    let lines = |blocks: &[Block]| visible(blocks).lines().count();
    let whole = blocks::parse(&fence);
    let short = clamp::beginning(&whole).unwrap();
    assert!(lines(&whole) > 1_700 && lines(&short) <= 18, "{}", lines(&short));
    let long_line = "😀".repeat(900);
    assert_eq!(clamp::beginning(&blocks::parse(&long_line)), None);
    let long_line = "👨\u{200d}👩\u{200d}👧".repeat(700);
    let short = visible(&clamp::beginning(&blocks::parse(&long_line)).unwrap());
    assert!(short.ends_with('👧') && short.chars().count() <= 1_000);
    let list = blocks::parse(&"- a\n".repeat(400));
    assert!(lines(&clamp::beginning(&list).unwrap()) <= 18 * 2);
    assert_eq!(clamp::beginning(&blocks::parse("short\n\n- a\n- b")), None);
}
