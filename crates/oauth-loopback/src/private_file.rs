//! Files for their owner alone that change as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Whether a file can be put at `path`, so that nobody signs in for one that cannot be written.
pub(crate) fn prepare(path: &Path) -> io::Result<()> {
    beside(path).map(drop)
}

/// Replaces the file. A temporary file has mode 0600 from birth and keeps it.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = beside(path)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn beside(path: &Path) -> io::Result<NamedTempFile> {
    // A rename would put a file in the place of a device or a folder, and root may do that to /dev/null.
    if fs::metadata(path).is_ok_and(|it| !it.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    NamedTempFile::new_in(folder)
}

/// Takes the file for this process until the handle is dropped; `WouldBlock` if another one has it.
///
/// Whoever had it may have replaced or removed it meanwhile, and a lock on what is no longer there is good for nothing.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    loop {
        let file = File::open(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;

            rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
            let (held, there) = (file.metadata()?, fs::metadata(path)?);
            if (held.dev(), held.ino()) != (there.dev(), there.ino()) {
                continue;
            }
        }
        return Ok(file);
    }
}

/// Makes the file and its folder, unless they are there; an empty file is what there is to lock.
pub(crate) fn touch(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(it) if it.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        it => it.map(drop),
    }
}
