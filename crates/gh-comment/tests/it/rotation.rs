use gh_comment::{Author, Error, Notice, SigningKey};
use serde_json::{Value, json};

use crate::github::{GitHub, body, issue, marker, run};

/// An issue with `runs` runs of ours, and a comment of somebody else.
async fn with_runs(runs: usize) -> GitHub {
    let github = GitHub::start().await;
    for id in 0..runs {
        github.add("octo", &run("report", &format!("r/{id}")).body().unwrap());
    }
    github.add("mallory", "hello");
    github
}

fn ids(data: &[Value]) -> Vec<&str> {
    data.iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_full_issue_goes_on_in_the_next_one() {
    let github = with_runs(20).await;
    let client = github.client("octo").rotating_at(21);
    let preview = client.preview(&issue(), &run("report", "r/20")).await.unwrap();
    assert!(preview.rotates && github.held().issues.len() == 1);
    let address = client.post(&issue(), &run("report", "r/20")).await.unwrap();
    assert!(address.as_str().contains("/issues/13#issuecomment-"), "{address}");

    let next = github.held().issues[1].clone();
    assert_eq!(next["title"], "Load test (2)");
    assert_eq!(next["labels"][0]["name"], "loadtest");
    let body = next["body"].as_str().unwrap();
    assert!(
        body.starts_with("Continues https://github.com/acme/api/issues/12.\n\n<!-- "),
        "{body}"
    );
    let last = github.bodies_of(12).pop().unwrap();
    assert!(last.starts_with("Continued in #13.\n\n<!-- loadtest.next:v1 "), "{last}");
    let carried = &github.bodies_of(13)[0];
    assert!(carried.starts_with("The newest 12 runs of #12"), "{carried}");

    let from_new = client.last_data(&"acme/api#13".parse().unwrap(), &marker(), 99).await.unwrap();
    assert_eq!(from_new.len(), 13);
    assert_eq!(ids(&from_new)[..3], ["r/20", "r/19", "r/18"]);
}

#[tokio::test]
async fn the_address_of_the_first_issue_is_good_for_ever() {
    let github = with_runs(20).await;
    let client = github.client("octo").rotating_at(21);
    for id in 20..60 {
        client.post(&issue(), &run("report", &format!("r/{id}"))).await.unwrap();
    }
    assert_eq!(github.held().issues.len(), 3);
    assert_eq!(github.held().issues[2]["title"], "Load test (3)");
    // Every run once, though what was carried stands twice.
    let all = client.last_data(&issue(), &marker(), usize::MAX).await.unwrap();
    let expect: Vec<String> = (0..60).rev().map(|id| format!("r/{id}")).collect();
    assert_eq!(ids(&all), expect);

    // Without the flag too, and a run that stands on an earlier issue is edited there.
    let plain = github.client("octo");
    let new = plain.post(&issue(), &run("report", "r/60")).await.unwrap();
    assert!(new.as_str().contains("/issues/14#"), "{new}");
    let again = plain.post(&issue(), &run("again", "r/19")).await.unwrap();
    assert!(again.as_str().contains("/issues/12#"), "{again}");
    assert_eq!(ids(&plain.last_data(&issue(), &marker(), 2).await.unwrap()), ["r/60", "r/59"]);
}

#[tokio::test]
async fn nobody_else_can_lead_a_run_to_another_issue() {
    let github = with_runs(3).await;
    let client = github.client("octo").rotating_at(10);
    github.open("mallory", 13, "Load test", "", &["loadtest"]);
    client.post(&issue(), &run("report", "real")).await.unwrap();
    github.add("mallory", "Continued in #13.\n\n<!-- loadtest.next:v1 {\"issue\":13} -->");
    github.add("octo", "Continued in #1.\n\n<!-- loadtest.next:v1 {\"issue\":1} -->");
    let forged = "Continues #12.\n\n<!-- loadtest.previous:v1 {\"issue\":12} -->";
    github.open("mallory", 14, "Load test", forged, &["loadtest"]);
    for id in 0..5 {
        client.post(&issue(), &run("report", &format!("more/{id}"))).await.unwrap();
    }
    assert_eq!(github.bodies_of(13).len() + github.bodies_of(14).len(), 0);
    let next = github.held().issues[3].clone();
    assert_eq!((&next["number"], &next["user"]["login"]), (&json!(15), &json!("octo")));
}

#[tokio::test]
async fn an_issue_that_has_no_room_for_the_link_is_followed_too() {
    let github = with_runs(3).await;
    for _ in 0..2496 {
        github.add("mallory", "chatter");
    }
    let err = github.client("octo").post(&issue(), &run("report", "new")).await.unwrap_err();
    assert!(matches!(err, Error::TooManyComments { .. }), "{err:?}");
    let client = github.client("octo").rotating_at(2000);
    for id in ["new", "newer", "new"] {
        client.post(&issue(), &run("report", id)).await.unwrap();
    }
    assert_eq!(github.held().issues.len(), 2);
    assert_eq!(github.bodies_of(13).len(), 3);
    let seen = github.client("octo").last_data(&issue(), &marker(), 3).await.unwrap();
    assert_eq!(ids(&seen), ["newer", "new", "r/2"]);
}

#[tokio::test]
async fn signed_links_and_data_are_carried_with_signatures_of_their_new_place() {
    let github = GitHub::start().await;
    let key = SigningKey::new("0123456789abcdef").unwrap();
    let client = github.client("octo").rotating_at(10).signing(key, true);
    for id in 0..12 {
        client.post(&issue(), &run("report", &format!("r/{id}"))).await.unwrap();
    }
    let next = "acme/api#13".parse().unwrap();
    let seen = client.history(&next, &marker(), 99).await.unwrap();
    assert_eq!((seen.data.len(), seen.notices.len()), (12, 0));
    assert_eq!(client.last_data(&issue(), &marker(), 99).await.unwrap().len(), 12);
}

#[tokio::test]
async fn as_much_is_carried_as_one_comment_holds() {
    let github = GitHub::start().await;
    for id in 0..10 {
        let data = json!({ "id": id, "long": "x".repeat(20_000) });
        github.add("octo", &body("report", &data));
    }
    github.client("octo").rotating_at(10).post(&issue(), &run("report", "new")).await.unwrap();
    let carried = &github.bodies_of(13)[0];
    assert!(carried.starts_with("The newest 2 runs of #12"), "{}", &carried[..60]);
}

#[tokio::test]
async fn a_full_issue_does_not_fork_when_the_key_has_changed() {
    let github = GitHub::start().await;
    let key = |it: &str| SigningKey::new(it.repeat(16)).unwrap();
    let client = || github.client("octo").rotating_at(10);
    for id in 0..11 {
        let signing = client().signing(key("a"), true);
        signing.post(&issue(), &run("report", &format!("r/{id}"))).await.unwrap();
    }
    assert_eq!(github.held().issues.len(), 2);
    for changed in [client().signing(key("b"), true), client()] {
        let forks = changed.post(&issue(), &run("report", "new")).await;
        match forks {
            Err(err) => assert!(matches!(err, Error::UnverifiedLink { .. }), "{err:?}"),
            // Without a key everything is believed, and followed.
            Ok(it) => assert!(it.as_str().contains("/issues/13#"), "{it}"),
        }
        assert_eq!(github.held().issues.len(), 2);
    }
    // Nor where the link had no room and only the next issue points back.
    github.held().comments.retain(|it| !it["body"].as_str().unwrap().contains("loadtest.next"));
    let changed = client().signing(key("b"), true);
    let err = changed.post(&issue(), &run("report", "new")).await.unwrap_err();
    assert!(matches!(err, Error::UnverifiedLink { .. }), "{err:?}");
    assert_eq!(github.held().issues.len(), 2);
}

#[tokio::test]
async fn what_a_new_key_does_not_find_again_is_told() {
    let github = GitHub::start().await;
    let key = |it: &str| SigningKey::new(it.repeat(16)).unwrap();
    let first = github.client("octo").signing(key("a"), true);
    first.post(&issue(), &run("report", "r/1")).await.unwrap();
    let second = github.client("octo").signing(key("b"), true);
    let preview = second.preview(&issue(), &run("report", "r/1")).await.unwrap();
    let delivery = second.deliver(&issue(), &run("report", "r/1")).await.unwrap();
    for notices in [preview.notices, delivery.notices] {
        assert!(matches!(notices[..], [Notice::Edited { .. }]), "{notices:?}");
    }
}

#[tokio::test]
async fn an_app_without_a_comment_on_a_full_issue_opens_no_other_one() {
    let github = with_runs(12).await;
    let client = github.client("github-actions[bot]").or_trusting(Author::GITHUB_ACTIONS);
    let err = client.rotating_at(10).post(&issue(), &run("report", "new")).await.unwrap_err();
    assert!(matches!(err, Error::UnknownAuthor { .. }), "{err:?}");
    assert_eq!(github.held().issues.len(), 1);
}

#[tokio::test]
async fn a_locked_issue_is_followed_to_the_one_that_points_back() {
    let github = with_runs(10).await;
    let client = github.client("octo").rotating_at(11);
    client.post(&issue(), &run("report", "new")).await.unwrap();
    github.held().comments.retain(|it| !it["body"].as_str().unwrap().contains("loadtest.next"));
    github.held().issues[0]["locked"] = true.into();
    let plain = github.client("octo");
    let address = plain.post(&issue(), &run("report", "newer")).await.unwrap();
    assert!(address.as_str().contains("/issues/13#"), "{address}");
    assert_eq!(ids(&plain.last_data(&issue(), &marker(), 2).await.unwrap()), ["newer", "new"]);
}
