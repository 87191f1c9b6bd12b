//! Whatever goes wrong: nothing is posted twice, and nothing that was said to be posted is lost.

use std::time::Duration;

use gh_comment::{Author, Error, SigningKey};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    fault::{Fault, Limit},
    github::{GitHub, body, issue, marker, run},
    random::Random,
};

/// The number of comments at which the issue of these tests goes on in the next one.
const FULL: u64 = 12;

#[derive(Debug, Clone, Copy)]
enum Operation {
    PostNew,
    PostAgain,
    Last,
    Export,
    Preview,
    Rotate,
    FindOrCreate,
}

impl Operation {
    const ALL: [Self; 7] = [
        Self::PostNew,
        Self::PostAgain,
        Self::Last,
        Self::Export,
        Self::Preview,
        Self::Rotate,
        Self::FindOrCreate,
    ];

    /// A GitHub on which it has something to do.
    async fn github(self) -> GitHub {
        let github = GitHub::start().await;
        let earlier = if matches!(self, Self::Rotate) { FULL } else { 3 };
        for id in 0..earlier {
            github.add("octo", &run("earlier", &format!("earlier/{id}")).body().unwrap());
        }
        if matches!(self, Self::PostAgain) {
            github.add("octo", &run("first", "k").body().unwrap());
        }
        github
    }

    async fn run(self, github: &GitHub) -> Result<(), Error> {
        let client = github.client("octo").rotating_at(FULL).within(Duration::from_secs(3600));
        match self {
            Self::PostNew | Self::PostAgain | Self::Rotate => {
                client.post(&issue(), &run("text", "k")).await.map(drop)
            }
            Self::Last => {
                let data = client.last_data(&issue(), &marker(), 2).await?;
                assert_eq!(data, [json!({ "id": "earlier/2" }), json!({ "id": "earlier/1" })]);
                Ok(())
            }
            Self::Export => {
                let data = client.last_data(&issue(), &marker(), usize::MAX).await?;
                assert_eq!(data.len(), 3);
                Ok(())
            }
            Self::Preview => {
                let preview = client.preview(&issue(), &run("text", "k")).await?;
                assert_eq!((preview.edits, preview.rotates), (None, false));
                Ok(())
            }
            Self::FindOrCreate => {
                let repository = "acme/api".parse().unwrap();
                client.find_or_create(&repository, "load", "New").await.map(drop)
            }
        }
    }
}

/// Every fault, with times at which GitHub's own limit of 10 s and a short delay of lists are kept.
fn faults() -> Vec<Fault> {
    let body = json!({ "message": "Service Unavailable" });
    let after = vec![("retry-after", "20".to_owned())];
    vec![
        Fault::says(500, "oops"),
        Fault::says(502, "Server Error"),
        Fault::Says(503, after, body),
        Fault::Limit(Limit::Primary, 90),
        Fault::Limit(Limit::Secondary429, 70),
        Fault::Limit(Limit::Secondary403, 5),
        Fault::Limit(Limit::Untold403, 60),
        Fault::Limit(Limit::Untold429, 60),
        Fault::Lost,
        Fault::Late(9),
        Fault::Slow(5),
        Fault::Slow(40),
        Fault::Hang,
        Fault::Truncated,
        Fault::Dropped,
    ]
}

/// Everything that stays, in an order that a detour does not change.
fn state(github: &GitHub) -> Vec<String> {
    let held = github.held();
    let issues = held.issues.iter().map(|it| format!("{} {}", it["number"], it["title"]));
    let comments = held.comments.iter().map(|it| format!("{} {}", it["issue_url"], it["body"]));
    issues.chain(comments).collect()
}

#[tokio::test(start_paused = true)]
async fn every_fault_at_every_request_of_every_operation_leaves_what_no_fault_leaves() {
    let mut cases = 0;
    for operation in Operation::ALL {
        let calm = operation.github().await;
        operation.run(&calm).await.unwrap();
        let (expect, requests) = (state(&calm), calm.requests().len());
        for at in 0..requests {
            for fault in faults() {
                let github = operation.github().await;
                github.held().lag = Duration::from_secs(4);
                let before = vec![Fault::None; at];
                github.next(before.into_iter().chain([fault.clone()]));
                let ended = operation.run(&github).await;
                ended.unwrap_or_else(|err| panic!("{operation:?} {at} {fault:?}: {err}"));
                // A read that was asked again may have been late, but nothing is done after it.
                sleep(Duration::from_secs(60)).await;
                assert_eq!(state(&github), expect, "{operation:?} {at} {fault:?}");
                cases += 1;
            }
        }
    }
    assert!(cases > 500, "{cases}");
}

#[tokio::test(start_paused = true)]
async fn no_schedule_of_faults_posts_twice_or_loses_a_post() {
    let all = faults();
    let (mut posts, mut broken) = (0, 0);
    for seed in 1..=1000 {
        let mut random = Random(seed * 0x9e37_79b9);
        let github = GitHub::start().await;
        github.held().lag = Duration::from_secs(random.below(5) as u64);
        let login = ["octo", "github-actions[bot]"][random.below(2)];
        for id in 0..random.below(FULL as usize) {
            github.add(login, &body("earlier", &json!(id)));
        }
        github.add("mallory", &run("forged", "key/0").body().unwrap());
        let client = github.client(login).within(Duration::from_secs(900));
        let mut client = client.or_trusting(Author::GITHUB_ACTIONS);
        if random.below(2) == 0 {
            client = client.rotating_at(FULL);
        }
        if random.below(2) == 0 {
            client = client.signing(SigningKey::new("0123456789abcdef").unwrap(), true);
        }
        let mut last = [None, None, None];
        for number in 0..4 {
            let key = random.below(last.len());
            let text = format!("text {number}");
            let comment = run(&text, &format!("key/{key}"));
            let number_of_faults = random.below(12);
            let some = (0..number_of_faults).map(|_| match random.below(3) {
                0 => Fault::None,
                _ => all[random.below(all.len())].clone(),
            });
            let some: Vec<Fault> = some.collect();
            github.next(some);
            posts += 1;
            // Who is told that it failed runs it again, as one does, a minute later.
            while let Err(err) = client.post(&issue(), &comment).await {
                broken += 1;
                assert!(
                    matches!(
                        err,
                        Error::Status { .. }
                            | Error::Network { .. }
                            | Error::RateLimited { .. }
                            | Error::Deadline { .. }
                    ),
                    "seed {seed}: {err:?}"
                );
                sleep(Duration::from_secs(120)).await;
            }
            last[key] = Some(text);
            sleep(Duration::from_secs(60)).await;
            for (key, text) in last.iter().enumerate() {
                let marked = format!("key=\"key/{key}\"");
                let bodies = github.bodies();
                let ours =
                    bodies.iter().filter(|it| it.contains(&marked) && !it.starts_with("forged"));
                let ours: Vec<&String> = ours.collect();
                assert_eq!(ours.len(), usize::from(text.is_some()), "seed {seed}: {ours:?}");
                if let Some(text) = text {
                    assert!(ours[0].starts_with(text), "seed {seed}: {ours:?}");
                }
            }
        }
        // However often it was interrupted, an issue goes on in one other.
        assert!(github.held().issues.len() <= 2, "seed {seed}");
    }
    assert_eq!(posts, 4000);
    assert!(broken > 20, "{broken}");
}

#[tokio::test(start_paused = true)]
async fn no_schedule_of_faults_posts_twice_in_an_account_that_is_not_believed() {
    let all = faults();
    for seed in 1..=150 {
        let mut random = Random(seed * 0x9e37_79b9);
        let github = GitHub::start().await;
        github.held().lag = Duration::from_secs(random.below(5) as u64);
        for id in 0..random.below(FULL as usize + 4) {
            github.add("octo", &body("earlier", &json!(id)));
        }
        // An app's token does not tell its account, so that the first post shows it; a user's tells it before.
        let (login, believed, most) =
            [("github-actions[bot]", 7, 1), ("octo", 66, 0)][random.below(2)];
        let client = github.client(login).within(Duration::from_secs(900));
        let client = client.trusting(Author::Id(believed)).rotating_at(FULL);
        let earlier = github.bodies().len();
        for _ in 0..3 {
            let some = (0..random.below(12)).map(|_| all[random.below(all.len())].clone());
            let some: Vec<Fault> = some.collect();
            github.next(some);
            client.post(&issue(), &run("text", "k")).await.unwrap_err();
            sleep(Duration::from_secs(120)).await;
        }
        let posted = github.bodies().len() - earlier;
        assert!(posted <= most, "seed {seed}: {posted}");
        assert!(github.held().issues.len() <= 2, "seed {seed}");
    }
}
