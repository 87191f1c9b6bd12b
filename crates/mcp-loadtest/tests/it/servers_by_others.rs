//! Sign-ins at identity providers that people run, with their own pages: what was minted is renewed and forgotten,
//! and what is refused is told in the page's own words.

use std::process::Stdio;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::{any, get};
use mcp_loadtest::tools::child;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::program::{Ended, json as read, program, run};
use crate::started::{BRIEFLY, Keycloak, Server, folder};

/// Keycloak's `realm.json` has them too.
const EMAIL: &str = "loadtest@example.test";
const PASSWORD: &str = "only-for-the-interop-tests";
const WRONG: &str = "the-wrong-word-for-all";

/// The user of that realm who has a one-time code, and its seed in base32.
const ONE_TIME: &str = "one-time@example.test";
const SEED: &str = "OR3WK3TUPEQGE6LUMVZSA33GEBZWKZLE";

const CLIENT_SECRET: &str = "secret-of-the-confidential-client";

#[tokio::test]
#[ignore = "needs keycloak and a browser"]
async fn a_grant_of_keycloak_is_minted_renewed_and_forgotten() {
    let keycloak = Keycloak::start().await;
    let client = Client::at(&keycloak.issuer, &[]).await;
    client.mint().await.done();
    assert_eq!(client.pressed(), ["pressed Sign In", "pressed Yes"]);
    renewed_and_forgotten(&client).await;
}

#[tokio::test]
#[ignore = "needs keycloak and a browser"]
async fn keycloak_which_refuses_to_register_openid_still_gives_a_token_for_it() {
    let keycloak = Keycloak::start().await;
    let client = Client::at(&keycloak.issuer, &["openid", "profile"]).await;
    client.mint().await.done();
    let scope = client.grant()["scope"].as_str().unwrap().to_owned();
    assert!(scope.split(' ').any(|it| it == "openid"), "{scope}");
    renewed_and_forgotten(&client).await;
}

#[tokio::test]
#[ignore = "needs keycloak and a browser"]
async fn keycloaks_one_time_code_is_given_and_asked_for_by_name() {
    let keycloak = Keycloak::start().await;
    let mut client = Client::at(&keycloak.issuer, &[]).await;
    client.set("LOADTEST_EMAIL", ONE_TIME);
    let refused = client.mint().await;
    assert!(refused.error().contains("LOADTEST_TOTP_SECRET"), "{refused:#?}");

    client.set("LOADTEST_TOTP_SECRET", SEED);
    client.mint().await.done();
    assert!(
        client.actions().iter().any(|it| it.contains("one-time code")),
        "{:?}",
        client.actions()
    );
}

#[tokio::test]
#[ignore = "needs keycloak and a browser"]
async fn keycloak_refuses_a_wrong_password() {
    let keycloak = Keycloak::start().await;
    let client = Client::at(&keycloak.issuer, &[]).await;
    a_wrong_password_is_refused(client, "Invalid username or password").await;
}

#[tokio::test]
#[ignore = "needs spring and a browser"]
async fn a_grant_of_spring_to_a_client_with_a_secret_is_minted_renewed_and_revoked() {
    let server = spring().await;
    let mut client = Client::at(server.said("issuer"), &["openid", "profile"]).await;
    client.arguments.extend(["--client-id", "confidential"].map(str::to_owned));
    client.set("LOADTEST_CLIENT_SECRET", CLIENT_SECRET);
    client.mint().await.done();
    assert_eq!(client.ticked(), ["ticked profile"]);
    let late = renewed_and_forgotten(&client).await;
    // The client is still there, so it was the token that was refused.
    assert!(late.error().contains("invalid_grant"), "{late:#?}");
}

#[tokio::test]
#[ignore = "needs spring and a browser"]
async fn spring_gives_a_client_without_a_secret_a_token_that_only_time_ends() {
    let server = spring().await;
    let mut client = Client::at(server.said("issuer"), &["openid", "profile"]).await;
    client.arguments.extend(["--client-id", "public"].map(str::to_owned));
    client.mint().await.done();
    let grant = client.grant();
    assert!(grant["access_token"].is_string());
    assert_eq!(grant["refresh_token"], Value::Null);
    // It takes no revocation from such a client, which is told and leaves the file.
    let forgotten = client.tool(&["forget", "grant.json"]).await;
    assert!(forgotten.error().contains("401"), "{forgotten:#?}");
    assert_eq!(client.grant(), grant);
}

#[tokio::test]
#[ignore = "needs spring and a browser"]
async fn spring_refuses_a_wrong_password() {
    let server = spring().await;
    let mut client = Client::at(server.said("issuer"), &["profile"]).await;
    client.arguments.extend(["--client-id", "public"].map(str::to_owned));
    a_wrong_password_is_refused(client, "Invalid credentials").await;
}

#[tokio::test]
#[ignore = "needs hydra, a browser and node"]
async fn a_grant_of_hydra_is_minted_on_another_origin_renewed_and_forgotten() {
    let server = hydra().await;
    let mut client = Client::at(server.said("issuer"), &["openid", "offline_access"]).await;
    client.browser.push_str(&format!(" --allow-origin {}", server.said("login_origin")));
    client.mint().await.done();
    assert_eq!(client.pressed(), ["pressed Log in", "pressed Allow access"]);
    assert_eq!(client.ticked(), ["ticked openid", "ticked offline_access"]);
    let before = format!("{}/admin/clients/{}", server.said("admin"), client.id());
    assert_eq!(status(&before, None).await, 200);
    renewed_and_forgotten(&client).await;
    assert_eq!(status(&before, None).await, 404);
}

#[tokio::test]
#[ignore = "needs hydra, a browser and node"]
async fn hydras_login_on_an_origin_that_was_not_allowed_sees_no_password() {
    let server = hydra().await;
    let client = Client::at(server.said("issuer"), &["openid"]).await;
    let refused = client.mint().await;
    let allow = format!("--allow-origin {}", server.said("login_origin"));
    assert!(refused.error().contains(&allow), "{refused:#?}");
    assert_eq!(client.actions(), [""; 0]);
}

#[tokio::test]
#[ignore = "needs hydra, a browser and node"]
async fn hydras_login_refuses_a_wrong_password() {
    let server = hydra().await;
    let mut client = Client::at(server.said("issuer"), &["openid"]).await;
    client.browser.push_str(&format!(" --allow-origin {}", server.said("login_origin")));
    a_wrong_password_is_refused(client, "combination is not correct").await;
}

#[tokio::test]
#[ignore = "needs django and a browser"]
async fn a_grant_of_django_is_minted_renewed_and_forgotten() {
    let server = django().await;
    let client = Client::at(server.said("issuer"), &[]).await;
    client.mint().await.done();
    assert_eq!(client.pressed(), ["pressed Log in", "pressed Authorize"]);
    renewed_and_forgotten(&client).await;
}

#[tokio::test]
#[ignore = "needs django and a browser"]
async fn djangos_admin_refuses_a_wrong_password() {
    let server = django().await;
    let client = Client::at(server.said("issuer"), &[]).await;
    a_wrong_password_is_refused(client, "Please enter the correct username and password").await;
}

/// Renews what was minted, forgets it and returns what became of one more refresh, which is refused; a client that
/// was registered for it is gone.
async fn renewed_and_forgotten(client: &Client) -> Ended {
    let minted = client.grant();
    let printed = client.tool(&["refresh", "grant.json", "--format", "header"]).await.done();
    let renewed = client.grant();
    let token = renewed["access_token"].as_str().unwrap();
    assert_eq!(printed.stdout.trim_end(), format!("Authorization: Bearer {token}"));
    assert!(renewed["refresh_token"].is_string(), "no refresh token after the refresh");
    assert_ne!(renewed["access_token"], minted["access_token"]);

    std::fs::copy(client.path("grant.json"), client.path("copy.json")).unwrap();
    let management = &renewed["client"]["registration_client_uri"];
    let management = management.as_str().map(|uri| {
        let token = renewed["client"]["registration_access_token"].as_str().unwrap();
        (uri, Some(token))
    });
    let was_there_beforehand = client.arguments.iter().any(|it| it == "--client-id");
    assert_eq!(management.is_none(), was_there_beforehand);
    if let Some((uri, token)) = management {
        assert_eq!(status(uri, token).await, 200);
    }
    let forgotten = client.tool(&["forget", "grant.json"]).await.done();
    assert_eq!(forgotten.stdout, "");
    assert!(!client.path("grant.json").exists());
    if let Some((uri, token)) = management {
        // RFC 7592 §2.1: for a client that is not there.
        assert_eq!(status(uri, token).await, 401);
    }
    let late = client.tool(&["refresh", "copy.json"]).await;
    assert_eq!(late.code, Some(1), "what was forgotten still gives tokens: {}", late.stderr);
    late
}

/// Signs in with a wrong password; `words` are what the page says to that.
async fn a_wrong_password_is_refused(mut client: Client, words: &str) {
    client.set("LOADTEST_PASSWORD", WRONG);
    let refused = client.mint().await;
    let error = refused.error();
    assert!(error.contains("refused the e-mail or the password"), "{error}");
    assert!(error.contains(words), "the page's words are missing: {error}");
    let actions = client.actions();
    assert_eq!(actions.iter().filter(|it| *it == "filled password").count(), 1, "{actions:?}");
    assert!(!client.path("grant.json").exists());
}

/// Someone with our tools, who wants a token for a protected resource.
struct Client {
    files: TempDir,
    resource: String,
    browser: String,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
}

impl Client {
    /// In front of `issuer` stands a resource that wants `scopes`.
    async fn at(issuer: &str, scopes: &[&str]) -> Self {
        let variables = [("LOADTEST_EMAIL", EMAIL), ("LOADTEST_PASSWORD", PASSWORD)];
        Self {
            files: tempfile::tempdir().unwrap(),
            resource: protected_resource(issuer, scopes).await,
            browser: "browser-consent --trace trail.json --evidence evidence".to_owned(),
            arguments: Vec::new(),
            variables: variables.map(|(name, value)| (name, value.to_owned())).to_vec(),
        }
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.variables.retain(|(it, _)| *it != name);
        self.variables.push((name, value.to_owned()));
    }

    async fn mint(&self) -> Ended {
        let fixed = [&self.resource, "--browser", &self.browser, "--out", "grant.json"];
        let more = self.arguments.iter().map(String::as_str);
        self.tool(&Vec::from_iter(fixed.into_iter().chain(more))).await
    }

    /// Runs `oauth-loopback` and looks that it says nothing that is secret, beside the token on stdout.
    async fn tool(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new("oauth-loopback");
        command.args(arguments).current_dir(self.files.path());
        command.stdin(Stdio::null()).kill_on_drop(true);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let mut secrets = self.secrets();
        let ended = run(&mut command).await;
        secrets.extend(self.secrets());
        let mut said = vec![ended.stderr.clone()];
        if arguments[0] != "refresh" {
            said.push(ended.stdout.clone());
        }
        let evidence = std::fs::read_dir(self.path("evidence")).into_iter().flatten();
        let evidence = evidence.map(|it| it.unwrap().path());
        let written = evidence.filter(|it| it.extension().is_some_and(|it| it == "json"));
        for path in written.chain([self.path("trail.json")]).filter(|it| it.exists()) {
            said.push(std::fs::read_to_string(path).unwrap());
        }
        for secret in secrets {
            assert!(!said.iter().any(|it| it.contains(&secret)), "{secret} was told: {said:#?}");
        }
        ended
    }

    /// What nobody may be told: what was given to the tool, and what is in its grant.
    fn secrets(&self) -> Vec<String> {
        let given = self.variables.iter().filter(|(name, _)| *name != "LOADTEST_EMAIL");
        let mut secrets: Vec<String> = given.map(|(_, value)| value.clone()).collect();
        if self.path("grant.json").exists() {
            let grant = self.grant();
            let tokens = ["access_token", "refresh_token", "id_token"].map(|it| &grant[it]);
            let of_client = ["client_secret", "registration_access_token"];
            let of_client = of_client.map(|it| &grant["client"][it]);
            let all = tokens.into_iter().chain(of_client);
            secrets.extend(all.filter_map(Value::as_str).map(str::to_owned));
        }
        secrets
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.files.path().join(name)
    }

    #[track_caller]
    fn grant(&self) -> Value {
        read(&self.path("grant.json"))
    }

    fn id(&self) -> String {
        self.grant()["client_id"].as_str().unwrap().to_owned()
    }

    /// What the browser did.
    fn actions(&self) -> Vec<String> {
        let trail = read(&self.path("trail.json"));
        let visits = trail["visits"].as_array().expect("a trail is a list of visits").iter();
        let actions =
            visits.flat_map(|it| it["actions"].as_array().expect("each lists its actions"));
        actions.map(|it| it.as_str().unwrap().to_owned()).collect()
    }

    fn pressed(&self) -> Vec<String> {
        self.actions().into_iter().filter(|it| it.starts_with("pressed")).collect()
    }

    fn ticked(&self) -> Vec<String> {
        self.actions().into_iter().filter(|it| it.starts_with("ticked")).collect()
    }
}

/// Something that wants a token of `issuer`, with metadata of RFC 9728 that say so; returns its address.
async fn protected_resource(issuer: &str, scopes: &[&str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let resource = format!("{origin}/mcp");
    let well_known = "/.well-known/oauth-protected-resource/mcp";
    let mut metadata = json!({"resource": resource, "authorization_servers": [issuer]});
    if !scopes.is_empty() {
        metadata["scopes_supported"] = json!(scopes);
    }
    let challenge = format!("Bearer resource_metadata=\"{origin}{well_known}\"");
    let refuse = async move || (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]);
    let say = async move || ([(header::CONTENT_TYPE, "application/json")], metadata.to_string());
    let app = Router::new().route("/mcp", any(refuse)).route(well_known, get(say));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    resource
}

/// What a server answers there, to the bearer of a token.
async fn status(address: &str, token: Option<&str>) -> u16 {
    let http = oauth_loopback::http_client().no_proxy().build().unwrap();
    let mut request = http.get(address);
    if let Some(it) = token {
        request = request.bearer_auth(it);
    }
    request.send().await.unwrap().status().as_u16()
}

async fn spring() -> Server {
    let home = program("SPRING");
    let classes = format!("{}:{}", home.display(), home.join("lib/*").display());
    let mut java = child::command("java");
    java.args(BRIEFLY).args(["-Xmx300m", "-cp", &classes, "Server"]);
    start(java.env("LOADTEST_CLIENT_SECRET", CLIENT_SECRET)).await
}

async fn hydra() -> Server {
    let mut node = child::command("node");
    start(node.arg("server.mjs").env("HYDRA", program("HYDRA")).current_dir(folder("hydra"))).await
}

async fn django() -> Server {
    let mut python = child::command(program("DJANGO_PYTHON"));
    start(python.arg("server.py").current_dir(folder("django"))).await
}

/// Starts a server that has one user.
async fn start(command: &mut Command) -> Server {
    Server::start(command.env("LOADTEST_EMAIL", EMAIL).env("LOADTEST_PASSWORD", PASSWORD)).await
}
