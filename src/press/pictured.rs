//! An article and its pictures become the parts of a mail.

use std::path::Path;

use super::Prepared;
use super::Workshop;
use crate::article::Article;
use crate::compose::{self, Composed, Embedded, Newsletter, Picture, Pictures, Theme};
use crate::pictures::{self, Home, Order, PictureError, Plate, Plates, Shelf};
use crate::problem::{Problem, Problems, Severity};
use crate::tags::Mask;

/// Composes an article that lies in `folder`, with the pictures it shows.
///
/// # Errors
///
/// Fails with everything wrong with the pictures and with all that composing finds.
pub(super) fn compose(
    article: &Article,
    theme: &Theme,
    folder: Option<&Path>,
    workshop: &Workshop<'_>,
) -> Result<(Composed, Plates, Vec<Problem>), Problems> {
    let order = Order {
        root: workshop.root,
        folder,
        column: theme.text_width(),
        hero: theme.hero_width(),
        logo: workshop.newsletter.logo.as_deref(),
        // Most themes have no place for it, and then nobody should carry or upload it.
        art: workshop.newsletter.art.as_deref().filter(|_| has_place(theme)),
        darkroom: workshop.darkroom,
    };
    let (plates, mut warnings) = match pictures::load(article, &order) {
        Ok(loaded) => loaded,
        Err(mut problems) => {
            // What else is wrong is told as well; that pictures are nowhere is told already.
            if let Err(more) = compose::compose(article, theme, workshop.newsletter) {
                let errors = more.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
                problems.extend(Problems::all(errors).expect("what fails has found an error"));
            }
            return Err(problems);
        }
    };
    let newsletter = Newsletter {
        logo: plates
            .logo()
            .map(|logo| workshop.home.address(logo))
            .or_else(|| workshop.newsletter.logo.clone()),
        art: plates.art().map(|art| workshop.home.address(art)).or_else(|| {
            workshop.newsletter.art.clone().filter(|art| !pictures::is_local(art, &Mask::default()))
        }),
        logo_pixels: plates.logo().map(|logo| logo.pixels),
        ..workshop.newsletter.clone()
    };
    let known = known(&plates, workshop.home);
    let (composed, more) = compose::compose_with(article, theme, &newsletter, &known)?;
    warnings.extend(more);
    Ok((composed, plates, warnings))
}

/// Whether a theme has a place for the picture at the end of the head.
fn has_place(theme: &Theme) -> bool {
    theme.sources().any(|source| source.text().contains("newsletter.art"))
}

/// What composing has to know of the pictures.
fn known(plates: &Plates, home: &Home) -> Pictures {
    let picture = |plate: &Plate| Picture { address: home.address(plate), width: plate.width };
    let known: Pictures = plates.written().map(|(path, plate)| (path.to_owned(), picture(plate))).collect();
    if !home.is_within() {
        return known;
    }
    let embedded = plates.iter().map(|plate| Embedded {
        id: home.content_id(plate),
        name: plate.name.clone(),
        media_type: plate.form.media_type().to_owned(),
        encoded: plate.encoded(),
    });
    known.carried(embedded.collect())
}

impl Prepared {
    /// What keeps its pictures from readers, if anything does: nobody said where their
    /// programs get them from.
    #[must_use]
    pub fn picture_flaws(&self) -> Vec<Problem> {
        if self.plates.is_empty() || !matches!(self.home, Home::Unsaid(_)) {
            return Vec::new();
        }
        let files = self.plates.iter().map(|plate| plate.original.file.display().to_string()).collect();
        vec![Problem::new(PictureError::NoHome { files })]
    }

    /// Its pictures for a browser on this machine: the address of each in the mail, and
    /// the same bytes as a `data:` address.
    #[must_use]
    pub fn carried_pictures(&self) -> Vec<(String, String)> {
        self.plates.iter().map(|plate| (self.home.address(plate), plate.data_address())).collect()
    }

    /// Puts its pictures where the newsletter's own pages serve them from, the state
    /// folder `state`, if that is where readers' programs get them.
    ///
    /// # Errors
    ///
    /// Fails when one cannot be written.
    pub fn serve_pictures(&self, state: &Path) -> Result<(), Problem> {
        match self.home {
            Home::Served(_) => Shelf::in_state(state).put(&self.plates).map_err(Problem::new),
            _ => Ok(()),
        }
    }
}
