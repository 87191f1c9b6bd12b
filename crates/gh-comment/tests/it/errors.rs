use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use gh_comment::{Client, Comment, Error, Issue, Token};
use serde_json::{Value, json};
use url::Url;

use crate::{
    fault::Fault,
    github::{GitHub, http_client, issue, marker, run, token},
};

/// Status, headers and body.
type Refusal<'a> = (u16, &'a [(&'static str, &'a str)], Value);

fn http() -> reqwest::Client {
    http_client().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// What is said when GitHub answers so, to a post and to a look at the earlier ones alike.
async fn said(status: u16, headers: &[(&'static str, &str)], body: Value) -> String {
    let headers = headers.iter().map(|it| (it.0, it.1.to_owned())).collect();
    told(Fault::Says(status, headers, body)).await
}

async fn told(fault: Fault) -> String {
    let github = GitHub::start().await;
    github.refuse(fault);
    let client = github.client("octo");
    let post = client.post(&issue(), &run("hello", "k")).await.unwrap_err().to_string();
    let last = client.last_data(&issue(), &marker(), 1).await.unwrap_err().to_string();
    assert_eq!(post, last);
    post
}

#[tokio::test(start_paused = true)]
async fn every_refusal_says_what_to_do() {
    let message =
        |it: &str| json!({ "message": it, "documentation_url": "https://docs.github.com" });
    let reset = (std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() - 5).to_string();
    let cases: [Refusal; 13] = [
        (403, &[], message("Resource not accessible by integration")),
        (403, &[], message("Unable to create comment because issue is locked.")),
        (403, &[], message("Repository was archived so is read-only.")),
        (403, &[], message("Commenting is disabled on issues with more than 2500 comments")),
        (403, &[("retry-after", "61")], message("You have exceeded a secondary rate limit.")),
        (
            403,
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset)],
            message("API limit"),
        ),
        (403, &[], message("You have exceeded a secondary rate limit.")),
        (429, &[], message("Too many requests")),
        (404, &[], message("Not Found")),
        (410, &[], message("This issue was deleted")),
        (301, &[("location", "https://192.0.2.1/repositories/1")], message("Moved Permanently")),
        (502, &[], message("a\u{1b}[31m\nred\u{202e}")),
        (503, &[], message(&"long ".repeat(1000))),
    ];
    let mut all = Vec::new();
    for (status, headers, body) in cases {
        all.push(said(status, headers, body).await);
    }
    assert!(all[12].chars().count() < 250);
    all.truncate(12);
    insta::assert_snapshot!(all.join("\n"), @r#"
    the token may not use the comments of acme/api#12 (403: Resource not accessible by integration): give the job the permission `issues: write`, or a personal token write access to issues
    acme/api#12 is locked (403: Unable to create comment because issue is locked.): unlock its conversation or name another issue
    the repository of acme/api#12 is archived (403: Repository was archived so is read-only.): unarchive it or name an issue of another repository
    acme/api#12 has as many comments as github allows (403: Commenting is disabled on issues with more than 2500 comments)
    github's secondary rate limit is reached (403): try again in 61 s
    github's rate limit is reached (403): try again in 1 s
    github's secondary rate limit is reached (403): try again in a minute or later
    github's secondary rate limit is reached (429): try again in a minute or later
    acme/api#12 was not found (404): it is not there, or the token may not see it
    acme/api#12 is gone (410: This issue was deleted): it was deleted, or the repository has no issues
    acme/api#12 has moved (301): use the address that it has now
    github answered 502 for acme/api#12: a[31m red
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_not_the_apis_is_told_as_far_as_it_can_be_read() {
    let errors = json!(["body is spam", { "message": "no" }, {}]);
    let mixed = json!({ "message": "Validation Failed", "errors": errors });
    let mixed = told(Fault::Foreign(422, mixed)).await;
    let text = told(Fault::Foreign(500, json!("not an object"))).await;
    insta::assert_snapshot!(format!("{mixed}\n{text}"), @r"
    github does not take the comment (422: Validation Failed: body is spam: no)
    github answered 500 for acme/api#12: no reason given
    ");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_is_named_as_such_and_not_repeated() {
    let github = GitHub::start().await;
    let client = github.client_with("ghp_wrong");
    for err in [
        client.post(&issue(), &Comment::new("hello")).await.unwrap_err(),
        client.last_data(&issue(), &marker(), 1).await.unwrap_err(),
    ] {
        assert!(matches!(err, Error::Unauthorized), "{err:?}");
    }
    assert!(!format!("{client:?} {:?}", Token::new("ghp_wrong")).contains("ghp_wrong"));
}

#[tokio::test(start_paused = true)]
async fn another_issue_is_not_found() {
    let github = GitHub::start().await;
    let other: Issue = "acme/api#13".parse().unwrap();
    let err = github.client("octo").post(&other, &run("hello", "k")).await.unwrap_err();
    insta::assert_snapshot!(
        err,
        @"acme/api#13 was not found (404): it is not there, or the token may not see it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_length_that_only_github_minds_is_told_as_a_length() {
    let github = GitHub::start().await;
    let errors = json!([{
        "resource": "IssueComment", "field": "data", "code": "unprocessable",
        "message": "Body is too long (maximum is 65536 characters)",
    }]);
    let documentation = "https://docs.github.com/rest";
    let body = json!({
        "message": "Validation Failed", "errors": errors, "documentation_url": documentation,
    });
    github.refuse(Fault::Says(422, Vec::new(), body));
    let err = github.client("octo").post(&issue(), &Comment::new("hello")).await.unwrap_err();
    insta::assert_snapshot!(
        err,
        @"github finds the comment too long (422: Validation Failed: Body is too long (maximum is 65536 characters)): leave something out"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_the_apis_is_no_success() {
    let github = GitHub::start().await;
    for (status, body) in
        [(200, json!({ "id": 1, "html_url": "x" })), (201, json!([])), (204, Value::Null)]
    {
        github.refuse(Fault::Foreign(status, body));
        let err = github.client("octo").post(&issue(), &Comment::new("hello")).await.unwrap_err();
        assert!(matches!(err, Error::Answer { .. }), "{status}: {err:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_there_is_named_without_the_token() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let base: Url = format!("http://{closed}").parse().unwrap();
    let client = Client::new(http(), base, Token::new(token("octo"))).unwrap();
    let err = client.last_data(&issue(), &marker(), 1).await.unwrap_err();
    assert_eq!(err.to_string(), format!("no complete answer from http://{closed}/user"));
    assert!(!format!("{err:?}").contains("token-of-octo"), "{err:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_breaks_off_is_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":7,").unwrap();
    });
    let client = Client::new(http(), base, Token::new(token("octo"))).unwrap();
    let err = client.last_data(&issue(), &marker(), 1).await.unwrap_err();
    assert!(matches!(err, Error::Network { .. }), "{err:?}");
    server.join().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_goes_over_https_or_loopback_only() {
    let client = |base: &str| Client::new(http(), base.parse().unwrap(), Token::new("t"));
    for base in [
        "https://api.github.com",
        "https://git.acme.test/api/v3/",
        "http://[::1]:80",
        "http://localhost:8",
    ] {
        client(base).expect(base);
    }
    for base in
        ["http://api.github.com", "http://127.0.0.1.acme.test", "ftp://127.0.0.1", "data:,x"]
    {
        assert!(matches!(client(base), Err(Error::BadBase { .. })), "{base}");
    }
    let err = client("https://octo:hunter2@api.github.com?key=secret").unwrap_err().to_string();
    assert!(
        err.contains("https://api.github.com/")
            && !err.contains("hunter2")
            && !err.contains("secret"),
        "{err}"
    );
    let line = Client::new(http(), "https://api.github.com".parse().unwrap(), Token::new("a\nb"));
    assert!(matches!(line, Err(Error::BadToken)));
}

#[tokio::test(start_paused = true)]
async fn a_locked_issue_is_told_as_such() {
    let github = GitHub::start().await;
    github.held().issues[0]["locked"] = json!(true);
    let err = github.client("octo").post(&issue(), &run("hello", "k")).await.unwrap_err();
    assert!(matches!(err, Error::Locked { .. }), "{err:?}");
}
