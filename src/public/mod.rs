//! The pages that readers reach, and what they do.

mod pages;

pub use pages::{Page, Pages, Publisher};
