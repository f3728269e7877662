//! Reads code as it was typed, out of whatever a highlighter made of it.

use super::walk::Walk;
use crate::article::{Block, BlockKind};

/// What classes that name a language begin with.
const NAMING: [&str; 6] = ["language-", "lang-", "highlight-source-", "highlight-text-", "brush-", "src-"];

/// Words that stand beside a language in a class and are none.
const NO_LANGUAGES: [&str; 12] = [
    "none",
    "plain",
    "plaintext",
    "text",
    "nohighlight",
    "no-highlight",
    "sourcecode",
    "code",
    "src",
    "highlight",
    "hljs",
    "prettyprint",
];

impl Walk<'_, '_> {
    /// Reads code that stands alone.
    pub(super) fn code(&mut self, node: usize, out: &mut Vec<Block>) {
        let span = self.place(node);
        let mut text = String::new();
        self.typed(node, &mut text);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = self.mask.restore(text.trim_end().trim_start_matches('\n'));
        if text.trim().is_empty() {
            return;
        }
        let language = self.language(node).map(|language| self.mask.restore(&language));
        out.push(Block { span, kind: BlockKind::Code { language, text } });
    }

    fn typed(&self, node: usize, text: &mut String) {
        for child in self.dom.children(node) {
            if let Some(typed) = self.dom.text(child) {
                text.push_str(&typed.replace('\u{a0}', " "));
                continue;
            }
            let number = |class: &str| {
                matches!(
                    class,
                    "ln" | "lnt"
                        | "lineno"
                        | "linenos"
                        | "line-number"
                        | "line-numbers-rows"
                        | "gutter"
                        | "gl"
                        | "hljs-ln-numbers"
                )
            };
            let name = self.dom.name(child);
            if self.is_silent(child) || self.dom.has_class(child, number) {
                continue;
            }
            let own_line = super::walk::is_block(name);
            if name == "br" || (own_line && !text.is_empty() && !text.ends_with('\n')) {
                text.push('\n');
            }
            self.typed(child, text);
            if own_line && !text.ends_with('\n') {
                text.push('\n');
            }
        }
    }

    /// The language that the classes of the code, or of what stands around it, name.
    fn language(&self, node: usize) -> Option<String> {
        let dom = self.dom;
        let inner = dom.elements(node).find(|child| dom.name(*child) == "code");
        let around = dom.ancestors(node).take(3).filter(|around| {
            matches!(dom.name(*around), "div" | "figure" | "section" | "td" | "span")
                && dom.all(*around, "pre").take(2).count() == 1
        });
        inner
            .into_iter()
            .chain([node])
            .chain(around)
            .find_map(|place| {
                let said = ["data-lang", "data-language", "data-enlighter-language", "lang"]
                    .into_iter()
                    .filter(|name| *name != "lang" || dom.name(place) == "code")
                    .find_map(|name| dom.filled(place, name));
                let named = || {
                    let classes: Vec<&str> = dom.classes(place).collect();
                    let after = classes.iter().find_map(|class| {
                        NAMING
                            .iter()
                            .find_map(|naming| class.strip_prefix(naming))
                            .or_else(|| class.strip_prefix("brush:"))
                    });
                    let beside = |mark: &str| {
                        let at = classes.iter().position(|class| *class == mark)?;
                        classes.get(at + 1).or_else(|| classes.get(at.checked_sub(1)?)).copied()
                    };
                    after
                        .filter(|after| !after.is_empty())
                        .or_else(|| beside("brush:"))
                        .or_else(|| beside("hljs"))
                        .or_else(|| beside("sourceCode"))
                };
                said.or_else(named)
            })
            .map(|language| language.trim_end_matches(';').to_ascii_lowercase())
            .map(|language| {
                language.rsplit_once("source-").map_or(language.clone(), |(_, name)| name.to_owned())
            })
            .filter(|language| !NO_LANGUAGES.contains(&language.as_str()) && !language.contains([' ', '=']))
    }
}
