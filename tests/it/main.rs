//! The integration tests: one binary, a module a feature.

/// The preview in the browser: who may ask, what a frame may do, what a save does.
mod studio;
