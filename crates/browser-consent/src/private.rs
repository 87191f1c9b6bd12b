//! Files that only their owner may read.

use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::error::Error;

const LONGEST: u64 = 16 << 20;

/// Reads a file, unless others may read it too.
pub(crate) fn read(file: &Path) -> Result<String, Error> {
    let failed = |source| Error::File { file: file.to_owned(), source };
    let open = std::fs::File::open(file).map_err(failed)?;
    let mode = open.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Error::FileMode { file: file.to_owned(), mode });
    }
    let mut text = String::new();
    open.take(LONGEST).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// Writes a file whole or not at all, with mode 0600, also where an older one was less careful.
pub(crate) fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    // A rename would put a file in the place of a device or a folder, and root may do that to /dev/null.
    if std::fs::metadata(file).is_ok_and(|it| !it.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = Path::new(&beside);
    match std::fs::remove_file(beside) {
        Err(it) if it.kind() != io::ErrorKind::NotFound => return Err(it),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(beside)?.write_all(content)?;
    std::fs::rename(beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_stays_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), b"x").unwrap_err();
        write(Path::new("/dev/null"), b"x").unwrap_err();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_file_that_others_may_read_is_not_read_and_none_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets");
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = read(&file).unwrap_err().to_string();
        assert!(error.ends_with("may be read by others (mode 640); chmod 600 it"), "{error}");
        write(&file, b"new").unwrap();
        assert_eq!(read(&file).unwrap(), "new");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
