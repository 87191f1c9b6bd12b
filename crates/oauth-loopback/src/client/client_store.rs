use std::fs::{DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tool_edge::private_file;

use crate::client::client_information::ClientInformation;
use crate::error::Error;
use crate::file_lock::lock;

/// A file of mode 0600 that remembers registered clients, so that the next run does not register another one.
///
/// The clients are kept by issuer and resource, and by the name that people read on the consent page.
#[derive(Debug, Clone)]
pub struct ClientStore {
    path: PathBuf,
}

/// A client that is remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub(crate) issuer: String,
    pub(crate) resource: Option<String>,
    pub(crate) client_name: String,
    /// The one it was registered with, whose port the next run listens on again.
    pub(crate) redirect_uri: String,
    /// The scopes it was registered for.
    pub(crate) scope: Vec<String>,
    /// Whether somebody once said yes to it, so that asking without a page is worth a try.
    pub(crate) consented: bool,
    /// Whether the last flow with it ended nowhere, for which the client may or may not be the reason.
    #[serde(default)]
    pub(crate) doubted: bool,
    pub(crate) client: ClientInformation,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    clients: Vec<Remembered>,
}

impl Remembered {
    fn is_for(&self, issuer: &str, resource: Option<&str>, client_name: &str) -> bool {
        self.issuer == issuer
            && self.resource.as_deref() == resource
            && self.client_name == client_name
    }

    fn is(&self, issuer: &str, client_id: &str) -> bool {
        self.issuer == issuer && self.client.client_id == client_id
    }

    /// Whether it can still be used, for these scopes.
    fn serves(&self, scope: &[String]) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ends = self.client.client_secret_expires_at.filter(|it| *it > 0);
        let ended = ends.is_some_and(|it| Duration::from_secs(it) <= now);
        !ended && scope.iter().all(|it| self.scope.contains(it))
    }
}

impl ClientStore {
    /// The store at `path`, which is made with its folder when the first client is remembered.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Makes the file, so that one that cannot be written is noticed before a client is registered.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn prepare(&self) -> Result<(), Error> {
        touch(&self.path)
            .and_then(|()| private_file::prepare(&self.path))
            .map_err(|it| self.failed(it))
    }

    /// Forgets a client. It is not told to the server; see [`Grant::delete_client`](crate::token::grant::Grant::delete_client).
    ///
    /// # Errors
    /// [`Error::File`].
    pub async fn forget(&self, issuer: &str, client_id: &str) -> Result<(), Error> {
        if !self.path.exists() {
            return Ok(());
        }
        self.change(|clients| clients.retain(|it| !it.is(issuer, client_id))).await
    }

    /// Notes that the last flow with a client ended nowhere.
    pub(crate) async fn doubt(&self, issuer: &str, client_id: &str) -> Result<(), Error> {
        self.change(|clients| {
            clients
                .iter_mut()
                .filter(|it| it.is(issuer, client_id))
                .for_each(|it| it.doubted = true);
        })
        .await
    }

    pub(crate) fn find(
        &self,
        issuer: &str,
        resource: Option<&str>,
        client_name: &str,
        scope: &[String],
    ) -> Result<Option<Remembered>, Error> {
        let found = self
            .read()?
            .clients
            .into_iter()
            .find(|it| it.is_for(issuer, resource, client_name) && it.serves(scope));
        Ok(found.map(|mut it| {
            it.client.issuer = Some(it.issuer.clone());
            it
        }))
    }

    /// Puts a client in the place of the one that was remembered for the same purpose.
    pub(crate) async fn remember(&self, it: &Remembered) -> Result<(), Error> {
        touch(&self.path).map_err(|source| self.failed(source))?;
        self.change(|clients| {
            clients.retain(|old| !old.is_for(&it.issuer, it.resource.as_deref(), &it.client_name));
            clients.push(it.clone());
        })
        .await
    }

    /// Reads, changes and writes with no other process in between.
    async fn change(&self, change: impl FnOnce(&mut Vec<Remembered>)) -> Result<(), Error> {
        // The other one reads and writes a small file.
        const PAUSE: Duration = Duration::from_millis(1);
        const LIMIT: Duration = Duration::from_secs(5);
        let _lock = lock(&self.path, PAUSE, LIMIT).await.map_err(|it| self.failed(it))?;
        let mut content = self.read()?;
        change(&mut content.clients);
        self.write(&content)
    }

    fn read(&self) -> Result<Content, Error> {
        let content = match std::fs::read(&self.path) {
            Ok(it) if it.is_empty() => return Ok(Content::default()),
            Ok(it) => it,
            Err(it) if it.kind() == io::ErrorKind::NotFound => return Ok(Content::default()),
            Err(it) => return Err(self.failed(it)),
        };
        serde_json::from_slice(&content).map_err(|it| {
            let position = format!(
                "it is no list of clients (line {}, column {}); remove it",
                it.line(),
                it.column()
            );
            self.failed(io::Error::new(io::ErrorKind::InvalidData, position))
        })
    }

    fn write(&self, content: &Content) -> Result<(), Error> {
        let mut json = serde_json::to_vec_pretty(content).expect("strings, numbers and lists");
        json.push(b'\n');
        private_file::write(&self.path, &json).map_err(|it| self.failed(it))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::File { path: self.path.clone(), source }
    }
}

/// Makes the file and its folder, unless they are there; an empty file is what there is to lock.
fn touch(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
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
