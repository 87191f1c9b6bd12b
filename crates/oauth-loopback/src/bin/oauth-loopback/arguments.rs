use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use oauth_loopback::Prompt;
use url::Url;

use crate::help::{AFTER_HELP, CLIENT_CREDENTIALS_HELP, DOCTOR_HELP, FORGET_HELP, REFRESH_HELP};

/// Gets an OAuth token for an MCP server through a browser and a loopback redirect.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) mint: Mint,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Gets the next token for the grant in FILE, which is stored there before the token is printed.
    #[command(after_help = REFRESH_HELP)]
    Refresh(Refresh),
    /// Revokes the tokens of the grant in FILE, deletes its client where the server allows that, and removes FILE.
    #[command(after_help = FORGET_HELP)]
    Forget(Forget),
    /// Gets a token for the client itself, without a browser; needs LOADTEST_CLIENT_SECRET or LOADTEST_CLIENT_KEY_FILE.
    #[command(after_help = CLIENT_CREDENTIALS_HELP)]
    ClientCredentials(ClientCredentials),
    /// Says what a server offers and which requirement it misses, before anyone signs in; leaves nothing behind there.
    #[command(after_help = DOCTOR_HELP)]
    Doctor(Doctor),
}

/// What a token is wanted for.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// Address of the MCP server.
    #[arg(required_unless_present = "issuer", value_parser = address)]
    pub(crate) resource: Option<String>,
    /// Authorization server. Beside RESOURCE the only one that anything is sent to, and the metadata of RESOURCE must name
    /// it; alone it gives a token for no MCP server in particular, and no `resource` parameter is sent.
    #[arg(long, value_name = "URL", value_parser = address)]
    pub(crate) issuer: Option<String>,
    /// Scope to ask for; may be given several times. Without it the server's challenge or metadata decides.
    #[arg(long = "scope", value_name = "SCOPE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) scope: Vec<String>,
    /// Parameter to add to each request for a token, such as audience=https://api.example.com; may be given several times.
    #[arg(long = "token-parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) token_parameters: Vec<(String, String)>,
}

impl Wanted {
    /// What the token is for: the MCP server, or else the authorization server itself.
    pub(crate) fn server(&self) -> &str {
        let given = self.resource.as_deref().or(self.issuer.as_deref());
        given.expect("one of them is required")
    }
}

#[derive(Debug, Args)]
pub(crate) struct Mint {
    #[command(flatten)]
    pub(crate) wanted: Wanted,
    /// WWW-Authenticate header of a 403 answer: asks again, for the scopes it wants beside those of before.
    #[arg(long, value_name = "HEADER")]
    pub(crate) challenge: Option<String>,
    /// Client that was registered beforehand; its secret, if it has one, is in LOADTEST_CLIENT_SECRET.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// How the client proves who it is at the token endpoint. By default what its registration or the server's metadata
    /// says.
    #[arg(long, value_name = "METHOD")]
    pub(crate) client_auth_method: Option<AuthMethod>,
    /// Client ID metadata document to be known by, where the server reads such documents.
    #[arg(long, value_name = "URL", value_parser = address)]
    pub(crate) client_metadata_url: Option<String>,
    /// Redirect URI to listen on, which a client that was registered beforehand may need: loopback, with a port. By
    /// default any free port of 127.0.0.1.
    #[arg(long, value_name = "URI", value_parser = address)]
    pub(crate) redirect_uri: Option<String>,
    /// Name of the client to register, as people read it on the consent page.
    #[arg(long, value_name = "NAME", default_value = "oauth-loopback")]
    pub(crate) client_name: String,
    /// File of mode 0600 that remembers registered clients. By default oauth-loopback/clients.json in $XDG_STATE_HOME,
    /// and nothing is remembered of a server on loopback.
    #[arg(long, value_name = "FILE")]
    pub(crate) clients: Option<PathBuf>,
    /// Command that opens the address, which takes the place of %s or comes last. Without it the address is shown.
    #[arg(long, value_name = "COMMAND", env = "BROWSER", hide_env_values = true)]
    pub(crate) browser: Option<String>,
    /// Parameter to add to the authorize address, such as access_type=offline; may be given several times.
    #[arg(long = "authorization-parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) authorization_parameters: Vec<(String, String)>,
    /// Value of the prompt parameter, such as login, consent or select_account; `omit` sends none. By default consent is
    /// sent where a refresh token is granted with it alone, and none where a remembered client may do without a page.
    #[arg(long, value_name = "VALUE", value_parser = prompt)]
    pub(crate) prompt: Option<Prompt>,
    /// Seconds until the callback must have come.
    #[arg(long, value_name = "SECS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,
    /// Go on although the authorization server does not say that it supports PKCE.
    #[arg(long)]
    pub(crate) allow_unadvertised_pkce: bool,
    #[command(flatten)]
    pub(crate) checks: Checks,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct ClientCredentials {
    #[command(flatten)]
    pub(crate) wanted: Wanted,
    /// Client that was registered beforehand.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    /// How the client proves who it is at the token endpoint. By default what the server's metadata says.
    #[arg(long, value_name = "METHOD")]
    pub(crate) client_auth_method: Option<AuthMethod>,
    #[command(flatten)]
    pub(crate) checks: Checks,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What a token must be, or it is revoked and not handed out.
#[derive(Debug, Args)]
pub(crate) struct Checks {
    /// Refuse a token that is no JWT of this server, for RESOURCE, with every --scope.
    #[arg(long)]
    pub(crate) check: bool,
    /// Refuse a token without this claim, or with another value in it; may be given several times. Checks as --check does.
    #[arg(long = "claim", value_name = "NAME[=VALUE]", value_parser = claim)]
    pub(crate) claims: Vec<(String, Option<String>)>,
    /// Refuse a token that is known to end sooner.
    #[arg(long, value_name = "SECS")]
    pub(crate) lives_for: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Address of the MCP server.
    #[arg(required_unless_present = "issuer", value_parser = address)]
    pub(crate) resource: Option<String>,
    /// Authorization server: beside RESOURCE the one that its metadata must name, alone the one to look at.
    #[arg(long, value_name = "URL", value_parser = address)]
    pub(crate) issuer: Option<String>,
    /// Client that was registered beforehand.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Client ID metadata document to be known by, where the server reads such documents.
    #[arg(long, value_name = "URL", value_parser = address)]
    pub(crate) client_metadata_url: Option<String>,
    /// Content with an authorization server that does not say that it supports PKCE.
    #[arg(long)]
    pub(crate) allow_unadvertised_pkce: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Refresh {
    /// File that --out wrote.
    pub(crate) file: PathBuf,
    /// Form of what goes to stdout.
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// File that --out wrote.
    pub(crate) file: PathBuf,
    /// File that remembers registered clients, as it was given when the token was minted.
    #[arg(long, value_name = "FILE")]
    pub(crate) clients: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Write the token to a file of mode 0600, with what is needed to refresh it; stdout is then for --format alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Form of what goes to stdout [default: json, and nothing with --out].
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The token response of RFC 6749 section 5.1.
    Json,
    /// LOADTEST_BEARER=TOKEN, for a shell or a file of environment variables.
    Env,
    /// Authorization: Bearer TOKEN, as an HTTP client sends it.
    Header,
    /// LOADTEST_BEARER for the later steps of a GitHub Actions job, by GITHUB_ENV, masked in its log; nothing on stdout.
    Actions,
}

/// The names that RFC 7591 registered with IANA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum AuthMethod {
    /// The secret in the Authorization header.
    ClientSecretBasic,
    /// The secret in the body.
    ClientSecretPost,
    /// A JWT that is signed with the client's key.
    PrivateKeyJwt,
    /// Nothing but the client's id.
    None,
}

impl AuthMethod {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }
}

/// Keeps the spelling, which identifiers are compared by.
fn address(text: &str) -> Result<String, &'static str> {
    match Url::parse(text) {
        Ok(it) if it.has_host() => Ok(text.to_owned()),
        _ => Err("that is no address such as https://api.example.com/mcp"),
    }
}

fn parameter(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a parameter is NAME=VALUE"),
    }
}

fn prompt(text: &str) -> Result<Prompt, &'static str> {
    match text {
        "" => Err("a prompt has a value; `omit` sends none"),
        "omit" => Ok(Prompt::Omitted),
        it => Ok(Prompt::Value(it.to_owned())),
    }
}

fn claim(text: &str) -> Result<(String, Option<String>), &'static str> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    if name.is_empty() { Err("a claim has a name") } else { Ok((name.to_owned(), value)) }
}
