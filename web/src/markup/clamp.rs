//! Giant messages show their beginning only, until somebody asks for more: cut before anything is laid out.

use ting_core::codec::letters;

use super::parts::{Block, Inline, Item};

/// A message up to this size shows as a whole.
const MAX_LINES: usize = 24;
const MAX_CHARS: usize = 1_600;
/// So much shows of a longer message.
const SHOWN_LINES: usize = 16;
const SHOWN_CHARS: usize = 1_000;

/// The beginning of a message that is too long to show as a whole; `None` if it is not.
pub(super) fn beginning(blocks: &[Block]) -> Option<Vec<Block>> {
    let mut whole = Budget::new(MAX_LINES, MAX_CHARS);
    let _ = whole.blocks(blocks);
    whole
        .is_spent
        .then(|| Budget::new(SHOWN_LINES, SHOWN_CHARS).blocks(blocks))
}

/// Lines and characters that may still show.
struct Budget {
    lines: usize,
    chars: usize,
    /// Something did not fit.
    is_spent: bool,
}

impl Budget {
    const fn new(lines: usize, chars: usize) -> Self {
        Self {
            lines,
            chars,
            is_spent: false,
        }
    }

    /// Begins a line, if one is left.
    fn begin_line(&mut self) {
        match self.lines.checked_sub(1) {
            Some(lines) => self.lines = lines,
            None => self.is_spent = true,
        }
    }

    fn each<T>(&mut self, parts: &[T], mut take: impl FnMut(&mut Self, &T) -> T) -> Vec<T> {
        let mut taken = Vec::new();
        for part in parts {
            if self.is_spent {
                break;
            }
            taken.push(take(self, part));
        }
        taken
    }

    fn blocks(&mut self, blocks: &[Block]) -> Vec<Block> {
        self.each(blocks, |budget, block| match block {
            Block::Paragraph(inside) => {
                budget.begin_line();
                Block::Paragraph(budget.inlines(inside))
            }
            Block::Fence { label, code } => {
                budget.begin_line();
                Block::Fence {
                    label: budget.text(label),
                    code: budget.text(code),
                }
            }
            Block::Quote(inside) => Block::Quote(budget.blocks(inside)),
            Block::List(items) => Block::List(budget.each(items, |budget, item| {
                budget.begin_line();
                Item {
                    number: item.number,
                    line: budget.inlines(&item.line),
                    below: budget.blocks(&item.below),
                }
            })),
        })
    }

    fn inlines(&mut self, inlines: &[Inline]) -> Vec<Inline> {
        self.each(inlines, |budget, inline| match inline {
            Inline::Text(text) => Inline::Text(budget.text(text)),
            Inline::Code(code) => Inline::Code(budget.text(code)),
            Inline::Marked(mark, inside) => Inline::Marked(*mark, budget.inlines(inside)),
            Inline::Link { address, words } => Inline::Link {
                address: address.clone(),
                words: budget.text(words),
            },
        })
    }

    /// As much of the text as may still show.
    fn text(&mut self, text: &str) -> String {
        let text = if self.is_spent { "" } else { text };
        let mut shown = letters::beginning(text, self.chars);
        if let Some((end, _)) = shown.match_indices('\n').nth(self.lines) {
            shown = shown.get(..end).unwrap_or_default();
        }
        self.is_spent |= shown.len() < text.len();
        self.lines = self.lines.saturating_sub(shown.matches('\n').count());
        self.chars = self.chars.saturating_sub(shown.chars().count());
        shown.to_owned()
    }
}
