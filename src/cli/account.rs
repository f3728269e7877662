//! `letterpress report`: what became of everybody a campaign was planned for.

mod sums;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use clap::Args;
use serde_json::json;

use self::sums::Sums;
use super::campaign::{as_json, as_person, named, said, standing};
use super::state::{open, problems};
use super::{Context, Exit};
use crate::audience::SuppressionReason;
use crate::outbox::State;
use crate::problem::Problems;
use crate::store::{Campaign, Counts, Delivery, Store};

/// What `letterpress report` is asked for.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The number of the campaign, or its slug for the last of that name.
    pub campaign: String,
    /// Report as JSON: with everybody whose mail the relay did not take.
    #[arg(long)]
    pub json: bool,
    /// Write a table as CSV: one row a recipient, everybody.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// Lines of a kind that are told to people; data has them all.
const TOLD: usize = 10;

/// Unknown ones that are told by name: nobody should have to search for them.
const NAMED: usize = 100;

pub(super) fn run(args: &ReportArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let store = open(context)?;
    let campaign = named(&store, &args.campaign)?;
    if args.csv {
        return table(&store, &campaign, context);
    }
    let suppressed = store.suppressed().map_err(problems)?;
    let mut sums = Sums::default();
    let mut people = Vec::new();
    let mut unknown = Vec::new();
    let everybody = context.json;
    store
        .each_delivery(campaign.id, |one| {
            sums.add(&one, suppressed.get(&one.address.key()).map(|reason| reason.word()));
            match one.state {
                State::Accepted | State::Pending => {}
                _ if everybody => people.push(as_person(&one)),
                State::Unknown if unknown.len() < NAMED => unknown.push(one),
                _ => {}
            }
            ControlFlow::Continue(())
        })
        .map_err(problems)?;
    let mut excluded: BTreeMap<String, u64> = BTreeMap::new();
    for (_, reason) in store.excluded(campaign.id).map_err(problems)? {
        *excluded.entry(reason).or_default() += 1;
    }
    // Counted with the rest, so that a report beside a send agrees with itself.
    let counts = sums.counts();
    if context.json {
        let mut report = as_json(&campaign, &counts);
        sums.describe(&mut report);
        report["excluded"] =
            excluded.iter().map(|(reason, count)| json!({ "reason": reason, "count": count })).collect();
        report["people"] = people.into();
        context.print(format!("{report:#}"))?;
        return Ok(Exit::Done);
    }
    let standing = standing(&store, &campaign, context)?;
    let lines = in_words((&campaign, &standing), &counts, &sums, &unknown, &excluded);
    context.print(lines.join("\n"))?;
    if sums.of(State::Unknown) > 0 {
        context.tell(format!("`letterpress campaign reconcile {}` settles the unknown", campaign.id.0));
    }
    Ok(Exit::Done)
}

/// A moment as people read it.
fn moment(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn in_words(
    (campaign, standing): (&Campaign, &str),
    counts: &Counts,
    sums: &Sums,
    unknown: &[Delivery],
    excluded: &BTreeMap<String, u64>,
) -> Vec<String> {
    let mut lines = vec![format!("{} (campaign {}) {standing}", campaign.slug, campaign.id.0)];
    lines.extend(campaign.reason.as_ref().map(|reason| format!("  {reason}")));
    lines.push(format!("subject     {}", campaign.subject));
    lines.push(format!("list        {}, {} planned", campaign.list, counts.total()));
    if let Some((first, last)) = sums.span() {
        lines.push(format!("accepted    first {}, last {}", moment(first), moment(last)));
    }
    if let Some((seconds, rate)) = sums.pace() {
        lines.push(format!("took        {}, {rate:.1} a second", lasted(seconds)));
    }
    for state in State::ALL {
        let count = counts.of(state);
        if count == 0 {
            continue;
        }
        lines.push(format!("{:<12}{count}{}", state.word(), sums.until(state)));
        let reasons = sums.reasons(state);
        lines.extend(
            reasons.iter().take(TOLD).map(|reason| format!("  {:<10}{}", reason.count, reason.words)),
        );
        if reasons.len() > TOLD {
            lines.push(format!("  and {} more reasons, in `--json`", reasons.len() - TOLD));
        }
        if state == State::Unknown {
            lines.extend(
                unknown.iter().map(|one| {
                    format!("  {}{}", one.address, one.reply.as_ref().map(said).unwrap_or_default())
                }),
            );
            if count > unknown.len() as u64 {
                lines.push(format!("  and {} more, in `--csv`", count - unknown.len() as u64));
            }
        }
    }
    let left_out: u64 = excluded.values().sum();
    if left_out > 0 {
        lines.push(format!("excluded    {left_out}"));
        lines.extend(excluded.iter().map(|(reason, count)| format!("  {count:<10}{reason}")));
    }
    let providers = sums.providers();
    if providers.len() > 1 {
        lines.push("providers".to_owned());
        for (name, counts) in providers.iter().take(TOLD) {
            lines.push(format!("  {name}: {}", super::campaign::in_words(counts)));
        }
        if providers.len() > TOLD {
            lines.push(format!("  and {} more, in `--json`", providers.len() - TOLD));
        }
    }
    lines
}

/// A duration as people read it.
fn lasted(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Everybody, a row each.
fn table(store: &Store, campaign: &Campaign, context: &mut Context<'_>) -> Result<Exit, Problems> {
    context.print("address,state,attempts,code,reply,next_at,changed")?;
    let mut untold = None;
    let told = store.each_delivery(campaign.id, |one| {
        let (code, text) = one.reply.as_ref().map_or((0, ""), |reply| (reply.code, reply.text.as_str()));
        let row = [
            one.address.to_string(),
            one.state.word().to_owned(),
            one.attempts.to_string(),
            if code == 0 { String::new() } else { code.to_string() },
            text.to_owned(),
            one.next_at.map(|at| at.to_string()).unwrap_or_default(),
            one.changed.to_string(),
        ];
        let row: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        match context.print(row.join(",")) {
            Ok(()) => ControlFlow::Continue(()),
            Err(problems) => {
                untold = Some(problems);
                ControlFlow::Break(())
            }
        }
    });
    told.map_err(problems)?;
    untold.map_or(Ok(Exit::Done), Err)
}

/// A cell of a table. What a stranger said must be no formula in a spreadsheet.
fn quoted(cell: &str) -> String {
    let cell = if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

/// Why somebody was found among the suppressed, in the word of the suppression; those
/// who may get mail again have none.
fn reason_of(word: Option<&str>) -> String {
    let known = word.and_then(SuppressionReason::parse);
    known.map_or_else(|| "suppressed then, and not any more".to_owned(), |reason| reason.word().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_words_are_no_formula_and_stay_in_their_cell() {
        assert_eq!(quoted("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(quoted("a, b"), "\"a, b\"");
        assert_eq!(quoted("plain"), "plain");
    }

    #[test]
    fn durations_are_told_as_people_do() {
        assert_eq!([59, 61, 3_660].map(lasted), ["59 s", "1 min 1 s", "1 h 1 min"]);
    }
}
