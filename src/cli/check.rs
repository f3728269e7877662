//! `letterpress check`: everything that can be known of an article before it is sent,
//! without asking anybody.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::article::Status;
use crate::audience::Subscriber;
use crate::message::Purpose;
use crate::press::{Edition, PressError};
use crate::problem::{Problem, Problems};

use super::context::random_key;
use super::way_out::advice;
use super::{Context, Exit, files, rehearsal, report};

/// What `letterpress check` is asked for.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The article, a .md, .html or .txt file.
    pub article: PathBuf,
    /// The list, a CSV file; the one the article names when absent.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &CheckArgs, context: &mut Context<'_>) -> Result<Exit, Problems> {
    let mut found = Vec::new();
    let article = files::noted(files::article(&args.article), &mut found);
    let list = args.list.as_ref().and_then(|list| files::noted(files::list(list), &mut found));
    let ((article, list), _) = Problems::check((article, list), found)?;
    let article = article.expect("an article without problems was found");
    let (prepared, list) = context.prepare(&article, list.as_deref())?;
    let mut warnings = prepared.warnings.clone();
    if prepared.article.meta.status == Status::Draft {
        let notation = prepared.article.meta.notation;
        warnings.push(Problem::new(PressError::Draft { path: article.clone(), notation }).warning());
    }
    let is_signed = context.config.dkim.is_some();
    let advice = advice(&context.config.sender, is_signed);
    warnings.extend(advice.into_iter().map(|advice| Problem::new(advice).warning()));
    let mut flaws = prepared.composed.foot_flaws();
    let (signers, date) = (context.signers()?, context.zoned_now());
    let secrets = context.trial_secrets(&random_key()?, signers)?;
    let edition = Edition::new(prepared, &article, &context.config.sender, Purpose::Campaign, secrets);
    let (people, name) =
        list.as_ref().map_or((None, String::new()), |list| (Some(list.subscribers.len()), list.name.clone()));
    let suppressed = rehearsal::suppressed(context).unwrap_or_default();
    let wants_none = |one: &&Subscriber| suppressed.contains_key(&one.address.key());
    let away = list.as_ref().map_or(0, |list| list.subscribers.iter().filter(wants_none).count());
    let edition = edition.and_then(|edition| match list {
        Some(list) => edition.for_list(list, &date),
        None => Ok(edition),
    });
    flaws.extend(edition.err().into_iter().flatten());
    if args.json {
        let problems = report::json(flaws.iter().chain(&warnings));
        context.print(format!(
            "{:#}",
            json!({ "people": people, "suppressed": away, "sound": flaws.is_empty(), "problems": problems })
        ))?;
    } else {
        let all: Vec<Problem> = flaws.iter().chain(&warnings).cloned().collect();
        context.warn(&all);
        if flaws.is_empty() {
            let copies = people.map_or_else(
                || " itself; without a list nobody's copy was made".to_owned(),
                |people| format!(", nor with the copies for {people} on `{name}`{}", staying_away(away)),
            );
            context.print(format!("nothing is wrong with `{}`{copies}", article.display()))?;
        }
    }
    Ok(Problems::all(flaws).map_or(Exit::Done, |flaws| flaws.class().into()))
}

/// How many of a list want no mail, as an addition.
fn staying_away(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "; 1 of them wants no mail and would be left out".to_owned(),
        count => format!("; {count} of them want no mail and would be left out"),
    }
}
