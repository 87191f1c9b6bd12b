use gh_comment::{Author, Error};
use serde_json::{Value, json};

use crate::github::{GitHub, body, issue, marker};

async fn last(github: &GitHub, n: usize) -> Vec<Value> {
    github.client("octo").last_data(&issue(), &marker(), n).await.unwrap()
}

#[tokio::test]
async fn an_issue_without_comments_has_no_data() {
    let github = GitHub::start().await;
    assert!(last(&github, 5).await.is_empty());
}

#[tokio::test]
async fn the_newest_data_comes_first() {
    let github = GitHub::start().await;
    for run in 1..=4 {
        github.add("octo", &body("run", &json!({ "run": run })));
    }
    assert_eq!(last(&github, 1).await, [json!({ "run": 4 })]);
    assert_eq!(
        last(&github, 3).await,
        [json!({ "run": 4 }), json!({ "run": 3 }), json!({ "run": 2 })]
    );
    assert_eq!(last(&github, 9).await.len(), 4);
    assert!(last(&github, 0).await.is_empty());
}

#[tokio::test]
async fn strangers_are_not_believed() {
    let github = GitHub::start().await;
    github.add("octo", &body("real", &json!({ "p95": 3.5 })));
    github.add("mallory", &body("forged", &json!({ "p95": 0.1 })));
    github.add("github-actions[bot]", &body("another workflow's", &json!({ "p95": 0.2 })));
    assert_eq!(last(&github, 9).await, [json!({ "p95": 3.5 })]);
}

#[tokio::test]
async fn a_comment_of_a_deleted_account_is_passed_over() {
    let github = GitHub::start().await;
    github.add("octo", &body("real", &json!(1)));
    github.add("mallory", &body("ghost", &json!(2)));
    github.held().comments[1]["user"] = Value::Null;
    github.add("octo", "emptied");
    github.held().comments[2]["body"] = Value::Null;
    assert_eq!(last(&github, 9).await, [json!(1)]);
}

#[tokio::test]
async fn a_login_with_the_wrong_type_is_not_believed() {
    let github = GitHub::start().await;
    github.add("github-actions[bot]", &body("real", &json!(1)));
    github.add("github-actions[bot]", &body("look-alike", &json!(2)));
    github.held().comments[1]["user"]["type"] = "User".into();
    let bot: Author = "github-actions[bot]".parse().unwrap();
    let client = github.client("github-actions[bot]").trusting(bot);
    assert_eq!(client.last_data(&issue(), &marker(), 9).await.unwrap(), [json!(1)]);
}

#[tokio::test]
async fn malformed_blocks_are_passed_over() {
    let github = GitHub::start().await;
    github.add("octo", &body("real", &json!({ "run": 1 })));
    for text in [
        "no block",
        "cut\n\n<!-- loadtest:v1 {\"run\":2",
        "cut\n\n<!-- loadtest:v1 {\"run\":2 -->",
        "not json\n\n<!-- loadtest:v1 run 2 -->",
        "nothing\n\n<!-- loadtest:v1 -->",
        "unknown version\n\n<!-- loadtest:v2 {\"run\":2} -->",
        "other tool\n\n<!-- loadtests:v1 {\"run\":2} -->",
        "in the line <!-- loadtest:v1 {\"run\":2} -->",
        "not last\n\n<!-- loadtest:v1 {\"run\":2} -->\n\nadded later",
        "two values\n\n<!-- loadtest:v1 {\"run\":2} {\"run\":3} -->",
        "ended twice\n\n<!-- loadtest:v1 {\"run\":2} --> =\"\" -->",
    ] {
        github.add("octo", text);
    }
    assert_eq!(last(&github, 9).await, [json!({ "run": 1 })]);
}

#[tokio::test]
async fn a_block_is_read_though_the_web_editor_changed_the_line_ends() {
    let github = GitHub::start().await;
    github.add("octo", &body("a\nb", &json!({ "run": 1 })).replace('\n', "\r\n"));
    github.add("octo", "x\n\n<!-- loadtest:v1 {\"run\":2} key=\"k\" later=\"field\" -->\r\n");
    assert_eq!(last(&github, 9).await, [json!({ "run": 2 }), json!({ "run": 1 })]);
}

#[tokio::test]
async fn pages_are_read_from_the_last_one_until_there_is_enough() {
    let github = GitHub::start().await;
    for run in 0..305 {
        let login = if run % 5 == 0 { "octo" } else { "mallory" };
        github.add(login, &body("run", &json!(run)));
    }
    let expect = |n: usize| {
        (0..305).rev().filter(|it| it % 5 == 0).take(n).map(Value::from).collect::<Vec<_>>()
    };
    assert_eq!(last(&github, 1).await, expect(1));
    assert_eq!(
        github.requests().len(),
        3,
        "who we are, the first page for its link, the last page"
    );
    assert_eq!(last(&github, 22).await, expect(22));
    assert_eq!(last(&github, 100).await, expect(61));
    let first = |it: &&String| it.ends_with("&page=1");
    assert_eq!(
        github.requests().iter().filter(first).count(),
        2,
        "the first page is asked for once a call"
    );
}

#[tokio::test]
async fn a_token_that_is_not_told_its_account_asks_for_the_author() {
    let github = GitHub::start().await;
    let client = github.client("github-actions[bot]");
    let err = client.last_data(&issue(), &marker(), 1).await.unwrap_err();
    assert!(matches!(err, Error::UnknownAuthor { status: 403, .. }), "{err:?}");
}
