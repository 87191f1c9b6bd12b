//! What `mcp-loadtest run` makes of each fault of the reference target: none of them is taken for a fast server, and
//! what an able client gets past is no failure.

use std::sync::Arc;

use mcp_target::{Config, Fault, Outcome, Place, User};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::by_hand::token;
use crate::program::{Ended, Sandbox, program, run};
use crate::servers::{EMAIL, PASSWORD};

/// The places whose faults are all in the table.
const COVERED: [Place; 4] = [Place::Bearer, Place::Session, Place::Answer, Place::Transport];

/// Runs at a time: k6 is asked for so little that they do not measure each other.
const AT_A_TIME: usize = 6;

/// Open sessions that the target has room for.
const ROOM: usize = 60;

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

const TABLE: &[(Fault, Expected)] = &[
    (Fault::AnyToken, IsInvalid("any token")),
    (Fault::NoChallenge, Passes),
    (Fault::MissingWorkspaceClaim, EndsBefore("missing_workspace_claim")),
    (Fault::CrossWorkspaceDenied, EndsBefore("cross_workspace_denied")),
    (Fault::PasswordChangeRequired, EndsBefore("password_change_required")),
    (Fault::InsufficientScope, EndsBefore("insufficient_scope")),
    (Fault::Misdirected, EndsBefore("https://eu.novamart.example/mcp")),
    (Fault::AuthUnavailable, Fails("http_5xx", "auth_unavailable")),
    (Fault::RegionUnavailable, EndsBefore("region_unavailable")),
    (Fault::TooManySessions, Fails("too_many_sessions", "HTTP 503")),
    (Fault::OneClient, Fails("protocol_error", "Server already initialized")),
    (Fault::RefusedInitialize, Fails("rate_limited", "Rate limit exceeded")),
    (Fault::LostSession400, Fails("session_lost", "HTTP 400")),
    (Fault::LostSession404, Fails("session_lost", "HTTP 404")),
    (Fault::TwoWorkers, Fails("session_lost", "new connections the open session was not known")),
    (Fault::AffinityCookie, Passes),
    (Fault::DeleteFails, PassesAndSays("session not closed, for example HTTP 500")),
    (Fault::SlowInitialize, Passes),
    (Fault::NoTools, EndsBefore("the server has no tools")),
    (Fault::ToolErrors, Fails("tool_error", "the tool failed")),
    (Fault::RateLimited, Fails("rate_limited", "too many calls")),
    (Fault::SlowTools, Passes),
    (Fault::Throttled429, Fails("rate_limited", "HTTP 429")),
    (Fault::Throttled503, Fails("rate_limited", "HTTP 503")),
    (Fault::ThrottledError, Fails("rate_limited", "Rate limit exceeded for client: load")),
    (Fault::ThrottledText, Fails("rate_limited", "Rate limit exceeded for client: load")),
    (Fault::NoContent, Fails("protocol_error", "HTTP 204")),
    (Fault::Accepted, Fails("protocol_error", "HTTP 202")),
    (Fault::NoBody, Fails("protocol_error", "HTTP 200")),
    (Fault::CutBody, Fails("protocol_error", "HTTP 200")),
    (Fault::NullResult, Fails("protocol_error", "\"result\":null")),
    (Fault::AnotherId, Fails("protocol_error", "\"id\":\"another\"")),
    (Fault::GatewayPage, Fails("http_5xx", "HTTP 502")),
    (Fault::GzipAlways, Passes),
    (Fault::ByteOrderMark, Passes),
    (Fault::CarriageReturns, Passes),
    (Fault::RequestFirst, Passes),
    (Fault::EarlyEnd, Passes),
    (Fault::StreamWithoutAnswer, Fails("protocol_error", "notifications/progress")),
    (Fault::OpenStream, Fails("protocol_error", "its stream stayed open until it timed out")),
    (Fault::CutConnection, Fails("network", "EOF")),
    (Fault::Restart, Fails("network", "session lost, for example HTTP 404")),
];

/// What a run of three seconds came to.
struct Ran {
    ended: Ended,
    record: Value,
    /// Open sessions that the target still has.
    left: usize,
}

async fn load(fault: Option<Fault>) -> Ran {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = mcp_target::resource(listener.local_addr().unwrap());
    let user = User::new(EMAIL, PASSWORD, "ws-test");
    let faults = fault.into_iter().collect();
    let config = Config { faults, max_sessions: ROOM, ..Config::new(vec![user]) };
    tokio::spawn(mcp_target::serve(listener, config, std::future::pending()));
    let bearer = token(&target).await;
    let sandbox = Sandbox::new();
    let mut command = sandbox.mcp_loadtest("run");
    command.args(["--target", &target, "--tool", "listEntities", "--rate", "20", "--for", "3s"]);
    command.env("K6", program("K6")).env("LOADTEST_BEARER", &bearer);
    if fault == Some(Fault::OpenStream) {
        command.env("REQUEST_TIMEOUT_MS", "1000");
    }
    let ended = run(&mut command).await;
    let record = if ended.code == Some(1) { Value::Null } else { sandbox.record() };
    Ran { ended, record, left: ROOM - room(&target, &bearer).await }
}

/// How many more sessions the target opens.
async fn room(target: &str, bearer: &str) -> usize {
    let http = oauth_loopback::http_client().no_proxy().build().unwrap();
    let initialize = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let mut asked = JoinSet::new();
    for _ in 0..ROOM {
        let request = http.post(target).bearer_auth(bearer).json(&initialize);
        let request = request.header("Accept", "application/json, text/event-stream");
        asked.spawn(async move { request.send().await.is_ok_and(|it| it.status() == 200) });
    }
    asked.join_all().await.into_iter().filter(|it| *it).count()
}

#[track_caller]
fn check(fault: Option<Fault>, expected: Expected, ran: &Ran) {
    let Ran { ended, record, left } = ran;
    let scenario = &record["scenarios"][0];
    let seen = format!("{fault:?} {ended:#?} {scenario:#}");
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
            assert_eq!((*left, &scenario["sessions"]["left"]), (0, &json!(0)), "{seen}");
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
    match fault {
        Some(Fault::DeleteFails) => {
            assert!(*left > 0 && said.contains("sessions were not closed"), "{seen}");
        }
        // Once again for each user, and never more often.
        Some(Fault::LostSession400 | Fault::LostSession404) => {
            let lost = scenario["failures"]["session_lost"].as_u64().unwrap();
            assert!(lost <= 40 && scenario["calls"].as_u64() > Some(40), "{seen}");
            assert_eq!(*left, 0, "{seen}");
        }
        Some(Fault::RefusedInitialize) => assert_eq!(*left, 0, "{seen}"),
        Some(it) if it.place() == Place::Answer => assert_eq!(*left, 0, "{seen}"),
        _ => {}
    }
}

#[test]
fn every_fault_of_the_covered_places_has_a_row_that_fits_its_outcome() {
    let due = Fault::ALL.iter().copied().filter(|it| COVERED.contains(&it.place()));
    let rows: Vec<Fault> = TABLE.iter().map(|(it, _)| *it).collect();
    assert_eq!(rows, due.collect::<Vec<_>>());
    for (fault, expected) in TABLE {
        let passes = matches!(expected, Passes | PassesAndSays(_));
        assert_eq!(fault.outcome() == Outcome::Past, passes, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs k6"]
async fn no_fault_is_taken_for_a_fast_server() {
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut runs = JoinSet::new();
    let rows = TABLE.iter().map(|(fault, expected)| (Some(*fault), *expected));
    let chosen = std::env::var("FAULT").ok();
    for (fault, expected) in [(None, Passes)].into_iter().chain(rows) {
        if chosen.as_ref().is_some_and(|it| fault.is_none_or(|fault| !it.contains(fault.name()))) {
            continue;
        }
        let places = Arc::clone(&places);
        runs.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            let ran = load(fault).await;
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                check(fault, expected, &ran)
            }));
            (fault, checked.is_ok())
        });
    }
    let wrong: Vec<_> = runs.join_all().await.into_iter().filter(|(_, fits)| !fits).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
