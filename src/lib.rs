//! Letterpress turns an article into a newsletter and sends it to a list.
//!
//! ```text
//! article ─► compose ─► message ─► outbox ─► send ─► relay
//!   read    render once  assemble    queue    SMTP
//!                 ▲          ▲
//!              theme      audience
//! ```
//!
//! Type is set once and then pressed on every sheet: composing happens once per
//! campaign, assembling once per recipient. Each verb is a function from a value to
//! a value; async begins at `store`.
//!
//! Arrows that exist: compose → article, audience; message → compose, audience; lint → article, audience, compose;
//! pictures → article; evidence, mailbag → audience; store → audience, outbox; send → outbox, message, audience;
//! config → the sections it fills; press → the stages and the store; knock → message, audience, store;
//! inbox, studio → site;
//! public → audience, pictures, store;
//! schedule → nothing of ours; cli → everything.
//! `problem`, `fields`, `tags`, `phrases`, `paint`, `css` and `fault` are leaves that all may know.
//! Nothing points at `cli`, and nothing but `cli` prints. `tests/it/architecture.rs` keeps it so.

// The leaves.
pub mod problem;

pub mod fault;

pub mod fields;

pub mod tags;

pub mod phrases;

pub mod paint;

mod css;

// The stages, in the order of the drawing.
pub mod article;

pub mod pictures;

pub mod audience;

pub mod compose;

pub mod lint;

pub mod message;

pub mod outbox;

pub mod evidence;

pub mod mailbag;

pub mod store;

pub mod send;

pub mod knock;

pub mod press;

pub mod schedule;

// Around them.
pub mod site;

pub mod inbox;

pub mod studio;

pub mod public;

pub mod config;

pub mod cli;
