//! Whose comments the program believes.

use crate::{
    cli::{record, run},
    github::{GitHub, token},
};

#[tokio::test]
async fn the_account_of_the_token_is_believed_in_actions_too() {
    let github = GitHub::on_tcp().await;
    let env = [
        ("GITHUB_API_URL", github.base.as_str()),
        ("GITHUB_TOKEN", token("octo")),
        ("GITHUB_ACTIONS", "true"),
    ];
    let file = record("own.json", r#"{"id":"o"}"#);
    let file = file.to_str().unwrap();
    let post = ["post", "acme/api#12", "--marker", "m", "--data", file];
    for _ in 0..2 {
        assert_eq!(run(&post, &env, "text").await.0, 0);
        assert_eq!(github.bodies().len(), 1);
    }
    let (code, _, err) =
        run(&[&post as &[&str], &["--trusted-author", "mallory"]].concat(), &env, "text").await;
    assert_eq!((code, github.bodies().len()), (1, 1), "{err}");
    assert!(err.contains("--trusted-author octo"), "{err}");
}

#[tokio::test]
async fn with_a_key_only_what_is_signed_is_believed_unless_that_is_allowed() {
    let github = GitHub::on_tcp().await;
    let env = [("GITHUB_API_URL", github.base.as_str()), ("GITHUB_TOKEN", token("octo"))];
    let signing = [env[0], env[1], ("LOADTEST_HMAC_KEY", "0123456789abcdef")];
    let file = record("signed.json", r#"{"id":"s"}"#);
    let file = file.to_str().unwrap();
    let post = ["post", "acme/api#12", "--marker", "m", "--data", file];
    assert_eq!(run(&post, &env, "text").await.0, 0);
    let last = ["last", "acme/api#12", "--marker", "m"];
    let (code, _, err) = run(&last, &signing, "").await;
    assert!(code == 3 && err.contains("has no signature"), "{code} {err}");
    let allowed = [&last as &[&str], &["--allow-unsigned"]].concat();
    assert_eq!(run(&allowed, &signing, "").await.0, 0);
    let required = [&last as &[&str], &["--require-signature"]].concat();
    assert_eq!(run(&required, &env, "").await.0, 1);
    let (code, _, err) = run(&post, &signing, "text").await;
    assert!(code == 0 && err.contains("passed over: "), "{code} {err}");
}
