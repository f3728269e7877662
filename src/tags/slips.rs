//! Knows the usual slips of those who write merge tags, so that each is told by its name.

use super::TagError;
use super::syntax::{STATEMENTS, Token, WORDS};
use crate::problem::{Span, did_you_mean};

/// Statements of templates that no copy may use; none of them is a misspelt one.
const OTHERS: [&str; 8] = ["set", "set_global", "include", "extends", "block", "macro", "import", "raw"];

type Tokens<'a> = [(Token<'a>, Span)];

/// The statement that `word`, the first of `inner`, was meant to be.
pub(super) fn nearest_statement(word: &str, inner: &str) -> Option<&'static str> {
    if OTHERS.contains(&word) {
        return None;
    }
    let word = match inner.strip_prefix('/').map(str::trim_start) {
        Some("for") => "endfor",
        Some(_) => "endif",
        None => word,
    };
    did_you_mean(word, STATEMENTS)
}

/// Quotation marks that only people read as such.
pub(super) fn curly_quotes(tokens: &Tokens<'_>) -> Option<(TagError, Span)> {
    let curly =
        |(token, _): &&(Token<'_>, Span)| matches!(token, Token::Sign('“' | '”' | '„' | '‘' | '’' | '‚'));
    tokens.iter().find(curly).map(|(_, span)| (TagError::CurlyQuotes, *span))
}

/// An equals sign that would set something where something is compared.
pub(super) fn lone_equals(tokens: &Tokens<'_>) -> Option<(TagError, Span)> {
    let mut depth = 0_usize;
    for (index, (token, span)) in tokens.iter().enumerate() {
        let beside = |at: Option<usize>| {
            let token = at.and_then(|at| tokens.get(at)).map(|(token, _)| *token);
            matches!(token, Some(Token::Sign('=' | '!' | '<' | '>')))
        };
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') => depth = depth.saturating_sub(1),
            Token::Sign('=') if depth == 0 && !beside(index.checked_sub(1)) && !beside(Some(index + 1)) => {
                return Some((TagError::LoneEquals, *span));
            }
            _ => {}
        }
    }
    None
}

/// What is wrong with the argument of `default`, whose tokens these are.
pub(super) fn bare_default(argument: &Tokens<'_>) -> Option<TagError> {
    if let [(Token::Sign('('), _), (Token::Word("value"), _), (Token::Sign('='), _), ..] = argument {
        return None;
    }
    let text = argument.iter().take(3).find_map(|(token, _)| match token {
        Token::Text(text) => Some(text.trim_matches(['"', '\'', '`'])),
        _ => None,
    });
    Some(TagError::BareDefault(text.unwrap_or("there").to_owned()))
}

/// The name of a field that is written as its column is, with spaces or hyphens: as it
/// stands, as tags spell it, and how many of `tokens` it takes.
///
/// `tokens` begin with the first word of the name.
pub(super) fn spaced_name(tokens: &Tokens<'_>) -> Option<(String, String, usize)> {
    let word = |at: usize| match tokens.get(at) {
        Some((Token::Word(word), span)) => Some((*word, *span)),
        _ => None,
    };
    let (first, mut end) = word(0)?;
    let mut written = first.to_owned();
    let mut taken = 1;
    loop {
        let hyphen = matches!(tokens.get(taken), Some((Token::Sign('-'), at)) if at.start == end.end);
        let (skip, mark) = if hyphen { (1, '-') } else { (0, ' ') };
        let Some((next, span)) = word(taken + skip) else { break };
        let number = next.starts_with(|c: char| c.is_ascii_digit());
        let apart = hyphen && (span.start != end.end + 1 || number);
        if apart || WORDS.contains(&next) || next == "subscriber" {
            break;
        }
        written.push(mark);
        written.push_str(next);
        end = span;
        taken += skip + 1;
    }
    let name = written.to_lowercase().replace([' ', '-'], "_");
    (taken > 1).then_some((written, name, taken))
}
