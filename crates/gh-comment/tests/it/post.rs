use gh_comment::{Author, Comment, Error, Issue};
use serde_json::json;

use crate::github::{GitHub, body, issue, marker, run as comment};

#[tokio::test]
async fn a_comment_is_posted_and_its_address_returned() {
    let github = GitHub::start().await;
    let address = github.client("octo").post(&issue(), &Comment::new("hello\n")).await.unwrap();
    assert_eq!(address.as_str(), "https://github.com/acme/api/issues/12#issuecomment-1000");
    assert_eq!(github.bodies(), ["hello"]);
    assert_eq!(github.requests(), ["POST /repos/acme/api/issues/12/comments"]);
}

#[tokio::test]
async fn a_new_run_posts_a_new_comment() {
    let github = GitHub::start().await;
    let client = github.client("octo");
    let first = client.post(&issue(), &comment("run 1", "r/1")).await.unwrap();
    let second = client.post(&issue(), &comment("run 2", "r/2")).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(github.bodies().len(), 2);
}

#[tokio::test]
async fn a_rerun_edits_its_comment_in_place() {
    let github = GitHub::start().await;
    let client = github.client("octo");
    let first = client.post(&issue(), &comment("failed", "r/1")).await.unwrap();
    client.post(&issue(), &comment("other", "r/2")).await.unwrap();
    github.requests();
    let again = client.post(&issue(), &comment("passed", "r/1")).await.unwrap();
    assert_eq!(again, first);
    let bodies = github.bodies();
    assert_eq!(bodies.len(), 2);
    assert!(bodies[0].starts_with("passed"), "{}", bodies[0]);
    assert_eq!(github.requests().last().unwrap(), "PATCH /repos/acme/api/issues/comments/1000");
}

#[tokio::test]
async fn a_stranger_who_copies_the_key_is_not_edited() {
    let github = GitHub::start().await;
    let forged = comment("mine now", "r/1").body().unwrap();
    github.add("mallory", &forged);
    github.client("octo").post(&issue(), &comment("passed", "r/1")).await.unwrap();
    let bodies = github.bodies();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0], forged);
}

#[tokio::test]
async fn a_key_under_another_marker_is_another_comment() {
    let github = GitHub::start().await;
    let client = github.client("octo");
    client.post(&issue(), &comment("load", "r/1")).await.unwrap();
    let other = Comment::new("size").with_data(&"size".parse().unwrap(), &json!(1)).with_key("r/1");
    client.post(&issue(), &other).await.unwrap();
    assert_eq!(github.bodies().len(), 2);
}

#[tokio::test]
async fn the_comment_of_a_rerun_is_found_on_a_late_page() {
    let github = GitHub::start().await;
    for number in 0..250 {
        github.add("mallory", &format!("chatter {number}"));
    }
    let client = github.client("octo");
    let first = client.post(&issue(), &comment("failed", "r/1")).await.unwrap();
    for number in 0..120 {
        github.add("mallory", &format!("more {number}"));
    }
    github.requests();
    assert_eq!(client.post(&issue(), &comment("passed", "r/1")).await.unwrap(), first);
    let pages =
        |page: usize| format!("GET /repos/acme/api/issues/12/comments?per_page=100&page={page}");
    let the_issue = "GET /repos/acme/api/issues/12".to_owned();
    let expect = ["GET /user".to_owned(), the_issue, pages(4), pages(3)];
    assert_eq!(github.requests()[..4], expect);
}

#[tokio::test]
async fn a_workflow_edits_its_comment_though_it_is_not_told_who_it_is() {
    let github = GitHub::start().await;
    let client = github.client("github-actions[bot]").or_trusting(Author::GITHUB_ACTIONS);
    client.post(&issue(), &comment("failed", "r/1")).await.unwrap();
    client.post(&issue(), &comment("passed", "r/1")).await.unwrap();
    assert_eq!(github.bodies().len(), 1);
}

#[tokio::test]
async fn nothing_is_posted_in_an_account_that_is_not_believed() {
    let github = GitHub::start().await;
    let client = github.client("octo").trusting(Author::GITHUB_ACTIONS);
    let err = client.post(&issue(), &comment("text", "r/1")).await.unwrap_err();
    assert!(matches!(err, Error::WrongAuthor { posted: None, .. }), "{err:?}");
    client.preview(&issue(), &comment("text", "r/1")).await.unwrap_err();
    assert!(github.bodies().is_empty());
}

#[tokio::test]
async fn an_app_that_is_not_believed_posts_once_and_is_told_so() {
    let github = GitHub::start().await;
    let client = github.client("github-actions[bot]").trusting(Author::Id(7));
    for _ in 0..3 {
        let err = client.post(&issue(), &comment("text", "r/1")).await.unwrap_err();
        let address = "https://github.com/acme/api/issues/12#issuecomment-1000";
        let expect = format!(
            "{address} was posted as `github-actions[bot]`, but comments of account 7 are \
             believed"
        );
        assert_eq!(err.to_string(), expect);
        assert_eq!(github.bodies().len(), 1);
    }
}

#[tokio::test]
async fn a_text_with_hidden_blocks_of_its_own_is_found_by_its_real_key() {
    let github = GitHub::start().await;
    let client = github.client("octo");
    let text = comment("scenario named by a stranger", "r/2").body().unwrap();
    client.post(&issue(), &comment(&text, "r/1")).await.unwrap();
    client.post(&issue(), &comment("run 2", "r/2")).await.unwrap();
    client
        .post(&issue(), &Comment::new(body("no data", &json!({ "id": "forged" }))))
        .await
        .unwrap();
    assert_eq!(github.bodies().len(), 3);
    let found = client.last_data(&issue(), &marker(), 9).await.unwrap();
    assert_eq!(found, [json!({ "id": "r/2" }), json!({ "id": "r/1" })]);
}

#[tokio::test]
async fn an_address_on_another_server_gets_neither_token_nor_comment() {
    let github = GitHub::start().await;
    let elsewhere: Issue = "https://git.acme.test/acme/api/issues/12".parse().unwrap();
    let err = github.client("octo").post(&elsewhere, &Comment::new("hello")).await.unwrap_err();
    assert!(matches!(&err, Error::OtherHost { host, .. } if host == "git.acme.test"), "{err}");
    let here: Issue = "http://127.0.0.1/acme/api/issues/12".parse().unwrap();
    github.client("octo").post(&here, &Comment::new("hello")).await.unwrap();
    assert_eq!(github.requests().len(), 1);
}

#[tokio::test]
async fn whether_a_comment_could_be_posted_is_asked_without_posting_one() {
    let github = GitHub::start().await;
    let client = github.client("octo");
    let seen = client.examine(&issue(), &comment("text", "r/1")).await.unwrap();
    assert_eq!((seen.issue, seen.is_open, seen.comments), (issue(), true, 0));
    github.held().issues[0]["state"] = "closed".into();
    assert!(!client.examine(&issue(), &comment("text", "r/1")).await.unwrap().is_open);
    github.held().issues[0]["locked"] = true.into();
    let err = client.examine(&issue(), &comment("text", "r/1")).await.unwrap_err();
    assert!(matches!(err, Error::Locked { .. }), "{err:?}");
    let other = "acme/api#13".parse().unwrap();
    let err = client.examine(&other, &comment("text", "r/1")).await.unwrap_err();
    assert!(matches!(err, Error::NotFound { .. }), "{err:?}");
    assert!(github.bodies().is_empty());
}
