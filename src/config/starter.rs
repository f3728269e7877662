//! The first `newsletter.toml` of a newsletter: the documented one with what is known.

use super::plain;

/// The configuration of this repository, in which every key is explained.
const DOCUMENTED: &str = include_str!("../../newsletter.toml");

/// What a newsletter is begun with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starter<'a> {
    /// Its id, a label.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Who the mail is from, as `Name <address>`.
    pub from: &'a str,
    /// The name of its theme.
    pub theme: &'a str,
}

impl Starter<'_> {
    /// The text of the file, with every key explained. What only the publisher can know is
    /// an example that can be read as one.
    #[must_use]
    pub fn text(&self) -> String {
        let name = self.name;
        let lines = [
            ("id", written("id", self.id)),
            ("name", written("name", name)),
            ("from", written("from", self.from)),
            ("url", format!("# {}", written("url", "https://example.com/"))),
            (
                "postal_address",
                written("postal_address", &format!("{name}, 1 Example Street, 1000 Exampletown")),
            ),
            ("reason", written("reason", &format!("You get this mail because you signed up for {name}."))),
            ("theme", written("theme", self.theme)),
        ];
        let mut text = String::with_capacity(DOCUMENTED.len());
        for line in DOCUMENTED.lines() {
            let own = lines
                .iter()
                .find(|(key, _)| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(" =")));
            text.push_str(own.map_or(line, |(_, own)| own.as_str()));
            text.push('\n');
        }
        text
    }
}

/// `key = "value"`, with what means something within quotes escaped (TOML 1.0, strings).
fn written(key: &str, value: &str) -> String {
    let escaped = value.chars().filter(|c| !c.is_control()).fold(String::new(), |mut text, c| {
        if matches!(c, '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
        text
    });
    format!("{key} = \"{escaped}\"")
}

/// The longest label (RFC 1035 §2.3.4).
const LONGEST: usize = 63;

/// A label made from a name: lower-case letters, digits and hyphens; empty when the name
/// has none of them. Latin letters lose their marks: `Straße` is `strasse`.
#[must_use]
pub fn label(name: &str) -> String {
    let mut label = plain::words(name, false);
    label.truncate(LONGEST);
    label.trim_end_matches('-').to_owned()
}

/// The id of a newsletter that is called `name`: its label, and the numbers of the letters
/// that a label cannot hold, so that two names in other scripts do not share a state.
#[must_use]
pub fn id_for(name: &str) -> String {
    let id = id_of(name);
    if id.is_empty() { "my-newsletter".to_owned() } else { id }
}

/// As [`id_for`]; empty when the name has neither letters nor digits.
#[must_use]
pub fn id_of(name: &str) -> String {
    let label = label(name);
    let most = if label.is_empty() { 9 } else { 4 };
    let numbers: Vec<String> =
        plain::foreign(name).take(most).map(|c| format!("{:x}", u32::from(c))).collect();
    let numbers = numbers.join("-");
    if numbers.is_empty() {
        return label;
    }
    let room = LONGEST - 1 - numbers.len();
    let label = if label.is_empty() { "u" } else { label[..label.len().min(room)].trim_end_matches('-') };
    format!("{label}-{numbers}")
}

/// The name of a file that is called after `title`, without an extension: as its label, with
/// the letters of other scripts kept; empty when there are neither letters nor digits.
#[must_use]
pub fn file_name(title: &str) -> String {
    // File systems count bytes, 255 of them at most.
    let mut name = plain::words(title, true);
    let end =
        name.char_indices().map(|(at, c)| at + c.len_utf8()).take(LONGEST).take_while(|end| *end <= 200);
    name.truncate(end.last().unwrap_or_default());
    name.trim_end_matches('-').to_owned()
}

/// Whether a text can be the id of a newsletter: an RFC 2919 list label in lower case.
#[must_use]
pub fn is_label(text: &str) -> bool {
    text.len() <= 63
        && text.split('.').all(|part| {
            !part.is_empty()
                && !part.starts_with('-')
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_the_documented_newsletter_has_given_way_and_the_rest_stands() {
        let starter =
            Starter { id: "proof", name: "The \"Proof\"", from: "P <p@example.com>", theme: "digest" };
        let text = starter.text();
        assert!(!text.contains("= \"Slow Sunday") && !text.contains("= \"slow-sunday"), "{text}");
        for line in [
            "id = \"proof\"",
            "name = \"The \\\"Proof\\\"\"",
            "from = \"P <p@example.com>\"",
            "theme = \"digest\"",
            "# url = \"https://example.com/\"",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}");
        }
        assert_eq!(text.lines().count(), DOCUMENTED.lines().count());
    }

    #[test]
    fn a_label_is_made_of_what_a_label_may_hold() {
        assert_eq!(label("The Proof Sheet!"), "the-proof-sheet");
        assert_eq!(label("日本"), "");
        assert_eq!(label("Ünïcode & Straße: 日本"), "unicode-strasse");
        assert_eq!(label("Ørsted Łódź Þór Æther Ǆ ﬁn"), "orsted-lodz-thor-aether-dz-fin");
        assert_eq!(label("cafe\u{301} x\u{302}y Ｆｕｌｌ１"), "cafe-xy-full1");
        assert_eq!(label(&"a-".repeat(60)).len(), 63);
    }

    #[test]
    fn a_file_is_named_after_a_title_in_any_script() {
        assert_eq!(file_name("日本語"), "日本語");
        assert_eq!(file_name("Ünïcode & Straße: 日本"), "unicode-strasse-日本");
        assert_eq!(file_name("Доброе утро, Мир!"), "доброе-утро-мир");
        assert_eq!(file_name("हिन्दी में"), "हिन्दी-में");
        assert_eq!(file_name("が"), "が");
        assert_eq!(file_name("../…"), "");
        let long = file_name(&"日本".repeat(90));
        assert!(long.len() <= 200 && long.chars().count() <= 63, "{long}");
    }

    #[test]
    fn names_in_other_scripts_have_ids_of_their_own() {
        assert_eq!(id_for("The Proof Sheet!"), "the-proof-sheet");
        assert_eq!(id_for("新聞"), "u-65b0-805e");
        assert_eq!(id_for("Новости 5"), "5-43d-43e-432-43e");
        assert_ne!(id_for("Новости 5"), id_for("Погода 5"));
        assert!(is_label(&id_for(&format!("{}\u{20000}", "ab ".repeat(40)))));
        assert_eq!(id_for("…"), "my-newsletter");
        let long = id_for(&"\u{20000}".repeat(90));
        assert!(is_label(&long), "{long}");
    }
}
