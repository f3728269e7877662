//! No front matter ends the program: what stands between the fences is made up, and half of it is TOML.

#![no_main]

mod readers;

use letterpress::article::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let fence = if first % 2 == 0 { "+++" } else { "---" };
    let text = String::from_utf8_lossy(rest);
    readers::read(&format!("{fence}\n{text}\n{fence}\n\nWords enough for an article.\n"), Format::Markdown);
});
