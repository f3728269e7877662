//! What can be wrong with a store, or with what is asked of it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::ErrorCode;

use crate::outbox::{CampaignId, DeliveryId, State, Step};
use crate::problem::{Class, Condition};

/// What can be wrong with a store, or with what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Something is there already where something new should be.
    #[error("`{}` is already there", path.display())]
    Exists {
        /// What is there.
        path: PathBuf,
    },
    /// No store.
    #[error("there is no state in `{}`", path.display())]
    Missing {
        /// The folder that was looked in.
        path: PathBuf,
    },
    /// No file to restore from.
    #[error("there is no backup `{}`", path.display())]
    NoBackup {
        /// The file that was looked for.
        path: PathBuf,
    },
    /// A file that no backup wrote.
    #[error("`{}` is not a backup", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
    },
    /// A store, and not the one of this newsletter.
    #[error("the state belongs to the newsletter `{found}`")]
    OtherNewsletter {
        /// Whose it is.
        found: String,
    },
    /// Written by a newer program.
    #[error("the state is of version {version}, expected at most {}", super::schema::VERSION)]
    Newer {
        /// Its version.
        version: i64,
    },
    /// `SQLite` in WAL mode needs memory that two processes share, which no network
    /// file system has (<https://sqlite.org/wal.html>).
    #[error("the state lies on a network file system ({kind})")]
    NetworkFileSystem {
        /// Its kind as the system names it.
        kind: String,
    },
    /// The folder or the database cannot be written.
    #[error("`{}` cannot be written", path.display())]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// No room is left.
    #[error("the disk of `{}` is full", path.display())]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// The disk does not do what it is asked to: it is failing, or a quota is used up.
    #[error("the disk of `{}` fails: {reason}", path.display())]
    Disk {
        /// The database.
        path: PathBuf,
        /// The database's words.
        reason: String,
    },
    /// Somebody wrote for longer than anybody should.
    #[error("`{}` has been locked by another process for ten seconds", path.display())]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// Not a database of ours, or one in which something is broken.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder was moved away, or another state is in its place.
    #[error("`{}` is not there any more, or another state is in its place", path.display())]
    Moved {
        /// The database that was opened.
        path: PathBuf,
    },
    /// A file that cannot be read or made.
    #[error("cannot use `{}`: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// Whatever else a database can say, with its path.
    #[error("the database failed: {0}")]
    Database(String),
    /// Somebody else is sending.
    #[error("{}", sender(*pid))]
    Busy {
        /// Their process, when it could be read.
        pid: Option<u32>,
    },
    /// Another sender has taken over; this one must stop.
    #[error("another process has taken over the sending")]
    Fenced,
    /// A campaign of a restored state, of which nobody knows who got it since.
    #[error(
        "`{slug}` comes from the backup of {}; who was still waiting then may have got it since",
        backup.strftime("%Y-%m-%d %H:%M UTC")
    )]
    Held {
        /// Which campaign.
        id: CampaignId,
        /// Its slug.
        slug: String,
        /// When the backup was made.
        backup: Timestamp,
    },
    /// Another campaign has the same content and the same list.
    #[error("campaign {} sends the same mail to the same list, or waits to", .0.0)]
    Alike(CampaignId),
    /// The writer is gone: it was stopped or has failed.
    #[error("the store has stopped writing")]
    Stopped,
    /// A step that must not happen there.
    #[error("delivery {} of campaign {} is {} and cannot `{}`", id.number, id.campaign.0, state.word(), super::deliveries::word(*step))]
    Illegal {
        /// Which delivery.
        id: DeliveryId,
        /// Where it is.
        state: State,
        /// What was asked.
        step: Step,
    },
    /// A delivery this sender has not claimed.
    #[error("delivery {} of campaign {} was not claimed by this sender", .0.number, .0.campaign.0)]
    NotClaimed(DeliveryId),
    /// No such campaign.
    #[error("there is no campaign {}", .0.0)]
    NoCampaign(CampaignId),
    /// No such delivery.
    #[error("campaign {} has no delivery {}", .0.campaign.0, .0.number)]
    NoDelivery(DeliveryId),
    /// Two deliveries of one campaign to one person.
    #[error("{address} is planned twice")]
    Twice {
        /// Who.
        address: String,
    },
}

fn sender(pid: Option<u32>) -> String {
    match pid {
        Some(pid) => format!("process {pid} is sending already"),
        None => "another process is sending already".to_owned(),
    }
}

impl StoreError {
    /// Whether the same may succeed a moment later.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Disk { .. } | Self::Locked { .. } | Self::Io { .. })
    }

    /// An error of the file system.
    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let (path, reason) = (path.to_owned(), error.to_string());
        match error.kind() {
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => Self::ReadOnly { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Io { path, reason },
        }
    }
}

impl Condition for StoreError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Held { id, .. } => {
                return Some(format!(
                    "see in the relay's log who got it; `letterpress campaign resume {0} --allow restored` \
                     mails everybody who waits, some perhaps twice, and `letterpress campaign cancel {0}` \
                     nobody",
                    id.0
                ));
            }
            Self::Missing { .. } => "make one with `letterpress state new`, or restore a backup",
            Self::Exists { .. } => "`letterpress state show` tells what is in it",
            Self::NotABackup { .. } => "name a file that `letterpress state backup` wrote",
            Self::OtherNewsletter { .. } => "check `id` and `state_dir` in `newsletter.toml`",
            Self::Newer { .. } => "use the newer letterpress that wrote it",
            Self::NetworkFileSystem { .. } => "set `state_dir` to a folder on a disk of this machine",
            Self::ReadOnly { .. } => "check who owns the folder and its files",
            Self::Disk { .. } => {
                "see whether it is full or broken, and run again; nobody is lost, and whose outcome could not \
                 be written down is named as unknown"
            }
            Self::Full { .. } => {
                "make room and run again; nobody is lost, and whose outcome could not be written down is \
                 named as unknown"
            }
            Self::Locked { .. } => "see what else uses it, and run again",
            Self::Damaged { .. } => "restore a backup",
            Self::Moved { .. } => {
                "end this program and start it again, so that it uses the state that is there"
            }
            Self::Busy { .. } => "wait until it is done, and run again",
            Self::Fenced => "see that two processes never share one state; the other one carries on",
            _ => return None,
        };
        Some(hint.to_owned())
    }

    fn class(&self) -> Class {
        match self {
            Self::Exists { .. } | Self::Held { .. } | Self::Alike(_) => Class::Refused,
            Self::Missing { .. }
            | Self::NoBackup { .. }
            | Self::NotABackup { .. }
            | Self::OtherNewsletter { .. }
            | Self::Newer { .. }
            | Self::NetworkFileSystem { .. }
            | Self::ReadOnly { .. }
            | Self::Damaged { .. }
            | Self::Io { .. } => Class::Config,
            Self::Full { .. }
            | Self::Disk { .. }
            | Self::Locked { .. }
            | Self::Moved { .. }
            | Self::Busy { .. }
            | Self::Fenced => Class::Later,
            Self::Twice { .. } | Self::NoCampaign(_) | Self::NoDelivery(_) => Class::Data,
            Self::Database(_) | Self::Stopped | Self::Illegal { .. } | Self::NotClaimed(_) => Class::Bug,
        }
    }
}

/// What goes wrong within the room, before it is known in which file.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database said no.
    Sql(rusqlite::Error),
    /// We did.
    Told(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Told(error)
    }
}

impl Fault {
    /// The same as people read it, for the database at `path`.
    pub(super) fn at(self, path: &Path) -> StoreError {
        let error = match self {
            Self::Told(error) => return error,
            Self::Sql(error) => error,
        };
        let (path, reason) = (path.to_owned(), error.to_string());
        match &error {
            // What a column holds is not what this program writes there.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => return StoreError::Damaged { path, reason },
            _ => {}
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly { path },
            Some(ErrorCode::DiskFull) => StoreError::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { path },
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                StoreError::Damaged { path, reason }
            }
            Some(ErrorCode::SystemIoFailure) => StoreError::Disk { path, reason },
            Some(ErrorCode::CannotOpen) => StoreError::Io { path, reason },
            _ => StoreError::Database(format!("{reason} (`{}`)", path.display())),
        }
    }
}
