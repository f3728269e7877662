//! PICTURES: the files an article shows become pictures that mail programs can show.
//!
//! [`load`] finds every picture of an article that lies beside it, reads it, turns it
//! upright, makes it no wider than twice what it is shown at, writes it in a form every
//! mail program knows, and leaves out what cameras write into it. A [`Plate`] is such a
//! picture; its name holds the hash of its bytes, so what lies at an address never
//! changes. Where readers' programs get it from is said by its [`Home`].

mod dark;
mod darkroom;
mod develop;
mod effort;
mod error;
mod expansion;
mod form;
mod home;
mod locate;
mod name;
mod raster;
mod shelf;
mod sought;
mod strip;
mod vector;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;

use crate::article::Article;
use crate::problem::{Problem, Problems};

pub use darkroom::Darkroom;
pub use error::PictureError;
pub use form::Form;
pub use home::Home;
pub use shelf::Shelf;
pub use sought::is_local;

use darkroom::Key;
use develop::{Budget, Wish};
use locate::Located;
use sought::{Own, Sought};

/// What is needed to load the pictures of an article, besides the article.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The folder of the project: no picture lies outside it, but beside the article.
    pub root: &'a Path,
    /// The folder of the article, where its paths begin; an article that lies nowhere has
    /// no pictures.
    pub folder: Option<&'a Path>,
    /// The width of the text column in CSS pixels: no picture is shown wider.
    pub column: u32,
    /// The width of the picture under the title.
    pub hero: u32,
    /// The picture beside the newsletter's name, as written: a path begins in the
    /// project's folder.
    pub logo: Option<&'a str>,
    /// The picture at the end of the head, as written in the same way.
    pub art: Option<&'a str>,
    /// Where what was developed before lies about, and who is told when it takes long.
    pub darkroom: Option<&'a Darkroom>,
}

/// A picture made ready for mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plate {
    /// Its own name for good: `dunes.3f9ac21b7e04.jpg`, with a hash of its bytes.
    pub name: String,
    /// How it is written.
    pub form: Form,
    /// The file as it goes out.
    pub bytes: Vec<u8>,
    /// How wide it is when nobody asks otherwise, in CSS pixels.
    pub width: u32,
    /// Its pixels: width and height.
    pub pixels: (u32, u32),
    /// Whether it is dark on nothing, as drawings in black lines are: where mail is shown
    /// dark there is then nothing to be seen of it.
    pub is_dark_on_nothing: bool,
    /// What it was made of.
    pub original: Original,
}

/// The file that a picture was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Where it lies.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: usize,
    /// Its pixels as they are looked at: width and height. A drawing has those of its
    /// own size.
    pub pixels: (u32, u32),
}

/// The pictures of an article, each once.
#[derive(Debug, Clone, Default)]
pub struct Plates {
    all: Vec<Arc<Plate>>,
    /// Which picture is meant by a path as it is written.
    written: BTreeMap<String, usize>,
    logo: Option<usize>,
    art: Option<usize>,
}

impl Plate {
    /// Its bytes in base64 (RFC 2045 §6.8), in lines of 76 with CRLF between them.
    #[must_use]
    pub fn encoded(&self) -> String {
        /// How many bytes stand in a line.
        const LINE: usize = 57;
        let mut text = String::with_capacity(self.bytes.len() / LINE * 78 + 80);
        for line in self.bytes.chunks(LINE) {
            if !text.is_empty() {
                text.push_str("\r\n");
            }
            STANDARD.encode_string(line, &mut text);
        }
        text
    }

    /// Itself as an address (RFC 2397).
    #[must_use]
    pub fn data_address(&self) -> String {
        format!("data:{};base64,{}", self.form.media_type(), STANDARD.encode(&self.bytes))
    }
}

impl Plates {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The pictures in the order in which the article shows them.
    pub fn iter(&self) -> impl Iterator<Item = &Plate> {
        self.all.iter().map(Arc::as_ref)
    }

    /// The paths as they are written in the article, and the pictures they mean.
    pub fn written(&self) -> impl Iterator<Item = (&str, &Plate)> {
        self.written.iter().map(|(path, index)| (path.as_str(), self.all[*index].as_ref()))
    }

    /// The picture beside the newsletter's name.
    #[must_use]
    pub fn logo(&self) -> Option<&Plate> {
        self.logo.map(|index| self.all[index].as_ref())
    }

    /// The picture at the end of the head.
    #[must_use]
    pub fn art(&self) -> Option<&Plate> {
        self.art.map(|index| self.all[index].as_ref())
    }
}

/// Loads every picture of `article` that is a file, with warnings.
///
/// Those at an address on the web are left as they are. The same files give the same
/// pictures. They are worked at on all cores, as many at once as memory allows.
///
/// # Errors
///
/// Fails with everything that is wrong with any of them, each at the place where the
/// article shows it.
pub fn load(article: &Article, order: &Order<'_>) -> Result<(Plates, Vec<Problem>), Problems> {
    let mut found = Vec::new();
    let mut plates = Plates::default();
    let mut jobs: Vec<Job> = Vec::new();
    let mut told = BTreeSet::new();
    for sought in sought::of(article, order) {
        match locate::find(&sought, order) {
            Err(error) => {
                if told.insert(sought.src.clone()) {
                    found.push(sought.problem(error, article));
                }
            }
            Ok(located) => {
                let index = jobs.iter().position(|job| job.located.file == located.file);
                let index = index.unwrap_or_else(|| {
                    jobs.push(Job { located, wish: Wish::default(), sought: sought.clone() });
                    jobs.len() - 1
                });
                jobs[index].wish.add(sought.asked, sought.room);
                match sought.own {
                    Some(Own::Logo) => plates.logo = Some(index),
                    Some(Own::Art) => plates.art = Some(index),
                    None => {
                        plates.written.insert(sought.src, index);
                    }
                }
            }
        }
    }
    for (job, developed) in jobs.iter().zip(develop_all(&jobs, order.darkroom)) {
        match developed {
            Ok(developed) => {
                let warned = developed.flaws.into_iter().map(|flaw| job.sought.problem(flaw, article));
                found.extend(warned.map(Problem::warning));
                plates.all.push(developed.plate);
            }
            Err(error) => found.push(job.sought.problem(error, article)),
        }
    }
    found.sort_by_key(|problem| problem.place.as_ref().map(|place| (place.line, place.column)));
    Problems::check(plates, found)
}

/// A picture to be developed, and what it was first sought as.
struct Job {
    located: Located,
    wish: Wish,
    sought: Sought,
}

/// What came of one picture.
#[derive(Debug, Clone)]
struct Developed {
    plate: Arc<Plate>,
    flaws: Vec<PictureError>,
}

/// The stack of a thread that draws: a drawing may have groups in groups in groups.
const STACK: usize = 16 * 1024 * 1024;

/// Develops all, in their order; those that lie about in the darkroom are done already.
fn develop_all(jobs: &[Job], darkroom: Option<&Darkroom>) -> Vec<Result<Developed, PictureError>> {
    let mut done: Vec<(usize, Result<Developed, PictureError>)> = Vec::new();
    let mut todo: Vec<(usize, Option<Key>)> = Vec::new();
    for (index, job) in jobs.iter().enumerate() {
        // Taken before the file is read: one that is saved meanwhile is another one next time.
        let key = darkroom.and_then(|_| Key::of(job));
        match darkroom.zip(key.as_ref()).and_then(|(darkroom, key)| darkroom.get(key)) {
            Some(known) => done.push((index, Ok(known))),
            None => todo.push((index, key)),
        }
    }
    let developed = match darkroom {
        Some(darkroom) => darkroom.attend(todo.len(), || develop_each(jobs, &todo)),
        None => develop_each(jobs, &todo),
    };
    for ((index, key), developed) in todo.into_iter().zip(developed) {
        if let (Some(darkroom), Some(key), Ok(developed)) = (darkroom, key, &developed) {
            darkroom.keep(key, developed.clone());
        }
        done.push((index, developed));
    }
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, developed)| developed).collect()
}

/// Develops those that are still to be done, on all cores and in their order.
fn develop_each(jobs: &[Job], todo: &[(usize, Option<Key>)]) -> Vec<Result<Developed, PictureError>> {
    let (next, budget) = (AtomicUsize::new(0), Budget::default());
    let done = Mutex::new(Vec::new());
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((index, _)) = todo.get(number) else { break };
            let developed = develop_one(&jobs[*index], &budget);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((number, developed));
        }
    };
    let hands = thread::available_parallelism().map_or(1, usize::from).min(todo.len());
    thread::scope(|scope| {
        for _ in 0..hands {
            // Where no thread can be had, the others do its work.
            let _ = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        }
    });
    work();
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, developed)| developed).collect()
}

fn develop_one(job: &Job, budget: &Budget) -> Result<Developed, PictureError> {
    let Job { located, wish, sought } = job;
    // A file that somebody made to break its reader spoils neither the others nor the run.
    let developing = AssertUnwindSafe(|| develop::develop(located, &sought.src, *wish, budget));
    panic::catch_unwind(developing).unwrap_or_else(|_| {
        let (path, reason) = (sought.src.clone(), "it is damaged".to_owned());
        Err(PictureError::Broken { path, kind: "picture", reason })
    })
}

#[cfg(test)]
mod tests;
