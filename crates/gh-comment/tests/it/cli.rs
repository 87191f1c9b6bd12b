use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::github::{GitHub, body, token};

/// Arguments, environment and stdin.
type Call<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

/// Exit code, stdout and stderr of the program in an environment that holds only what is given.
async fn run(args: &[&str], env: &[(&str, &str)], stdin: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gh-comment"));
    command.args(args).env_clear().envs(env.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let stdin = stdin.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        // A program that ends before it reads closes the pipe; its exit code tells the rest.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |it: Vec<u8>| String::from_utf8(it).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    })
    .await
    .unwrap()
}

fn record(name: &str, json: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, json).unwrap();
    file
}

#[tokio::test]
async fn post_and_last_make_a_loop_through_pipes() {
    let github = GitHub::start().await;
    let env = [("GITHUB_API_URL", github.base.as_str()), ("GH_TOKEN", token("octo"))];
    let last = ["last", "acme/api#12", "--marker", "loadtest", "-n", "5"];
    let (code, out, err) = run(&last, &env, "").await;
    assert_eq!((code, out.as_str()), (3, ""));
    assert_eq!(err, "no earlier comment on acme/api#12 is ours and marked `loadtest`\n");

    for (id, text) in [("a", "first"), ("b", "second"), ("a", "first again")] {
        let file = record(&format!("loop-{id}.json"), &json!({ "id": id, "p95": 1.5 }).to_string());
        let args =
            ["post", "acme/api#12", "--marker", "loadtest", "--data", file.to_str().unwrap()];
        let (code, out, err) = run(&args, &env, text).await;
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.starts_with("https://github.com/acme/api/issues/12#issuecomment-100"), "{out}");
    }
    let (code, out, _) = run(&last, &env, "").await;
    assert_eq!(
        (code, out.as_str()),
        (0, "{\"id\":\"b\",\"p95\":1.5}\n{\"id\":\"a\",\"p95\":1.5}\n")
    );
    assert!(
        github.bodies()[0].starts_with("first again\n\n<!-- loadtest:v1 "),
        "{:?}",
        github.bodies()
    );
}

#[tokio::test]
async fn a_workflow_run_again_edits_its_comment_and_believes_only_its_bot() {
    let github = GitHub::start().await;
    let file = record("actions.json", &json!({ "id": "x", "environment": "staging" }).to_string());
    github.add("mallory", &body("forged", &json!({ "id": "forged" })));
    for (run_id, comments) in [("41", 2), ("42", 3), ("42", 3)] {
        let env = [
            ("GITHUB_API_URL", github.base.as_str()),
            ("GITHUB_TOKEN", token("github-actions[bot]")),
            ("GH_TOKEN", "ignored"),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "acme/api"),
            ("GITHUB_WORKFLOW", "load-test-mcp"),
            ("GITHUB_RUN_ID", run_id),
        ];
        let args =
            ["post", "acme/api#12", "--marker", "loadtest", "--data", file.to_str().unwrap()];
        assert_eq!(run(&args, &env, "report").await.0, 0);
        assert_eq!(github.bodies().len(), comments);
        let (_, out, _) = run(&["last", "acme/api#12", "--marker", "loadtest"], &env, "").await;
        assert_eq!(out, "{\"environment\":\"staging\",\"id\":\"x\"}\n");
    }
    assert!(github.bodies()[2].ends_with(r#" key="acme/api/load-test-mcp/42/staging" -->"#));
}

#[tokio::test]
async fn the_author_and_the_key_can_be_named() {
    let github = GitHub::start().await;
    let env = [("GITHUB_API_URL", github.base.as_str()), ("GITHUB_TOKEN", token("octo"))];
    github.add("mallory", &body("theirs", &json!("theirs")));
    for (account, expect) in [("66", "\"theirs\"\n"), ("mallory", "\"theirs\"\n"), ("octo", "")] {
        let args = ["last", "acme/api#12", "--marker", "loadtest", "--trusted-author", account];
        assert_eq!(run(&args, &env, "").await.1, expect, "{account}");
    }
    let file = record("key.json", "[1]");
    let file = file.to_str().unwrap();
    for key in ["one", "two", "one"] {
        let args = ["post", "acme/api#12", "--marker", "loadtest", "--data", file, "--key", key];
        assert_eq!(run(&args, &env, "text").await.0, 0);
    }
    assert_eq!(github.bodies().len(), 3);
}

#[tokio::test]
async fn bad_input_ends_with_one_sentence_and_exit_code_one() {
    let github = GitHub::start().await;
    let base = [("GITHUB_API_URL", github.base.as_str())];
    let octo = [base[0], ("GITHUB_TOKEN", token("octo"))];
    let empty = [base[0], ("GITHUB_TOKEN", "")];
    let elsewhere = [("GITHUB_API_URL", "http://192.0.2.1"), octo[1]];
    let nowhere = [("GITHUB_API_URL", "api.github.com"), octo[1]];
    let good = record("good.json", "{}");
    let bad = record("bad.json", "{} {}");
    let post = |file| ["post", "acme/api#12", "--marker", "m", "--data", file];
    let (good, bad) = (post(good.to_str().unwrap()), post(bad.to_str().unwrap()));
    let absent = post("/nowhere/run.json");
    let long = "x".repeat(60_000);
    let cases: [Call<'_>; 8] = [
        (&good, &base, "text"),
        (&good, &empty, "text"),
        (&good, &octo, ""),
        (&good, &octo, &long),
        (&bad, &octo, "text"),
        (&absent, &octo, "text"),
        (&good, &elsewhere, "text"),
        (&good, &nowhere, "text"),
    ];
    let mut all = String::new();
    for (args, env, stdin) in cases {
        let (code, out, err) = run(args, env, stdin).await;
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
        assert!(!err.contains(token("octo")), "{err}");
        all.push_str(&err.replace(env!("CARGO_TARGET_TMPDIR"), "[tmp]"));
    }
    assert!(github.bodies().is_empty());
    insta::assert_snapshot!(all, @r#"
    error: no token: set GITHUB_TOKEN or GH_TOKEN (in a workflow, `GITHUB_TOKEN: ${{ github.token }}` and the permission `issues: write`)
    error: no token: set GITHUB_TOKEN or GH_TOKEN (in a workflow, `GITHUB_TOKEN: ${{ github.token }}` and the permission `issues: write`)
    error: the comment has no text
    error: the comment has 60018 characters, 60000 are allowed: leave something out
    error: [tmp]/bad.json is not one JSON value: trailing characters at line 1 column 4
    error: failed to read /nowhere/run.json: No such file or directory (os error 2)
    error: `http://192.0.2.1/` is no address for the API: it must be https, or http on loopback, without a user name
    error: GITHUB_API_URL is no address: relative URL without a base
    "#);
}

#[tokio::test]
async fn wrong_usage_exits_with_two() {
    for args in [
        &["post", "acme/api#12"] as &[&str],
        &["last", "acme", "--marker", "m"],
        &["last", "acme/api#12", "--marker", "a b"],
        &["last", "acme/api#12", "--marker", "m", "-n", "0"],
        &["last", "acme/api#12", "--marker", "m", "--token", "t"],
    ] {
        let (code, out, err) = run(args, &[], "").await;
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
    }
}
