//! Escapes what the Markdown reader would take for something else.

use super::{Addresses, Punctuation};

/// Where words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a paragraph of perhaps many lines.
    Paragraph,
    /// In a heading, a title or a term, which has one line.
    Line,
    /// In a cell of a table.
    Cell,
}

/// What surrounds words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around {
    /// The character before them; a line feed at the beginning of a line.
    pub(super) before: char,
    /// The character after them; a line feed at the end of a line.
    pub(super) after: char,
    pub(super) place: Place,
    /// Within the brackets of a link or of what a picture shows.
    pub(super) bracketed: bool,
    pub(super) punctuation: Punctuation,
    pub(super) addresses: Addresses,
}

/// Words that are read as they are.
pub(super) fn words(text: &str, around: Around) -> String {
    let start = around.before == '\n' && around.place != Place::Cell;
    let text: String = text.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }).collect();
    let text = if around.before == '\n' { text.trim_start_matches([' ', '\t']) } else { &text };
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    if start {
        let (head, tail) = line_start(text, around.after);
        out.push_str(&head);
        rest = tail;
    }
    let offset = text.len() - rest.len();
    for (at, character) in rest.char_indices() {
        let at = at + offset;
        let before = text[..at].chars().next_back().unwrap_or(around.before);
        let tail = &text[at + character.len_utf8()..];
        one(character, before, tail, around, &mut out);
    }
    out
}

fn one(character: char, before: char, tail: &str, around: Around, out: &mut String) {
    let after = tail.chars().next().unwrap_or(around.after);
    let exact = around.punctuation == Punctuation::Drawn;
    let address = around.addresses == Addresses::Words && !around.bracketed;
    let blank = |c: char| c.is_whitespace();
    // In front of a merge tag, whose sentinel begins so, a brace would be one of its own.
    if character == '{' && tail.starts_with("qz") {
        return out.push_str("&#123;");
    }
    let escape = match character {
        '\\' | '`' | '[' | '^' => true,
        ']' => around.bracketed,
        '*' => !(blank(before) && blank(after)) || before == '\n',
        '_' => !(before.is_alphanumeric() && after.is_alphanumeric() || blank(before) && blank(after)),
        '~' => !(blank(before) && blank(after)),
        '<' => {
            after.is_ascii_alphanumeric()
                || matches!(after, '/' | '!' | '?' | '<')
                || tail.is_empty() && !blank(after)
        }
        '>' => exact && (after == '>' || before == '>'),
        '&' => is_entity(tail),
        '=' | '+' => after == character || before == character,
        // The mask of merge tags looks for two braces before anything is unescaped.
        '{' => matches!(before, '{' | ')' | '`' | '}' | '>') || around.place == Place::Line,
        '%' => before == '{',
        '!' => tail.is_empty() && around.after == '[',
        '|' => around.place == Place::Cell,
        '"' | '\'' => exact,
        '-' => exact && (before == '-' || after == '-'),
        '.' => {
            exact && (tail.starts_with("..") || before == '.' && (after == '.' || out.ends_with("\\.\\.")))
        }
        '#' => around.place == Place::Line && tail.chars().all(|c| c == '#' || c == ' '),
        ':' if address && tail.starts_with("//") && is_scheme(out) => {
            out.push_str("<!-- -->");
            false
        }
        '@' if address && is_mailbox(before) && after.is_alphanumeric() => {
            out.push_str("<!-- -->");
            false
        }
        _ => false,
    };
    if escape {
        out.push('\\');
    }
    out.push(character);
    if address && character == 'w' && tail.starts_with('.') && ends_with_www(out) {
        out.push_str("<!-- -->");
    }
}

/// Escapes what would begin a block; gives that, and what is left of the text.
fn line_start(text: &str, after: char) -> (String, &str) {
    let ends = |rest: &str| match rest.chars().next() {
        Some(next) => next == ' ',
        None => after.is_whitespace(),
    };
    let Some(first) = text.chars().next() else { return (String::new(), text) };
    let whole = |marks: &str| after == '\n' && text.chars().all(|c| marks.contains(c));
    let rest = &text[first.len_utf8()..];
    let escaped = match first {
        '#' => {
            let hashes = text.len() - text.trim_start_matches('#').len();
            hashes <= 6 && ends(&text[hashes..])
        }
        '>' => true,
        '-' => ends(rest) || rest.starts_with('-') || whole("-: |"),
        '+' => ends(rest),
        '=' => whole("= "),
        ':' => ends(rest) || rest.starts_with(':') || whole("-: |"),
        '|' => whole("-: |"),
        '0'..='9' => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let after_digits = &text[digits..];
            if digits <= 9 && after_digits.starts_with(['.', ')']) && ends(&after_digits[1..]) {
                return (format!("{}\\{}", &text[..digits], &after_digits[..1]), &after_digits[1..]);
            }
            false
        }
        _ => false,
    };
    if escaped { (format!("\\{first}"), rest) } else { (String::new(), text) }
}

/// Whether `&` before `tail` begins the name of a character.
fn is_entity(tail: &str) -> bool {
    let name = tail.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
    name > 0 && tail.as_bytes().get(name) == Some(&b';')
}

fn is_scheme(out: &str) -> bool {
    let lower = out.chars().rev().take(5).collect::<String>().to_ascii_lowercase();
    ["http", "https", "ftp"].iter().any(|scheme| lower.starts_with(&scheme.chars().rev().collect::<String>()))
}

fn is_mailbox(before: char) -> bool {
    before.is_ascii_alphanumeric() || matches!(before, '.' | '+' | '-' | '_')
}

fn ends_with_www(out: &str) -> bool {
    let Some(head) = out.strip_suffix("www") else { return false };
    !head.ends_with(char::is_alphanumeric)
}

/// The address of a link or of a picture, as it stands within parentheses.
pub(super) fn destination(address: &str, place: Place) -> String {
    let pointed =
        address.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '(' | ')' | '<' | '>'));
    let mut out = String::with_capacity(address.len() + 2);
    for (at, character) in address.char_indices() {
        let tail = &address[at + character.len_utf8()..];
        match character {
            '\n' => out.push_str("%0A"),
            '\r' => out.push_str("%0D"),
            '\\' | '<' | '>' => {
                out.push('\\');
                out.push(character);
            }
            '&' if is_entity(tail) => out.push_str("&amp;"),
            '{' | '%' if out.ends_with('{') => {
                out.push('\\');
                out.push(character);
            }
            '|' if place == Place::Cell => out.push_str("\\|"),
            other => out.push(other),
        }
    }
    if pointed { format!("<{out}>") } else { out }
}

/// Code within a line; `touching` other code, whose marks would become one with its own.
pub(super) fn code(text: &str, place: Place, touching: bool) -> String {
    let text: String = text.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }).collect();
    let open = |from: &str, to: &str| text.rfind(from).is_some_and(|at| !text[at..].contains(to));
    // Otherwise a merge tag would go on after the code.
    if touching || open("{{", "}}") || open("{%", "%}") {
        let (punctuation, addresses) = (Punctuation::Drawn, Addresses::Words);
        let around = Around { before: '>', after: '<', place, bracketed: true, punctuation, addresses };
        return format!("<code>{}</code>", words(&text, around));
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let marks = "`".repeat(longest + 1);
    let blank = text.chars().all(|c| c == ' ');
    let padded = text.starts_with('`')
        || text.ends_with('`')
        || !blank && text.starts_with(' ') && text.ends_with(' ');
    let pad = if padded { " " } else { "" };
    let text = if place == Place::Cell { text.replace('|', "\\|") } else { text };
    format!("{marks}{pad}{text}{pad}{marks}")
}
