//! A prepared article joined with those who get it.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread::{self, available_parallelism};

use jiff::Zoned;

use super::content::speak_for;
use super::{Prepared, PressError, slug};
use crate::article::Article;
use crate::audience::{EmailAddress, List, Mailbox, Subscriber, Values};
use crate::compose::{MergeError, UNSUBSCRIBE_URL};
use crate::message::{Assembler, Message, Purpose, Secrets, Sender};
use crate::problem::{Problem, Problems, Span};
use crate::tags::FieldUse;

/// Most recipients whose problems are told one by one.
const TOLD: usize = 20;

/// How many recipients are gone through once more when a copy of theirs cannot be made.
const STRETCH: usize = 256;

/// Everything there is to know before the first message is sent.
#[derive(Debug, Clone)]
pub struct Edition {
    /// The article and its parts.
    pub prepared: Prepared,
    /// Who it is from.
    pub sender: Sender,
    /// Its name.
    pub campaign: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Who gets it, each address once.
    pub subscribers: Vec<Subscriber>,
    secrets: Secrets,
}

impl Edition {
    /// The edition of `prepared`, an article read from `path`, for no one yet.
    ///
    /// # Errors
    ///
    /// Fails when the article names a sender of its own that is none, or one that the
    /// signatures do not speak for.
    pub fn new(
        prepared: Prepared,
        path: &Path,
        sender: &Sender,
        purpose: Purpose,
        secrets: Secrets,
    ) -> Result<Self, Problems> {
        let mut sender = sender.clone();
        if let Some(from) = own_sender(&prepared.article)? {
            sender.from = from;
        }
        if let Err(apart) = speak_for(&sender, &secrets.signers) {
            let article = &prepared.article;
            let problem = match &article.meta.from {
                Some(written) => Problem::at(apart, &article.source, written.span),
                None => Problem::new(apart),
            };
            return Err(problem.into());
        }
        let campaign = slug(&prepared.article, path);
        Ok(Self { prepared, sender, campaign, purpose, subscribers: Vec::new(), secrets })
    }

    /// Addresses it to everybody on `list`.
    ///
    /// Every field is checked by name against the columns, and every copy is rendered
    /// once, so that what is wrong with the last recipient is known before the first
    /// is mailed.
    ///
    /// # Errors
    ///
    /// Fails with all unknown fields, or with the recipients whose copy cannot be
    /// made, the first of them one by one.
    pub fn for_list(mut self, list: List, date: &Zoned) -> Result<Self, Problems> {
        let found = self.prepared.composed.check_fields(&list.columns);
        Problems::check((), found)?;
        self.subscribers = list.subscribers;
        // A signature takes a hundred times as long as the copy it is for, and cannot
        // fail for one reader and not for another.
        let assembler = self.unsigned();
        let mut found = Vec::new();
        let mut more = 0;
        for subscriber in self.flawed_stretches(date).into_iter().flatten() {
            match assembler.assemble(subscriber, date) {
                Ok(_) => {}
                Err(problem) if lacks_the_same(&mut found, &problem) => {}
                Err(_) if found.len() == TOLD => more += 1,
                Err(problem) => found.push(problem),
            }
        }
        if more > 0 {
            found.push(Problem::new(PressError::More(more)));
        }
        drop(assembler);
        let (edition, _) = Problems::check(self, found)?;
        edition.prove_first(date)?;
        Ok(edition)
    }

    /// The stretches of its recipients, in their order, in which a copy cannot be made:
    /// looked for on all cores, because mostly there is none.
    fn flawed_stretches(&self, date: &Zoned) -> Vec<&[Subscriber]> {
        let cores = available_parallelism().map_or(1, usize::from);
        let share = self.subscribers.len().div_ceil(cores).max(STRETCH);
        thread::scope(|scope| {
            let look = |share| scope.spawn(move || self.flawed_in(share, date));
            let looking: Vec<_> = self.subscribers.chunks(share).map(look).collect();
            let found =
                looking.into_iter().map(|found| found.join().unwrap_or_else(|panic| resume_unwind(panic)));
            found.flatten().collect()
        })
    }

    fn flawed_in<'a>(&self, share: &'a [Subscriber], date: &Zoned) -> Vec<&'a [Subscriber]> {
        let assembler = self.unsigned();
        let is_flawed = |one| assembler.assemble(one, date).is_err();
        share.chunks(STRETCH).filter(|stretch| stretch.iter().any(is_flawed)).collect()
    }

    /// Addresses it to people who are on no list, each once, with the values of
    /// `values`.
    ///
    /// # Errors
    ///
    /// Fails with everything that keeps a copy from being made.
    pub fn for_people(
        mut self,
        people: Vec<EmailAddress>,
        values: &Values,
        date: &Zoned,
    ) -> Result<Self, Problems> {
        let mut seen = BTreeSet::new();
        self.subscribers = people
            .into_iter()
            .filter(|address| seen.insert(address.key()))
            .map(|address| {
                let mut values = values.clone();
                values.insert("email".to_owned(), address.to_string());
                Subscriber { address, values, span: Span::default() }
            })
            .collect();
        let assembler = self.unsigned();
        let found = self.subscribers.iter().filter_map(|one| assembler.assemble(one, date).err()).collect();
        drop(assembler);
        let (edition, _) = Problems::check(self, found)?;
        edition.prove_first(date)?;
        Ok(edition)
    }

    /// What makes its messages.
    #[must_use]
    pub fn assembler(&self) -> Assembler<'_> {
        let Self { prepared, sender, campaign, secrets, purpose, .. } = self;
        Assembler::new(&prepared.composed, sender, campaign, secrets, *purpose)
    }

    /// Whether its messages are signed.
    pub(super) fn is_signed(&self) -> bool {
        !self.secrets.signers.is_empty()
    }

    fn unsigned(&self) -> Assembler<'_> {
        self.assembler().unsigned()
    }

    /// Signs the first message and reads its signatures as those do who get it.
    fn prove_first(&self, date: &Zoned) -> Result<(), Problem> {
        let Some(first) = self.subscribers.first().filter(|_| self.is_signed()) else {
            return Ok(());
        };
        let assembler = self.assembler();
        assembler.prove(&assembler.assemble(first, date)?)
    }

    /// The message of its recipient number `index`.
    ///
    /// # Errors
    ///
    /// As [`Assembler::assemble`].
    pub fn message(&self, index: usize, date: &Zoned) -> Result<Message, Problem> {
        self.assembler().assemble(&self.subscribers[index], date)
    }
}

/// Whether somebody before lacked the same value at the same place; they are counted
/// there.
fn lacks_the_same(found: &mut [Problem], problem: &Problem) -> bool {
    let Some(MergeError::Missing { what: tag, .. }) = problem.condition() else { return false };
    for earlier in found.iter_mut().filter(|earlier| earlier.place == problem.place) {
        if let Some(MergeError::Missing { who, what, field, more }) = earlier.condition()
            && what == tag
        {
            let (who, what, field) = (who.clone(), what.clone(), field.clone());
            let condition = MergeError::Missing { who, what, field, more: more + 1 };
            let place = earlier.place.take();
            *earlier = Problem::new(condition);
            earlier.place = place;
            return true;
        }
    }
    false
}

/// The sender that the article names, if it does.
pub(super) fn own_sender(article: &Article) -> Result<Option<Mailbox>, Problem> {
    let Some(from) = &article.meta.from else { return Ok(None) };
    let refused = |why: String| {
        let written = article.mask.restore(&from.value);
        let notation = article.meta.notation;
        Problem::at(PressError::Sender { written, why, notation }, &article.source, from.span)
    };
    let mailbox = Mailbox::parse(&from.value).map_err(|why| refused(why.to_string()))?;
    if mailbox.address.needs_smtputf8() {
        return Err(refused("the address has letters outside ASCII before the @".to_owned()));
    }
    Ok(Some(mailbox))
}

/// Values that show where each is missing, for a copy without a reader: the name of
/// the field in brackets, unless the article provides for its absence.
#[must_use]
pub fn placeholders(prepared: &Prepared) -> Values {
    let is_missing = |field: &&FieldUse| !field.optional && field.name != UNSUBSCRIBE_URL;
    let fields = prepared.composed.fields().filter(is_missing);
    fields.map(|field| (field.name.clone(), format!("[{}]", field.name))).collect()
}
