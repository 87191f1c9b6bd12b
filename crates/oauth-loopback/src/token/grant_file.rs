use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tool_edge::private_file::{self, Room};

use crate::error::{AddressOf, Error};
use crate::file_lock::lock;
use crate::http::address::permitted;
use crate::token::grant::Grant;

/// A grant in a file of mode 0600, which one process at a time may change.
#[derive(Debug)]
pub struct GrantFile {
    path: PathBuf,
    room: Mutex<Option<Room>>,
    _lock: Option<File>,
}

impl GrantFile {
    /// A file that is not there yet or is to be replaced.
    ///
    /// It is not held: whoever opens it meanwhile uses the refresh token that stands in it.
    ///
    /// # Errors
    /// [`Error::File`] if its folder cannot be written.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        private_file::prepare(&path).map_err(|it| failed(&path, it))?;
        Ok(Self { path, room: Mutex::default(), _lock: None })
    }

    /// Waits until no other process has the file, and reads it.
    ///
    /// The grant of a process that was faster is found here as it left it, so that a refresh token is not used twice.
    ///
    /// # Errors
    /// [`Error::File`], also if another process holds it for a minute.
    pub async fn open(path: impl Into<PathBuf>) -> Result<(Self, Grant), Error> {
        const PAUSE: Duration = Duration::from_millis(20);
        const LIMIT: Duration = Duration::from_secs(60);
        let path = path.into();
        let lock = lock(&path, PAUSE, LIMIT).await.map_err(|it| failed(&path, it))?;
        let content = std::fs::read(&path).map_err(|it| failed(&path, it))?;
        // serde's own message could quote what stands there.
        let grant: Grant = serde_json::from_slice(&content).map_err(|it| {
            let position = format!("it is no grant (line {}, column {})", it.line(), it.column());
            failed(&path, io::Error::new(io::ErrorKind::InvalidData, position))
        })?;
        permitted(AddressOf::TokenEndpoint, &grant.token_endpoint, true)?;
        Ok((Self { path, room: Mutex::default(), _lock: Some(lock) }, grant))
    }

    /// Takes room on the disk for the next grant, before a refresh token is spent for it.
    ///
    /// # Errors
    /// [`Error::File`] if there is none; the file is as it was.
    pub fn reserve(&self) -> Result<(), Error> {
        // More than any grant: a token is a header of a request.
        const MOST: usize = 64 << 10;
        let room = private_file::reserve(&self.path, MOST);
        *self.room() = Some(room.map_err(|it| failed(&self.path, it))?);
        Ok(())
    }

    /// Replaces what the file holds, in one step.
    ///
    /// # Errors
    /// [`Error::File`]; the file is then as it was.
    pub fn save(&self, grant: &Grant) -> Result<(), Error> {
        let mut json = serde_json::to_vec_pretty(grant).expect("strings, numbers and lists");
        json.push(b'\n');
        let written = match self.room().take() {
            Some(it) => it.write(&json),
            None => private_file::write(&self.path, &json),
        };
        written.map_err(|it| failed(&self.path, it))
    }

    fn room(&self) -> MutexGuard<'_, Option<Room>> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the file.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn remove(self) -> Result<(), Error> {
        std::fs::remove_file(&self.path).map_err(|it| failed(&self.path, it))
    }
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::File { path: path.to_owned(), source }
}
