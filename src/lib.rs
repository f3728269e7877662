//! Letterpress turns an article into a newsletter and sends it to a list.
//!
//! ```text
//! article ─► compose ─► message ─► send ─► relay
//!   read    render once  assemble   SMTP
//!                 ▲          ▲
//!              theme      audience
//! ```
//!
//! Type is set once and then pressed on every sheet: composing happens once per
//! campaign, assembling once per recipient. Each verb is a function from a value to
//! a value; async begins at `send`.
//!
//! Arrows that exist: article → tags, fields; compose → article, tags; message →
//! compose, audience; send → message; press → the stages; cli, studio → press;
//! studio, inbox → site.
//! Nothing points at `cli`, and nothing but `cli` prints. `tests/it/architecture.rs`
//! keeps it so.

pub mod fields;
pub mod problem;
pub mod tags;

pub mod article;
pub mod audience;
pub mod cli;
pub mod compose;
pub mod config;
pub mod inbox;
pub mod message;
pub mod press;
pub mod send;
pub mod site;
pub mod studio;
