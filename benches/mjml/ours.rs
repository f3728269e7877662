//! How long our renderer takes for MJML files; `run`, beside this file, has the
//! program everybody uses do the same.
//!
//! Arguments: seconds to spend on each file, then the files. Prints one line a file:
//! the median in microseconds and the size of the HTML.

use std::time::{Duration, Instant};

use mrml::prelude::render::RenderOptions;

#[expect(clippy::print_stdout, reason = "the line is what is asked for")]
fn main() {
    // `cargo bench` adds its own flag, and names no files when it runs everything.
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let seconds: f64 = args.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(1.0);
    for path in args {
        let mjml = std::fs::read_to_string(&path).expect("the file can be read");
        let options = RenderOptions::default();
        let mut times = Vec::new();
        let mut size = 0;
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs_f64(seconds) || times.len() < 20 {
            let start = Instant::now();
            let parsed = mrml::parse(&mjml).expect("the file is MJML");
            size = parsed.element.render(&options).expect("the file can be rendered").len();
            times.push(start.elapsed());
        }
        times.sort_unstable();
        println!("{} {size}", times[times.len() / 2].as_micros());
    }
}
