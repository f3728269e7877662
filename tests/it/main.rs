//! The integration tests: one binary, a module a feature.
mod inbox; // what is sent to the inbox is kept
mod support; // a message, a relay, a server that misbehaves
