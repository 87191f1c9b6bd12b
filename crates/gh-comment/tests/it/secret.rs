//! Secrets on the command line: where they come from, and that they go nowhere else.

use serde_json::json;

use crate::{
    cli::{record, run},
    github::{GitHub, body, token},
};

#[tokio::test]
async fn signatures_need_a_key_and_are_checked_with_it() {
    let github = GitHub::on_tcp().await;
    let base = [("GITHUB_API_URL", github.base.as_str()), ("GITHUB_TOKEN", token("octo"))];
    let keyed = [base[0], base[1], ("LOADTEST_HMAC_KEY", "a-secret-of-thirty-bytes-or-so")];
    let last = ["last", "acme/api#12", "--marker", "loadtest", "--require-signature"];
    let (code, _, err) = run(&last, &base, "").await;
    assert_eq!(code, 1);
    assert!(err.contains("LOADTEST_HMAC_KEY"), "{err}");
    let weak = [base[0], base[1], ("LOADTEST_HMAC_KEY", "hunter2")];
    let (_, _, err) = run(&last, &weak, "").await;
    assert!(err.contains("16") && !err.contains("hunter2"), "{err}");

    github.add("octo", &body("edited", &json!("edited")));
    let file = record("signed.json", r#"{"id":"s"}"#);
    let post = ["post", "acme/api#12", "--marker", "loadtest", "--data", file.to_str().unwrap()];
    assert_eq!(run(&post, &keyed, "text").await.0, 0);
    assert!(github.bodies()[1].contains(r#"key="s" hmac=""#), "{}", github.bodies()[1]);
    let (_, out, err) = run(&[&last as &[&str], &["-n", "9"]].concat(), &keyed, "").await;
    assert_eq!(out, "{\"id\":\"s\"}\n");
    assert!(err.contains("has no signature") && !err.contains("a-secret"), "{err}");
}

#[tokio::test]
async fn the_token_of_the_github_cli_is_used_where_none_is_set() {
    use std::os::unix::fs::PermissionsExt as _;
    let github = GitHub::on_tcp().await;
    github.add("octo", &body("report", &json!(1)));
    let folder = tempfile::tempdir().unwrap();
    let gh = folder.path().join("gh");
    let script = format!(
        "#!/bin/sh\n[ \"$*\" = 'auth token --hostname 127.0.0.1' ] && echo {}\n",
        token("octo")
    );
    std::fs::write(&gh, script).unwrap();
    std::fs::set_permissions(&gh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().to_str().unwrap();
    let env = [("GITHUB_API_URL", github.base.as_str()), ("PATH", path)];
    let (code, out, _) = run(&["last", "acme/api#12", "--marker", "loadtest"], &env, "").await;
    assert_eq!((code, out.as_str()), (0, "1\n"));
}
