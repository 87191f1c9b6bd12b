use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::{
    fault::{Fault, Limit},
    github::{GitHub, body, token},
};

/// Arguments, environment and stdin.
type Call<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str);

/// Exit code, stdout and stderr of the program in an environment that holds only what is given.
pub(crate) async fn run(args: &[&str], env: &[(&str, &str)], stdin: &str) -> (i32, String, String) {
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

pub(crate) fn record(name: &str, json: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, json).unwrap();
    file
}

#[tokio::test]
async fn post_and_last_make_a_loop_through_pipes() {
    let github = GitHub::on_tcp().await;
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
    let github = GitHub::on_tcp().await;
    let file = record("actions.json", &json!({ "id": "x", "environment": "staging" }).to_string());
    github.add("mallory", &body("forged", &json!({ "id": "forged" })));
    for (run_id, comments) in [("41", 2), ("42", 3), ("42", 3)] {
        let env = [
            ("GITHUB_API_URL", github.base.as_str()),
            ("GH_TOKEN", token("github-actions[bot]")),
            ("GITHUB_TOKEN", "ignored"),
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
    let github = GitHub::on_tcp().await;
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
    let github = GitHub::on_tcp().await;
    let base = [("GITHUB_API_URL", github.base.as_str())];
    let octo = [base[0], ("GITHUB_TOKEN", token("octo"))];
    let empty = [base[0], ("GITHUB_TOKEN", "")];
    let elsewhere = [("GITHUB_API_URL", "http://192.0.2.1"), octo[1]];
    let nowhere = [("GITHUB_API_URL", "api.github.com"), octo[1]];
    let good = record("good.json", r#"{"id":"g"}"#);
    let bad = record("bad.json", "{} {}");
    let post = |file| ["post", "acme/api#12", "--marker", "m", "--data", file];
    let (good, bad) = (post(good.to_str().unwrap()), post(bad.to_str().unwrap()));
    let absent = post("/nowhere/run.json");
    let long = "x".repeat(60_000);
    let unnamed = record("unnamed.json", r#"{"id":1}"#);
    let unnamed = post(unnamed.to_str().unwrap());
    let cases: [Call<'_>; 9] = [
        (&unnamed, &octo, "text"),
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
    error: [tmp]/unnamed.json has no `id` that is a string: name the run with --key
    error: no token: set GH_TOKEN or GITHUB_TOKEN (in a workflow, `GITHUB_TOKEN: ${{ github.token }}` and the permission `issues: write`), or sign in with `gh auth login`
    error: no token: set GH_TOKEN or GITHUB_TOKEN (in a workflow, `GITHUB_TOKEN: ${{ github.token }}` and the permission `issues: write`), or sign in with `gh auth login`
    error: the comment has no text
    error: the comment has 60034 characters, 60000 are allowed: leave something out
    error: [tmp]/bad.json is not one JSON value: trailing characters at line 1 column 4
    error: failed to read /nowhere/run.json: No such file or directory (os error 2)
    error: `http://192.0.2.1/` is no address for the API: only https, or http on loopback, with no user
    error: GITHUB_API_URL is `api.github.com`, which is no address: relative URL without a base
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
        &["last", "acme/api", "--marker", "m", "--label", "a,b", "--title", "t"],
    ] {
        let (code, out, err) = run(args, &[], "").await;
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
    }
}

#[tokio::test]
async fn an_issue_is_named_by_its_number_or_by_label_and_title() {
    let github = GitHub::on_tcp().await;
    github.add("octo", &body("report", &json!(1)));
    let env = [
        ("GITHUB_API_URL", github.base.as_str()),
        ("GITHUB_TOKEN", token("octo")),
        ("GITHUB_REPOSITORY", "acme/api"),
    ];
    let titled: &[&str] = &["acme/api", "--label", "loadtest", "--title", "Load test"];
    for place in [&["12"] as &[&str], &["#12"], titled] {
        let args = [&["last"], place, &["--marker", "loadtest"]].concat();
        assert_eq!(run(&args, &env, "").await.1, "1\n", "{place:?}");
    }
    let file = record("create.json", r#"{"id":"c"}"#);
    let post = ["post", "acme/api", "--label", "load", "--title", "New", "--marker", "m", "--data"];
    let post = [&post as &[&str], &[file.to_str().unwrap()]].concat();
    let (code, _, err) = run(&post, &env, "text").await;
    assert_eq!((code, github.held().issues.len()), (1, 1));
    assert!(err.contains("`load`") && err.contains("--create"), "{err}");
    for _ in 0..2 {
        let (code, out, _) = run(&[&post as &[&str], &["--create"]].concat(), &env, "text").await;
        assert_eq!((code, github.held().issues.len()), (0, 2));
        assert!(out.contains("/issues/13#"), "{out}");
    }
    for place in [&["acme/api"] as &[&str], &["acme/api#12", "--label", "a", "--title", "b"]] {
        let args = [&["last"], place, &["--marker", "loadtest"]].concat();
        assert_eq!(run(&args, &[], "").await.0, 2, "before anything is looked up");
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let github = GitHub::on_tcp().await;
    let env = [("GITHUB_API_URL", github.base.as_str()), ("GITHUB_TOKEN", token("octo"))];
    let file = record("dry.json", r#"{"id":"d"}"#);
    let post = ["post", "acme/api#12", "--marker", "m", "--data", file.to_str().unwrap()];
    let dry = [&post as &[&str], &["--dry-run"]].concat();
    let (code, out, err) = run(&dry, &env, "text").await;
    assert_eq!((code, err.as_str()), (0, "dry run: would post on acme/api#12\n"));
    assert_eq!(out, "text\n\n<!-- m:v1 {\"id\":\"d\"} key=\"d\" -->\n");
    assert!(github.bodies().is_empty());
    run(&post, &env, "text").await;
    let (_, _, err) = run(&dry, &env, "again").await;
    assert!(err.starts_with("dry run: would edit https://github.com/acme/api/issues/12#"), "{err}");
    assert!(github.bodies()[0].starts_with("text"));
    for _ in 0..9 {
        github.add("mallory", "hello");
    }
    let other = record("dry-2.json", r#"{"id":"e"}"#);
    let args = ["post", "acme/api#12", "--marker", "m", "--rotate-at", "10", "--dry-run", "--data"];
    let (_, _, err) =
        run(&[&args as &[&str], &[other.to_str().unwrap()]].concat(), &env, "x").await;
    assert_eq!(err, "dry run: would open the issue after acme/api#12, and post there\n");
    let writes = github.requests().into_iter().filter(|it| !it.starts_with("GET "));
    assert_eq!(writes.count(), 1, "the one post that was no dry run");
}

#[tokio::test]
async fn a_wait_is_told_and_one_that_is_too_long_is_not_begun() {
    let github = GitHub::on_tcp().await;
    let env = [("GITHUB_API_URL", github.base.as_str()), ("GITHUB_TOKEN", token("octo"))];
    github.next([Fault::says(502, "Server Error"), Fault::Limit(Limit::Untold403, 60)]);
    let args = ["last", "acme/api#12", "--marker", "loadtest", "--timeout", "30"];
    let (code, _, err) = run(&args, &env, "").await;
    assert_eq!(code, 1);
    let told = "waiting 1 s: github answered 502 for /user: Server Error\n\
                error: github's secondary rate limit is reached (403): try again in a minute or later\n";
    assert_eq!(err, told);
}
