use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use oauth_loopback::Prompt;
use url::Url;

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
    /// Authorization server to get a token from that is meant for no MCP server in particular.
    #[arg(long, value_name = "URL", conflicts_with = "resource", value_parser = address)]
    pub(crate) issuer: Option<String>,
    /// Scope to ask for; may be given several times. Without it the server's challenge or metadata decides.
    #[arg(long = "scope", value_name = "SCOPE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) scope: Vec<String>,
    /// Parameter to add to each request for a token, such as audience=https://api.example.com; may be given several times.
    #[arg(long = "token-parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) token_parameters: Vec<(String, String)>,
}

impl Wanted {
    /// The address that was given, of whichever of the two.
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
    #[arg(value_parser = address)]
    pub(crate) resource: String,
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

const REFRESH_HELP: &str = "\
Example:
  oauth-loopback refresh grant.json --format header | curl -H @- https://api.example.com/mcp

The client's secret or key, if it was registered beforehand, is in LOADTEST_CLIENT_SECRET or LOADTEST_CLIENT_KEY_FILE.

Exit codes:
  0  FILE holds the next grant
  1  it holds the one of before, unless the reason on stderr is stdout
  2  wrong usage";

const FORGET_HELP: &str = "\
Example:
  oauth-loopback forget grant.json

Exit codes:
  0  forgotten as far as the server lets; what it does not offer is on stderr
  1  something was refused, and FILE is still there
  2  wrong usage";

const CLIENT_CREDENTIALS_HELP: &str = "\
Example:
  LOADTEST_CLIENT_KEY_FILE=client.pem oauth-loopback client-credentials https://api.example.com/mcp --client-id ci

Exit codes:
  0  there is a token
  1  there is none; the reason is on stderr
  2  wrong usage";

const DOCTOR_HELP: &str = "\
Example:
  oauth-loopback doctor https://api.example.com/mcp

Exit codes:
  0  a client can sign in as far as can be seen
  1  it cannot; the lines that start with FAIL say why
  2  wrong usage";

const AFTER_HELP: &str = "\
Examples:
  oauth-loopback https://api.example.com/mcp --browser browser-consent > token.json
  oauth-loopback https://api.example.com/mcp --out grant.json
  oauth-loopback refresh grant.json --format header | curl -H @- https://api.example.com/mcp
  oauth-loopback forget grant.json
  oauth-loopback doctor https://api.example.com/mcp

Secrets come from the environment and never from a flag:
  LOADTEST_CLIENT_SECRET         the secret of the client of --client-id
  LOADTEST_CLIENT_KEY_FILE       file with its private key in PEM form (EC P-256, RSA, Ed25519)
  LOADTEST_INITIAL_ACCESS_TOKEN  what a registration is authorized with, where the server wants that

Exit codes:
  0  there is a token
  1  there is none; the reason is on stderr
  2  wrong usage";
