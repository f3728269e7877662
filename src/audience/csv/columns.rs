//! The head of a list: which column is what.

use std::collections::HashMap;

use super::ListError;

/// Names under which people and their exports keep addresses, the surest first: a
/// column `address` may well be a street when there is also an `email`.
const ADDRESS_NAMES: [&str; 20] = [
    "email",
    "e_mail",
    "email_address",
    "e_mail_address",
    "mail",
    "mail_address",
    "emailaddress",
    "mailadresse",
    "email_adresse",
    "e_mail_adresse",
    "emailadresse",
    "adresse_email",
    "adresse_e_mail",
    "adresse_mail",
    "courriel",
    "correo",
    "correo_electronico",
    "subscriber_email",
    "address",
    "adresse",
];

/// Whether a column of this name holds the address.
pub(super) fn names_an_address(written: &str) -> bool {
    merge_name(written).is_some_and(|name| ADDRESS_NAMES.contains(&name.as_str()))
}

/// The columns of a list.
pub(super) struct Columns {
    /// The name of each column in merge tags; none where the header is blank.
    pub(super) names: Vec<Option<String>>,
    /// The column that holds the address.
    pub(super) address: usize,
}

impl Columns {
    /// Reads the header row. Everything wrong is noted with the index of its cell.
    pub(super) fn read<'a>(
        header: impl Iterator<Item = &'a str>,
        mut note: impl FnMut(ListError, Option<usize>),
    ) -> Option<Self> {
        let written: Vec<&str> = header.map(str::trim).collect();
        let names: Vec<Option<String>> = written.iter().map(|name| merge_name(name)).collect();
        // Spreadsheets write empty columns out behind the last one that was used.
        let used = written.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for (index, name) in names.iter().enumerate() {
            if let Some(c) = written[index].chars().find(|c| c.is_control() && !c.is_whitespace()) {
                note(ListError::Control(c), Some(index));
            }
            let Some(name) = name else {
                if index < used {
                    note(ListError::UnnamedColumn(index + 1), Some(index));
                }
                continue;
            };
            if let Some(&first) = seen.get(name.as_str()) {
                let condition = ListError::DuplicateColumn {
                    name: super::error::shortened(name),
                    first: first + 1,
                    first_written: super::error::shortened(written[first]),
                    second: index + 1,
                    second_written: super::error::shortened(written[index]),
                };
                note(condition, Some(index));
            } else {
                seen.insert(name, index);
            }
        }
        let address = ADDRESS_NAMES.iter().find_map(|name| seen.get(name).copied());
        if address.is_none() {
            if let Some(index) = written.iter().position(|name| name.contains('@')) {
                note(ListError::NoHeader, Some(index));
            } else {
                let found = written.iter().map(|name| (*name).to_owned()).collect();
                note(ListError::NoAddressColumn { found }, None);
            }
        }
        Some(Self { address: address?, names })
    }

    /// What the list offers to merge tags, in order. The address is always `email`,
    /// and goes by its column's own name too.
    pub(super) fn offered(&self) -> Vec<String> {
        let mut offered = Vec::with_capacity(self.names.len() + 1);
        for (index, name) in self.names.iter().enumerate() {
            if index == self.address && name.as_deref() != Some("email") {
                offered.push("email".to_owned());
            }
            offered.extend(name.clone());
        }
        offered
    }
}

/// The name of a column in merge tags: lower case, words joined by `_`, Latin letters
/// without their accents, so that it can stand behind `subscriber.`.
fn merge_name(written: &str) -> Option<String> {
    let mut name = String::with_capacity(written.len());
    let mut gap = false;
    for c in written.chars().flat_map(char::to_lowercase) {
        if !c.is_alphanumeric() {
            // A combining accent belongs to the letter before it.
            gap |= !('\u{300}'..='\u{36f}').contains(&c);
            continue;
        }
        if std::mem::take(&mut gap) && !name.is_empty() {
            name.push('_');
        }
        match plain(c) {
            Some(letters) => name.push_str(letters),
            None => name.push(c),
        }
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    (!name.is_empty()).then_some(name)
}

fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì'..='ï' | 'ī' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ß' => "ss",
        'ś' | 'ş' | 'š' | 'ș' => "s",
        'ţ' | 'ť' | 'ț' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_becomes_a_name_that_merge_tags_can_say() {
        for (written, name) in [
            ("First Name", "first_name"),
            ("E-Mail", "e_mail"),
            ("  Plan (2026) ", "plan_2026"),
            ("Prénom", "prenom"),
            ("Größe", "grosse"),
            ("2FA", "_2fa"),
            ("İl", "il"),
            ("city__NAME", "city_name"),
        ] {
            assert_eq!(merge_name(written).as_deref(), Some(name), "{written}");
        }
        assert_eq!(merge_name(" - "), None);
    }

    #[test]
    fn a_column_named_email_wins_over_a_street() {
        let columns = Columns::read(["Address", "Email"].into_iter(), |_, _| unreachable!()).unwrap();
        assert_eq!(columns.address, 1);
        let columns = Columns::read(["Adresse", "Nom"].into_iter(), |_, _| unreachable!()).unwrap();
        assert_eq!(columns.address, 0);
        assert_eq!(columns.offered(), ["email", "adresse", "nom"]);
    }
}
