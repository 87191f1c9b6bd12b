//! Signed-in browsers on disk.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use browser_consent::{StorageState, Trail, consent, with_session};
use serde_json::Value;

use crate::refusals::request;
use crate::site::Site;
use crate::webdriver;

/// Takes a page to its redirect URI in a fresh browser that begins with what is in a file, and writes it anew.
async fn mint(site: &Site, page: &str, file: &Path) -> Trail {
    let (url, credentials) = (site.url(page), crate::credentials());
    let mut it = request(&url);
    it.credentials = Some(&credentials);
    let webdriver = webdriver();
    with_session(&webdriver, async |client| {
        if let Some(state) = StorageState::read(file).unwrap() {
            state.restore(client).await.unwrap();
        }
        let trail = consent(client, &it, site.code_arrived()).await.unwrap();
        StorageState::take(client, &trail).await.unwrap().write(file).unwrap();
        trail
    })
    .await
    .unwrap()
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_second_mint_needs_no_login_as_the_cookie_is_kept() {
    let (site, folder) = (Site::start().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("state.json");
    let first = mint(&site, "start", &file).await;
    assert!(first.actions().any(|it| it == "filled password"), "{first}");
    for _ in 0..2 {
        let next = mint(&site, "start", &file).await;
        let actions: Vec<_> = next.actions().collect();
        assert_eq!(actions, ["pressed Grant access to No Thanks Reader"], "{next}");
    }
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let state: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let cookie =
        state["cookies"].as_array().unwrap().iter().find(|it| it["name"] == "sid").unwrap();
    assert_eq!((&cookie["httpOnly"], &cookie["path"]), (&Value::Bool(true), &Value::from("/")));
    assert_eq!((&cookie["domain"], &cookie["expires"]), (&"127.0.0.1".into(), &Value::from(-1.0)));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_second_mint_needs_no_login_as_the_local_storage_is_kept() {
    let (site, folder) = (Site::start().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("state.json");
    let first = mint(&site, "remembered.html", &file).await;
    assert!(first.actions().any(|it| it == "filled password"), "{first}");
    let next = mint(&site, "remembered.html", &file).await;
    assert_eq!(next.actions().collect::<Vec<_>>(), ["pressed Allow"], "{next}");
    let state: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(state["origins"][0]["origin"], site.origin);
    let item = serde_json::json!({ "name": "token", "value": "local-token-5e2a" });
    assert_eq!(state["origins"][0]["localStorage"][0], item);
}

#[test]
fn a_state_that_others_may_read_or_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    assert!(StorageState::read(&file).unwrap().is_none());
    std::fs::write(&file, "{}").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = StorageState::read(&file).unwrap_err().to_string();
    assert!(error.contains("may be read by others"), "{error}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    for other in
        ["[1]", "{}", r#"{ "cookies": true }"#, r#"{ "host": "db.example", "origins": [] }"#]
    {
        std::fs::write(&file, other).unwrap();
        let error = StorageState::read(&file).unwrap_err().to_string();
        assert!(error.contains("is not a storage state"), "{other}: {error}");
    }
    std::fs::write(&file, r#"{ "cookies": [] }"#).unwrap();
    assert!(StorageState::read(&file).unwrap().is_some());
}

#[test]
fn a_state_says_whose_it_is_and_is_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    crate::write_private(&file, r#"{ "cookies": [] }"#);
    let anybody = StorageState::read(&file).unwrap().unwrap();
    assert_eq!((anybody.user(), anybody.check_user("ada@example.org").is_ok()), (None, true));
    anybody.of("ada@example.org").write(&file).unwrap();
    let hers = StorageState::read(&file).unwrap().unwrap();
    assert!(hers.check_user("Ada@example.org").is_ok());
    let error = hers.check_user("bob@example.org").unwrap_err().to_string();
    assert_eq!(error, "the storage state is of another user than the credentials are");
}
