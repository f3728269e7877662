//! No Markdown ends the program, and none loses a link.

#![no_main]

mod readers;

use letterpress::article::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    readers::read(&String::from_utf8_lossy(data), Format::Markdown);
});
