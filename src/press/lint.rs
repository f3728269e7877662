//! Looks at a finished mail with the rules of `lint`.

use crate::audience::{EmailAddress, Subscriber};
use crate::lint::{Letter, LintSettings, Shown, lint, too_long};
use crate::pictures::Plate;
use crate::problem::{Problem, Span};

use super::{Edition, placeholders};

impl Edition {
    /// What a careful eye finds in this mail: in the parts that all copies are made of,
    /// and in the size of the copy for `sample`, somebody on its list; without one, of a
    /// copy for nobody in particular.
    #[must_use]
    pub fn lint(&self, settings: &LintSettings, sample: Option<&Subscriber>) -> Vec<Problem> {
        let composed = &self.prepared.composed;
        let shown = |plate: &Plate| Shown {
            address: self.prepared.home.address(plate),
            pixels: plate.pixels.0,
            is_dark_on_nothing: plate.is_dark_on_nothing,
        };
        let pictures: Vec<Shown> = self.prepared.plates.iter().map(shown).collect();
        lint(
            &Letter {
                article: &self.prepared.article,
                mask: composed.mask(),
                html: composed.masked_html(),
                text: composed.masked_text(),
                subject: composed.masked_subject(),
                preheader: composed.masked_preheader(),
                encoded_html: self.encoded_html(sample),
                has_list: sample.is_some(),
                theme: &self.prepared.theme,
                pictures: &pictures,
            },
            settings,
        )
    }

    /// A warning when the copy for its first recipient is cut on its way.
    #[must_use]
    pub fn too_long(&self) -> Option<Problem> {
        too_long(&self.prepared.article.source, self.encoded_html(self.subscribers.first()))
            .map(Problem::warning)
    }

    /// How long the HTML part of a copy is as it is sent, in bytes: that for `sample` if it
    /// can be made, or for nobody in particular.
    #[must_use]
    pub fn encoded_html(&self, sample: Option<&Subscriber>) -> usize {
        let address = EmailAddress::parse("reader@example.com").expect("the address of nobody is an address");
        let mut values = placeholders(&self.prepared);
        values.insert("email".to_owned(), address.to_string());
        let nobody = Subscriber { address, values, span: Span::default() };
        let assembler = self.assembler();
        let mut html = Vec::new();
        for reader in sample.into_iter().chain([&nobody]) {
            html.clear();
            if assembler.copy(reader).print_html(&mut html).is_ok() {
                return html.len();
            }
        }
        self.prepared.composed.masked_html().len()
    }
}
