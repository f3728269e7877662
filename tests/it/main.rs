//! The integration tests: one binary, a module a feature.
#![allow(clippy::unwrap_used, reason = "a test whose scenery falls over should stop there")]

mod inbox; // what is sent to the inbox is kept
mod inbox_page; // the mail it kept, in the browser
mod studio; // the preview in the browser: who may ask, what a frame may do, what a save does
mod support; // a message, a relay, a server that misbehaves
