//! Reads the buttons of forms, and tells what is left out of a form.
//!
//! A mail has no forms. What one leads to without being filled in is a link; fields, and
//! buttons that send something or run a script, are left out and told.

use url::Url;

use super::address::Target;
use super::dom::Dom;
use super::error::PageError;
use super::tidy::push_text;
use super::walk::{Walk, Wrap};
use crate::article::Inline;
use crate::problem::Span;

/// Most controls that are named when they are told.
const NAMED: usize = 4;

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
            let said = ["value", "alt", "aria-label"].iter().find_map(|name| dom.filled(node, name));
            push_text(&mut content, said.unwrap_or_default());
        }
        let words = crate::article::words(&content).split_whitespace().collect::<Vec<_>>().join(" ");
        let href = if kind == Control::Sends && !words.is_empty() { self.goal(node) } else { None };
        let span = self.spot(node);
        if let Some(href) = href {
            self.buttons.insert((href.clone(), span));
            out.push(Wrap::Link { href, span }.around(content));
            return;
        }
        let named =
            || ["aria-label", "placeholder", "title", "name"].iter().find_map(|name| dom.filled(node, name));
        let name = if words.is_empty() { named().unwrap_or_default().to_owned() } else { words };
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
    fn goal(&self, node: usize) -> Option<String> {
        let dom = self.dom;
        let form = dom.ancestors(node).find(|around| dom.name(*around) == "form");
        let of_form = |name: &str| form.and_then(|form| dom.filled(form, name));
        let method = dom.filled(node, "formmethod").or_else(|| of_form("method")).unwrap_or("get");
        let written = dom.filled(node, "formaction").or_else(|| of_form("action"))?;
        let Target::Whole(href) = self.base.link(written, self.mask) else { return None };
        if !method.eq_ignore_ascii_case("get") || !href.starts_with("http") {
            return None;
        }
        let hidden = form.into_iter().flat_map(|form| dom.all(form, "input")).filter_map(|input| {
            let hidden = dom.attribute(input, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"));
            dom.filled(input, "name").filter(|_| hidden).map(|name| (name, dom.attribute(input, "value")))
        });
        let fields: Vec<(&str, &str)> =
            hidden.map(|(name, value)| (name, value.unwrap_or_default())).take(20).collect();
        let tagged = |text: &str| !self.mask.find(text).is_empty();
        if fields.is_empty()
            || tagged(&href)
            || fields.iter().any(|(name, value)| tagged(name) || tagged(value))
        {
            return Some(href);
        }
        // What a form sends takes the place of what its address asks (WHATWG HTML §4.10.21.3).
        let mut url = Url::parse(&href).ok()?;
        url.set_query(None);
        url.query_pairs_mut().extend_pairs(fields);
        Some(url.into())
    }
}
