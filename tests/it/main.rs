//! The integration tests: one binary, a module a feature.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod inbox; // what is sent to the inbox is kept
mod support; // a message, a relay, a server that misbehaves
mod wire; // one test for each way a relay can fail us
