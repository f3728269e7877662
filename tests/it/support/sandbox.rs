//! The real binary in a folder of its own.

use std::path::Path;
use std::process::{Command, Output};

/// A folder to run `letterpress` in, with nothing of the outside world.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A git root: no configuration above it is found.
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        Self { folder }
    }

    pub(crate) fn with(self, name: &str, text: &str) -> Self {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn run(&self, line: &str) -> Run {
        self.run_in(self.folder.path(), line, &[])
    }

    pub(crate) fn run_in(&self, folder: &Path, line: &str, variables: &[(&str, &str)]) -> Run {
        Run::from(self.command(folder, line, variables).output().unwrap())
    }

    pub(crate) fn command(&self, folder: &Path, line: &str, variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_letterpress"));
        command
            .args(line.split_whitespace())
            .current_dir(folder)
            .env_clear()
            .env("HOME", self.folder.path())
            .envs(variables.iter().copied());
        command
    }
}

/// What came of it.
pub(crate) struct Run {
    pub(crate) exit: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            exit: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
