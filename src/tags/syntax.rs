//! Reads what stands between the braces: which fields, and whether it is allowed.
//!
//! Rendering does not find mistakes (a misspelt field with a default renders the
//! default for everybody), so names are checked here and against the list's columns.
//! Whether the whole is an expression is left to the template engine.

use super::{Simple, TagError, TagKind, simple, slips};
use crate::problem::{Span, did_you_mean};

/// A field a tag reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldUse {
    /// The name after `subscriber.`.
    pub name: String,
    /// Where `subscriber.name` stands.
    pub span: Span,
    /// Whether a missing value is provided for, by a default or by being asked about
    /// in a condition.
    pub optional: bool,
}

/// What was read of one tag; spans count from the tag's first byte.
pub(super) struct Read {
    pub(super) kind: TagKind,
    pub(super) inner: String,
    pub(super) fields: Vec<FieldUse>,
    pub(super) simple: Option<Simple>,
    pub(super) default: Option<String>,
    /// Bare names it reads: those of loops, or mistakes.
    pub(super) names: Vec<(String, Span)>,
    /// Names a `for` makes.
    pub(super) declares: Vec<String>,
    pub(super) refusals: Vec<(TagError, Span)>,
}

const FILTERS: [&str; 20] = [
    "default",
    "upper",
    "lower",
    "capitalize",
    "title",
    "trim",
    "trim_start",
    "trim_end",
    "replace",
    "truncate",
    "first",
    "last",
    "nth",
    "split",
    "join",
    "length",
    "int",
    "float",
    "round",
    "str",
];

/// Words of the language itself.
pub(super) const WORDS: [&str; 15] = [
    "and", "or", "not", "in", "is", "true", "false", "none", "None", "True", "False", "loop", "if", "else",
    "elif",
];

pub(super) const STATEMENTS: [&str; 6] = ["if", "for", "elif", "else", "endif", "endfor"];

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    Word(&'a str),
    Text(&'a str),
    Sign(char),
}

pub(super) fn read(text: &str, closed: bool) -> Read {
    let statement = text.starts_with("{%");
    let whole = Span::new(0, text.len());
    let mut read = Read {
        kind: TagKind::Hole,
        inner: String::new(),
        fields: Vec::new(),
        simple: None,
        default: None,
        names: Vec::new(),
        declares: Vec::new(),
        refusals: Vec::new(),
    };
    if !closed {
        let expected = if statement { "%}" } else { "}}" };
        read.refusals.push((TagError::Unclosed { expected }, whole));
        return read;
    }
    let (from, inner) = inner(text);
    inner.clone_into(&mut read.inner);
    if inner.is_empty() {
        read.refusals.push((TagError::Empty, whole));
        return read;
    }
    let mut tokens = tokens(inner, from);
    let word = match tokens.first() {
        Some((Token::Word(word), _)) if statement => *word,
        _ => "",
    };
    let known = STATEMENTS.contains(&word);
    let nearest = if statement && !known { slips::nearest_statement(word, inner) } else { None };
    if statement {
        // A misspelt statement closes or opens what it was meant to, so that it is told
        // once.
        read.kind = kind(nearest.unwrap_or(word));
    }
    if let Some(slip) = slips::curly_quotes(&tokens) {
        read.refusals.push(slip);
        return read;
    }
    if let Some(reason) = unsound(inner, &tokens) {
        read.refusals.push((TagError::Syntax(reason.to_owned()), whole));
    }
    let words: Vec<Token<'_>> = tokens.iter().map(|(token, _)| *token).collect();
    read.simple = if statement { simple::control(&words) } else { simple::value(&words) };
    if statement {
        if !known {
            let name = if word.is_empty() { inner } else { word }.to_owned();
            read.refusals.push((TagError::Statement { name, nearest }, whole));
            return read;
        }
        if matches!(word, "if" | "elif") {
            read.refusals.extend(slips::lone_equals(&tokens));
        }
        let loops = word == "for";
        tokens.remove(0);
        if loops {
            let until = tokens.iter().position(|(token, _)| *token == Token::Word("in")).unwrap_or(0);
            read.declares = tokens
                .drain(..until)
                .filter_map(|(token, _)| match token {
                    Token::Word(name) => Some(name.to_owned()),
                    _ => None,
                })
                .collect();
        }
    }
    expression(&tokens, statement, &mut read);
    read
}

fn kind(statement: &str) -> TagKind {
    match statement {
        "if" | "for" => TagKind::Open,
        "elif" | "else" => TagKind::Middle,
        "endif" | "endfor" => TagKind::Close,
        _ => TagKind::Hole,
    }
}

/// Why the engine might understand something else than a single expression.
fn unsound(inner: &str, tokens: &[(Token<'_>, Span)]) -> Option<&'static str> {
    if inner.contains(|c: char| c == '\\' || c.is_control() && !c.is_whitespace()) {
        return Some("neither a backslash nor a control character can stand in it");
    }
    let mut open = Vec::new();
    for (token, _) in tokens {
        match token {
            Token::Sign(sign @ ('(' | '[' | '{')) => open.push(*sign),
            Token::Sign(sign @ (')' | ']' | '}')) => {
                let opener = match sign {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if open.pop() != Some(opener) {
                    return Some("its brackets do not match");
                }
            }
            // A text ends with the quote it begins with.
            Token::Text(text) if text.len() < 2 || !text.ends_with(&text[..1]) => {
                return Some("a text in it is not closed");
            }
            _ => {}
        }
    }
    (!open.is_empty()).then_some("its brackets do not match")
}

/// The text between braces and white-space dashes, and where it begins.
fn inner(text: &str) -> (usize, &str) {
    let body = &text[2..text.len() - 2];
    let body = body.strip_suffix('-').unwrap_or(body);
    let (skip, body) = body.strip_prefix('-').map_or((0, body), |rest| (1, rest));
    let lead = body.len() - body.trim_start().len();
    (2 + skip + lead, body.trim())
}

fn tokens(text: &str, offset: usize) -> Vec<(Token<'_>, Span)> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut end = start + first.len_utf8();
        let token = if matches!(first, '"' | '\'' | '`') {
            for (at, next) in rest.by_ref() {
                end = at + next.len_utf8();
                if next == first {
                    break;
                }
            }
            Token::Text(&text[start..end])
        } else if first.is_alphanumeric() || first == '_' {
            while let Some((at, next)) = rest.next_if(|(_, next)| next.is_alphanumeric() || *next == '_') {
                end = at + next.len_utf8();
            }
            Token::Word(&text[start..end])
        } else {
            Token::Sign(first)
        };
        tokens.push((token, Span::new(start + offset, end + offset)));
    }
    tokens
}

fn expression(tokens: &[(Token<'_>, Span)], condition: bool, read: &mut Read) {
    let sign = |index: usize| match tokens.get(index) {
        Some((Token::Sign(sign), _)) => Some(*sign),
        _ => None,
    };
    let mut index = 0;
    while index < tokens.len() {
        let (token, span) = &tokens[index];
        let before = index.checked_sub(1).and_then(sign);
        let Token::Word(word) = token else {
            index += 1;
            continue;
        };
        let word_at = |back: usize| match index.checked_sub(back).map(|at| &tokens[at].0) {
            Some(Token::Word(word)) => *word,
            _ => "",
        };
        let after_is = word_at(1) == "is" || word_at(1) == "not" && word_at(2) == "is";
        if *word == "subscriber" && before != Some('.') {
            index = field(tokens, index, condition, read);
            continue;
        } else if before == Some('|') {
            filter(tokens, index, read);
        } else if before == Some('.') || after_is && *word != "subscriber" {
            // A step of a path (`loop.last`) or the name of a test (`is defined`).
        } else if sign(index + 1) == Some('=') && sign(index + 2) != Some('=') {
            // The name of an argument.
        } else if sign(index + 1) == Some('(') {
            read.refusals.push((TagError::Function((*word).to_owned()), *span));
        } else if !WORDS.contains(word) && !word.starts_with(|first: char| first.is_ascii_digit()) {
            read.names.push(((*word).to_owned(), *span));
        }
        index += 1;
    }
}

fn field(tokens: &[(Token<'_>, Span)], index: usize, condition: bool, read: &mut Read) -> usize {
    let span = tokens[index].1;
    let Some((Token::Word(name), end)) = tokens.get(index + 2) else {
        read.refusals.push((TagError::Subscriber, span));
        return index + 1;
    };
    if tokens[index + 1].0 != Token::Sign('.') {
        read.refusals.push((TagError::Subscriber, span));
        return index + 1;
    }
    if let Some((written, name, taken)) = slips::spaced_name(&tokens[index + 2..]) {
        let last = tokens[index + 1 + taken].1;
        read.refusals.push((TagError::SpacedField { written, name }, Span::new(span.start, last.end)));
        return index + 2 + taken;
    }
    let has_default = tokens[index + 3..].windows(2).any(|pair| {
        pair[0].0 == Token::Sign('|') && pair[1].0 == Token::Word("default") || pair[0].0 == Token::Word("or")
    });
    let span = Span::new(span.start, end.end);
    read.fields.push(FieldUse { name: (*name).to_owned(), span, optional: condition || has_default });
    index + 3
}

fn filter(tokens: &[(Token<'_>, Span)], index: usize, read: &mut Read) {
    let (Token::Word(name), span) = &tokens[index] else { return };
    if matches!(*name, "safe" | "escape" | "escape_html" | "escape_xml" | "newlines_to_br") {
        read.refusals.push((TagError::Function((*name).to_owned()), *span));
    } else if !FILTERS.contains(name) {
        let nearest = did_you_mean(name, FILTERS).map(str::to_owned);
        read.refusals.push((TagError::Filter { name: (*name).to_owned(), nearest }, *span));
    } else if *name == "default" {
        let argument = &tokens[index + 1..];
        read.refusals.extend(slips::bare_default(argument).map(|slip| (slip, *span)));
        if let Some((Token::Text(text), _)) = argument.get(3) {
            read.default = Some(text.trim_matches(['"', '\'', '`']).to_owned());
        }
    }
}
