//! `letterpress check`: everything that can be known of an article before it is sent,
//! without asking anybody.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::article::{self, Article, ReadOptions, Status};
use crate::audience::{self, List, Subscriber};
use crate::config::DkimSettings;
use crate::message::Purpose;
use crate::press::{self, Edition, Prepared, PressError};
use crate::problem::{Problem, Problems, Severity};

use super::context::{random_key, workshop};
use super::report::Counts;
use super::way_out::advice;
use super::{Context, Exit, files, pictures, rehearsal, report};

/// What `letterpress check` is asked for.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The article, a .md, .html or .txt file.
    pub article: PathBuf,
    /// The list, a CSV file; the one the article names when absent.
    #[arg(long, value_name = "CSV")]
    pub list: Option<PathBuf>,
    /// Fail on warnings too.
    #[arg(long)]
    pub strict: bool,
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
    let mut check = Check { context, path: &article, found: Vec::new(), to_upload: None };
    let list = check.everything(list.as_deref())?;
    let to_upload = check.to_upload.take();
    let found = told(check.found, &context.config.lint.off);
    let counts = Counts::of(&found);
    let people = list.as_ref().map(|list| list.subscribers.len());
    let suppressed = rehearsal::suppressed(context).unwrap_or_default();
    let wants_none = |one: &&Subscriber| suppressed.contains_key(&one.address.key());
    let away = list.as_ref().map_or(0, |list| list.subscribers.iter().filter(wants_none).count());
    if args.json {
        let report = json!({
            "people": people,
            "suppressed": away,
            "sound": counts.errors == 0,
            "errors": counts.errors,
            "warnings": counts.warnings,
            "infos": counts.infos,
            "problems": report::json(&found),
        });
        context.print(format!("{report:#}"))?;
    } else {
        context.warn(&found);
        if counts.errors == 0 {
            let all_well = found.is_empty();
            let copies = match (&list, people) {
                (Some(list), Some(people)) => {
                    let nor = if all_well { "nor with" } else { "nor in" };
                    format!(", {nor} the copies for {people} on `{}`{}", list.name, staying_away(away))
                }
                _ => " itself; without a list nobody's copy was made".to_owned(),
            };
            let article = article.display();
            if all_well {
                context.print(format!("nothing is wrong with `{article}`{copies}"))?;
            } else {
                context.print(format!("{counts}; there is no error in `{article}`{copies}"))?;
            }
        }
        if let Some(note) = to_upload {
            context.tell(note);
        }
    }
    let fails = counts.errors > 0 || args.strict && counts.warnings > 0;
    let class = Problems::all(found).map(|found| found.class());
    Ok(match class {
        Some(class) if counts.errors > 0 => class.into(),
        _ if fails => Exit::Data,
        _ => Exit::Done,
    })
}

/// A check on its way through the stages: one that fails does not keep those after it
/// from telling what they find.
struct Check<'a, 'b> {
    context: &'a Context<'b>,
    path: &'a Path,
    found: Vec<Problem>,
    /// What is still to be done with its pictures.
    to_upload: Option<String>,
}

impl Check<'_, '_> {
    /// Goes through all stages; the list, if there is one that can be read.
    fn everything(&mut self, named: Option<&Path>) -> Result<Option<List>, Problems> {
        let options = ReadOptions::default();
        let article = article::load(self.path, &options);
        if let Ok((article, warnings)) = &article {
            // Whoever composes it tells them too, unless that fails.
            self.found.extend(warnings.iter().cloned());
            if article.meta.status == Status::Draft {
                let draft = PressError::Draft { path: self.path.to_owned(), notation: article.meta.notation };
                self.found.push(Problem::new(draft).warning());
            }
        }
        let list = self.list(named, article.ok().map(|(article, _)| article).as_ref());
        let prepared =
            press::prepare(self.path, &workshop(&self.context.config, &self.context.darkroom), &options);
        match prepared {
            Ok(prepared) => {
                self.found.extend(prepared.warnings.iter().cloned());
                self.found.extend(prepared.composed.foot_flaws());
                self.found.extend(prepared.picture_flaws());
                self.to_upload = pictures::to_upload(&prepared, self.path);
                self.copies(prepared, list.as_ref())?;
            }
            Err(problems) => {
                self.found.extend(problems);
                self.found.extend(press::lacking(&self.context.config.newsletter));
            }
        }
        let advice = advice(&self.context.config.sender, self.context.config.dkim.is_some());
        self.found.extend(advice.into_iter().map(|advice| Problem::new(advice).warning()));
        Ok(list)
    }

    /// The list that was named, or the one the article names.
    fn list(&mut self, named: Option<&Path>, article: Option<&Article>) -> Option<List> {
        let root = &self.context.config.root;
        let path = match article {
            Some(article) => {
                let path = files::list_of(named, article, self.path, root);
                files::noted(path, &mut self.found).flatten()
            }
            None => named.map(Path::to_owned),
        };
        match audience::csv::load(&path?) {
            Ok(mut list) => {
                self.found.append(&mut list.warnings);
                Some(list)
            }
            Err(problems) => {
                self.found.extend(problems);
                None
            }
        }
    }

    /// Makes every copy once, and looks at what they have in common.
    fn copies(&mut self, prepared: Prepared, list: Option<&List>) -> Result<(), Problems> {
        let context = self.context;
        let signers = match context.config.dkim.as_ref().map(DkimSettings::resolve) {
            Some(Ok((signers, warnings))) => {
                self.found.extend(warnings);
                signers
            }
            Some(Err(problems)) => {
                self.found.extend(problems);
                Vec::new()
            }
            None => Vec::new(),
        };
        let key = random_key()?;
        let edition = |prepared, signers| {
            let secrets = context.trial_secrets(&key, signers)?;
            Edition::new(prepared, self.path, &context.config.sender, Purpose::Campaign, secrets)
        };
        let edition = match edition(prepared.clone(), signers.into()) {
            Ok(edition) => edition,
            Err(problems) => {
                // A signature that speaks for somebody else says nothing of the copies.
                self.found.extend(problems);
                match edition(prepared, [].into()) {
                    Ok(edition) => edition,
                    Err(_) => return Ok(()),
                }
            }
        };
        let sample = list.and_then(|list| list.subscribers.first());
        self.found.extend(edition.lint(&context.config.lint, sample));
        if let Some(list) = list {
            let made = edition.for_list(list.clone(), &context.zoned_now());
            self.found.extend(made.err().into_iter().flatten());
        }
        Ok(())
    }
}

/// What is told of what was found: each thing once, without what is switched off, errors
/// first, and then from top to bottom.
pub(super) fn told(found: Vec<Problem>, off: &[&str]) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let is_off = |problem: &Problem| {
        problem.severity != Severity::Error && problem.rule().is_some_and(|rule| off.contains(&rule))
    };
    let place = |problem: &Problem| {
        problem.place.as_ref().map(|place| (place.file.to_string(), place.line, place.column))
    };
    let mut told: Vec<Problem> = found
        .into_iter()
        .filter(|problem| !is_off(problem) && seen.insert((place(problem), problem.message())))
        .collect();
    told.sort_by_key(|problem| (problem.severity, place(problem)));
    told
}

/// How many of a list want no mail, as an addition.
fn staying_away(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "; 1 of them wants no mail and would be left out".to_owned(),
        count => format!("; {count} of them want no mail and would be left out"),
    }
}
