//! The integration tests: one binary, a module a feature.

/// Reading: Markdown, plain text, front matter and what is wrong with them.
mod article;
