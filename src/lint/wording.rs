//! Words that were never meant for readers: gaps to fill, tags of other systems, and
//! what filters take for advertising.

use std::collections::BTreeSet;

use crate::compose::UNSUBSCRIBE_URL;
use crate::problem::{Severity, Span};
use crate::tags::TagId;

use super::place::narrowed;
use super::rule::{Findings, Spot};
use super::{View, links, quoted};

/// What stands between the brackets of a gap that somebody meant to fill.
const GAPS: &[&str] = &[
    "name",
    "first name",
    "firstname",
    "first_name",
    "fname",
    "last name",
    "lastname",
    "last_name",
    "lname",
    "full name",
    "your name",
    "recipient",
    "recipient name",
    "subscriber",
    "customer",
    "customer name",
    "email",
    "email address",
    "company",
    "company name",
    "city",
    "date",
    "insert link",
    "insert date",
    "insert name",
    "link here",
    "add link",
    "your text",
    "your text here",
    "title here",
    "text here",
    "vorname",
    "nachname",
    "anrede",
    "firma",
    "datum",
    "prénom",
    "prenom",
    "nom",
    "entreprise",
    "nombre",
    "apellido",
    "empresa",
];

/// Words by which writers mark what is still to come.
const MARKS: &[&str] = &["TODO", "FIXME", "TK", "TKTK", "TKTKTK", "TBD"];

/// Phrases that rule-based filters give points for; several of them make a mail look like
/// advertising. Lower case.
const SPAM: &[&str] = &[
    "100% free",
    "act now",
    "buy now",
    "call now",
    "cash bonus",
    "click below",
    "congratulations you",
    "dear friend",
    "double your",
    "earn extra cash",
    "extra income",
    "for free!",
    "free gift",
    "get paid",
    "guaranteed income",
    "incredible deal",
    "limited time offer",
    "lowest price",
    "make money",
    "million dollars",
    "money back guarantee",
    "no obligation",
    "no strings attached",
    "once in a lifetime",
    "order now",
    "risk free",
    "risk-free",
    "satisfaction guaranteed",
    "special promotion",
    "this isn't spam",
    "this is not spam",
    "urgent response",
    "while supplies last",
    "winner!",
    "work from home",
    "you have been selected",
    "100% gratis",
    "jetzt kaufen",
    "geld verdienen",
    "nur heute",
    "kein risiko",
    "argent facile",
    "offre limitée",
    "dinero rápido",
    "oferta limitada",
];

/// So many different phrases are worth a word.
const SPAMMY: usize = 3;

const TURNED: &str = "a character here turns the direction of writing and is seen by nobody";
const TYPE_AGAIN: &str = "type the words again; Arabic and Hebrew run their own way without it";

pub(super) fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    let page = &view.page;
    let in_code: Vec<bool> = in_code(view);
    for run in page.runs.iter().filter(|run| !in_code[run.element]) {
        for gap in gaps(&run.text) {
            tell(view, &gap, || view.spot_of_words(&run.text, gap.text), findings);
        }
        if run.text.chars().any(links::is_override) {
            findings.note("bidi-control", || view.spot(&run.text, "\u{202e}"), TURNED, TYPE_AGAIN);
        }
    }
    let meta = &view.letter.article.meta;
    let subject = meta.subject.as_ref().or(meta.title.as_ref());
    let alt = meta.image_alt.as_ref();
    let lines = [
        (Some(view.letter.subject), subject),
        // Without one of its own it is the beginning of the article.
        (view.letter.preheader, meta.preheader.as_ref()),
        (alt.map(|alt| alt.value.as_str()), alt),
    ];
    for (line, placed) in lines {
        let (Some(line), Some(placed)) = (line, placed) else { continue };
        let spot = |needle: &str| narrowed(view.letter.article, placed.span, needle);
        for gap in gaps(line) {
            tell(view, &gap, || spot(gap.text), findings);
        }
        if line.chars().any(links::is_override) {
            findings.note("bidi-control", || spot("\u{202e}"), TURNED, TYPE_AGAIN);
        }
    }
    for link in &view.places.links {
        for gap in gaps(&link.href).into_iter().filter(|gap| gap.kind != Kind::Mark) {
            tell(view, &gap, || narrowed(view.letter.article, link.span, gap.text), findings);
        }
    }
    if !view.letter.has_list {
        fallbacks(view, findings);
    }
    spam(view, findings);
}

/// The tags that print nothing for whoever has no value, so that no copy can be made.
fn fallbacks(view: &View<'_>, findings: &mut Findings<'_>) {
    let letter = view.letter;
    let parts = [Some(letter.subject), letter.preheader, Some(letter.html), Some(letter.text)];
    let used: BTreeSet<TagId> =
        parts.into_iter().flatten().flat_map(|part| letter.mask.find(part)).map(|found| found.id).collect();
    let mut told = BTreeSet::new();
    for tag in used.into_iter().map(|id| letter.mask.tag(id)) {
        let field = tag
            .fields
            .iter()
            .find(|field| !field.optional && field.name != "email" && field.name != UNSUBSCRIBE_URL);
        if let Some(field) = field.filter(|field| told.insert(field.name.clone())) {
            let name = &field.name;
            findings.note(
                "placeholder-no-fallback",
                || Spot::In(tag.source.clone(), tag.span),
                format!("without a `{name}`, nobody can be sent a copy"),
                format!(
                    "give a default: `{{{{ subscriber.{name} | default(value=\"…\") }}}}`; `--list` counts whom it \
                     is about"
                ),
            );
        }
    }
}

/// For each element, whether what stands in it is shown as typed.
fn in_code(view: &View<'_>) -> Vec<bool> {
    let mut all: Vec<bool> = Vec::with_capacity(view.page.elements.len());
    for element in &view.page.elements {
        let outer = element.parent.is_some_and(|parent| all[parent]);
        all.push(outer || matches!(element.name.as_str(), "code" | "pre" | "kbd" | "samp"));
    }
    all
}

fn tell(view: &View<'_>, gap: &Gap<'_>, spot: impl FnOnce() -> Spot, findings: &mut Findings<'_>) {
    let text = view.letter.mask.restore(gap.text);
    match gap.kind {
        Kind::Gap | Kind::Foreign => findings.note(
            "unresolved-placeholder",
            spot,
            format!("`{text}` would be sent as it stands"),
            "write `{{ subscriber.first_name | default(value=\"…\") }}` for what differs from reader to reader, or \
             fill the gap",
        ),
        Kind::Lorem => findings.note(
            "unresolved-placeholder",
            spot,
            format!("{} is filler", quoted(&text)),
            "write what belongs there",
        ),
        Kind::Mark => findings.note_as(
            "unresolved-placeholder",
            Some(Severity::Warning),
            spot,
            format!("`{text}` marks something that is still to be written"),
            "write it, or take the mark out",
            Vec::new(),
        ),
        Kind::Tag => findings.note(
            "template-tag-left",
            spot,
            format!("`{text}` would be sent as it stands"),
            "in a `.txt` article merge tags work with `merge = true` in the front matter; what is meant to be seen \
             belongs into code",
        ),
    }
}

/// Something that readers must not see.
#[derive(Debug, PartialEq, Eq)]
struct Gap<'a> {
    text: &'a str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Brackets around what was to be filled in.
    Gap,
    /// The merge tag of another program.
    Foreign,
    /// Lorem ipsum.
    Lorem,
    /// A writer's mark.
    Mark,
    /// A merge tag of ours that is none here, or a tag of a theme.
    Tag,
}

/// Longest gap that is looked for, in bytes.
const LONGEST: usize = 60;

/// Everything in `text` that readers must not see.
fn gaps(text: &str) -> Vec<Gap<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let begin = rest.find(['[', '{', '%', '*', '<']).unwrap_or(rest.len());
        let rest = &rest[begin..];
        at += begin;
        if let Some((length, kind)) = gap(rest) {
            found.push(Gap { text: &rest[..length], kind });
            at += length;
        } else {
            at += rest.chars().next().map_or(0, char::len_utf8);
        }
    }
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if MARKS.contains(&word) {
            found.push(Gap { text: word, kind: Kind::Mark });
        }
    }
    let lower = text.to_ascii_lowercase();
    if let Some(at) = lower.find("lorem ipsum") {
        found.push(Gap { text: &text[at..at + "lorem ipsum".len()], kind: Kind::Lorem });
    }
    found
}

/// How long the gap at the beginning of `rest` is, if one begins there.
fn gap(rest: &str) -> Option<(usize, Kind)> {
    let reach = &rest[..rest.floor_char_boundary(LONGEST.min(rest.len()))];
    let until = |open: &str, close: &str| {
        let inside = reach.strip_prefix(open)?;
        let end = inside.find(close)?;
        Some((inside[..end].trim(), open.len() + end + close.len()))
    };
    for (open, close) in [("{{", "}}"), ("{%", "%}"), ("[[ ", " ]]"), ("[% ", " %]")] {
        if let Some((_, length)) = until(open, close) {
            return Some((length, Kind::Tag));
        }
    }
    for (open, close, fits) in
        [("*|", "|*", is_field as fn(&str) -> bool), ("%%", "%%", is_field), ("<<", ">>", is_named)]
    {
        if let Some((inside, length)) = until(open, close)
            && fits(inside)
        {
            return Some((length, Kind::Foreign));
        }
    }
    if let Some((inside, length)) = until("%", "%")
        && inside.len() > 2
        && inside.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
    {
        return Some((length, Kind::Foreign));
    }
    for (open, close) in [("[", "]"), ("{", "}"), ("<", ">")] {
        if let Some((inside, length)) = until(open, close)
            && GAPS.contains(&inside.to_lowercase().as_str())
        {
            return Some((length, Kind::Gap));
        }
    }
    None
}

/// Whether what stands between `<<` and `>>` is the name of a field, and not words that
/// somebody quotes: these are also how `«` and `»` are typed.
fn is_named(text: &str) -> bool {
    let joined = text.contains(['_', '.', ':']) && !text.contains(' ') && !text.ends_with(['.', ':']);
    let humped =
        text.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    is_field(text)
        && (GAPS.contains(&text.to_lowercase().as_str()) || joined || (humped && !text.contains(' ')))
}

fn is_field(text: &str) -> bool {
    text.len() > 1 && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | ' ' | '.'))
}

fn spam(view: &View<'_>, findings: &mut Findings<'_>) {
    let words = format!("{} {}", view.letter.subject, view.letter.text);
    let words = super::page::single_spaced(&words).to_lowercase();
    let told: Vec<String> =
        SPAM.iter().filter(|phrase| words.contains(**phrase)).map(|phrase| format!("“{phrase}”")).collect();
    if told.len() >= SPAMMY {
        let span = view.letter.article.meta.title.as_ref().map_or(Span::default(), |title| title.span);
        findings.note_as(
            "spam-phrases",
            None,
            || narrowed(view.letter.article, span, ""),
            format!("{} phrases are among those that filters count", told.len()),
            "say it in your own words; one such phrase does no harm, several together do",
            vec![told.join(", ")],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_found_and_prose_is_left_alone() {
        for (text, expected) in [
            ("Dear [First Name],", Some(("[First Name]", Kind::Gap))),
            ("Hi {name}!", Some(("{name}", Kind::Gap))),
            ("Hi *|FNAME|*", Some(("*|FNAME|*", Kind::Foreign))),
            ("Hi %FIRST_NAME%", Some(("%FIRST_NAME%", Kind::Foreign))),
            ("Hi %%first name%%", Some(("%%first name%%", Kind::Foreign))),
            ("Hi <<First Name>>", Some(("<<First Name>>", Kind::Foreign))),
            ("Hi <<COMPANY>>", Some(("<<COMPANY>>", Kind::Foreign))),
            ("Hi << first_name >>", Some(("<< first_name >>", Kind::Foreign))),
            ("Hi <<contact.first>>", Some(("<<contact.first>>", Kind::Foreign))),
            ("Hi <<FirstName>>", Some(("<<FirstName>>", Kind::Foreign))),
            ("Il a dit <<bonjour>> hier", None),
            ("<<salut tout le monde>>", None),
            ("<< Non. >>", None),
            ("<<NON>>, <<LinkedIn est mort>>", None),
            ("a <<b>> c <<Qui va là : moi>>", None),
            ("Hi {{ subscriber.name }}", Some(("{{ subscriber.name }}", Kind::Tag))),
            ("{% if a %}", Some(("{% if a %}", Kind::Tag))),
            ("Lorem Ipsum dolor", Some(("Lorem Ipsum", Kind::Lorem))),
            ("price TK, see", Some(("TK", Kind::Mark))),
            ("[sic] and [1] and [PDF]", None),
            ("5% off, 10% on the 3rd", None),
            ("a {b, c} d", None),
            ("a * b | c * d", None),
            ("TKO, todo list", None),
            ("[[wiki]]", None),
            ("über [", None),
        ] {
            let found = gaps(text);
            let first = found.first().map(|gap| (gap.text, gap.kind));
            assert_eq!(first, expected, "{text}");
        }
    }
}
