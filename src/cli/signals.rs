//! The signals that end a run.

use super::Exit;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end a run, listened to from the first to the last.
///
/// A terminal that closes tells so by SIGHUP, often more than once: by the system and by
/// its shell. So that is heard as the first signal only, and hurries nobody.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hang_up: Option<Signal>,
    /// Whether one has come.
    is_stopping: bool,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn new() -> Self {
        let of = |kind| signal(kind).ok();
        Self {
            interrupt: of(SignalKind::interrupt()),
            terminate: of(SignalKind::terminate()),
            // To listen ends that it is ignored: it is looked at before.
            hang_up: if ends_by_hang_up() { of(SignalKind::hangup()) } else { None },
            is_stopping: false,
        }
    }

    /// The next one, as the way it ends a run; waits for good when there can be none.
    pub(super) async fn next(&mut self) -> Exit {
        async fn one(signal: Option<&mut Signal>) {
            match signal {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        }
        let exit = tokio::select! {
            () = one(self.interrupt.as_mut()) => Exit::Interrupted,
            () = one(self.terminate.as_mut()) => Exit::Terminated,
            () = one(self.hang_up.as_mut()), if !self.is_stopping => Exit::HungUp,
        };
        self.is_stopping = true;
        exit
    }
}

/// Whether SIGHUP would end the program: not when it was begun with `nohup`. Where that
/// is not known, the signal is left as it is.
#[cfg(unix)]
fn ends_by_hang_up() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| is_heeded(&status, 1))
}

/// Whether a process with this status (proc(5)) does not ignore a signal.
#[cfg(unix)]
fn is_heeded(status: &str, number: u32) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & (1 << (number - 1)) == 0)
}

/// The signals that end a run.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn new() -> Self {
        Self
    }

    /// The next one, as the way it ends a run; waits for good when there can be none.
    pub(super) async fn next(&mut self) -> Exit {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Exit::Interrupted
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_left_ignored_and_so_is_one_of_which_nothing_is_known() {
        let status = |mask: &str| format!("Name:\tletterpress\nSigBlk:\t0000000000000000\nSigIgn:\t{mask}\n");
        assert!(is_heeded(&status("0000000000001000"), 1));
        assert!(!is_heeded(&status("0000000000001001"), 1));
        assert!(!is_heeded(&status("none"), 1));
        assert!(!is_heeded("Name:\tletterpress\n", 1));
    }
}
