//! Files that only their owner may read.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_others_may_read_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets");
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = read(&file).unwrap_err().to_string();
        assert!(error.ends_with("may be read by others (mode 640)"), "{error}");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&file).unwrap(), "old");
    }
}
