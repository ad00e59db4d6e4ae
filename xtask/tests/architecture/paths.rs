//! The paths within a crate that code names.
//!
//! It is read as Rust tokens, so `use crate::a::{b, c}`, inline `crate::a::b`, paths through `super` and `self`, those of child modules and paths
//! inside macros all count, and comments and strings do not. Who may see an item, as in `pub(in crate::a)`, is no path to anything.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::tokens::{is_mark, is_word, word};

/// Names of modules and of what is in them, from the crate's root on.
pub type ModulePath = Vec<String>;

/// What of the code counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    All,
    /// All but what is built for tests only.
    Product,
}

/// A path that code names.
pub struct Named {
    pub path: ModulePath,
    pub line: usize,
}

/// Every path that code names which stands in the module `here`.
pub fn named_paths(code: TokenStream, here: &[String], counted: Counted) -> Vec<Named> {
    let mut reader = Reader {
        counted,
        named: Vec::new(),
    };
    reader.read(code, here);
    reader.named
}

/// Names of the modules that code declares for tests only.
pub fn modules_for_tests(code: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let declared = (0..tokens.len()).filter(|index| is_for_tests(&tokens, *index));
    declared
        .filter(|index| is_word(tokens.get(index + 2), "mod"))
        .filter_map(|index| word(tokens.get(index + 3)))
        .collect()
}

pub fn child(module: &[String], name: String) -> ModulePath {
    module.iter().cloned().chain([name]).collect()
}

struct Reader {
    counted: Counted,
    named: Vec<Named>,
}

impl Reader {
    fn read(&mut self, code: TokenStream, here: &[String]) {
        let tokens: Vec<TokenTree> = code.into_iter().collect();
        let mut index = 0;
        while index < tokens.len() {
            if self.counted == Counted::Product && is_for_tests(&tokens, index) {
                index = after_item(&tokens, index + 2);
                continue;
            }
            match &tokens[index] {
                TokenTree::Group(group) => {
                    let is_module = index >= 2 && is_word(&tokens[index - 2], "mod");
                    let inner = word(tokens.get(index.wrapping_sub(1))).filter(|_| is_module);
                    let inside = inner.map_or_else(|| here.to_vec(), |inner| child(here, inner));
                    self.read(group.stream(), &inside);
                }
                TokenTree::Ident(_) => self.read_path(&tokens, index, here),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            index += 1;
        }
    }

    /// Takes the path that begins with this word, if one does.
    fn read_path(&mut self, tokens: &[TokenTree], index: usize, here: &[String]) {
        let before = index.checked_sub(1).and_then(|index| tokens.get(index));
        let follows_path = index >= 2 && are_colons(tokens, index - 2);
        let line = tokens[index].span().start().line;
        let base = match word(&tokens[index]).as_deref() {
            Some("crate") => &[],
            Some("self") => here,
            Some("super") => parent(here),
            _ if is_word(before, "use") => {
                return self.read_rest(here.to_vec(), &colons_and(&tokens[index..]), line);
            }
            _ => return,
        };
        let leads_somewhere = are_colons(tokens, index + 1) && !is_word(before, "in");
        if leads_somewhere && !follows_path {
            self.read_rest(base.to_vec(), &tokens[index + 1..], line);
        }
    }

    /// What follows the beginning of a path: `::a::b`, `::{a, b::c}`, or nothing.
    fn read_rest(&mut self, mut path: ModulePath, rest: &[TokenTree], line: usize) {
        let mut index = 0;
        while are_colons(rest, index) {
            match rest.get(index + 2) {
                Some(TokenTree::Ident(step)) if step == "super" => {
                    path.pop();
                }
                Some(TokenTree::Ident(step)) if step == "self" => {}
                Some(TokenTree::Ident(step)) => path.push(step.to_string()),
                Some(TokenTree::Group(list)) if list.delimiter() == Delimiter::Brace => {
                    let members: Vec<TokenTree> = list.stream().into_iter().collect();
                    let members = members.split(|token| is_mark(token, ','));
                    // Behind a last comma there is nothing.
                    for member in members.filter(|member| !member.is_empty()) {
                        self.read_rest(path.clone(), &colons_and(member), line);
                    }
                    return;
                }
                _ => break,
            }
            index += 3;
        }
        self.named.push(Named { path, line });
    }
}

fn parent(module: &[String]) -> &[String] {
    module.split_last().map_or(&[], |(_, parent)| parent)
}

fn are_colons(tokens: &[TokenTree], index: usize) -> bool {
    is_mark(tokens.get(index), ':') && is_mark(tokens.get(index + 1), ':')
}

/// The same tokens as if a path led to them.
fn colons_and(tokens: &[TokenTree]) -> Vec<TokenTree> {
    let colons: TokenStream = "::".parse().unwrap();
    colons.into_iter().chain(tokens.iter().cloned()).collect()
}

/// True if what stands here is `#[cfg(test)]`, or `#[cfg(all(test, …))]`.
fn is_for_tests(tokens: &[TokenTree], index: usize) -> bool {
    let Some(TokenTree::Group(attribute)) = tokens.get(index + 1) else {
        return false;
    };
    let text = attribute.stream().to_string().replace(' ', "");
    is_mark(&tokens[index], '#') && (text == "cfg(test)" || text.starts_with("cfg(all(test,"))
}

/// The place behind the item that begins here: behind its block or its semicolon.
fn after_item(tokens: &[TokenTree], from: usize) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_mark(token, ';'),
    };
    let length = tokens[from..].iter().position(is_end);
    length.map_or(tokens.len(), |length| from + length + 1)
}
