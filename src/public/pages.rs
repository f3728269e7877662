//! The pages readers see, as HTML: in the newsletter's name, language and colours.

mod markup;
mod style;
#[cfg(test)]
mod tests;

use crate::audience::Motive;
use crate::paint::Paint;
use crate::phrases::{Leaving, Phrases};

use markup::{apart, escaped, filled, in_part};
use style::Style;

/// Whose pages they are.
#[derive(Debug, Clone, Default)]
pub struct Publisher {
    /// The newsletter's name.
    pub name: String,
    /// Its home on the web.
    pub url: Option<String>,
    /// Where the publisher is reached by post.
    pub postal_address: Option<String>,
    /// The language of the pages, BCP 47.
    pub lang: String,
    /// The colours of the pages.
    pub paint: Paint,
}

/// What a page says. Addresses are those that mail went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page<'a> {
    /// Whether this person wants to leave; its button posts to the page itself.
    Ask {
        /// Who.
        address: &'a str,
    },
    /// They have left.
    Left {
        /// Who.
        address: &'a str,
        /// The token that undoes it, for `../r/{undo}`.
        undo: &'a str,
        /// The token to say why with, for `../w/{say}`: fields `why` and `words`.
        say: &'a str,
        /// Whether a mail is on its way to them at this moment.
        may_arrive: bool,
    },
    /// They said why they left.
    Thanks {
        /// The token that undoes it.
        undo: &'a str,
    },
    /// Whether this person, who left, wants mail again; its button posts to the page
    /// itself.
    AskBack {
        /// Who.
        address: &'a str,
    },
    /// They get mail again.
    Back {
        /// Who.
        address: &'a str,
        /// The token they leave with, for `../u/{leave}`.
        leave: &'a str,
    },
    /// Their leaving cannot be undone here, or was undone before.
    NotBack,
    /// The link of a test mail: nothing happens.
    Test {
        /// Whether the button was pressed.
        pressed: bool,
    },
    /// No token of ours: cut off, made up, or of another newsletter.
    Unknown,
    /// Something is wrong here, and it should be tried again.
    Trouble,
}

impl Page<'_> {
    /// The most characters that somebody says why they leave with.
    pub const MOST_WORDS: usize = 500;
}

/// The pages of one newsletter.
#[derive(Debug, Clone)]
pub struct Pages {
    publisher: Publisher,
    phrases: &'static Phrases,
    style: Style,
}

/// A page before it stands in its frame.
struct Told {
    /// What the browser's tab says beside the newsletter's name.
    title: &'static str,
    main: String,
}

/// What a page does to one who reads it aloud.
#[derive(Clone, Copy)]
enum Voice {
    /// It asks.
    Asks,
    /// It tells what came of something.
    Tells,
}

/// The longest name that stands in a heading of full size.
const LONG_NAME: usize = 48;

impl Pages {
    /// The pages of `publisher`.
    #[must_use]
    pub fn new(publisher: Publisher) -> Self {
        let phrases = Phrases::of_pages(&publisher.lang);
        let style = Style::new(&publisher.paint);
        Self { publisher, phrases, style }
    }

    /// What a browser may do with any of them: `Content-Security-Policy`.
    #[must_use]
    pub fn policy(&self) -> String {
        let style = self.style.source();
        format!(
            "default-src 'none'; style-src {style}; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'"
        )
    }

    /// One page as a whole document.
    ///
    /// No script, nothing from elsewhere; of an address no more than its owner knows it by.
    #[must_use]
    pub fn html(&self, page: &Page<'_>) -> String {
        let told = self.told(page);
        let name = self.publisher.name.trim();
        let title = match name {
            "" => told.title.to_owned(),
            name => format!("{} – {}", told.title, escaped(name)),
        };
        let lang = self.phrases.lang;
        let style = self.style.text();
        let home = match self.home() {
            Some(url) => format!("<a href=\"{}\">{}</a>", escaped(url), apart(name)),
            None => apart(name),
        };
        let postal = self.publisher.postal_address.as_deref().map(str::trim).unwrap_or_default();
        let footer = match postal {
            "" => String::new(),
            postal => format!("<footer><p>{}</p></footer>\n", apart(postal)),
        };
        let main = told.main;
        format!(
            "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"robots\" content=\"noindex\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"format-detection\" content=\"telephone=no, date=no, address=no, email=no\">\n\
             <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n\
             <header><p class=\"name\">{home}</p></header>\n<main>\n{main}</main>\n{footer}</body>\n</html>\n"
        )
    }

    /// The home page, where a browser can go there.
    fn home(&self) -> Option<&str> {
        let url = self.publisher.url.as_deref()?.trim();
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        scheme.is_some_and(|scheme| scheme == "https" || scheme == "http").then_some(url)
    }

    fn told(&self, page: &Page<'_>) -> Told {
        let words = self.phrases.leaving();
        let name = apart(&self.publisher.name);
        let (title, main) = match *page {
            Page::Ask { address } => {
                let title = self.phrases.unsubscribe;
                let lead = filled(words.ask_lead, &shown(address));
                let main = self.heading(Voice::Asks, words.ask, &[lead])
                    + &to_itself(title)
                    + &small(&escaped(words.ask_else));
                (title, main)
            }
            Page::Left { address, undo, say, may_arrive } => {
                let mut leads = vec![filled(words.left_lead, &shown(address))];
                if may_arrive {
                    leads.push(escaped(words.may_arrive));
                }
                let main = self.heading(Voice::Tells, words.left, &leads)
                    + &back_form(words, undo)
                    + &why_form(words, say);
                (words.left, main)
            }
            Page::Thanks { undo } => {
                let main = self.heading(Voice::Tells, words.thanks, &[escaped(words.thanks_lead)])
                    + &section(&format!(
                        "<h2>{}</h2>\n{}",
                        escaped(words.changed_mind),
                        back_form(words, undo)
                    ));
                (words.thanks, main)
            }
            Page::AskBack { address } => {
                let lead = filled(words.ask_back_lead, &shown(address));
                let main = self.heading(Voice::Asks, words.ask_back, &[lead])
                    + &to_itself(words.resubscribe)
                    + &small(&escaped(words.ask_back_else));
                (words.resubscribe, main)
            }
            Page::Back { address, leave } => {
                let lead = filled(words.back_lead, &shown(address));
                let door = link(&format!("../u/{leave}"), &escaped(self.phrases.unsubscribe));
                let main = self.heading(Voice::Tells, words.back, &[lead])
                    + &section(&format!("<h2>{}</h2>\n{door}", escaped(words.changed_mind)));
                (words.back, main)
            }
            Page::NotBack => {
                let leads = [escaped(words.not_back_lead)];
                let main = self.heading(Voice::Tells, words.not_back, &leads)
                    + &section(&small(&filled(words.not_back_else, &name)))
                    + &self.way_home();
                (words.not_back, main)
            }
            Page::Test { pressed: false } => {
                let lead = filled(words.test_lead, &name);
                let main =
                    self.heading(Voice::Asks, words.test, &[lead]) + &to_itself(self.phrases.unsubscribe);
                (words.test, main)
            }
            Page::Test { pressed: true } => {
                (words.tested, self.heading(Voice::Tells, words.tested, &[escaped(words.tested_lead)]))
            }
            Page::Unknown => {
                let leads = [escaped(words.unknown_lead), filled(words.unknown_else, &name)];
                let main = self.heading(Voice::Tells, words.unknown, &leads) + &self.way_home();
                (words.unknown, main)
            }
            Page::Trouble => {
                (words.trouble, self.heading(Voice::Tells, words.trouble, &[escaped(words.trouble_lead)]))
            }
        };
        Told { title, main }
    }

    /// The heading, in which the newsletter's name may stand, and what is said below it.
    fn heading(&self, voice: Voice, phrase: &str, leads: &[String]) -> String {
        let long = phrase.contains("{}") && self.publisher.name.chars().count() > LONG_NAME;
        let class = if long { " class=\"long\"" } else { "" };
        let role = match voice {
            Voice::Asks => "",
            Voice::Tells => " role=\"status\"",
        };
        let title = filled(phrase, &apart(&self.publisher.name));
        let leads: Vec<String> = leads.iter().map(|lead| format!("<p class=\"lead\">{lead}</p>\n")).collect();
        let leads = leads.concat();
        format!("<div{role}>\n<h1{class}>{title}</h1>\n{leads}</div>\n")
    }

    fn way_home(&self) -> String {
        let Some(url) = self.home() else { return String::new() };
        link(url, &filled(self.phrases.leaving().home, &apart(&self.publisher.name)))
    }
}

fn shown(address: &str) -> String {
    format!("<b>{}</b>", apart(&in_part(address)))
}

fn small(html: &str) -> String {
    format!("<p class=\"small\">{html}</p>\n")
}

fn section(html: &str) -> String {
    format!("<section>\n{html}</section>\n")
}

fn link(url: &str, html: &str) -> String {
    format!("<p><a class=\"go\" href=\"{}\">{html}</a></p>\n", escaped(url))
}

/// A form of one button that posts to the page it stands on. The field tells it from
/// the mail program that posts to the same address (RFC 8058 §3.1).
fn to_itself(label: &str) -> String {
    format!(
        "<form method=\"post\">\n<input type=\"hidden\" name=\"from\" value=\"page\">\n\
         <button>{}</button>\n</form>\n",
        escaped(label)
    )
}

fn back_form(words: &Leaving, undo: &str) -> String {
    format!(
        "<form method=\"post\" action=\"../r/{}\">\n\
         <input type=\"hidden\" name=\"from\" value=\"page\">\n\
         <button class=\"soft\">{}</button>\n</form>\n",
        escaped(undo),
        escaped(words.undo)
    )
}

fn why_form(words: &Leaving, say: &str) -> String {
    let picks = Motive::ALL.map(|motive| {
        let words = match motive {
            Motive::TooOften => words.too_often,
            Motive::NotForMe => words.not_for_me,
            Motive::NeverAsked => words.never_asked,
            Motive::Other => words.other,
        };
        let (motive, words) = (motive.word(), escaped(words));
        format!(
            "<label class=\"pick\"><input type=\"radio\" name=\"why\" value=\"{motive}\">\
             <span>{words}</span></label>\n"
        )
    });
    let picks = picks.concat();
    section(&format!(
        "<form method=\"post\" action=\"../w/{}\">\n<fieldset aria-describedby=\"hint\">\n\
         <legend>{}</legend>\n<p class=\"hint\" id=\"hint\">{}</p>\n{picks}</fieldset>\n\
         <label class=\"words\" for=\"words\">{} <em>{}</em></label>\n\
         <textarea id=\"words\" name=\"words\" rows=\"3\" maxlength=\"{}\"></textarea>\n\
         <button class=\"soft\">{}</button>\n</form>\n",
        escaped(say),
        escaped(words.why),
        escaped(words.why_hint),
        escaped(words.own_words),
        escaped(words.optional),
        Page::MOST_WORDS,
        escaped(words.send)
    ))
}
