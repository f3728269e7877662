//! Reads the buttons of forms, and tells what is left out of a form.
//!
//! A mail has no forms. What one leads to without being filled in is a link; fields, and
//! buttons that send something or run a script, are left out and told.

use std::collections::HashMap;

use url::Url;

use super::address::Target;
use super::dom::Dom;
use super::error::PageError;
use super::folded::opens;
use super::tidy::push_text;
use super::walk::{Walk, Wrap};
use crate::article::{Inline, words};
use crate::problem::Span;
use crate::tags::Mask;

/// Most controls that are named when they are told.
const NAMED: usize = 4;

/// Most fields of a form that its links send.
const MOST_FIELDS: usize = 20;

/// Longest address that a form makes, in bytes.
const LONGEST: usize = 2_000;

/// Most nodes of a form that are looked at for what it is about.
const LARGEST: usize = 256;

/// What the forms of sites say, in parts of words: to subscribe, to search, to log in, to
/// comment.
const USUAL: [&str; 24] = [
    "abonn",
    "anmeld",
    "comment",
    "inbox",
    "inscri",
    "join",
    "kommentar",
    "log in",
    "login",
    "newsletter",
    "optin",
    "password",
    "passwort",
    "postfach",
    "posteingang",
    "register",
    "reply",
    "search",
    "sign in",
    "sign up",
    "signup",
    "subscri",
    "suche",
    "suscri",
];

/// What each form sends unasked; nothing where a link cannot send it.
pub(super) type Forms<'a> = HashMap<usize, Option<Vec<(&'a str, &'a str)>>>;

/// What is left out of forms.
#[derive(Debug, Default)]
pub(super) struct Lost {
    names: Vec<String>,
    count: usize,
    first: Option<Span>,
}

/// What a control is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Control {
    /// It sends its form.
    Sends,
    /// It does what a script says.
    Acts,
    /// It is filled in.
    Field,
    /// Nobody sees it, or it marks what is done.
    Unseen,
}

fn control(dom: &Dom, node: usize) -> Control {
    let kind = dom.attribute(node, "type").unwrap_or_default().to_ascii_lowercase();
    match (dom.name(node), kind.as_str()) {
        ("button" | "input", "button" | "reset") => Control::Acts,
        ("button", _) | ("input", "submit" | "image") => Control::Sends,
        // Boxes to tick are read with the items of lists.
        ("input", "hidden" | "checkbox") => Control::Unseen,
        _ => Control::Field,
    }
}

/// Whether a form asks for something, or sends what nobody could with a link.
pub(super) fn asks(dom: &Dom, form: usize) -> bool {
    dom.attribute(form, "method").is_some_and(|method| !method.eq_ignore_ascii_case("get"))
        || dom.inside(form).any(|inner| {
            matches!(dom.name(inner), "input" | "select" | "textarea")
                && control(dom, inner) == Control::Field
        })
}

/// Whether a form asks who somebody is, or what to look for, as those of sites do.
fn is_of_a_site(dom: &Dom, form: usize) -> bool {
    dom.inside(form).any(|inner| {
        let kind = dom.attribute(inner, "type").unwrap_or_default().to_ascii_lowercase();
        dom.name(inner) == "textarea"
            || (dom.name(inner) == "input" && matches!(kind.as_str(), "email" | "password" | "search"))
    })
}

/// How an `<input>` that nobody touches is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unasked {
    Hidden,
    Ticked,
    /// Ticked, and the only one of its name.
    Chosen,
}

fn unasked(dom: &Dom, input: usize) -> Option<Unasked> {
    let is_off = |node: usize| dom.attribute(node, "disabled").is_some();
    let is_ticked = dom.attribute(input, "checked").is_some();
    let way = match dom.attribute(input, "type")?.to_ascii_lowercase().as_str() {
        "hidden" => Unasked::Hidden,
        "checkbox" if is_ticked => Unasked::Ticked,
        "radio" if is_ticked => Unasked::Chosen,
        _ => return None,
    };
    let off =
        is_off(input) || dom.ancestors(input).any(|around| dom.name(around) == "fieldset" && is_off(around));
    (!off).then_some(way)
}

/// What a form sends unasked, if a link can send it (WHATWG HTML §4.10.21.4).
fn sent_unasked<'a>(dom: &'a Dom, form: usize, mask: &Mask) -> Option<Vec<(&'a str, &'a str)>> {
    let mut fields: Vec<(&str, &str)> = Vec::new();
    let mut chosen: Vec<(&str, usize)> = Vec::new();
    for input in dom.all(form, "input") {
        let Some(way) = unasked(dom, input) else { continue };
        let Some(name) = dom.filled(input, "name") else { continue };
        let otherwise = if way == Unasked::Hidden { "" } else { "on" };
        let value = dom.attribute(input, "value").unwrap_or(otherwise);
        // The last that is ticked unticks the others of its name.
        let earlier = chosen.iter().position(|(known, _)| *known == name);
        if let Some(earlier) = earlier.filter(|_| way == Unasked::Chosen) {
            let (_, at) = chosen.remove(earlier);
            fields.remove(at);
            for (_, later) in chosen.iter_mut().filter(|(_, later)| *later > at) {
                *later -= 1;
            }
        }
        if way == Unasked::Chosen {
            chosen.push((name, fields.len()));
        }
        let length = name.len() + value.len();
        if fields.len() == MOST_FIELDS || length > LONGEST || is_tagged(mask, name) || is_tagged(mask, value)
        {
            return None;
        }
        fields.push((name, value));
    }
    Some(fields)
}

fn is_tagged(mask: &Mask, text: &str) -> bool {
    !mask.find(text).is_empty()
}

/// What a control calls itself.
fn name(dom: &Dom, node: usize) -> &str {
    ["aria-label", "placeholder", "title", "name"]
        .iter()
        .find_map(|name| dom.filled(node, name))
        .unwrap_or_default()
}

/// What a button that is no `<button>` says.
fn said(dom: &Dom, node: usize) -> &str {
    ["value", "alt", "aria-label"].iter().find_map(|name| dom.filled(node, name)).unwrap_or_default()
}

/// Whether a character only shows whether something is open.
pub(super) fn is_icon(c: char) -> bool {
    c.is_whitespace() || "+-−–×✕✖<>^⌃⌄˅˄▲△▴▼▽▾▶▷▸►◀◂‹›»↓↑→⬇⬆➕➖".contains(c)
}

/// Takes the icon off the end, or the beginning, of what a button says.
fn without_icon(content: &mut Vec<Inline>) {
    let is_only_icon = |inline: &Inline| {
        let has_words = matches!(inline, Inline::Text(_)) || inline.inner().is_some();
        has_words && words(std::slice::from_ref(inline)).chars().all(is_icon)
    };
    while content.last().is_some_and(is_only_icon) {
        content.pop();
    }
    let icons = content.iter().take_while(|inline| is_only_icon(inline)).count();
    content.drain(..icons);
    // What stands right behind a word belongs to it: `C++`.
    if let Some(Inline::Text(text)) = content.last_mut() {
        let kept = text.trim_end_matches(is_icon).len();
        let end = text[kept..].find(char::is_whitespace).map_or(text.len(), |at| kept + at);
        text.truncate(end);
    }
    if let Some(Inline::Text(text)) = content.first_mut() {
        let icon = text.len() - text.trim_start_matches(is_icon).len();
        let begin = text[..icon].rfind(char::is_whitespace).map_or(0, |at| at + 1);
        text.drain(..begin);
    }
}

/// Whether a form is one of those that sites have at their articles: to subscribe, to
/// search, to log in, to comment.
fn is_usual(dom: &Dom, form: usize) -> bool {
    let is_word = |text: &str| {
        let text = text.to_lowercase();
        USUAL.iter().any(|word| text.contains(word))
    };
    dom.subtree(form).take(LARGEST).any(|inner| {
        dom.text(inner).is_some_and(is_word)
            || ["action", "id", "name", "class", "role", "placeholder", "value", "aria-label"]
                .iter()
                .any(|name| dom.attribute(inner, name).is_some_and(is_word))
            || matches!(dom.attribute(inner, "type"), Some("password" | "search"))
    })
}

impl Walk<'_, '_> {
    /// Reads a button or a field.
    pub(super) fn control(&mut self, node: usize, out: &mut Vec<Inline>) {
        let dom = self.dom;
        let kind = control(dom, node);
        if kind == Control::Unseen {
            return;
        }
        let within_link = dom.ancestors(node).any(|around| dom.name(around) == "a");
        if dom.name(node) == "button" && (within_link || self.keep_all) {
            return self.inlines(node, out);
        }
        let mut content = Vec::new();
        if dom.name(node) == "button" {
            self.inlines(node, &mut content);
        } else if kind != Control::Field {
            push_text(&mut content, said(dom, node));
        }
        let words = words(&content).split_whitespace().collect::<Vec<_>>().join(" ");
        let href = if kind == Control::Sends && !words.is_empty() { self.goal(node) } else { None };
        let span = self.spot(node);
        if let Some(href) = href {
            self.buttons.insert((href.clone(), span));
            out.push(Wrap::Link { href, span }.around(content));
            return;
        }
        if opens(dom, node) {
            without_icon(&mut content);
            out.extend(content);
            return;
        }
        let name = if words.is_empty() { name(dom, node).to_owned() } else { words };
        self.lose(node, kind, &name, span);
    }

    fn lose(&mut self, node: usize, kind: Control, name: &str, span: Span) {
        if kind != Control::Field && name.is_empty() {
            return;
        }
        self.guess(span, "left out: a button or a field", name);
        // Buttons of a site do nothing but for scripts: to copy, to like, to share.
        let in_form = self.dom.ancestors(node).any(|around| self.dom.name(around) == "form");
        if self.is_site && !in_form {
            return;
        }
        self.count_lost(name, span);
    }

    /// How many words of a form of the article are none of its fields and buttons. Those
    /// of the forms that every site has are nobody's.
    pub(super) fn said_in_form(&self, form: usize) -> usize {
        let dom = self.dom;
        if dom.name(form) != "form" || is_usual(dom, form) {
            return 0;
        }
        let mut words = 0;
        let mut node = form + 1;
        while node < dom.subtree(form).end {
            let of_field = matches!(dom.name(node), "label" | "legend" | "button" | "select" | "textarea");
            words += dom.text(node).map_or(0, |text| text.split_whitespace().count());
            node = if of_field { dom.subtree(node).end } else { node + 1 };
        }
        words
    }

    /// Counts the buttons and fields of a form within the article that is left out, and
    /// gives whether they are to be told: those of sites are not.
    pub(super) fn lose_form(&mut self, form: usize) -> bool {
        let dom = self.dom;
        if dom.name(form) != "form" || is_of_a_site(dom, form) {
            return false;
        }
        for node in dom.inside(form) {
            let is_control = matches!(dom.name(node), "button" | "input" | "select" | "textarea");
            if !is_control || control(dom, node) == Control::Unseen {
                continue;
            }
            let words = if dom.name(node) == "button" {
                dom.words(node)
            } else if control(dom, node) == Control::Field {
                String::new()
            } else {
                said(dom, node).to_owned()
            };
            let span = self.spot(node);
            self.count_lost(if words.is_empty() { name(dom, node) } else { &words }, span);
        }
        true
    }

    fn count_lost(&mut self, name: &str, span: Span) {
        let name = self.mask.restore(name);
        self.lost.count += 1;
        self.lost.first.get_or_insert(span);
        if !name.is_empty() && !self.lost.names.contains(&name) && self.lost.names.len() < NAMED {
            self.lost.names.push(name);
        }
    }

    /// Tells which controls were left out.
    pub(super) fn tell_lost(&mut self) {
        let Lost { names, count, first } = std::mem::take(&mut self.lost);
        if let Some(first) = first {
            self.findings.warning(PageError::Controls { names, count }, first);
        }
    }

    /// Where a button leads that sends its form, when that is a link.
    fn goal(&mut self, node: usize) -> Option<String> {
        let dom = self.dom;
        let form = dom.ancestors(node).find(|around| dom.name(*around) == "form");
        let of_form = |name: &str| form.and_then(|form| dom.filled(form, name));
        let method = dom.filled(node, "formmethod").or_else(|| of_form("method")).unwrap_or("get");
        let written = dom.filled(node, "formaction").or_else(|| of_form("action"))?;
        let Target::Whole(href) = self.base.link(written, self.mask) else { return None };
        if !method.eq_ignore_ascii_case("get") || !href.starts_with("http") {
            return None;
        }
        let mask = self.mask;
        let mut fields = match form {
            Some(form) => self.forms.entry(form).or_insert_with(|| sent_unasked(dom, form, mask)).clone()?,
            None => Vec::new(),
        };
        // A picture sends where it was pressed, which nobody does in a mail.
        let is_picture = dom.attribute(node, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("image"));
        if let Some(name) = dom.filled(node, "name").filter(|_| !is_picture) {
            fields.push((name, dom.attribute(node, "value").unwrap_or_default()));
        }
        if fields.is_empty() {
            return Some(href);
        }
        let own = fields.last().is_some_and(|(name, value)| is_tagged(mask, name) || is_tagged(mask, value));
        if own || is_tagged(mask, &href) || fields.len() > MOST_FIELDS {
            return None;
        }
        // What a form sends takes the place of what its address asks (WHATWG HTML §4.10.21.3).
        let mut url = Url::parse(&href).ok()?;
        url.set_query(None);
        url.query_pairs_mut().extend_pairs(fields);
        Some(url.into()).filter(|url: &String| url.len() <= LONGEST)
    }
}
