//! Single Rust tokens. A token that is not there is neither a mark nor a word.

use proc_macro2::TokenTree;

pub fn is_mark<'a>(token: impl Into<Option<&'a TokenTree>>, mark: char) -> bool {
    matches!(token.into(), Some(TokenTree::Punct(found)) if found.as_char() == mark)
}

pub fn is_word<'a>(token: impl Into<Option<&'a TokenTree>>, word: &str) -> bool {
    matches!(token.into(), Some(TokenTree::Ident(found)) if found == word)
}

pub fn word<'a>(token: impl Into<Option<&'a TokenTree>>) -> Option<String> {
    match token.into() {
        Some(TokenTree::Ident(word)) => Some(word.to_string()),
        _ => None,
    }
}
