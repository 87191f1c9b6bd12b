use gh_comment::{Error, Repository};
use serde_json::json;

use crate::github::GitHub;

fn repository() -> Repository {
    "acme/api".parse().unwrap()
}

#[tokio::test]
async fn the_oldest_open_issue_with_the_label_and_the_title_is_it() {
    let github = GitHub::start().await;
    github.open("mallory", 3, "Load test", "no label", &[]);
    github.open("octo", 4, "Load test", "closed", &["loadtest"]);
    github.open("octo", 5, "Load test", "a pull request", &["loadtest"]);
    github.open("octo", 6, "Load test of last year", "", &["loadtest"]);
    github.open("octo", 20, "Load test", "newer", &["loadtest"]);
    github.held().issues[2]["state"] = json!("closed");
    github.held().issues[3]["pull_request"] =
        json!({ "url": null, "html_url": null, "diff_url": null, "patch_url": null });
    let client = github.client("octo");
    let found = client.find(&repository(), "loadtest", "Load test").await.unwrap().unwrap();
    assert_eq!(found.to_string(), "acme/api#12");
    assert_eq!(client.find(&repository(), "loadtest", "Other").await.unwrap(), None);
}

#[tokio::test]
async fn an_issue_is_opened_once() {
    let github = GitHub::start().await;
    let client = github.client("octo");
    let first = client.find_or_create(&repository(), "load", "New").await.unwrap();
    assert_eq!(first.to_string(), "acme/api#13");
    assert_eq!(client.find_or_create(&repository(), "load", "New").await.unwrap(), first);
    assert_eq!(github.held().issues[1]["labels"][0]["name"], "load");
}

#[tokio::test]
async fn a_label_that_was_not_set_is_told_since_the_issue_would_not_be_found_again() {
    let github = GitHub::start().await;
    github.held().labels_dropped = true;
    let err = github.client("octo").find_or_create(&repository(), "load", "New").await.unwrap_err();
    assert!(matches!(&err, Error::NoLabel { issue, .. } if issue == "acme/api#13"), "{err:?}");
}

#[tokio::test]
async fn a_title_is_found_on_a_late_page() {
    let github = GitHub::start().await;
    for number in 100..350 {
        github.open("octo", number, "Load test", "", &["other"]);
        github.open("octo", number + 1000, &format!("Run {number}"), "", &["many"]);
    }
    let client = github.client("octo");
    let found = client.find(&repository(), "many", "Run 349").await.unwrap().unwrap();
    assert_eq!(found.number(), 1349);
}
