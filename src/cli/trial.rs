//! What a test does to a debug build through the environment: it ends at a point of
//! [`fault`], and its clock is wrong. Nothing of this is in a release build.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::config::Environment;
use crate::fault;

/// By how many seconds the clock goes ahead.
static AHEAD: AtomicI64 = AtomicI64::new(0);

/// Sets up what the environment asks for; what is wrong with it.
pub(super) fn begin(environment: &Environment) -> Option<String> {
    if let Some(ahead) = &environment.ahead {
        let Ok(seconds) = ahead.parse() else {
            return Some(format!("`LETTERPRESS_AHEAD={ahead}` is no number of seconds"));
        };
        AHEAD.store(seconds, Ordering::Relaxed);
    }
    let fault = environment.fault.as_ref()?;
    (!fault::arm(fault)).then(|| format!("`LETTERPRESS_FAULT={fault}` is no point and passing"))
}

/// The time as this process has it.
pub(super) fn moved(now: Timestamp) -> Timestamp {
    let ahead = SignedDuration::from_secs(AHEAD.load(Ordering::Relaxed));
    now.checked_add(ahead).unwrap_or(now)
}
