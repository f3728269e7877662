//! Reads style sheets: rules, selectors, what at-rules ask for, and what wins.
//!
//! What it does not understand it passes over, as browsers do. It knows nothing of what
//! the properties mean, and its [`Tree`] is whoever's elements are looked at.

mod condition;
mod selector;
mod sheet;

pub(crate) use self::condition::{fits, holds, layers, widths};
pub(crate) use self::selector::{Selector, State, Tree};
pub(crate) use self::sheet::{Declaration, Sheet, declarations, declared, split};
