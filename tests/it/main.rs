//! The integration tests: one binary, a module a feature.

mod specimen; // articles built by hand, for what draws them
mod theme; // an article set in a theme, and what is said of a wrong theme

fn main() {}
