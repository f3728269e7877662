//! On what kind of file system a folder lies, and which file it is that has a name.

use std::path::{Path, PathBuf};

/// Kinds that are known to be on another machine, as Linux names them.
const NETWORK: &[&str] = &[
    "afs",
    "ceph",
    "cifs",
    "davfs",
    "fuse.ceph",
    "fuse.davfs",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "glusterfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];

/// Which file a name stands for: another one of the same name is not equal to it.
///
/// Where the system gives files no numbers, one that is open cannot be taken away, and
/// all are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(#[cfg(unix)] (u64, u64));

impl Identity {
    /// That of the file at `path`.
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let file = std::fs::metadata(path)?;
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt as _;
            Self((file.dev(), file.ino()))
        };
        #[cfg(not(unix))]
        let identity = {
            let _ = file;
            Self()
        };
        Ok(identity)
    }
}

/// The kind of network file system `folder` lies on, when it is known to lie on one.
///
/// A folder that is not there yet lies where its nearest parent does. Where the
/// system does not tell, nothing is known.
pub(super) fn network(folder: &Path) -> Option<String> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let folder = folder.ancestors().find_map(|folder| {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        folder.canonicalize().ok()
    })?;
    let kind = kind_of(&folder, &mounts)?;
    NETWORK.contains(&kind).then(|| kind.to_owned())
}

/// The kind of the mount with the longest path that holds `folder`; of two at one
/// place the later one, which hides the other.
fn kind_of<'a>(folder: &Path, mounts: &'a str) -> Option<&'a str> {
    mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((unescaped(words.next()?), words.next()?))
        })
        .filter(|(place, _)| folder.starts_with(place))
        .max_by_key(|(place, _)| place.components().count())
        .map(|(_, kind)| kind)
}

/// Undoes the octal escapes of fstab(5) for white space and backslashes.
fn unescaped(place: &str) -> PathBuf {
    let mut text = place.to_owned();
    for (escape, plain) in [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")] {
        text = text.replace(escape, plain);
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "/dev/vda / ext4 rw 0 0\n\
        nas:/home /home nfs4 rw 0 0\n\
        /dev/vdb /home/ann ext4 rw 0 0\n\
        //nas/x /mnt/two\\040words cifs rw 0 0\n\
        none /srv tmpfs rw 0 0\n\
        ann@nas.test: /srv fuse.sshfs rw 0 0\n";

    #[test]
    fn a_folder_lies_on_the_deepest_and_last_mount_that_holds_it() {
        for (folder, kind) in [
            ("/var/lib", "ext4"),
            ("/home/bob/state", "nfs4"),
            ("/home/ann/state", "ext4"),
            ("/homes", "ext4"),
            ("/mnt/two words/state", "cifs"),
            ("/srv", "fuse.sshfs"),
        ] {
            assert_eq!(kind_of(Path::new(folder), MOUNTS), Some(kind), "{folder}");
        }
        assert_eq!(kind_of(Path::new("/x"), ""), None);
    }

    #[test]
    fn this_machine_is_no_network() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(network(&folder.path().join("not/there/yet")), None);
    }
}
