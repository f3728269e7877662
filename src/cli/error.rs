//! What can be wrong with a command before any stage has begun.

use std::path::PathBuf;

use crate::audience::AddressError;
use crate::fields::Notation;
use crate::problem::{Class, Condition, said};
use crate::store::{CampaignState, LeftOut, StoreError};

/// What can be wrong with a command before any stage has begun.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A file that the command names is not there.
    #[error("there is no {what} `{}`", path.display())]
    NoFile {
        /// `article` or `list`.
        what: &'static str,
        /// As written.
        path: PathBuf,
        /// A file beside it with nearly that name.
        nearest: Option<PathBuf>,
    },
    /// A folder where a file is wanted.
    #[error("`{}` is a folder, and not the {what}", path.display())]
    IsFolder {
        /// `article` or `list`.
        what: &'static str,
        /// As written.
        path: PathBuf,
    },
    /// An article of a kind that cannot be read.
    #[error("`{}` is not an article: expected a file that ends in `.md`, `.html` or `.txt`", .0.display())]
    NotAnArticle(PathBuf),
    /// A file that somebody may have changed.
    #[error("`{}` is there already and says something else", .0.display())]
    InTheWay(PathBuf),
    /// A flag that another takes its meaning from.
    #[error("`{flag}` does nothing with `{with}`: leave one of the two out")]
    Idle {
        /// The one.
        flag: &'static str,
        /// The other.
        with: &'static str,
    },
    /// No article was named, and there is none to choose.
    #[error("there is no article in `{}`", .0.display())]
    NoArticle(PathBuf),
    /// A recipient that is no address.
    #[error("`{text}` is not an email address: {why}")]
    NotAnAddress {
        /// As written.
        text: String,
        /// Why not.
        why: AddressError,
    },
    /// Neither the command nor the article names a list to send to.
    #[error("there is no list to send to")]
    NoList(Notation),
    /// `--as` without the list that address is on.
    #[error("`--as` names somebody on a list, and there is no list")]
    AsNobody(Notation),
    /// Sending for real without a relay.
    #[error("no relay is configured")]
    NoRelay,
    /// There is nothing that a state could belong to.
    #[error("there is no newsletter.toml here or above")]
    NoNewsletter,
    /// No such campaign.
    #[error("there is no campaign `{0}`")]
    NoCampaign(String),
    /// What is asked for does not go with where a campaign is.
    #[error("{}", not_now(slug, *state, *due))]
    NotNow {
        /// Its number.
        campaign: i64,
        /// Its slug.
        slug: String,
        /// Where it is.
        state: CampaignState,
        /// When it goes out, when that was said.
        due: Option<jiff::Timestamp>,
    },
    /// Whoever was never tried would expire.
    #[error(
        "the time of `{slug}` was over at {}, and {} never tried",
        last.strftime("%Y-%m-%d %H:%M UTC"),
        were(*untried)
    )]
    Late {
        /// The number of the campaign.
        campaign: i64,
        /// Its slug.
        slug: String,
        /// How many were never tried.
        untried: u64,
        /// Its last moment.
        last: jiff::Timestamp,
    },
    /// A plan with no recipient.
    #[error("nobody on the list `{list}` would get it")]
    Nobody {
        /// The list.
        list: String,
        /// How many of it are left out, by reason.
        left_out: String,
    },
    /// The same mail is on its way to the same list already.
    #[error("campaign {campaign} sends the same mail to the same list and is not finished")]
    Unfinished {
        /// The campaign.
        campaign: i64,
        /// Whether it comes from a backup.
        held: bool,
    },
    /// The same mail goes to the same list by itself, later.
    #[error("campaign {0} waits to send the same mail to the same list")]
    Appointed(i64),
    /// Nobody said yes.
    #[error("nobody agreed to send `{0}`")]
    NotAgreed(String),
    /// Nobody said yes to calling a campaign off.
    #[error("nobody agreed to call off `{0}`")]
    NotCancelled(String),
    /// What is not the number of a plan.
    #[error("`{text}` is not the number of a plan")]
    NotAPlan {
        /// As written.
        text: String,
        /// The plans that wait to be sent.
        open: OpenPlans,
    },
    /// Neither an article nor a plan was named.
    #[error("neither an article nor a plan is named")]
    NothingToSend {
        /// The plans that wait to be sent.
        open: OpenPlans,
    },
    /// A plan that gave way to another one.
    #[error("plan {plan} is gone: plan {by} of the same name for a list of the same name replaced it")]
    Replaced {
        /// The plan that was asked for.
        plan: i64,
        /// The one that replaced it.
        by: i64,
    },
    /// A plan that stays although another one was made to take its place.
    #[error("what this plan replaces may still be there: {0}")]
    NotReplaced(StoreError),
    /// Nobody said yes, because nobody could be asked.
    #[error("{0}: standard input is not a terminal, so nobody can be asked")]
    NotAsked(Box<CliError>),
    /// Nobody said yes to settling what is unknown.
    #[error("nobody agreed to settle the unknown of `{0}`")]
    NotSettled(String),
    /// Somebody who is not tried once more.
    #[error("{address} is not tried once more: {why}")]
    NotRetried {
        /// Who.
        address: String,
        /// Why not, as a clause.
        why: String,
    },
    /// Somebody there is nothing to settle about.
    #[error("{address} is {}", .state.map_or("not among those it was planned for".to_owned(), |state| format!("{state}, and not unknown")))]
    NotUnknown {
        /// Who.
        address: String,
        /// Where their mail is.
        state: Option<&'static str>,
    },
    /// A name that a key cannot be published under.
    #[error("`{0}` is not a selector")]
    NotASelector(String),
    /// A file that must not be lost.
    #[error("`{}` is there already, and a key is never written over another file", .0.display())]
    Exists(PathBuf),
    /// A file that a backup must not take the place of.
    #[error("`{}` is there already, and a backup is never written over another file", .0.display())]
    BackupThere(PathBuf),
    /// A picture that a backup is without.
    #[error("the backup is without the picture `{}`: {}", .0.path.display(), .0.reason)]
    LeftOut(LeftOut),
    /// A folder or file of the output cannot be written.
    #[error("cannot write `{}`: {}", path.display(), said(error))]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file where the folder of the output should be.
    #[error("cannot write into `{}`: it is a file, and not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// No folder for what is not kept.
    #[error("cannot make the folder `{}`: {}", path.display(), said(error))]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The page has no port.
    #[error("cannot serve at {address}: {}", said(error))]
    Serve {
        /// Where.
        address: std::net::SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    /// The program's own machinery did not start.
    #[error("cannot start working: {0}")]
    Start(std::io::Error),
    /// Standard output was closed or is full.
    #[error("cannot write to standard output: {0}")]
    Output(std::io::ErrorKind),
    /// Standard input cannot be read, or is no text.
    #[error("cannot read standard input: {}", said(.0))]
    Input(std::io::Error),
    /// More lines that are wrong in the same way than anybody reads.
    #[error("and {0} more lines that are no addresses")]
    MoreLines(usize),
    /// The working folder is gone.
    #[error("cannot tell the working folder: {0}")]
    NoFolder(std::io::ErrorKind),
}

/// Plans that wait to be sent, by number and slug, the last one first.
#[derive(Debug, Clone, Default)]
pub struct OpenPlans(pub Vec<(i64, String)>);

impl OpenPlans {
    /// Most that are told.
    const TOLD: usize = 5;

    /// `the plans that wait are 7 (november) and 5 (october)`; none when none waits.
    fn in_words(&self) -> Option<String> {
        let named = self.0.iter().take(Self::TOLD).map(|(id, slug)| format!("{id} ({slug})"));
        let named: Vec<String> = named.collect();
        let (last, others) = named.split_last()?;
        let more = self.0.len() - named.len();
        Some(match (others.is_empty(), more) {
            (true, _) => format!("the plan that waits is {last}"),
            (false, 0) => format!("the plans that wait are {} and {last}", others.join(", ")),
            (false, more) => {
                format!("the plans that wait are {}, {last} and {more} older ones", others.join(", "))
            }
        })
    }
}

fn not_now(slug: &str, state: CampaignState, due: Option<jiff::Timestamp>) -> String {
    match (state, due) {
        (CampaignState::Planned, Some(due)) => {
            format!("`{slug}` has not begun: it goes out at {}", due.strftime("%Y-%m-%d %H:%M UTC"))
        }
        (CampaignState::Planned, None) => format!("`{slug}` is only planned, and was never sent"),
        (CampaignState::Cancelled, _) => format!("`{slug}` was called off, and stays so"),
        (CampaignState::Sending, _) => format!("`{slug}` is being sent already"),
        _ => format!("`{slug}` is {} already", state.word()),
    }
}

fn were(people: u64) -> String {
    if people == 1 { "1 person was".to_owned() } else { format!("{people} people were") }
}

impl Condition for CliError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoFile { nearest: Some(near), .. } => Some(format!("did you mean `{}`?", near.display())),
            Self::IsFolder { .. } => Some("name a file in it".to_owned()),
            Self::NotAFolder(_) => Some("name a folder with `--out`".to_owned()),
            Self::NoFile { what: "list", .. } => {
                Some("a list is a CSV file with a column `email`".to_owned())
            }
            Self::NoFile { .. }
            | Self::Output(_)
            | Self::NoFolder(_)
            | Self::Start(_)
            | Self::NotRetried { .. }
            | Self::MoreLines(_)
            | Self::Idle { .. }
            | Self::NotUnknown { .. } => None,
            Self::NotReplaced(_) => Some("the next `letterpress plan` of this name replaces it".to_owned()),
            Self::Input(_) => Some("write one address a line, as text in UTF-8".to_owned()),
            Self::NotNow { campaign, state: CampaignState::Planned, .. } => Some(format!(
                "`letterpress send --plan {campaign}` sends it now, and \
                 `letterpress campaign cancel {campaign}` drops it"
            )),
            Self::NotNow { campaign, state: CampaignState::Paused, .. } => {
                Some(format!("`letterpress campaign resume {campaign}` carries it on"))
            }
            Self::NotNow { campaign, .. } => {
                Some(format!("`letterpress campaign show {campaign}` tells how far it came"))
            }
            Self::NoList(notation) | Self::AsNobody(notation) => {
                let list = notation.text("list", "subscribers.csv");
                Some(format!("add `--list subscribers.csv`, or write `{list}` in the front matter"))
            }
            Self::NotASelector(_) => {
                Some("use letters, digits, hyphens and dots, such as `news2026`".to_owned())
            }
            Self::Exists(_) => {
                Some("choose another name with `--selector`, or another file with `--out`".to_owned())
            }
            Self::BackupThere(_) => Some("choose another name, such as one with the date".to_owned()),
            Self::LeftOut(_) => Some("put it back or take it away, and make another backup".to_owned()),
            Self::NotAsked(_) => Some("add `--yes` to agree in a script".to_owned()),
            Self::Write { .. } => Some("choose a folder you may write to with `--out`".to_owned()),
            Self::Folder { .. } => Some("let `TMPDIR` name a folder that you may write to".to_owned()),
            Self::Serve { .. } => Some(
                "another one may be running; stop it, or choose a port with `--port` (0 for a free one)"
                    .to_owned(),
            ),
            Self::InTheWay(_) => Some("delete it, or name another folder with `--out`".to_owned()),
            Self::NotAnArticle(_) => Some("save it as Markdown or as plain text".to_owned()),
            Self::NoArticle(_) => Some("name one, as `letterpress preview articles/first.md`".to_owned()),
            Self::NotAnAddress { why, .. } => why.hint(),
            Self::NoRelay => Some(
                "name one under `[relay]` in `newsletter.toml`; `letterpress send ARTICLE --rehearse` goes into \
                 the inbox on this machine meanwhile"
                    .to_owned(),
            ),
            Self::NoNewsletter => Some(
                "name it with `--config`, as a crontab has to, or make one with an `id`, a `name` and \
                     `from`; the state goes by its id"
                    .to_owned(),
            ),
            Self::NoCampaign(_) => Some("`letterpress campaign list` tells them all".to_owned()),
            Self::Late { campaign, .. } => Some(format!(
                "`letterpress campaign resume {campaign} --allow late` sends it to them all the same, and \
                 `letterpress campaign cancel {campaign}` drops it"
            )),
            Self::Nobody { left_out, .. } if left_out.is_empty() => {
                Some("name the list with those who are to get it".to_owned())
            }
            Self::Nobody { left_out, .. } => {
                Some(format!("see with `letterpress suppress list` why they get no mail: {left_out}"))
            }
            Self::Unfinished { campaign, held: true } => Some(format!(
                "it comes from a backup: `letterpress campaign resume {campaign} --allow restored` mails \
                 everybody who waits, some perhaps twice, and `letterpress campaign cancel {campaign}` drops it"
            )),
            Self::Unfinished { campaign, held: false } => Some(format!(
                "`letterpress campaign resume {campaign}` carries it on, and mails nobody twice"
            )),
            Self::Appointed(id) => Some(format!(
                "`letterpress send --plan {id}` sends it now, `--at` with that chooses another time, and \
                 `letterpress campaign cancel {id}` drops it"
            )),
            Self::NotAPlan { open, .. } => Some(match open.in_words() {
                Some(plans) => format!("{plans}; `letterpress campaign list` tells more"),
                None => {
                    "no plan waits to be sent; `letterpress plan` makes one and tells its number".to_owned()
                }
            }),
            Self::NothingToSend { open } => {
                let plans = open.in_words().map(|plans| format!("; {plans}")).unwrap_or_default();
                Some(format!(
                    "name an article, as `letterpress send articles/first.md`, or what was planned, as \
                     `letterpress send --plan NUMBER`{plans}"
                ))
            }
            Self::Replaced { by, .. } => Some(format!("`letterpress send --plan {by}` sends that one")),
            Self::NotAgreed(slug) | Self::NotSettled(slug) | Self::NotCancelled(slug) => {
                Some(format!("type `{slug}` when you are asked, or add `--yes` in a script"))
            }
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::NoFile { .. }
            | Self::IsFolder { .. }
            | Self::NotAnArticle(_)
            | Self::InTheWay(_)
            | Self::NoArticle(_)
            | Self::NotAFolder(_)
            | Self::Nobody { .. }
            | Self::BackupThere(_)
            | Self::LeftOut(_)
            | Self::Input(_)
            | Self::Write { .. } => Class::Data,
            Self::NotAnAddress { .. }
            | Self::MoreLines(_)
            | Self::NotAPlan { .. }
            | Self::NothingToSend { .. }
            | Self::NoList(_)
            | Self::AsNobody(_)
            | Self::Idle { .. }
            | Self::NoCampaign(_)
            | Self::NotASelector(_) => Class::Usage,
            Self::NoRelay | Self::NoNewsletter => Class::Config,
            Self::NotNow { .. }
            | Self::NotAgreed(_)
            | Self::NotAsked(_)
            | Self::NotSettled(_)
            | Self::NotCancelled(_)
            | Self::Replaced { .. }
            | Self::NotRetried { .. }
            | Self::NotUnknown { .. }
            | Self::Unfinished { .. }
            | Self::Appointed(_)
            | Self::Late { .. }
            | Self::Exists(_) => Class::Refused,
            Self::Output(_)
            | Self::NoFolder(_)
            | Self::NotReplaced(_)
            | Self::Folder { .. }
            | Self::Serve { .. }
            | Self::Start(_) => Class::Later,
        }
    }
}
