//! How often a second the disk takes a commit: the ceiling of everything that waits for
//! it.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// As much as a small transaction writes to the log of a database: two pages and what
/// stands around them.
const COMMIT: usize = 2 * (4096 + 24);

/// Appends to a file in `folder` for so many seconds, syncing after each write, and
/// prints how many syncs there were a second.
pub(crate) fn measure(folder: &str, seconds: &str) -> Result<(), Box<dyn Error>> {
    let path = Path::new(folder).join("commits");
    let mut file = File::create(&path)?;
    let limit = Duration::from_secs_f64(seconds.parse()?);
    let piece = [0x5a; COMMIT];
    let begin = Instant::now();
    let mut count = 0_u32;
    while begin.elapsed() < limit {
        file.write_all(&piece)?;
        file.sync_data()?;
        count += 1;
    }
    println!("{:.0}", f64::from(count) / begin.elapsed().as_secs_f64());
    Ok(fs::remove_file(&path)?)
}
