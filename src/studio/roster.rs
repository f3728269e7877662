//! The readers a mail can be shown for: the rows of the list, and extremes made from
//! them.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::audience::Values;

/// Most rows one search answers with.
const FOUND: usize = 40;

/// Rows shown before anybody searches: the extremes should be in sight below them.
const FIRST: usize = 6;

/// Rows looked at to learn which columns a list has.
const SAMPLE: usize = 100;

/// Where a reader comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A row of the list.
    Row,
    /// Made to show what a mail does with an unusual one.
    Extreme,
}

/// Somebody a mail can be shown for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Names them in this roster: their address, or `extreme:` and what is unusual.
    pub id: String,
    /// What people call them.
    pub label: String,
    /// What tells them apart.
    pub detail: String,
    /// Where they come from.
    pub kind: Kind,
    /// Where their mail would go.
    pub address: String,
    /// What merge tags can say of them.
    pub values: Values,
}

/// The readers a mail can be shown for.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    rows: Vec<Reader>,
    extremes: Vec<Reader>,
}

impl Roster {
    /// Lists `rows` (an address and its values) in order and makes the extremes.
    ///
    /// Without rows the extremes are made for `reader@example.com`.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = (String, Values)>) -> Self {
        let rows: Vec<Reader> =
            rows.into_iter().map(|(address, values)| Reader::row(address, values)).collect();
        let extremes = extremes(&rows);
        Self { rows, extremes }
    }

    /// How many rows the list has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The reader with this id; without one, the first row or the first extreme.
    #[must_use]
    pub fn get(&self, id: Option<&str>) -> Option<&Reader> {
        match id {
            Some(id) => self.extremes.iter().chain(&self.rows).find(|reader| reader.id == id),
            None => self.rows.first().or(self.extremes.first()),
        }
    }

    /// Readers in menu order whose name, address or values hold `text` in any case:
    /// the first rows, then the extremes. An empty text finds everybody.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<&Reader> {
        let text = text.trim().to_lowercase();
        let most = if text.is_empty() { FIRST } else { FOUND };
        let rows = self.rows.iter().filter(|reader| reader.holds(&text)).take(most);
        rows.chain(self.extremes.iter().filter(|reader| reader.holds(&text))).collect()
    }
}

impl Reader {
    fn row(address: String, values: Values) -> Self {
        let name = name_of(&values);
        let mut detail: Vec<&str> = Vec::new();
        if !name.is_empty() {
            detail.push(&address);
        }
        // Two further values tell namesakes apart; more would not fit the line.
        let telling = values.iter().filter(|(key, value)| !is_name(key) && **value != address);
        detail.extend(telling.map(|(_, value)| value.as_str()).take(2));
        let detail = detail.join(" · ");
        let label = if name.is_empty() { address.clone() } else { name };
        Self { id: address.clone(), label, detail, kind: Kind::Row, address, values }
    }

    fn holds(&self, text: &str) -> bool {
        text.is_empty()
            || self.label.to_lowercase().contains(text)
            || self.detail.to_lowercase().contains(text)
            || self.address.to_lowercase().contains(text)
            || self.values.values().any(|value| value.to_lowercase().contains(text))
    }
}

fn is_name(column: &str) -> bool {
    column.to_lowercase().contains("name")
}

fn is_last_name(column: &str) -> bool {
    let column = column.to_lowercase();
    ["last", "family", "sur", "nach"].iter().any(|part| column.contains(part))
}

/// The values of the name columns, the family name last.
fn name_of(values: &Values) -> String {
    let named = || values.iter().filter(|(column, _)| is_name(column));
    let first = named().filter(|(column, _)| !is_last_name(column));
    let last = named().filter(|(column, _)| is_last_name(column));
    first.chain(last).map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(" ")
}

fn extremes(rows: &[Reader]) -> Vec<Reader> {
    let address = rows.first().map_or("reader@example.com", |reader| &reader.address);
    let model = rows.first().map(|reader| reader.values.clone()).unwrap_or_default();
    let columns: BTreeSet<&str> =
        rows.iter().take(SAMPLE).flat_map(|reader| reader.values.keys()).map(String::as_str).collect();
    let names: Vec<&str> = columns.into_iter().filter(|column| is_name(column)).collect();
    let names = if names.is_empty() { vec!["name"] } else { names };

    let made = |what: &str, label: &str, detail: String, values: Values| Reader {
        id: format!("extreme:{what}"),
        label: label.to_owned(),
        detail,
        kind: Kind::Extreme,
        address: address.to_owned(),
        values,
    };
    let called = |first: &str, last: &str| {
        let mut values = model.clone();
        for column in &names {
            let name = match (is_last_name(column), names.len()) {
                (_, 1) => format!("{first} {last}"),
                (true, _) => last.to_owned(),
                (false, _) => first.to_owned(),
            };
            values.insert((*column).to_owned(), name);
        }
        values
    };

    let mut bare = model.clone();
    bare.retain(|_, value| value.as_str() == address);
    let longest = rows.iter().filter(|reader| !name_of(&reader.values).is_empty());
    let longest = longest.max_by_key(|reader| reader.label.chars().count());
    let longest = match longest {
        Some(reader) => {
            let length = reader.label.chars().count();
            let detail = format!("longest name in the list, {length} characters");
            Reader {
                address: reader.address.clone(),
                ..made("longest", &reader.label, detail, reader.values.clone())
            }
        }
        None => made(
            "longest",
            "Maria-Theodora Papadimitriou-Konstantinopoulou",
            "a long name".to_owned(),
            called("Maria-Theodora", "Papadimitriou-Konstantinopoulou"),
        ),
    };
    vec![
        made("empty", "Nothing but an address", "every optional field empty".to_owned(), bare),
        longest,
        made("right-to-left", "ليلى الهاشمي", "right-to-left name".to_owned(), called("ليلى", "الهاشمي")),
        made(
            "markup",
            "<b>Zoë</b> & \"Söhne\"",
            "markup in the name".to_owned(),
            called("<b>Zoë</b>", "& \"Söhne\""),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster() -> Roster {
        let row = |address: &str, first: &str, plan: &str| {
            let pairs = [("email", address), ("first_name", first), ("plan", plan)];
            let values = pairs.iter().filter(|(_, value)| !value.is_empty());
            (
                address.to_owned(),
                values.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            )
        };
        Roster::new([
            row("ana@example.com", "Ana", "member"),
            row("tomasz@example.com", "Tomasz", "patient"),
            row("nobody@example.com", "", ""),
        ])
    }

    #[test]
    fn a_row_is_called_by_its_name_or_else_by_its_address() {
        let roster = roster();
        let ana = roster.get(None).unwrap();
        assert_eq!((ana.label.as_str(), ana.detail.as_str()), ("Ana", "ana@example.com · member"));
        assert_eq!(roster.get(Some("nobody@example.com")).unwrap().label, "nobody@example.com");
    }

    #[test]
    fn a_search_looks_at_every_value_in_any_case() {
        let roster = roster();
        let found: Vec<&str> = roster.find(" PATIENT ").iter().map(|reader| reader.id.as_str()).collect();
        assert_eq!(found, ["tomasz@example.com", "extreme:longest"]);
    }

    #[test]
    fn the_reader_without_anything_has_only_an_address() {
        let roster = roster();
        let bare = roster.get(Some("extreme:empty")).unwrap();
        assert_eq!(bare.values.keys().collect::<Vec<_>>(), ["email"]);
    }

    #[test]
    fn the_longest_name_is_a_real_one() {
        let roster = roster();
        let longest = roster.get(Some("extreme:longest")).unwrap();
        assert_eq!((longest.label.as_str(), longest.address.as_str()), ("Tomasz", "tomasz@example.com"));
    }

    #[test]
    fn markup_in_a_name_reaches_the_merge_tags_as_it_is() {
        let roster = roster();
        let values = &roster.get(Some("extreme:markup")).unwrap().values;
        assert_eq!(values["first_name"], "<b>Zoë</b> & \"Söhne\"");
        assert_eq!(values["plan"], "member");
    }

    #[test]
    fn an_empty_list_still_has_extremes() {
        let roster = Roster::new([]);
        assert_eq!(roster.rows(), 0);
        assert_eq!(roster.get(None).unwrap().address, "reader@example.com");
        assert_eq!(roster.find("").len(), 4);
    }
}
