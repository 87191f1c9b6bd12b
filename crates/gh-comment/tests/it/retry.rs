//! How long is waited, and for what.

use std::{sync::Mutex, time::Duration};

use gh_comment::{Comment, Error};
use tokio::time::Instant;

use crate::{
    fault::{Fault, Limit},
    github::{GitHub, issue, marker, run},
};

/// Seconds that a post took with these faults at its last request.
async fn seconds(faults: impl IntoIterator<Item = Fault>) -> u64 {
    let github = GitHub::start().await;
    github.next(vec![Fault::None; 3].into_iter().chain(faults));
    let started = Instant::now();
    github.client("octo").post(&issue(), &run("text", "k")).await.unwrap();
    assert_eq!(github.bodies().len(), 1);
    started.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn github_is_given_the_time_that_it_asks_for() {
    assert_eq!(seconds([]).await, 0);
    assert_eq!(seconds([Fault::Limit(Limit::Secondary429, 17)]).await, 17);
    assert_eq!(seconds([Fault::Limit(Limit::Secondary403, 33)]).await, 33);
    let until_reset = seconds([Fault::Limit(Limit::Primary, 90)]).await;
    assert!((90..=92).contains(&until_reset), "{until_reset}");
}

#[tokio::test(start_paused = true)]
async fn a_limit_without_an_end_is_waited_for_a_minute_and_then_longer() {
    for limit in [Limit::Untold403, Limit::Untold429] {
        assert_eq!(seconds([Fault::Limit(limit, 60)]).await, 60);
    }
    let again = [Fault::Limit(Limit::Untold403, 60), Fault::None, Fault::None];
    let twice = again.into_iter().chain([Fault::Limit(Limit::Untold403, 60)]);
    assert_eq!(seconds(twice).await, 180);
}

#[tokio::test(start_paused = true)]
async fn a_post_that_may_have_been_made_is_looked_for_before_another_one() {
    let github = GitHub::start().await;
    github.next(vec![Fault::None; 3].into_iter().chain([Fault::Lost]));
    let started = Instant::now();
    let address = github.client("octo").post(&issue(), &run("text", "k")).await.unwrap();
    assert_eq!(address.as_str(), "https://github.com/acme/api/issues/12#issuecomment-1000");
    assert_eq!(started.elapsed().as_secs(), 15);
    let expect = [
        "GET /user",
        "GET /repos/acme/api/issues/12",
        "GET /repos/acme/api/issues/12/comments?per_page=100&page=1",
        "POST /repos/acme/api/issues/12/comments",
        "GET /repos/acme/api/issues/12",
        "GET /repos/acme/api/issues/12/comments?per_page=100&page=1",
        "PATCH /repos/acme/api/issues/comments/1000",
    ];
    assert_eq!(github.requests(), expect);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_for_the_call_is_not_begun() {
    let github = GitHub::start().await;
    github.refuse(Fault::Limit(Limit::Secondary429, 61));
    let started = Instant::now();
    let client = github.client("octo").within(Duration::from_secs(60));
    let err = client.post(&issue(), &run("text", "k")).await.unwrap_err();
    assert!(matches!(err, Error::RateLimited { wait: Some(it), .. } if it.as_secs() == 61));
    assert_eq!(started.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_whole_call_has_a_deadline() {
    let github = GitHub::start().await;
    github.refuse(Fault::Hang);
    let started = Instant::now();
    let client = github.client("octo").within(Duration::from_secs(50));
    let err = client.post(&issue(), &run("text", "k")).await.unwrap_err();
    assert_eq!(
        err.to_string(),
        "the post did not end within 50 s: run it again, under the same key nothing is posted twice"
    );
    assert_eq!(started.elapsed().as_secs(), 50);
}

#[tokio::test(start_paused = true)]
async fn what_stays_broken_is_given_up() {
    let github = GitHub::start().await;
    github.refuse(Fault::says(502, "Server Error"));
    let started = Instant::now();
    let err = github.client("octo").last_data(&issue(), &marker(), 1).await.unwrap_err();
    assert!(matches!(err, Error::Status { status: 502, .. }), "{err:?}");
    assert_eq!((github.requests().len(), started.elapsed().as_secs()), (6, 15));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_asked_again() {
    for (status, message) in [(403, "Repository was archived so is read-only."), (422, "no")] {
        let github = GitHub::start().await;
        github.refuse(Fault::says(status, message));
        let started = Instant::now();
        github.client("octo").post(&issue(), &run("text", "k")).await.unwrap_err();
        assert_eq!((github.requests().len(), started.elapsed().as_secs()), (2, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_comment_that_cannot_be_found_again_is_posted_once_or_told_as_unsure() {
    for (fault, posted) in [(Fault::Lost, 1), (Fault::Hang, 0), (Fault::Truncated, 1)] {
        let github = GitHub::start().await;
        github.next([fault]);
        let err = github.client("octo").post(&issue(), &Comment::new("hello")).await.unwrap_err();
        assert!(matches!(err, Error::Unconfirmed { .. }), "{err:?}");
        assert_eq!(github.bodies().len(), posted);
    }
    let github = GitHub::start().await;
    github.next([Fault::Limit(Limit::Secondary429, 5)]);
    github.client("octo").post(&issue(), &Comment::new("hello")).await.unwrap();
    assert_eq!(github.bodies().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_comment_that_was_deleted_meanwhile_is_posted_anew() {
    let github = GitHub::start().await;
    github.add("octo", &run("first", "k").body().unwrap());
    let gone = Fault::says(404, "Not Found");
    github.next(vec![Fault::None; 3].into_iter().chain([gone]));
    github.client("octo").post(&issue(), &run("second", "k")).await.unwrap();
    assert!(github.bodies()[0].starts_with("second"));
}

#[tokio::test(start_paused = true)]
async fn a_comment_that_was_deleted_after_a_lost_edit_is_posted_anew() {
    let github = GitHub::start().await;
    github.add("octo", &run("first", "k").body().unwrap());
    let faults = [Fault::says(502, "Server Error"), Fault::None, Fault::None];
    let gone = Fault::says(404, "Not Found");
    github.next(vec![Fault::None; 3].into_iter().chain(faults).chain([gone]));
    github.client("octo").post(&issue(), &run("second", "k")).await.unwrap();
    assert!(github.bodies()[0].starts_with("second"));
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_all_clocks_is_not_begun() {
    for header in ["retry-after", "x-ratelimit-reset"] {
        let github = GitHub::start().await;
        let headers =
            vec![(header, u64::MAX.to_string()), ("x-ratelimit-remaining", "0".to_owned())];
        github.refuse(Fault::Says(403, headers, serde_json::json!({ "message": "limit" })));
        let client = github.client("octo").within(Duration::MAX);
        let err = client.post(&issue(), &run("text", "k")).await.unwrap_err();
        assert!(matches!(err, Error::RateLimited { .. }), "{err:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_known_by_any_of_its_wordings() {
    for body in [
        serde_json::json!({ "message": "You have triggered an abuse detection mechanism." }),
        serde_json::json!({ "message": "Slow down.",
            "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api" }),
    ] {
        assert_eq!(seconds([Fault::Says(403, Vec::new(), body)]).await, 60);
    }
}

static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[tokio::test(start_paused = true)]
async fn a_wait_is_told() {
    let github = GitHub::start().await;
    github.next([Fault::Limit(Limit::Untold403, 60), Fault::says(502, "Server Error")]);
    let tell = |err: &Error, wait: Duration| {
        TOLD.lock().unwrap().push(format!("{} s: {err}", wait.as_secs()));
    };
    github.client("octo").on_wait(tell).last_data(&issue(), &marker(), 1).await.unwrap();
    let told = [
        "60 s: github's secondary rate limit is reached (403): try again in a minute or later",
        "1 s: github answered 502 for /user: Server Error",
    ];
    assert_eq!(*TOLD.lock().unwrap(), told);
}
