//! Servers by others, each started for one test and ended with it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use mcp_loadtest::tools::child::{Child, command};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::program::{json, program};

/// How long any of them may take until it serves.
const START: Duration = Duration::from_secs(180);

/// What makes Java start in two thirds of the time, and slower in the long run.
pub(crate) const BRIEFLY: [&str; 2] = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

/// A program of `eval/interop`, which ends when its stdin closes, and with its whole group when this is dropped.
pub(crate) struct Server {
    said: Value,
    _child: Child,
}

impl Server {
    /// Waits for the line in which the server says where it serves.
    pub(crate) async fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Child::spawn("the server", command).unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.inner().stdout.take().unwrap());
        timeout(START, stdout.read_line(&mut line)).await.expect("it serves in time").unwrap();
        let said = serde_json::from_str(&line).expect("the server says where it serves");
        Self { said, _child: child }
    }

    #[track_caller]
    pub(crate) fn said(&self, name: &str) -> &str {
        self.said[name].as_str().unwrap()
    }
}

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../eval/interop").join(name)
}

/// Keycloak with the realm of `eval/interop/keycloak` and all that it keeps in memory.
pub(crate) struct Keycloak {
    pub(crate) issuer: String,
    _child: Child,
    _data: TempDir,
}

const ADMIN: [(&str, &str); 2] = [
    ("KC_BOOTSTRAP_ADMIN_USERNAME", "admin"),
    ("KC_BOOTSTRAP_ADMIN_PASSWORD", "of-the-interop-tests"),
];

impl Keycloak {
    pub(crate) async fn start() -> Self {
        let home = program("KEYCLOAK");
        let data = tempfile::tempdir().unwrap();
        let log = data.path().join("log");
        let port = free_port();
        let origin = format!("http://127.0.0.1:{port}");
        // What bin/kc.sh does, which stays beside what it started.
        let mut java = command("java");
        java.args(BRIEFLY)
            .args(["-Xmx700m", "-Djava.util.logging.manager=org.jboss.logmanager.LogManager"])
            .arg("--add-opens=java.base/java.util=ALL-UNNAMED")
            .arg("--add-opens=java.base/java.util.concurrent=ALL-UNNAMED")
            .arg("--add-opens=java.base/java.security=ALL-UNNAMED")
            .arg(format!("-Djava.io.tmpdir={}", data.path().display()))
            .arg(format!("-Dkc.home.dir={}", home.display()))
            .arg("-cp")
            .arg(home.join("lib/quarkus-run.jar"))
            .args(["io.quarkus.bootstrap.runner.QuarkusEntryPoint", "start", "--optimized"])
            .args(["--http-enabled=true", "--http-host=127.0.0.1", "--cache=local"])
            .args([format!("--http-port={port}"), format!("--hostname={origin}")])
            .envs(ADMIN)
            .current_dir(data.path())
            .stdout(std::fs::File::create(&log).unwrap());
        let mut child = Child::spawn("Keycloak", &mut java).unwrap();

        let http = oauth_loopback::http_client().no_proxy().build().unwrap();
        let master = format!("{origin}/realms/master");
        let began = Instant::now();
        while !http.get(&master).send().await.is_ok_and(|it| it.status().is_success()) {
            let gone = child.inner().try_wait().unwrap();
            let words = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(gone.is_none() && began.elapsed() < START, "Keycloak: {gone:?}\n{}", words());
            sleep(Duration::from_millis(200)).await;
        }
        let form = [("grant_type", "password"), ("client_id", "admin-cli")];
        let admin = [("username", ADMIN[0].1), ("password", ADMIN[1].1)];
        let token = format!("{master}/protocol/openid-connect/token");
        let token = http.post(token).form(&[form, admin].concat()).send().await.unwrap();
        let token: Value = serde_json::from_str(&token.text().await.unwrap()).unwrap();
        let realm = json(&folder("keycloak").join("realm.json"));
        let made = http
            .post(format!("{origin}/admin/realms"))
            .bearer_auth(token["access_token"].as_str().expect("a token for the administrator"))
            .header("content-type", "application/json")
            .body(realm.to_string());
        let made = made.send().await.unwrap();
        assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());
        Self { issuer: format!("{origin}/realms/interop"), _child: child, _data: data }
    }
}

/// A port that was free just now, for a server that cannot choose one.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
