use std::env;
use std::path::PathBuf;

use anyhow::Context as _;
use oauth_loopback::{AccessToken, ClientInformation, ClientKey, ClientSecret, ClientStore, Grant};
use tool_edge::variable;
use url::Url;

use crate::console::say;

const CLIENT_SECRET: &str = "LOADTEST_CLIENT_SECRET";
const INITIAL_ACCESS_TOKEN: &str = "LOADTEST_INITIAL_ACCESS_TOKEN";

/// The secrets that are for this program and for nobody whom it starts.
pub(crate) const OUR_SECRETS: [&str; 2] = [CLIENT_SECRET, INITIAL_ACCESS_TOKEN];

fn client_secret() -> anyhow::Result<Option<ClientSecret>> {
    Ok(variable(CLIENT_SECRET)?.map(ClientSecret::new))
}

pub(crate) fn initial_access_token() -> anyhow::Result<Option<AccessToken>> {
    Ok(variable(INITIAL_ACCESS_TOKEN)?.map(AccessToken::new))
}

fn client_key() -> anyhow::Result<Option<ClientKey>> {
    let Some(path) = variable("LOADTEST_CLIENT_KEY_FILE")? else { return Ok(None) };
    let failed = || format!("failed to read the client's key from `{path}`");
    let pem = std::fs::read(&path).with_context(failed)?;
    ClientKey::from_pem(&pem).with_context(failed).map(Some)
}

/// The client that was registered beforehand, with the key or else the secret that it has.
pub(crate) fn client(id: String) -> anyhow::Result<ClientInformation> {
    let mut client = ClientInformation::preregistered(id);
    client.client_key = client_key()?;
    client.client_secret = client_secret()?;
    Ok(client)
}

/// The file that GitHub Actions reads variables for later steps from.
pub(crate) fn actions_file() -> anyhow::Result<PathBuf> {
    let file = env::var_os("GITHUB_ENV").filter(|it| !it.is_empty()).map(PathBuf::from);
    file.context(
        "--format actions is for a step of GitHub Actions, which sets GITHUB_ENV; it is not set",
    )
}

/// A grant out of a file, which has no secret of a client that was registered beforehand.
pub(crate) fn with_credentials(grant: Grant) -> anyhow::Result<Grant> {
    let client = client(grant.client_id.clone())?;
    Ok(grant.with_credentials_of(&client))
}

/// The file that remembers clients: the given one, else the usual place, unless the server is on loopback.
///
/// What lives there has seldom lived long, and the next one on the same port is another. A usual place that cannot be
/// written, as in some containers, is no reason to fail.
pub(crate) fn clients(given: Option<PathBuf>, server: &str) -> anyhow::Result<Option<ClientStore>> {
    if let Some(path) = given {
        let store = ClientStore::new(path);
        store.prepare()?;
        return Ok(Some(store));
    }
    let Some(folder) = state_folder().filter(|_| !is_loopback(server)) else { return Ok(None) };
    let store = ClientStore::new(folder.join("oauth-loopback/clients.json"));
    match store.prepare() {
        Ok(()) => Ok(Some(store)),
        Err(err) => {
            say(&format!("note: the client is not remembered: {:#}", anyhow::Error::new(err)));
            Ok(None)
        }
    }
}

/// `$XDG_STATE_HOME`, which must be absolute, or its default.
fn state_folder() -> Option<PathBuf> {
    let state = env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|it| it.is_absolute());
    state.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".local/state")))
}

pub(crate) fn is_loopback(address: &str) -> bool {
    Url::parse(address).is_ok_and(|it| it.host_str().is_some_and(tool_edge::is_loopback))
}
