//! A file that one process at a time may change.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// Waits until no other process has the file, and takes it until the handle is dropped.
///
/// Asked for again every `pause`; whoever has it for longer than `limit` leaves [`io::ErrorKind::WouldBlock`].
pub(crate) async fn lock(path: &Path, pause: Duration, limit: Duration) -> io::Result<File> {
    let since = Instant::now();
    loop {
        match try_lock(path) {
            Err(it) if it.kind() == io::ErrorKind::WouldBlock && since.elapsed() < limit => {
                tokio::time::sleep(pause).await;
            }
            it => return it,
        }
    }
}

/// Whoever had it may have replaced or removed it meanwhile, and a lock on what is no longer there is good for nothing.
fn try_lock(path: &Path) -> io::Result<File> {
    loop {
        let file = File::open(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;

            rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
            let (held, there) = (file.metadata()?, std::fs::metadata(path)?);
            if (held.dev(), held.ino()) != (there.dev(), there.ino()) {
                continue;
            }
        }
        return Ok(file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_for_the_file_does_not_hold_up_the_one_who_has_it() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let held = try_lock(file.path()).expect("nobody has it");
        let pause = Duration::from_millis(1);
        let (next, ()) =
            tokio::join!(lock(file.path(), pause, Duration::from_secs(5)), async { drop(held) });
        next.expect("the file is free");
    }
}
