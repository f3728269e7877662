//! Output that nobody waits for.

use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long what is printed last may take.
const LAST: Duration = Duration::from_secs(1);

/// Writes in a thread of its own. Whoever reads may stop (a terminal that is held, a
/// suspended pager, a full pipe): then whatever there is no room for is lost, and only
/// that thread waits.
pub(super) struct Printer {
    texts: SyncSender<String>,
    done: oneshot::Receiver<()>,
}

impl Printer {
    /// Writes to `out`, where `room` texts may wait.
    ///
    /// # Errors
    ///
    /// Fails when the system has no thread to give.
    pub(super) fn start(mut out: impl Write + Send + 'static, room: usize) -> io::Result<Self> {
        let (texts, waiting) = sync_channel::<String>(room);
        let (end, done) = oneshot::channel();
        thread::Builder::new().name("printer".to_owned()).spawn(move || {
            // Once nobody reads any more, nobody ever will.
            while let Ok(text) = waiting.recv()
                && out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
            {}
            let _ = end.send(());
        })?;
        Ok(Self { texts, done })
    }

    /// Prints it, if there is room.
    pub(super) fn print(&self, text: String) {
        let _ = self.texts.try_send(text);
    }

    /// Waits until all is printed, but not for somebody who does not read.
    pub(super) async fn finish(self) {
        drop(self.texts);
        let _ = timeout(LAST, self.done).await;
    }
}
