use gh_comment::{Author, Error, Notice, SigningKey};
use serde_json::{Value, json};

use crate::github::{GitHub, body, issue, marker, run};

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
    github.held().comments[2].as_object_mut().unwrap().remove("body");
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
    assert_eq!(github.requests().len(), 3, "who we are, how many there are, the last page");
    assert_eq!(last(&github, 21).await, expect(21));
    assert_eq!(github.requests().len(), 4, "and the page before");
    assert_eq!(last(&github, 100).await, expect(61));
}

#[tokio::test]
async fn a_token_that_is_not_told_its_account_asks_for_the_author() {
    let github = GitHub::start().await;
    let client = github.client("github-actions[bot]");
    let err = client.last_data(&issue(), &marker(), 1).await.unwrap_err();
    assert!(matches!(err, Error::UnknownAuthor { status: 403, .. }), "{err:?}");
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn key(secret: &str) -> SigningKey {
    SigningKey::new(secret).unwrap()
}

#[tokio::test]
async fn what_is_passed_over_is_named() {
    let github = GitHub::start().await;
    github.add("mallory", &body("forged", &json!(1)));
    github.add("mallory", "quoted:\n> <!-- loadtest:v1 1 -->");
    github.add("octo", "cut\n\n<!-- loadtest:v1 {");
    github.add("octo", "new\n\n<!-- loadtest:v2 {} -->");
    github.add("octo", &body("real", &json!(2)));
    let seen = github.client("octo").history(&issue(), &marker(), 9).await.unwrap();
    assert_eq!(seen.data, [json!(2)]);
    let notices: Vec<String> = seen.notices.iter().map(Notice::to_string).collect();
    insta::assert_snapshot!(notices.join("\n"), @"
    https://github.com/acme/api/issues/12#issuecomment-1003 has hidden data of a newer version
    https://github.com/acme/api/issues/12#issuecomment-1002 has hidden data that cannot be read
    https://github.com/acme/api/issues/12#issuecomment-1000 is not ours: `mallory` wrote it
    ");
}

#[tokio::test]
async fn a_comment_that_was_edited_is_not_believed() {
    let github = GitHub::start().await;
    let signing = github.client("octo").signing(key(SECRET), true);
    for id in ["a", "b", "c"] {
        signing.post(&issue(), &run("text", id)).await.unwrap();
    }
    let posted = github.bodies()[2].clone();
    {
        let mut held = github.held();
        held.comments[0]["body"] = posted.replace("text", "other text").into();
        held.comments[1]["body"] = posted.replace("\"id\":\"c\"", "\"id\":\"d\"").into();
    }
    // The text for people is not signed; what a later run reads is.
    let seen = signing.history(&issue(), &marker(), 9).await.unwrap();
    assert_eq!(seen.data, [json!({ "id": "c" })], "a copy does not count again");
    let edited = matches!(seen.notices[..], [Notice::Edited { .. }, Notice::Edited { .. }]);
    assert!(edited, "{:?}", seen.notices);
    assert!(!format!("{signing:?}").contains(SECRET));
}

#[tokio::test]
async fn a_signature_counts_only_for_its_key_and_its_issue() {
    let github = GitHub::start().await;
    github.open("octo", 13, "Other", "", &[]);
    let signing = github.client("octo").signing(key(SECRET), false);
    signing.post(&issue(), &run("text", "a")).await.unwrap();
    github.add_to(13, "octo", &github.bodies()[0]);
    let other = "acme/api#13".parse().unwrap();
    let seen = signing.history(&other, &marker(), 9).await.unwrap();
    assert!(matches!(seen.notices[..], [Notice::Edited { .. }]), "{:?}", seen.notices);
    let rotated = github.client("octo").signing(key(&SECRET.repeat(2)), false);
    assert!(rotated.last_data(&issue(), &marker(), 9).await.unwrap().is_empty());
    assert_eq!(last(&github, 9).await.len(), 1, "without a key nothing can be checked");
}

#[tokio::test]
async fn comments_without_a_signature_are_believed_unless_one_is_required() {
    let github = GitHub::start().await;
    github.client("octo").post(&issue(), &run("text", "a")).await.unwrap();
    let lenient = github.client("octo").signing(key(SECRET), false);
    assert_eq!(lenient.last_data(&issue(), &marker(), 9).await.unwrap().len(), 1);
    let strict = github.client("octo").signing(key(SECRET), true);
    let seen = strict.history(&issue(), &marker(), 9).await.unwrap();
    assert!(matches!(seen.notices[..], [Notice::Unsigned { .. }]), "{:?}", seen.notices);
    assert!(seen.data.is_empty());
    // The run's own comment is taken over with a signature, or not touched.
    lenient.post(&issue(), &run("again", "a")).await.unwrap();
    assert_eq!(strict.last_data(&issue(), &marker(), 9).await.unwrap().len(), 1);
    assert_eq!(github.bodies().len(), 1);
}
