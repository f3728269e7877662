//! `letterpress unsubscribe list`: who left and who came back.

use serde_json::{Value, json};

use crate::audience::{Leaving, LeftBy, Motive};
use crate::cli::state::{open, problems};
use crate::cli::{Context, Exit};
use crate::problem::Problems;

pub(super) fn run(context: &mut Context<'_>) -> Result<Exit, Problems> {
    let all = open(context)?.leavings().map_err(problems)?;
    let left: Vec<&Leaving> = all.iter().filter(|one| one.by.is_some()).collect();
    let counts = Motive::ALL
        .map(|motive| (motive.word(), left.iter().filter(|one| one.motive == Some(motive)).count()));
    let brought = all.iter().filter(|one| one.by_publisher).count();
    let came = all.len() - left.len() - brought;
    let silent = left.iter().filter(|one| one.motive.is_none()).count();
    if context.json {
        let mut motives: serde_json::Map<String, Value> =
            counts.into_iter().map(|(word, count)| (word.to_owned(), count.into())).collect();
        motives.insert("none".to_owned(), silent.into());
        let report = json!({
            "left": left.len(),
            "came_back": came,
            "brought_back": brought,
            "motives": motives,
            "leavings": all.iter().map(as_json).collect::<Vec<_>>(),
        });
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    for one in &all {
        context.print(format!("{}  {}  {}", one.at.strftime("%Y-%m-%d %H:%M UTC"), one.address, did(one)))?;
    }
    if all.is_empty() {
        context.tell("nobody left");
        return Ok(Exit::Done);
    }
    let named = counts.into_iter().filter(|(_, count)| *count > 0);
    let mut parts: Vec<String> = named.map(|(word, count)| format!("{count} {word}")).collect();
    if silent > 0 {
        parts.push(format!("{silent} without a word"));
    }
    if came > 0 {
        parts.push(format!("{came} came back"));
    }
    if brought > 0 {
        parts.push(format!("{brought} brought back by the publisher"));
    }
    context.tell(format!("{} left: {}", left.len(), parts.join(", ")));
    Ok(Exit::Done)
}

/// What somebody did, for people: `left by mail: too-often, “every day”`.
pub(in crate::cli) fn did(one: &Leaving) -> String {
    let how = match one.by {
        Some(LeftBy::OneClick) => "left by one click in their mail program",
        Some(LeftBy::Page) => "left by the page",
        Some(LeftBy::Mail) => "left by mail",
        None if one.by_publisher => "was brought back by the publisher",
        None => "came back",
    };
    let words = one.words.as_ref().map(|words| format!("\u{201c}{}\u{201d}", on_one_line(words)));
    let why: Vec<String> =
        one.motive.map(|motive| motive.word().to_owned()).into_iter().chain(words).collect();
    if why.is_empty() { how.to_owned() } else { format!("{how}: {}", why.join(", ")) }
}

pub(in crate::cli) fn as_json(one: &Leaving) -> Value {
    json!({
        "address": one.address.as_str(),
        "at": one.at.to_string(),
        "did": match one.by {
            Some(_) => "left",
            None if one.by_publisher => "brought-back",
            None => "came-back",
        },
        "by": one.by.map(LeftBy::word),
        "motive": one.motive.map(Motive::word),
        "words": one.words,
    })
}

/// A stranger's words for a terminal.
fn on_one_line(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    line.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}
