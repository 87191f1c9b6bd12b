//! Files for their owner alone that change as a whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

/// Whether a file can be put at `path`, asked before there is anything to write; nothing is changed.
///
/// # Errors
/// What would go wrong: the folder is not there or cannot be written, or something at `path` is no regular file.
pub fn prepare(path: &Path) -> io::Result<()> {
    Draft::beside(path).map(drop)
}

/// Replaces the file, or makes it; it has mode 0600 from birth, also where an older one was less careful.
///
/// A symbolic link is followed, and what it names is replaced.
///
/// # Errors
/// What the system says, and [`io::ErrorKind::InvalidInput`] where something at `path` is no regular file: a device or a
/// folder is never replaced. What was there is then as it was.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut draft = Draft::beside(path)?;
    draft.file.write_all(content)?;
    draft.file.sync_all()?;
    draft.persist()
}

/// Room on the disk for a file that has to be written later, whatever fills the disk until then.
#[derive(Debug)]
pub struct Room(Draft);

/// Takes room for so many bytes; nothing is changed at `path` until it is used.
///
/// # Errors
/// Those of [`write()`], a full disk above all.
pub fn reserve(path: &Path, bytes: usize) -> io::Result<Room> {
    let mut draft = Draft::beside(path)?;
    draft.file.write_all(&vec![b' '; bytes])?;
    draft.file.sync_all()?;
    Ok(Room(draft))
}

impl Room {
    /// Replaces the file, as [`write()`] does.
    ///
    /// # Errors
    /// What the system says; it cannot be that the disk is full unless there is more than was reserved.
    pub fn write(mut self, content: &[u8]) -> io::Result<()> {
        self.0.file.rewind()?;
        self.0.file.write_all(content)?;
        self.0.file.set_len(content.len() as u64)?;
        self.0.file.sync_all()?;
        self.0.persist()
    }
}

/// A new file beside the one that it is to replace, removed unless it does.
#[derive(Debug)]
struct Draft {
    file: File,
    path: PathBuf,
    target: PathBuf,
    is_kept: bool,
}

impl Draft {
    fn beside(path: &Path) -> io::Result<Self> {
        // A rename would put a file in the place of a device or a folder, and root may do that to /dev/null.
        if fs::metadata(path).is_ok_and(|it| !it.is_file()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        let target = if path.is_symlink() { fs::canonicalize(path)? } else { path.to_owned() };
        loop {
            let path = named_beside(&target);
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            match options.open(&path) {
                Ok(file) => return Ok(Self { file, path, target, is_kept: false }),
                // Left by a process of the same id that was killed.
                Err(it) if it.kind() == io::ErrorKind::AlreadyExists => {}
                Err(it) => return Err(it),
            }
        }
    }

    fn persist(mut self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn named_beside(target: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".{}-{number}", process::id()));
    target.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of this test alone, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("tool-edge-{}-{name}", process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn what_is_no_regular_file_stays_what_it_is() {
        let folder = Folder::new("device");
        for it in [folder.0.as_path(), Path::new("/dev/null")] {
            prepare(it).unwrap_err();
            write(it, b"x").unwrap_err();
        }
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
    }

    #[test]
    fn reserved_room_becomes_the_file_or_nothing() {
        let folder = Folder::new("room");
        let file = folder.0.join("file");
        drop(reserve(&file, 100).unwrap());
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
        reserve(&file, 100).unwrap().write(b"short").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"short");
        reserve(&file, 1).unwrap().write(b"longer than one").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"longer than one");
        // A device on which there is never room.
        assert!(Path::new("/dev/full").exists() && reserve(Path::new("/dev/full"), 1).is_err());
    }

    #[test]
    fn a_folder_that_is_not_there_is_told_before_there_is_content() {
        let folder = Folder::new("missing");
        prepare(&folder.0.join("missing/file")).unwrap_err();
        prepare(&folder.0.join("file")).unwrap();
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it_whatever_was_there_before() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = Folder::new("mode");
        let (file, link) = (folder.0.join("secrets"), folder.0.join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        symlink(&file, &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2);
    }
}
