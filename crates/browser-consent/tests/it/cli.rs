//! The program: what it prints and writes, and how it exits.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Output, Stdio};

use tempfile::TempDir;
use tokio::process::Command;

use crate::site::{EMAIL, PASSWORD, Site};

const REQUEST: &str = "https://auth.example/authorize?redirect_uri=http://127.0.0.1:1/";

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_browser-consent"));
    for name in ["OAUTH_CLIENT_NAME", "LOADTEST_EMAIL", "LOADTEST_PASSWORD", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn output(arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .env("PATH", "/nonexistent")
        .env_remove("CHROMEWEBDRIVER")
        .output()
        .await
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn an_address_without_a_redirect_uri_needs_until() {
    let it = output(&["https://auth.example/authorize"]).await;
    assert_eq!(it.status.code(), Some(2));
    assert!(text(&it.stderr).contains("--until PREFIX"), "{}", text(&it.stderr));
}

#[tokio::test]
async fn a_machine_without_a_driver_is_told_what_to_type() {
    let it = output(&["https://auth.example/authorize", "--until", "http://127.0.0.1:1/"]).await;
    assert_eq!(it.status.code(), Some(1));
    assert_eq!(
        text(&it.stderr),
        "error: there is no chromedriver with Chromium or Chrome on the PATH; on Debian: apt-get install chromium-driver chromium-headless-shell\n"
    );
    assert_eq!(text(&it.stdout), "");
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn the_redirect_uri_is_printed_without_the_code() {
    let site = Site::start().await;
    let url = site.url("plain-login.html");
    let it = program()
        .args([url.as_str(), "--client-name", "No Thanks Reader"])
        .envs([("LOADTEST_EMAIL", EMAIL), ("LOADTEST_PASSWORD", PASSWORD)])
        .output()
        .await
        .unwrap();
    let redirect = url.query_pairs().find(|it| it.0 == "redirect_uri").unwrap().1.into_owned();
    assert_eq!((text(&it.stdout), text(&it.stderr)), (format!("{redirect}\n").as_str(), ""));
    assert_eq!(it.status.code(), Some(0));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_step_that_never_applied_is_a_warning_and_in_the_trail() {
    let (site, folder) = (Site::start().await, tempfile::tempdir().unwrap());
    let trace = folder.path().join("trail.json");
    let it = program()
        .args([site.url("plain-consent.html").as_str(), "--client-name", "No Thanks Reader"])
        .args(["--step", "fill #tenant env:TENANT", "--step", "click #go"])
        .args(["--trace", trace.to_str().unwrap()])
        .env("TENANT", "novamart-7")
        .output()
        .await
        .unwrap();
    let warning = |step| {
        format!(
            "warning: no page had anything for the step `{step}`; look whether it is still needed\n"
        )
    };
    let expected = warning("fill #tenant env:TENANT") + &warning("click #go");
    assert_eq!((it.status.code(), text(&it.stderr)), (Some(0), expected.as_str()));
    let trail = fs::read_to_string(trace).unwrap();
    assert!(!trail.contains("novamart-7"), "{trail}");
    let trail: serde_json::Value = serde_json::from_str(&trail).unwrap();
    let expected = ["fill #tenant env:TENANT", "click #go"];
    assert_eq!(trail["steps_left"], serde_json::json!(expected));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_page_without_a_way_forward_exits_with_1_and_one_sentence() {
    let site = Site::start().await;
    let it = program().arg(site.url("code.html").as_str()).output().await.unwrap();
    assert_eq!(it.status.code(), Some(1));
    assert_eq!(
        text(&it.stderr),
        format!(
            "error: at {}/code.html (\"Two steps\"): it asks for a one-time code; \
             set LOADTEST_TOTP_SECRET, or use a test account that is exempt, or bring a token\n",
            site.origin
        )
    );
}

#[tokio::test]
async fn credentials_that_others_may_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    fs::write(&file, "LOADTEST_EMAIL=a\nLOADTEST_PASSWORD=hunter2\n").unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let it = output(&[REQUEST, "--credentials", file.to_str().unwrap()]).await;
    let expected =
        format!("error: {} may be read by others (mode 644); chmod 600 it\n", file.display());
    assert_eq!((it.status.code(), text(&it.stderr)), (Some(1), expected.as_str()));
}

#[tokio::test]
async fn a_file_that_is_no_storage_state_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.json");
    let settings = r#"{ "host": "db.example", "password": "hunter2" }"#;
    fs::write(&file, settings).unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let it = output(&[REQUEST, "--storage-state", file.to_str().unwrap()]).await;
    assert_eq!(it.status.code(), Some(1));
    let expected = format!("error: {} is not a storage state: ", file.display());
    assert!(text(&it.stderr).starts_with(&expected), "{}", text(&it.stderr));
    assert_eq!(fs::read_to_string(&file).unwrap(), settings);
}

#[tokio::test]
async fn the_storage_state_of_one_user_is_refused_beside_the_credentials_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let (state, credentials) = (folder.path().join("state.json"), folder.path().join("who"));
    crate::write_private(&state, r#"{ "cookies": [], "user": "ada@example.org" }"#);
    crate::write_private(&credentials, "LOADTEST_EMAIL=bob@example.org\nLOADTEST_PASSWORD=x\n");
    let (state, credentials) = (state.to_str().unwrap(), credentials.to_str().unwrap());
    let it = output(&[REQUEST, "--storage-state", state, "--credentials", credentials]).await;
    let expected = "error: the storage state is of another user than the credentials are; name another file with --storage-state, or sign in with its user\n";
    assert_eq!((it.status.code(), text(&it.stderr)), (Some(1), expected));
}

#[tokio::test]
async fn what_cannot_be_written_is_told_before_a_driver_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("file"), "").unwrap();
    for (option, name, reason) in [
        (
            "--trace",
            "gone/trail.json",
            format!("there is no folder {}; make it first", path("gone")),
        ),
        ("--trace", "file/trail.json", format!("{} is no folder", path("file"))),
        ("--trace", "", format!("{}: it is no regular file", path(""))),
        (
            "--storage-state",
            "gone/state.json",
            format!("there is no folder {}; make it first", path("gone")),
        ),
        ("--evidence", "file", format!("{} is no folder", path("file"))),
    ] {
        let it = output(&[REQUEST, option, &path(name)]).await;
        let expected = format!("error: {option} cannot be written: {reason}\n");
        assert_eq!((it.status.code(), text(&it.stderr)), (Some(1), expected.as_str()));
    }
    let trace = path("trail.json");
    let it = output(&[REQUEST, "--trace", &trace, "--evidence", &path("new/evidence")]).await;
    assert!(text(&it.stderr).contains("there is no chromedriver"), "{}", text(&it.stderr));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// A folder with a driver that starts and then says nothing.
fn silent_driver() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("chromedriver");
    fs::write(&program, "#!/bin/sh\nexec /bin/sleep 600\n").unwrap();
    fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

#[tokio::test]
async fn the_timeout_bounds_the_start_of_a_driver_too() {
    let folder = silent_driver();
    let it = program()
        .args([REQUEST, "--timeout", "1"])
        .env("PATH", folder.path())
        .env_remove("CHROMEWEBDRIVER")
        .output()
        .await
        .unwrap();
    let expected = "error: the browser was not open within 1 s; raise --timeout, or run the driver by hand to see why\n";
    assert_eq!((it.status.code(), text(&it.stderr)), (Some(1), expected));
}

#[tokio::test]
async fn a_chromewebdriver_without_a_driver_is_told_with_what_is_used_instead() {
    let folder = silent_driver();
    for (path, instead) in [
        (folder.path(), format!("{}/chromedriver is used instead", folder.path().display())),
        (Path::new("/nonexistent"), "nor is there another".to_owned()),
    ] {
        let it = program()
            .args([REQUEST, "--timeout", "1"])
            .envs([("PATH", path), ("CHROMEWEBDRIVER", Path::new("/gone"))])
            .output()
            .await
            .unwrap();
        let expected = format!(
            "warning: CHROMEWEBDRIVER names no driver with a browser, /gone/chromedriver was looked for; {instead}\nerror: "
        );
        assert!(text(&it.stderr).starts_with(&expected), "{}", text(&it.stderr));
        assert_eq!(it.status.code(), Some(1));
    }
}

/// Whether their names are ours, a step's or a recipe's, and whether or not that entry of the recipe is for this request.
#[tokio::test]
async fn no_driver_and_no_browser_gets_a_secret_from_the_environment() {
    // All that may be one of them, such as one of one-time codes.
    const SECRET: &str = "GEZDGNBVGY3TQOJQ";
    let folder = tempfile::tempdir().unwrap();
    let (driver, recipe) = (folder.path().join("chromedriver"), folder.path().join("recipe.json"));
    fs::write(&driver, "#!/bin/sh\n/usr/bin/env > \"$0.environment\"\n").unwrap();
    fs::set_permissions(&driver, PermissionsExt::from_mode(0o755)).unwrap();
    let tasks =
        |name| serde_json::json!([{ "commands": [["text", "id", "a", format!("env:{name}")]] }]);
    let entries = serde_json::json!([
        { "match": "*", "tasks": tasks("TENANT") },
        { "match": "https://other.example/*", "tasks": tasks("OTHER") },
    ]);
    fs::write(&recipe, entries.to_string()).unwrap();
    let step = "fill #tenant env:TENANT";
    for (arguments, named) in [
        (["--step", step], ["TENANT"].as_slice()),
        (["--recipe", recipe.to_str().unwrap()], &["TENANT", "OTHER"]),
    ] {
        let secrets = tool_edge::SECRET_VARIABLES.iter().chain(named).chain(&["NOBODY_KNOWS_THIS"]);
        program()
            .arg(REQUEST)
            .args(arguments)
            .envs(secrets.clone().map(|it| (it, SECRET)))
            .env("LOADTEST_EMAIL", EMAIL)
            .env("PATH", folder.path())
            .env_remove("CHROMEWEBDRIVER")
            .output()
            .await
            .unwrap();
        let seen = fs::read_to_string(folder.path().join("chromedriver.environment")).unwrap();
        let seen: Vec<_> = seen.lines().filter(|it| it.contains(SECRET)).collect();
        assert!(seen.is_empty(), "{arguments:?}: {seen:?}");
    }
}

#[tokio::test]
async fn a_step_with_a_secret_in_it_is_refused_without_repeating_it() {
    let it = output(&[REQUEST, "--step", "fill #password hunter2"]).await;
    assert_eq!(it.status.code(), Some(1));
    assert!(text(&it.stderr).contains("name a variable with env:NAME"), "{}", text(&it.stderr));
    assert!(!text(&it.stderr).contains("hunter2"), "{}", text(&it.stderr));
}

/// Credentials from a file, a step, a state, a trail and evidence at once, with every log turned up.
#[tokio::test]
#[ignore = "needs a browser"]
async fn nothing_secret_is_said_or_written_at_any_log_level() {
    let site = Site::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let credentials = file("credentials");
    let lines = format!("LOADTEST_EMAIL={EMAIL}\nLOADTEST_PASSWORD=\"{PASSWORD}\"\n");
    fs::write(&credentials, lines).unwrap();
    fs::set_permissions(&credentials, PermissionsExt::from_mode(0o600)).unwrap();
    for page in ["start", "locked-login.html"] {
        let url = site.url(page);
        let it = program()
            .args([url.as_str(), "--client-name", "No Thanks Reader"])
            .args(["--credentials", &credentials, "--storage-state", &file("state.json")])
            .args(["--step", "fill [type=password] env:WORD", "--trace", &file("trail.json")])
            .args(["--evidence", &file("evidence")])
            .envs([("WORD", PASSWORD), ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")])
            .output()
            .await
            .unwrap();
        assert_eq!(it.status.success(), page == "start", "{}", text(&it.stderr));
        let mut said = format!("{}{}", text(&it.stdout), text(&it.stderr));
        said += &fs::read_to_string(file("trail.json")).unwrap();
        said += &fs::read_to_string(file("evidence/browser-consent.json")).unwrap_or_default();
        for secret in [PASSWORD, EMAIL, "state-3f9a0b1c", "single-use-code", "http-only-7c0e"] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
    }
    let trail: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(file("trail.json")).unwrap()).unwrap();
    assert_eq!(trail["visits"][0]["kind"], "sign-in");
    assert_eq!(trail["visits"][0]["title"], "Sign in");
    let expected = ["fill [type=password] env:WORD", "filled email", "pressed Sign in"];
    assert_eq!(trail["visits"][0]["actions"], serde_json::json!(expected));
    for name in ["state.json", "trail.json"] {
        let mode = fs::metadata(file(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
