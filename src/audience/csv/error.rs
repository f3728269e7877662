//! What can be wrong with a list.

use crate::audience::AddressError;
use crate::problem::{Class, Condition};

/// What can be wrong, or odd, with a list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The file cannot be read.
    #[error("cannot read the list `{path}`: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why, as a clause.
        reason: String,
    },
    /// Nothing in it.
    #[error("the list is empty")]
    Empty,
    /// Column names and nobody.
    #[error("the list has column names and nobody under them")]
    HeaderOnly,
    /// A file that says it is UTF-8, or looks so, and is not throughout.
    #[error("the list is not valid UTF-8 from here on")]
    NotUtf8,
    /// Bytes that the encoding does not have.
    #[error("the list cannot be read as {0} from here on")]
    Undecodable(&'static str),
    /// Read with a guessed encoding.
    #[error("the list is not UTF-8; it was read as {0}")]
    GuessedEncoding(&'static str),
    /// No column for the address.
    #[error("no column holds the address; the columns are {}", listed(.found))]
    NoAddressColumn {
        /// The names as written.
        found: Vec<String>,
    },
    /// The first row is a person.
    #[error("the first row holds an address where the names of the columns belong")]
    NoHeader,
    /// Two columns of one name.
    #[error(
        "two columns are named `{name}`: column {first} (`{first_written}`) and column {second} (`{second_written}`)"
    )]
    DuplicateColumn {
        /// The name in merge tags.
        name: String,
        /// Number of the first, counted from 1.
        first: usize,
        /// The first as written.
        first_written: String,
        /// Number of the second.
        second: usize,
        /// The second as written.
        second_written: String,
    },
    /// A column without a name.
    #[error("column {0} has no name and is not read")]
    UnnamedColumn(usize),
    /// A row with too few or too many cells.
    #[error("expected {expected} cells, found {found}")]
    Ragged {
        /// How many columns there are.
        expected: usize,
        /// How many cells the row has.
        found: usize,
    },
    /// A row of somebody without an address.
    #[error("the row has no address")]
    NoAddress,
    /// Something that is not an address.
    #[error("`{text}` cannot get mail: {reason}")]
    Address {
        /// As written, shortened.
        text: String,
        /// Why.
        reason: AddressError,
    },
    /// An address for the second time.
    #[error("`{address}` is already on line {first}; that row is used and this one is not")]
    Duplicate {
        /// The address.
        address: String,
        /// Line of its first row.
        first: usize,
    },
    /// A control character in a cell.
    #[error("the cell holds {}", if *.0 == '\0' { "a NUL byte".to_owned() } else { format!("a control character, U+{:04X}", u32::from(*.0)) })]
    Control(char),
    /// Text after a closing quote.
    #[error("something follows the closing quote of the cell")]
    AfterQuote,
    /// A quote within a cell that is not quoted.
    #[error("the cell holds a quote but does not begin with one; it is read as it stands")]
    StrayQuote,
    /// A quote that is never closed.
    #[error("the quote that opens this cell is never closed")]
    OpenQuote,
    /// More of a kind than anybody wants to read.
    #[error("and {more} more of this kind: {kind}")]
    More {
        /// How many were left out.
        more: usize,
        /// Of which kind.
        kind: &'static str,
    },
}

impl ListError {
    /// The kind, for folding what comes by the thousand.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::DuplicateColumn { .. } => "columns of the same name",
            Self::UnnamedColumn(_) => "columns without a name",
            Self::Ragged { .. } => "rows with too few or too many cells",
            Self::NoAddress => "rows without an address",
            Self::Address { .. } => "cells that hold no address",
            Self::Duplicate { .. } => "addresses that come twice",
            Self::Control(_) => "cells with control characters",
            Self::AfterQuote | Self::OpenQuote => "cells whose quotes do not match",
            Self::StrayQuote => "cells with a quote inside",
            _ => "other",
        }
    }
}

impl Condition for ListError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Empty | Self::HeaderOnly => {
                "the first line names the columns (`email,first_name`), every further line is one subscriber"
            }
            Self::NoAddressColumn { .. } => "name the column with the addresses `email`",
            Self::NoHeader => "put a line with the names of the columns on top, such as `email,first_name`",
            Self::NotUtf8 | Self::Undecodable(_) => "save the list as UTF-8",
            Self::GuessedEncoding(_) => "save the list as UTF-8 if names look wrong",
            Self::DuplicateColumn { .. } => "rename one of them; capitals, spaces and accents do not count",
            Self::UnnamedColumn(_) => "name the column to use it in merge tags",
            Self::Ragged { expected, found } if found > expected => {
                "put a value that holds the delimiter in double quotes"
            }
            Self::Ragged { .. } => "an empty cell still needs its delimiter",
            Self::NoAddress => "write the address, or take the row out",
            Self::Address { reason, .. } => return reason.hint(),
            Self::Control('\0') => "the file may be UTF-16 without a byte order mark: save it as UTF-8",
            Self::Control(_) => "delete the character",
            Self::AfterQuote => "within a quoted cell, write a quote twice: `\"\"`",
            Self::OpenQuote => "close it, or write a quote within a quoted cell twice: `\"\"`",
            Self::StrayQuote => "to be safe, put the whole cell in quotes and write each quote in it twice",
            Self::Unreadable { .. } | Self::Duplicate { .. } | Self::More { .. } => return None,
        };
        Some(hint.to_owned())
    }

    fn class(&self) -> Class {
        Class::Data
    }
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", shortened(name))).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// A cell as messages show it: on one line, without controls, not too long.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut short: String =
        text.chars().take(SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
}
