//! The pages that readers reach, and what they do: they leave, come back, say why.
//!
//! A server of plain HTTP for whatever speaks TLS before it. What a reader asks for
//! stands in the token of the address alone: no cookie, no login, no redirect. To look at
//! a page changes nothing; only a button, or the one click of RFC 8058, does. All that
//! is asked for goes over one desk, and a 2xx is given when it is on disk.

mod desk;
mod door;
mod form;
mod health;
mod keys;
mod line;
mod pages;
mod routes;
mod server;
mod told;

pub use desk::DeskError;
pub use line::Limits;
pub use pages::{Page, Pages, Publisher};
pub use server::{Served, Sockets, serve};
pub use told::{Told, What};
