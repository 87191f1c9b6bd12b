//! What `mcp-loadtest run` makes of each fault of the reference target: none of them is taken for a fast server, and
//! what an able client gets past is no failure.

use std::sync::Arc;

use mcp_target::{Config, Fault, Faults, Outcome, Place, Target, User};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::program::{Ended, Sandbox, program, run};
use crate::servers::{EMAIL, PASSWORD};

/// Runs at a time: k6 is asked for so little that they do not measure each other.
const AT_A_TIME: usize = 6;

/// What a run comes to.
#[derive(Debug, Clone, Copy)]
enum Expected {
    /// It passes, with no failure and no session left.
    Passes,
    /// It passes, and says this.
    PassesAndSays(&'static str),
    /// Nothing runs, and it ends with an error that says this.
    EndsBefore(&'static str),
    /// The scenario is invalid for this reason.
    IsInvalid(&'static str),
    /// The scenario is invalid, with failures of this class, for which this is said as an example or before.
    Fails(&'static str, &'static str),
}

use Expected::{EndsBefore, Fails, IsInvalid, Passes, PassesAndSays};

/// Faults with what a run on them comes to. The first is what it is about; the others make it show, where it would not
/// before a token is refreshed.
const TABLE: &[(&[Fault], Expected)] = &[
    (&[Fault::NoPkce], EndsBefore("does not advertise PKCE with S256")),
    (&[Fault::WrongMetadataIssuer], EndsBefore("/other`, not of `")),
    (&[Fault::WrongResource], EndsBefore("/other`, which does not cover `")),
    (&[Fault::SlashIssuer], Passes),
    (&[Fault::OpenidOnly], Passes),
    (&[Fault::RootMetadataOnly], Passes),
    (&[Fault::Registration403], EndsBefore("/register answered 403: access_denied")),
    (&[Fault::Registration429], EndsBefore("too many registrations; try again later")),
    (&[Fault::NoRegistration], EndsBefore("offers no registration")),
    (&[Fault::Registration200], Passes),
    (&[Fault::NativeOnly], Passes),
    (&[Fault::ImposedSecret], Passes),
    (&[Fault::WidenedScope], Passes),
    (&[Fault::ExactPort], Passes),
    (&[Fault::NoForward], EndsBefore("there is no way forward")),
    (&[Fault::ErrorPage], EndsBefore("it is an error page: \"Something went wrong")),
    (&[Fault::Deny], EndsBefore("access_denied: this user may not authorize applications")),
    (&[Fault::NoCallback], EndsBefore("this page does not go on to the redirect URI")),
    (&[Fault::SlowScreens], Passes),
    (&[Fault::Redraw], Passes),
    (&[Fault::DropFirstClick], Passes),
    (&[Fault::WrongIss], EndsBefore("the callback does not come from the issuer")),
    (&[Fault::NoIss], EndsBefore("the callback has no `iss`")),
    (&[Fault::RepeatedCode], EndsBefore("the last repeated a parameter")),
    (&[Fault::UnknownScopeDropped], EndsBefore("without `mcp:imaginary`")),
    (&[Fault::UnknownScopeGranted], Passes),
    (&[Fault::OfflineNeedsConsent], Passes),
    (&[Fault::Token500], EndsBefore("/token answered 500")),
    (&[Fault::OpaqueToken], EndsBefore("the access token is opaque, not a JWT: initialize at")),
    (&[Fault::OpaqueWithoutResource, Fault::ShortToken], Passes),
    (&[Fault::Resource500, Fault::ShortToken], Passes),
    (&[Fault::NoWorkspace], Passes),
    (&[Fault::ShortToken], Passes),
    (&[Fault::AudienceList], Passes),
    (&[Fault::EmptyStrings, Fault::ShortToken, Fault::NoRotation], Passes),
    (&[Fault::StringExpiresIn, Fault::ShortToken], Passes),
    (&[Fault::ScopeList, Fault::ShortToken], Passes),
    (&[Fault::LowercaseBearer], Passes),
    (&[Fault::CacheableToken], Passes),
    (&[Fault::Grant401], Passes),
    (&[Fault::NoRotation, Fault::ShortToken], Passes),
    (&[Fault::LateRotation, Fault::ShortToken], Passes),
    (&[Fault::ReuseGrace, Fault::ShortToken], Passes),
    (
        &[Fault::RefreshRefused, Fault::ShortToken],
        EndsBefore("it cannot be: refreshing the token: "),
    ),
    (
        &[Fault::RefreshRefused, Fault::ShortToken, Fault::Grant401],
        EndsBefore("answered 401: invalid_grant"),
    ),
    (&[Fault::AnyToken], IsInvalid("any token")),
    (&[Fault::NoChallenge], Passes),
    (&[Fault::MissingWorkspaceClaim], EndsBefore("missing_workspace_claim")),
    (&[Fault::MissingSubject], EndsBefore("missing_subject")),
    (&[Fault::MissingClientId], EndsBefore("missing_client_id")),
    (&[Fault::CrossWorkspaceDenied], EndsBefore("cross_workspace_denied")),
    (&[Fault::PasswordChangeRequired], EndsBefore("password_change_required")),
    (&[Fault::InsufficientScope], EndsBefore("insufficient_scope")),
    (&[Fault::Misdirected], EndsBefore("https://eu.novamart.example/mcp")),
    (&[Fault::AuthUnavailable], Fails("http_5xx", "auth_unavailable")),
    (&[Fault::RegionUnavailable], EndsBefore("region_unavailable")),
    (&[Fault::TooManySessions], Fails("too_many_sessions", "HTTP 503")),
    (&[Fault::OneClient], Fails("protocol_error", "Server already initialized")),
    (&[Fault::RefusedInitialize], Fails("rate_limited", "Rate limit exceeded")),
    (&[Fault::LostSession400], Fails("session_lost", "HTTP 400")),
    (&[Fault::LostSession404], Fails("session_lost", "HTTP 404")),
    (&[Fault::TwoWorkers], Fails("session_lost", "new connections the open session was not known")),
    (&[Fault::AffinityCookie], Passes),
    (&[Fault::DeleteFails], PassesAndSays("session not closed, for example HTTP 500")),
    (&[Fault::SlowInitialize], Passes),
    (&[Fault::NoTools], EndsBefore("the server has no tools")),
    (&[Fault::ToolErrors], Fails("tool_error", "the tool failed")),
    (&[Fault::RateLimited], Fails("rate_limited", "too many calls")),
    (&[Fault::SlowTools], Passes),
    (&[Fault::Throttled429], Fails("rate_limited", "HTTP 429")),
    (&[Fault::Throttled503], Fails("rate_limited", "HTTP 503")),
    (&[Fault::ThrottledError], Fails("rate_limited", "Rate limit exceeded for client: load")),
    (&[Fault::ThrottledText], Fails("rate_limited", "Rate limit exceeded for client: load")),
    (&[Fault::NoContent], Fails("protocol_error", "HTTP 204")),
    (&[Fault::Accepted], Fails("protocol_error", "HTTP 202")),
    (&[Fault::NoBody], Fails("protocol_error", "HTTP 200")),
    (&[Fault::CutBody], Fails("protocol_error", "HTTP 200")),
    (&[Fault::NullResult], Fails("protocol_error", "\"result\":null")),
    (&[Fault::AnotherId], Fails("protocol_error", "\"id\":\"another\"")),
    (&[Fault::GatewayPage], Fails("http_5xx", "HTTP 502")),
    (&[Fault::GzipAlways], Passes),
    (&[Fault::ByteOrderMark], Passes),
    (&[Fault::CarriageReturns], Passes),
    (&[Fault::RequestFirst], Passes),
    (&[Fault::EarlyEnd], Passes),
    (&[Fault::StreamWithoutAnswer], Fails("protocol_error", "notifications/progress")),
    (&[Fault::OpenStream], Fails("protocol_error", "its stream stayed open until it timed out")),
    (&[Fault::CutConnection], Fails("network", "EOF")),
    (&[Fault::Restart], Fails("network", "session lost, for example HTTP 404")),
];

/// Refreshes in a run with tokens for 5 seconds: one before there is load, and each further one when half of a token's life
/// is over.
const REFRESHES: u64 = 4;

/// What a run came to.
struct Ran {
    ended: Ended,
    record: Value,
    /// Open sessions that the target still has.
    left: u64,
    /// Tokens that it gave for a refresh token.
    refreshed: u64,
}

async fn load(faults: &[Fault]) -> Ran {
    let user = User::new(EMAIL, PASSWORD, "ws-test");
    let about = faults.first().copied();
    let faults: Faults = faults.iter().copied().collect();
    let config = Config { faults, ..Config::new(vec![user]) };
    let target = Target::start(config).await.unwrap();
    let sandbox = Sandbox::new();
    let mut command = sandbox.mcp_loadtest("run");
    let lasts = if faults.has(Fault::ShortToken) { "10s" } else { "3s" };
    command.args(["--target", target.url(), "--tool", "listEntities"]);
    command.args(["--rate", "20", "--for", lasts]).env("K6", program("K6"));
    // What is met before there is a token, or in the token, is met by whoever signs in.
    if about.is_some_and(|it| it.place() < Place::Bearer) {
        command.env("LOADTEST_EMAIL", EMAIL).env("LOADTEST_PASSWORD", PASSWORD);
    } else {
        command.env("LOADTEST_BEARER", target.token_for(EMAIL).await.unwrap());
    }
    match about {
        Some(Fault::OpenStream) => _ = command.env("REQUEST_TIMEOUT_MS", "1000"),
        Some(Fault::UnknownScopeDropped | Fault::UnknownScopeGranted) => {
            command.args(["--scope", "mcp:read", "--scope", "mcp:imaginary"]);
        }
        _ => {}
    }
    let ended = run(&mut command).await;
    let record = if ended.code == Some(1) { Value::Null } else { sandbox.record() };
    let metrics = metrics(&target).await;
    let left = value(&metrics, "mcp_sessions").unwrap();
    let refreshed = r#"tokens_issued_total{grant_type="refresh_token"}"#;
    let refreshed = value(&metrics, refreshed).unwrap_or_default();
    Ran { ended, record, left, refreshed }
}

async fn metrics(target: &Target) -> String {
    let http = oauth_loopback::http_client().no_proxy().build().unwrap();
    let metrics = http.get(format!("{}/metrics", target.issuer())).send().await.unwrap();
    metrics.text().await.unwrap()
}

fn value(metrics: &str, name: &str) -> Option<u64> {
    let of = |line: &str| line.strip_prefix("mcp_target_")?.strip_prefix(name)?.trim().parse().ok();
    metrics.lines().find_map(of)
}

#[track_caller]
fn check(faults: &[Fault], expected: Expected, ran: &Ran) {
    let Ran { ended, record, left, refreshed } = ran;
    let scenario = &record["scenarios"][0];
    let seen = format!("{faults:?} {ended:#?} {scenario:#}");
    let said = format!("{}{}", ended.stdout, ended.stderr);
    let passes = matches!(expected, Passes | PassesAndSays(_));
    let code = match expected {
        Passes | PassesAndSays(_) => 0,
        EndsBefore(_) => 1,
        IsInvalid(_) | Fails(..) => 3,
    };
    assert_eq!(ended.code, Some(code), "{seen}");
    if code != 1 {
        assert_eq!(scenario["verdict"], if passes { "passed" } else { "invalid" }, "{seen}");
    }
    match expected {
        Passes => {
            assert_eq!(scenario["failures"], json!({}), "{seen}");
            assert_eq!(scenario["sessions"]["left"], json!(0), "{seen}");
            let has_to = faults.contains(&Fault::ShortToken);
            let (least, most) = if has_to { (REFRESHES, u64::MAX) } else { (0, 0) };
            assert!((least..=most).contains(refreshed), "{refreshed} {seen}");
        }
        PassesAndSays(words) => {
            assert_eq!(scenario["failures"], json!({}), "{seen}");
            assert!(said.contains(words), "{seen}");
        }
        EndsBefore(words) => assert!(ended.error().contains(words), "{seen}"),
        IsInvalid(words) => assert!(scenario["reasons"].to_string().contains(words), "{seen}"),
        Fails(class, words) => {
            assert!(scenario["failures"][class].as_u64() > Some(0), "{seen}");
            let example = format!("{}, for example", class.replace('_', " "));
            assert!(said.contains(&example) && said.contains(words), "{seen}");
        }
    }
    let about = faults.first();
    match about {
        Some(Fault::DeleteFails) => {
            assert!(*left > 0 && said.contains("sessions were not closed"), "{seen}");
        }
        // Once again for each user, and never more often.
        Some(Fault::LostSession400 | Fault::LostSession404) => {
            let lost = scenario["failures"]["session_lost"].as_u64().unwrap();
            assert!(lost <= 40 && scenario["calls"].as_u64() > Some(40), "{seen}");
        }
        _ => {}
    }
    // A DELETE is refused, gets to a worker that does not know the session, or lacks its id, which came in an answer that
    // never ended.
    let stay = [Fault::DeleteFails, Fault::AuthUnavailable, Fault::TwoWorkers, Fault::OpenStream];
    if !about.is_some_and(|it| stay.contains(it)) {
        assert_eq!(*left, 0, "{seen}");
    }
}

#[test]
fn every_fault_has_a_row_that_fits_its_outcome() {
    let mut rows: Vec<Fault> = TABLE.iter().map(|(faults, _)| faults[0]).collect();
    rows.dedup();
    assert_eq!(rows, Fault::ALL);
    for (faults, expected) in TABLE {
        let passes = matches!(expected, Passes | PassesAndSays(_));
        assert_eq!(faults[0].outcome() == Outcome::Past, passes, "{faults:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs k6 and a browser"]
async fn no_fault_is_taken_for_a_fast_server() {
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut runs = JoinSet::new();
    let chosen = std::env::var("FAULT").ok();
    for (faults, expected) in [(&[] as &[Fault], Passes)].iter().chain(TABLE) {
        let (faults, expected) = (*faults, *expected);
        let is_chosen = |it: &String| faults.first().is_some_and(|fault| it.contains(fault.name()));
        if !chosen.as_ref().is_none_or(is_chosen) {
            continue;
        }
        let places = Arc::clone(&places);
        runs.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            let ran = load(faults).await;
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                check(faults, expected, &ran)
            }));
            (faults, checked.is_ok())
        });
    }
    let wrong: Vec<_> = runs.join_all().await.into_iter().filter(|(_, fits)| !fits).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
