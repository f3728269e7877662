//! Keeps the house as `src/lib.rs` draws it: which room may know which, where each
//! dependency is at home, and what stays out of the pure rooms.

use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may know. The leaves are known to all.
const ROOMS: &[(&str, &[&str])] = &[
    ("fault", &[]),
    ("fields", &[]),
    ("problem", &[]),
    ("tags", &[]),
    ("phrases", &[]),
    ("paint", &[]),
    ("css", &[]),
    ("article", &[]),
    ("pictures", &["article"]),
    ("audience", &[]),
    ("compose", &["article", "audience"]), // the values of one subscriber, for merge tags
    ("lint", &["article", "audience", "compose"]), // scripts that deceive, and colours
    ("message", &["audience", "compose"]),
    ("outbox", &[]),
    ("evidence", &["audience"]),
    ("mailbag", &["audience"]),
    ("store", &["audience", "outbox"]),
    ("send", &["outbox", "message", "audience"]),
    ("config", &["audience", "compose", "lint", "message", "outbox", "pictures", "send", "store"]), // the values of settings
    ("knock", &["audience", "message", "store"]),
    ("site", &[]),
    ("public", &["audience", "pictures", "store"]),
    ("inbox", &["site"]),
    ("press", &["article", "audience", "compose", "lint", "message", "outbox", "pictures", "send", "store"]),
    ("schedule", &[]),
    ("studio", &["audience", "site"]), // the values that set readers apart
    (
        "cli",
        &[
            "article", "audience", "config", "evidence", "inbox", "knock", "mailbag", "message", "outbox",
            "pictures", "press", "public", "schedule", "send", "site", "store", "studio",
        ],
    ),
];

/// The rooms everyone may know.
const LEAVES: &[&str] = &["problem", "fields", "tags", "fault", "phrases", "paint", "css"];

/// Rooms that turn values into values.
const PURE: &[&str] = &[
    "article", "audience", "compose", "evidence", "lint", "mailbag", "message", "outbox", "schedule", "tags",
    "problem", "fields", "phrases", "paint", "css",
];

/// What a pure room does without.
const IMPURE: &[&str] =
    &["tokio", "std::net::Tcp", "std::net::Udp", "rusqlite", "SystemTime", "Instant::now", "Timestamp::now"];

/// What has one home, and where that is.
const HOMES: &[(&str, &[&str])] = &[
    ("mrml", &["compose"]),
    ("tera", &["compose", "tags"]),
    ("css_inline", &["compose"]),
    ("comrak", &["article"]),
    ("dom_query", &["article", "lint"]),
    ("dom_smoothie", &["article"]),
    ("image", &["pictures"]),
    ("resvg", &["pictures"]),
    ("rusqlite", &["store"]),
    ("lettre", &["send"]),
    ("tokio_rustls", &["knock", "send"]),
    ("rustls_native_certs", &["send"]),
    ("aws_lc_rs", &["audience", "mailbag", "message", "pictures", "public", "send"]),
    ("base64", &["audience", "inbox", "message", "pictures", "public", "send"]),
    ("axum", &["studio", "inbox", "public", "site"]),
    ("mail_parser", &["inbox", "mailbag"]),
    ("hyper", &["public"]),
    ("hyper_util", &["public"]),
    ("tower", &["public"]),
    ("notify", &["studio"]),
    ("unicode_normalization", &["config"]),
    ("ureq", &["knock"]),
    ("clap", &["cli"]),
    ("annotate_snippets", &["cli"]),
    ("DotPermit::unrecorded", &["send"]), // whoever else sends has its intents kept
    ("std::env", &["config", "cli"]),
    ("std::process::exit", &[]),
];

/// What only the command line does.
const PRINTS: &[&str] = &["println!", "print!", "eprintln!", "eprint!"];

/// Names that say nothing of what is behind them.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "common", "types", "misc"];

/// The most lines of a file, tests not counted.
const MOST_LINES: usize = 450;

/// One file of the house.
struct File<'a> {
    path: &'a str,
    text: &'a str,
}

impl File<'_> {
    /// `src/compose/mod.rs` is of the room `compose`; `src/lib.rs` is of none.
    fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let room = inside.split('/').next()?.trim_end_matches(".rs");
        (room != "lib" && room != "main").then_some(room)
    }

    /// Its lines with numbers, without the items that are built for tests alone.
    fn lines(&self) -> Vec<(usize, &str)> {
        let mut lines = Vec::new();
        let mut all = (1..).zip(self.text.lines());
        while let Some((number, line)) = all.next() {
            let item = line.trim_start();
            if !item.starts_with("#[cfg(test)]") {
                lines.push((number, line));
                continue;
            }
            // The item ends where it closes at its own depth.
            let depth = line.len() - item.len();
            let mut first = true;
            for (_, line) in all.by_ref() {
                let text = line.trim();
                if text.starts_with("#[") {
                    continue;
                }
                let at_depth = line.len() - line.trim_start().len() == depth;
                let whole = first && (text.ends_with(';') || text.ends_with('}'));
                if at_depth && (whole || text.starts_with('}')) {
                    break;
                }
                first = false;
            }
        }
        lines
    }

    /// The code with its comments and tests left out, line by line with numbers. A
    /// `use` that goes over many lines is one, so that its braces are seen whole.
    fn code(&self) -> Vec<(usize, String)> {
        let mut code: Vec<(usize, String)> = Vec::new();
        let mut inside_use = false;
        for (number, line) in self.lines() {
            let line = line.find("//").map_or(line, |at| &line[..at]);
            match code.last_mut() {
                Some((_, last)) if inside_use => last.push_str(line.trim()),
                _ => code.push((number, line.to_owned())),
            }
            let (_, last) = code.last().unwrap();
            inside_use =
                last.trim_start().trim_start_matches("pub ").starts_with("use ") && !last.contains(';');
        }
        code.retain(|(_, line)| !line.trim().is_empty());
        code
    }

    /// Everything that is out of its home in this file.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let Some(room) = self.room() else { return faults };
        let at = |line: usize| format!("{}:{line}", self.path);
        if self.path.ends_with("tests.rs") || self.path.contains("/tests/") {
            return faults;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            return vec![format!("{}: the room `{room}` is not on the plan", self.path)];
        };
        for (line, code) in self.code() {
            let code = code.as_str();
            for known in rooms_named(code) {
                if known != room && !LEAVES.contains(&known) && !allowed.contains(&known) {
                    faults.push(format!("{}: `{room}` must not know `{known}`", at(line)));
                }
            }
            for (thing, homes) in HOMES {
                if !homes.contains(&room) && names(code, thing) {
                    faults.push(format!("{}: `{thing}` is not at home in `{room}`", at(line)));
                }
            }
            if PURE.contains(&room) {
                for thing in IMPURE.iter().filter(|thing| names(code, thing)) {
                    faults.push(format!("{}: `{room}` is pure and has no `{thing}`", at(line)));
                }
            }
            if room != "cli" {
                for print in PRINTS.iter().filter(|print| names(code, print)) {
                    faults.push(format!("{}: `{print}` belongs to `cli` alone", at(line)));
                }
            }
            for name in EMPTY_NAMES {
                if code.trim_end().ends_with(&format!("mod {name};"))
                    || code.contains(&format!("mod {name} {{"))
                {
                    faults.push(format!("{}: `mod {name}` says nothing of what is in it", at(line)));
                }
            }
        }
        let lines = self.lines().len();
        if lines > MOST_LINES {
            faults.push(format!("{}: {lines} lines, and {MOST_LINES} are the most", self.path));
        }
        faults
    }
}

/// The rooms that a line of code names after `crate::`, also within braces.
fn rooms_named(code: &str) -> Vec<&str> {
    let known = |name: &&str| ROOMS.iter().any(|(room, _)| room == name);
    let mut named = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let rest = &code[at + path.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let parts = group.split(',').map(|name| name.trim().split("::").next().unwrap_or_default());
            named.extend(parts.map(|name| name.trim_end_matches(['}', ';'])).filter(known));
        } else {
            let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            named.extend(Some(name).filter(known));
        }
    }
    named
}

/// Whether a line of code names `thing`: as the beginning of a path when it is a
/// crate, and as a word of its own otherwise.
fn names(code: &str, thing: &str) -> bool {
    let is_crate = thing.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    code.match_indices(thing).any(|(at, _)| {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        let after = &code[at + thing.len()..];
        let starts = !before.is_alphanumeric() && before != '_' && before != '"' && before != '`';
        let ends = !after
            .starts_with(|c: char| c.is_alphanumeric() && !thing.ends_with("Tcp") && !thing.ends_with("Udp"));
        let is_path = after.starts_with("::") || code.trim_start().starts_with(&format!("use {thing};"));
        starts && ends && (!is_crate || (is_path && !code[..at].ends_with("::")))
    })
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_arrow_and_every_dependency_is_in_its_home() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    rust_files(&root.join("src"), &mut paths);
    let mut faults = Vec::new();
    for path in &paths {
        let text = fs::read_to_string(path).unwrap();
        let path = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        faults.extend(File { path: &path, text: &text }.faults());
    }
    assert!(paths.len() > 10, "the house was not found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_arrow_of_the_plan_is_in_the_code() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (room, allowed) in ROOMS {
        let mut paths = vec![source.join(format!("{room}.rs"))];
        if source.join(room).is_dir() {
            rust_files(&source.join(room), &mut paths);
        }
        let texts: Vec<String> = paths.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
        let code: Vec<(usize, String)> =
            texts.iter().flat_map(|text| File { path: "src/lib.rs", text }.code()).collect();
        for known in *allowed {
            let walked = code.iter().any(|(_, line)| rooms_named(line).contains(known));
            assert!(walked, "`{room}` may know `{known}` and does not");
        }
    }
}

#[test]
fn every_room_of_the_plan_is_built() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (room, _) in ROOMS {
        let built = source.join(room).is_dir() || source.join(format!("{room}.rs")).is_file();
        assert!(built, "the room `{room}` is on the plan and not in `src`");
    }
}

#[test]
fn what_is_out_of_its_home_is_found() {
    let faults = |path, text| File { path, text }.faults();
    for (path, text, expected) in [
        (
            "src/article/mod.rs",
            "use crate::compose::Theme;",
            "src/article/mod.rs:1: `article` must not know `compose`",
        ),
        (
            "src/send/mod.rs",
            "\nuse crate::{cli::Exit, message};",
            "src/send/mod.rs:2: `send` must not know `cli`",
        ),
        (
            "src/send/mod.rs",
            "use crate::{\n    message::{Envelope, Message},\n    studio,\n};",
            "src/send/mod.rs:1: `send` must not know `studio`",
        ),
        (
            "src/article/mod.rs",
            "#[cfg(test)]\nmod tests;\nuse comrak::Arena;\nuse lettre::Address;",
            "src/article/mod.rs:4: `lettre` is not at home in `article`",
        ),
        (
            "src/article/mod.rs",
            "#[cfg(test)]\n#[rustfmt::skip]\nfn ours() {\n    tokio::fs();\n}\n\nuse lettre::Address;",
            "src/article/mod.rs:7: `lettre` is not at home in `article`",
        ),
        (
            "src/article/mod.rs",
            "impl A {\n    #[cfg(test)]\n    fn ours() {\n        if a {\n        }\n    }\n\n    fn b(c: lettre::Address) {}\n}",
            "src/article/mod.rs:8: `lettre` is not at home in `article`",
        ),
        ("src/compose/a.rs", "use tokio::fs;", "src/compose/a.rs:1: `compose` is pure and has no `tokio`"),
        (
            "src/message/a.rs",
            "let a = std::net::TcpStream::connect(b);",
            "src/message/a.rs:1: `message` is pure and has no `std::net::Tcp`",
        ),
        (
            "src/press/mod.rs",
            "let a = mrml::parse(b);",
            "src/press/mod.rs:1: `mrml` is not at home in `press`",
        ),
        ("src/press/mod.rs", "println!();", "src/press/mod.rs:1: `println!` belongs to `cli` alone"),
        (
            "src/press/mod.rs",
            "let a = std::env::var(b);",
            "src/press/mod.rs:1: `std::env` is not at home in `press`",
        ),
        (
            "src/cli/mod.rs",
            "std::process::exit(1);",
            "src/cli/mod.rs:1: `std::process::exit` is not at home in `cli`",
        ),
        ("src/inbox/mod.rs", "mod utils;", "src/inbox/mod.rs:1: `mod utils` says nothing of what is in it"),
        ("src/attic/mod.rs", "", "src/attic/mod.rs: the room `attic` is not on the plan"),
    ] {
        assert_eq!(faults(path, text), [expected], "{text}");
    }
    let long = "let a = 1;\n".repeat(MOST_LINES + 1);
    assert_eq!(faults("src/article/a.rs", &long), ["src/article/a.rs: 451 lines, and 450 are the most"]);
}

#[test]
fn what_is_at_home_is_left_alone() {
    for (path, text) in [
        (
            "src/compose/mod.rs",
            "use crate::article::Article;\nuse crate::{problem::Span, tags};\nuse mrml::parse;",
        ),
        ("src/article/mod.rs", "// println!() is for others, and so is tokio::fs\n"),
        ("src/article/mod.rs", "#[cfg(test)]\nmod tests { use tokio::fs; }"),
        ("src/studio/mod.rs", "let notify_me = notifying::all();"),
    ] {
        assert_eq!(File { path, text }.faults(), Vec::<String>::new(), "{text}");
    }
}
