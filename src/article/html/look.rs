//! Reads how words look out of declarations, which is all that some word processors say of
//! stress.

use crate::css::{self, Declaration};

/// What is said of the look of a stretch; nothing where it looks as around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a look of its own, and they add up")]
pub(super) struct Look {
    pub(super) bold: Option<bool>,
    pub(super) italic: Option<bool>,
    pub(super) struck: bool,
    pub(super) underlined: bool,
    pub(super) raised: bool,
    pub(super) lowered: bool,
    pub(super) hidden: Option<bool>,
    /// Whether Word does not show it; others ask it nothing.
    for_others: Option<bool>,
    /// Whether it is not seen, though it takes its room.
    pub(super) unseen: Option<bool>,
}

impl Look {
    /// What the text of a `style` attribute says.
    pub(super) fn styled(style: &str) -> Self {
        let [(_, usual), (_, important)] = Self::in_two(style);
        usual.and(important)
    }

    /// The same in two: whether it is important, and what that says.
    pub(super) fn in_two(style: &str) -> [(bool, Self); 2] {
        let said = css::declarations(style);
        [false, true].map(|important| (important, Self::of(&said, important)))
    }

    /// What the important ones of some declarations say, or all others.
    pub(super) fn of(declarations: &[Declaration], important: bool) -> Self {
        let value = |name: &str| {
            let mut said = declarations.iter().rev();
            let last = said.find(|one| one.important == important && one.property == name)?;
            Some(last.value.to_ascii_lowercase())
        };
        let line = value("text-decoration").or_else(|| value("text-decoration-line")).unwrap_or_default();
        let vertical = value("vertical-align").unwrap_or_default();
        Self {
            bold: value("font-weight").map(|weight| match weight.parse::<u32>() {
                Ok(number) => number >= 600,
                Err(_) => weight.starts_with("bold"),
            }),
            italic: value("font-style").map(|style| style == "italic" || style == "oblique"),
            struck: line.contains("line-through"),
            underlined: line.contains("underline"),
            raised: vertical == "super",
            lowered: vertical == "sub",
            hidden: value("display").map(|said| said == "none"),
            for_others: value("mso-hide").map(|said| said == "all"),
            unseen: value("visibility").and_then(|said| match said.as_str() {
                "hidden" | "collapse" => Some(true),
                "visible" | "initial" => Some(false),
                _ => None,
            }),
        }
    }

    /// What is said of whether it is shown, and nothing else.
    pub(super) fn showing(self) -> Self {
        Self { hidden: self.hidden, for_others: self.for_others, unseen: self.unseen, ..Self::default() }
    }

    /// Only that it is shown, if that is said.
    pub(super) fn shown(self) -> Self {
        let only = |said: Option<bool>| said.filter(|hides| !hides);
        Self { hidden: only(self.hidden), unseen: only(self.unseen), ..Self::default() }
    }

    /// Everything but that it is not shown.
    pub(super) fn not_hiding(self) -> Self {
        Self { hidden: None, for_others: None, unseen: None, ..self }
    }

    /// Whether an element of that name is not shown. Pictures that are not seen at first are
    /// loaded late. What Word alone does not show counts where nothing else is said, because
    /// Word writes that too.
    pub(super) fn hides(self, name: &str) -> bool {
        self.hidden.or(self.for_others) == Some(true) || (self.unseen == Some(true) && name != "img")
    }

    /// What is said by both, of which `more` counts for more.
    pub(super) fn and(self, more: Self) -> Self {
        Self {
            bold: more.bold.or(self.bold),
            italic: more.italic.or(self.italic),
            struck: self.struck || more.struck,
            underlined: self.underlined || more.underlined,
            raised: self.raised || more.raised,
            lowered: self.lowered || more.lowered,
            hidden: more.hidden.or(self.hidden),
            for_others: more.for_others.or(self.for_others),
            unseen: more.unseen.or(self.unseen),
        }
    }
}
