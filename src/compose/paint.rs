//! The colours of a newsletter's pages, made of its theme and accent.

use crate::paint::{Paint, Rgb, Scheme};
use crate::problem::{Problem, Problems};

use super::colour::{Accent, Colour};
use super::error::ComposeError;
use super::theme::Theme;
use super::tokens::Palette;

impl Theme {
    /// The colours of the pages that go with mails in this theme, with the accent of the
    /// newsletter or the theme's own.
    ///
    /// What cannot be read on the theme's grounds is made lighter or darker until it can.
    ///
    /// # Errors
    ///
    /// Fails when `accent` is no colour.
    pub fn paint(&self, accent: Option<&str>) -> Result<Paint, Problems> {
        let accent = accent.map_or(Ok(self.tokens.accent), |text| {
            Colour::parse(text).ok_or_else(|| Problem::new(ComposeError::Colour { found: text.to_owned() }))
        })?;
        Ok(Paint { light: scheme(&self.tokens.light, accent), dark: scheme(&self.tokens.dark, accent) })
    }
}

fn scheme(palette: &Palette, accent: Colour) -> Scheme {
    let of = |role: &str| palette.get(role).unwrap_or(Colour::BLACK);
    let (paper, card, tint) = (of("page"), of("surface"), of("tint"));
    let grounds = [paper, card, tint];
    // A theme's dark may be light, and the other way round.
    let is_dark = paper.is_dark();
    let Accent { link, fill, onfill } =
        if is_dark { Accent::dark(accent, &grounds) } else { Accent::light(accent, &grounds) };
    let text = |role: &str| rgb(of(role).read_on(&grounds));
    let rim = if fill.is_seen_on(&[paper]) { fill } else { link };
    Scheme {
        paper: rgb(paper),
        card: rgb(card),
        tint: rgb(tint),
        ink: text("text"),
        title: text("title"),
        muted: text("muted"),
        line: rgb(of("rule")),
        edge: rgb(of("rule").seen_on(&grounds)),
        accent: rgb(link),
        fill: rgb(fill),
        fill_hover: rgb(fill.away_from(onfill)),
        on_fill: rgb(onfill),
        rim: rgb(rim),
    }
}

fn rgb(colour: Colour) -> Rgb {
    Rgb(colour.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean() -> Theme {
        Theme::load(None, "clean").unwrap()
    }

    fn contrast(one: Rgb, other: Rgb) -> f64 {
        let colour = |rgb: Rgb| Colour::parse(&rgb.to_string()).unwrap();
        colour(one).contrast(colour(other))
    }

    /// What is too faint in a scheme.
    fn faint(scheme: &Scheme) -> Vec<String> {
        let grounds = [("paper", scheme.paper), ("card", scheme.card), ("tint", scheme.tint)];
        let mut pairs = Vec::new();
        for (ground, under) in grounds {
            for (role, colour) in [
                ("ink", scheme.ink),
                ("title", scheme.title),
                ("muted", scheme.muted),
                ("accent", scheme.accent),
            ] {
                pairs.push((role, colour, ground, under, 4.5));
            }
            pairs.push(("edge", scheme.edge, ground, under, 3.0));
        }
        pairs.push(("rim", scheme.rim, "paper", scheme.paper, 3.0));
        pairs.push(("on_fill", scheme.on_fill, "fill", scheme.fill, 4.5));
        pairs.push(("on_fill", scheme.on_fill, "fill_hover", scheme.fill_hover, 4.5));
        let is_faint = |&(_, one, _, other, least): &(_, Rgb, _, Rgb, f64)| contrast(one, other) < least;
        let told = |(role, one, ground, other, _): (&str, Rgb, &str, Rgb, f64)| {
            format!("{role} {one} on {ground} {other}: {:.2}", contrast(one, other))
        };
        pairs.into_iter().filter(is_faint).map(told).collect()
    }

    #[test]
    fn every_accent_can_be_read_and_every_control_seen_in_light_and_in_dark() {
        let steps = ["00", "1F", "3F", "66", "80", "99", "B3", "CC", "FF"];
        let theme = clean();
        for red in steps {
            for green in steps {
                for blue in steps {
                    let accent = format!("#{red}{green}{blue}");
                    let paint = theme.paint(Some(&accent)).unwrap();
                    for scheme in [paint.light, paint.dark] {
                        assert_eq!(faint(&scheme), Vec::<String>::new(), "{accent}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_theme_too_faint_for_a_page_is_made_to_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let theme = folder.path().join("templates/mist");
        std::fs::create_dir_all(&theme).unwrap();
        let colours = r##"accent = "#EEEEDD"
[light]
page = "#F4F4F0"
surface = "#FFFFFF"
tint = "#E6E6E0"
title = "#AAAAAA"
text = "#BBBBBB"
muted = "#CCCCCC"
rule = "#EEEEEE"
[dark]
page = "#FFF8EE"
tint = "#F1E8DA"
title = "#F0E0D0"
text = "#EEDDCC"
muted = "#DDCCBB"
rule = "#EEEEEE"
"##;
        std::fs::write(theme.join("theme.toml"), colours).unwrap();
        let paint = Theme::load(Some(folder.path()), "mist").unwrap().paint(None).unwrap();
        assert_eq!(paint.light.paper, Rgb(0xF4_F4F0));
        assert_eq!(faint(&paint.light), Vec::<String>::new());
        assert_eq!(faint(&paint.dark), Vec::<String>::new(), "a dark that is light");
    }

    #[test]
    fn pages_that_are_given_no_colours_have_those_of_the_first_theme() {
        assert_eq!(clean().paint(None).unwrap(), Paint::default());
    }

    #[test]
    fn an_accent_that_is_no_colour_is_told() {
        let told = clean().paint(Some("teal")).unwrap_err();
        assert_eq!(
            told.to_string().lines().next(),
            Some("expected a colour such as `#0F5F63`, found `teal`")
        );
    }
}
