//! Leaves out what mail programs and pages put around a text: heads, signatures and the
//! numbers of pages, where it is sure that they are that.

use std::collections::HashSet;

use super::lines::Line;
use super::{Reader, byline};
use crate::article::findings::Findings;
use crate::article::{ArticleError, markdown};
use crate::problem::Span;

/// Fewest numbers alone on lines, each one more than the one before, that number pages.
const PAGES: usize = 3;

/// Most lines under `--` that are a signature, empty ones among them.
const SIGNATURE: usize = 12;

/// Longest line of a signature in characters. A paragraph that was pasted is one line, and
/// longer.
const SIGNED: usize = 80;

/// Fewest words of a signature that are told when they are left out.
const NOTEWORTHY: usize = 20;

/// Fewest words of a line that may be a sentence of the article. `Sent from my phone.` has
/// less.
const SENTENCE: usize = 5;

impl Reader<'_> {
    /// Leaves out the numbers of pages.
    pub(super) fn leave_out_pages(&mut self, lines: Vec<Line>) -> Vec<Line> {
        let numbers: Vec<(usize, u64, bool)> = lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| page_number(&line.text).map(|(number, named)| (at, number, named)))
            .collect();
        let source = self.body.text();
        let torn = |at: usize| {
            let (start, end) = (lines[at].span.start, lines[at].span.end);
            let after = source[end..].trim_start_matches([' ', '\r', '\n']).starts_with('\u{c}');
            after || source[..start].trim_end_matches([' ', '\r', '\n']).ends_with('\u{c}')
        };
        let counts = numbers.len() >= PAGES && numbers.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1);
        let named = numbers.iter().filter(|(_, _, named)| *named).count() >= 2;
        let left_out: HashSet<usize> = numbers
            .iter()
            .filter(|(at, _, is_named)| counts || (named && *is_named) || torn(*at))
            .map(|(at, ..)| *at)
            .collect();
        let mut out: Vec<Line> = Vec::with_capacity(lines.len());
        let mut torn_at = None;
        for (at, line) in lines.into_iter().enumerate() {
            if left_out.contains(&at) {
                self.guess(line.span, "left out: the number of a page", &line.text);
                torn_at = Some(out.len());
                out.push(Line::blank_at(line.span.start));
                continue;
            }
            // A sentence goes on over the end of a page.
            if !line.is_blank()
                && let Some(from) = torn_at.take()
                && line.text.starts_with(char::is_lowercase)
                && let Some(above) = out[..from].iter().rposition(|line| !line.is_blank())
                && !out[above].ends_sentence()
            {
                out.truncate(above + 1);
            }
            out.push(line);
        }
        out
    }

    /// Leaves out what mail programs write around what people write: the heads of
    /// forwarded and answered mails, and signatures.
    pub(super) fn leave_out_mail(&mut self, mut lines: Vec<Line>, findings: &mut Findings) -> Vec<Line> {
        let mut at = 0;
        while at < lines.len() {
            let head = mail_head(&lines[at..]);
            let first = lines[..at].iter().all(Line::is_blank);
            for line in &mut lines[at..at + head] {
                if line.is_blank() {
                    continue;
                }
                let subject = value(&line.text, &SUBJECT).filter(|_| first);
                if let Some(subject) = subject.map(bare_subject).filter(|subject| !subject.is_empty()) {
                    // It is the title of what is forwarded, and is read as one.
                    line.text = format!("Title: {subject}");
                    continue;
                }
                self.guess(line.span, "left out: the head of a mail", &line.text);
                *line = Line::blank_at(line.span.start);
            }
            at += head.max(1);
        }
        if let Some(at) = self.signature(&lines) {
            let (mut words, mut addresses, mut speaks) = (0, 0, false);
            let begun = lines[at].span;
            for line in lines.split_off(at).into_iter().filter(|line| !line.is_blank()) {
                words += if line.text == "--" { 0 } else { line.word_count() };
                addresses += line.text.split_whitespace().filter(|word| is_link(word)).count();
                speaks |= line.word_count() >= SENTENCE && line.ends_sentence();
                self.guess(line.span, "left out: a signature", &line.text);
            }
            if words >= NOTEWORTHY || addresses > 0 || speaks {
                let begun = Span::new(begun.start, begun.start + 2);
                let condition =
                    ArticleError::Signature { words, links: addresses, notation: self.meta.notation };
                findings.warning(condition, self.body.original(begun));
            }
        }
        lines
    }

    /// The line at which a signature begins: short lines to the end, under an article that
    /// has text without them.
    fn signature(&self, lines: &[Line]) -> Option<usize> {
        let at = lines.iter().rposition(|line| line.text == "--")?;
        let last = lines.iter().rposition(|line| !line.is_blank())?;
        let short = lines[at..].iter().all(|line| line.width() <= SIGNED);
        // With a space behind the dashes it is surely one (RFC 3676 §4.3).
        let typed = self.body.text().get(lines[at].span.start..lines[at].span.end).unwrap_or_default();
        let marked = typed.ends_with("-- ");
        let fewest = if marked { 1 } else { 3 };
        // Without it, two dashes also part poems, and stand in commands.
        let blank = |line: Option<&Line>| line.is_none_or(Line::is_blank);
        let before = lines[..at].iter().rfind(|line| !line.is_blank());
        let typed_out = lines[at].indent > 0 || before.is_some_and(|line| line.indent > 0);
        if !marked && (typed_out || blank(lines.get(at + 1))) {
            return None;
        }
        let above = lines[..at].iter().filter(|line| !line.is_blank());
        let is_title = |line: &Line| match &self.meta.title {
            Some(known) => markdown::same(&known.value, line.text.trim_start_matches("# ")),
            None => false,
        };
        let said = above.clone().filter(|line| !is_title(line) && byline::read(&line.text).is_none()).count();
        // Without a title of its own, the first line becomes one.
        let text = said.saturating_sub(usize::from(self.meta.title.is_none()));
        ((1..=SIGNATURE).contains(&(last - at)) && short && text >= 1 && above.count() >= fewest)
            .then_some(at)
    }
}

/// Whether a word is an address on the web.
fn is_link(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.contains("://") || word.trim_start_matches(['(', '<', '[']).starts_with("www.")
}

/// The number on a line that may number a page, and whether it says so.
fn page_number(line: &str) -> Option<(u64, bool)> {
    let lower = line.to_lowercase();
    for name in ["page ", "seite ", "página ", "p. "] {
        if let Some(rest) = lower.strip_prefix(name) {
            let mut words = rest.split(' ');
            let number = words.next()?.parse().ok()?;
            let fits = match (words.next(), words.next(), words.next()) {
                (None, ..) => true,
                (Some("of" | "von" | "sur" | "de" | "/"), Some(last), None) => last.parse::<u64>().is_ok(),
                _ => false,
            };
            return fits.then_some((number, true));
        }
    }
    let bare = line.trim_matches(['-', '–', '—', ' ']);
    (bare.len() <= 4 && bare.bytes().all(|digit| digit.is_ascii_digit()))
        .then(|| bare.parse().ok())?
        .map(|number| (number, false))
}

const SUBJECT: [&str; 6] = ["subject:", "betreff:", "objet :", "objet:", "asunto:", "oggetto:"];

/// Names of the fields in the head of a mail, as programs of four languages show them.
const FIELDS: [&str; 28] = [
    "from:",
    "sent:",
    "date:",
    "to:",
    "cc:",
    "reply-to:",
    "von:",
    "gesendet:",
    "datum:",
    "an:",
    "de :",
    "de:",
    "envoyé :",
    "envoyé:",
    "date :",
    "à :",
    "à:",
    "cc :",
    "enviado:",
    "fecha:",
    "para:",
    "mailed-by:",
    "list-id:",
    "signed-by:",
    "content-type:",
    "content-transfer-encoding:",
    "mime-version:",
    "message-id:",
];

fn value<'a>(line: &'a str, names: &[&str]) -> Option<&'a str> {
    let line = line.trim_start_matches('*');
    names
        .iter()
        .find(|name| line.get(..name.len()).is_some_and(|start| start.to_lowercase() == **name))
        .map(|name| line[name.len()..].trim_start_matches('*').trim())
}

/// A subject without `Fwd:` and `Re:`.
fn bare_subject(subject: &str) -> &str {
    let mut subject = subject.trim();
    while let Some((mark, rest)) = subject.split_once(':') {
        if !["re", "aw", "fw", "fwd", "wg", "tr", "rv", "sv"].contains(&mark.trim().to_lowercase().as_str()) {
            break;
        }
        subject = rest.trim_start();
    }
    subject
}

/// How many of the first lines are the head of a mail: a line that announces one, and
/// three fields or more; or the line above an answer.
fn mail_head(lines: &[Line]) -> usize {
    let mut at = 0;
    let announced = lines.first().is_some_and(|line| {
        let bare = line.text.trim_matches(['-', ' ', '_', ':']).to_lowercase();
        let fence = line.text.starts_with("---") || line.text.ends_with(':');
        fence
            && [
                "original message",
                "forwarded message",
                "begin forwarded message",
                "ursprüngliche nachricht",
                "weitergeleitete nachricht",
                "message d'origine",
                "message transféré",
                "mensaje original",
                "mensaje reenviado",
            ]
            .contains(&bare.as_str())
    });
    if announced {
        at = 1;
        at += lines[at..].iter().take_while(|line| line.is_blank()).count();
    }
    let fields = lines[at..]
        .iter()
        .take_while(|line| value(&line.text, &FIELDS).is_some() || value(&line.text, &SUBJECT).is_some())
        .count();
    // Three, and one that says who: a list of places and days has these names too.
    let from = lines[at..at + fields].iter().any(|line| {
        value(&line.text, &["from:", "von:", "de :", "de:"]).is_some()
            || value(&line.text, &SUBJECT).is_some()
    });
    if fields >= 3 && from {
        return at + fields;
    }
    if announced {
        return 1;
    }
    let Some(first) = lines.first() else { return 0 };
    let mut said = first.text.clone();
    let mut taken = 1;
    // The line above an answer is often broken in two.
    if !said.ends_with(':')
        && let Some(next) = lines.get(1)
    {
        said = format!("{said} {}", next.text);
        taken = 2;
    }
    let lower = said.to_lowercase();
    let begins = ["on ", "am ", "le ", "el "].iter().any(|start| lower.starts_with(start));
    let ends =
        ["wrote:", "schrieb:", "a écrit :", "a écrit:", "escribió:"].iter().any(|end| lower.ends_with(end))
            || (lower.starts_with("am ") && lower.contains(" schrieb ") && lower.ends_with(':'));
    let dated = lower.chars().any(|c| c.is_ascii_digit());
    let quoted = lines[taken.min(lines.len())..]
        .iter()
        .find(|line| !line.is_blank())
        .is_some_and(|line| line.text.starts_with('>'));
    if begins && ends && dated && quoted && said.chars().count() <= 200 { taken } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn numbers_of_pages_and_fields_of_mails_are_known() {
        assert_eq!(page_number("- 3 -"), Some((3, false)));
        assert_eq!(page_number("Page 3 of 9"), Some((3, true)));
        assert_eq!(page_number("Page three"), None);
        assert_eq!(page_number("2026 was"), None);
        assert_eq!(bare_subject("Fwd: RE: Ink: a note"), "Ink: a note");
        assert_eq!(mail_head(&lines::split("From: Ann\nSent: Monday\nTo: Bob\nSubject: Ink\n\nHello")), 4);
        assert_eq!(mail_head(&lines::split("On 3 May 2026 at 10:00, Ann\nwrote:\n> Ink")), 2);
        assert_eq!(mail_head(&lines::split("On Monday she wrote:\n\nInk is dear.")), 0);
        assert_eq!(mail_head(&lines::split("Date: Monday\nTo: everyone\n")), 0);
    }
}
