//! What `--help` says below the options.

pub(crate) const REFRESH_HELP: &str = "\
Example:
  oauth-loopback refresh grant.json --format header | curl -H @- https://api.example.com/mcp

The client's secret or key, if it was registered beforehand, is in LOADTEST_CLIENT_SECRET or LOADTEST_CLIENT_KEY_FILE.

Exit codes:
  0  FILE holds the next grant
  1  it holds the one of before, unless the reason on stderr is stdout
  2  wrong usage";

pub(crate) const FORGET_HELP: &str = "\
Example:
  oauth-loopback forget grant.json

Exit codes:
  0  forgotten as far as the server lets; what it does not offer is on stderr
  1  something was refused, and FILE is still there; the client is deleted also where its tokens could not be revoked
  2  wrong usage";

pub(crate) const CLIENT_CREDENTIALS_HELP: &str = "\
Example:
  LOADTEST_CLIENT_KEY_FILE=client.pem oauth-loopback client-credentials https://api.example.com/mcp --client-id ci

Exit codes:
  0  there is a token
  1  there is none; the reason is on stderr
  2  wrong usage";

pub(crate) const DOCTOR_HELP: &str = "\
Example:
  oauth-loopback doctor https://api.example.com/mcp
  oauth-loopback doctor --issuer https://auth.example.com

Exit codes:
  0  a client can sign in as far as can be seen
  1  it cannot; the lines that start with FAIL say why
  2  wrong usage";

pub(crate) const AFTER_HELP: &str = "\
Examples:
  oauth-loopback https://api.example.com/mcp --browser browser-consent > token.json
  oauth-loopback https://api.example.com/mcp --out grant.json
  oauth-loopback refresh grant.json --format header | curl -H @- https://api.example.com/mcp
  oauth-loopback forget grant.json
  oauth-loopback doctor https://api.example.com/mcp
  oauth-loopback https://api.example.com/mcp --browser browser-consent --format actions
      in a step of GitHub Actions: LOADTEST_BEARER for the later ones

Secrets come from the environment and never from a flag:
  LOADTEST_CLIENT_SECRET         the secret of the client of --client-id
  LOADTEST_CLIENT_KEY_FILE       file with its private key in PEM form (EC P-256, RSA, Ed25519)
  LOADTEST_INITIAL_ACCESS_TOKEN  what a registration is authorized with, where the server wants that

Deadlines: 30 s for each answer, 60 s for finding the authorization server, 120 s for registering a client, which may have
to wait for its turn, and --timeout for the browser with all of its attempts.

Proxies: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are decided on for each address; this machine is asked directly.

Certificates: those that the system trusts; on Linux SSL_CERT_FILE (PEM) or SSL_CERT_DIR take their place.

Exit codes:
  0  there is a token
  1  there is none; the reason is on stderr
  2  wrong usage";
