//! One request of MCP on its way to the real server and back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::sleep;

use crate::config::faults::{Fault, Faults};
use crate::config::target::Config;
use crate::misbehavior::answers;
use crate::misbehavior::away::{Away, cut};
use crate::misbehavior::message::{Answer, Rpc};
use crate::misbehavior::sessions::{self, Place, Sessions};
use crate::misbehavior::streams::{self, Kept};
use crate::misbehavior::switched::Asked;

const SLOW_INITIALIZE: Duration = Duration::from_secs(1);
const SLOW_TOOL: Duration = Duration::from_millis(300);

/// So many tool calls go well before most faults of answers begin.
const GOOD_CALLS: u64 = 5;

const CALLS_UNTIL_CUT: u64 = 10;
const CALLS_UNTIL_LOST: u64 = 20;
const CALLS_UNTIL_RESTART: u64 = 30;

/// Faults that wait until a few calls have gone well.
const LATE: [Fault; 12] = [
    Fault::Throttled429,
    Fault::Throttled503,
    Fault::ThrottledError,
    Fault::ThrottledText,
    Fault::NoContent,
    Fault::Accepted,
    Fault::NoBody,
    Fault::CutBody,
    Fault::NullResult,
    Fault::AnotherId,
    Fault::GatewayPage,
    Fault::StreamWithoutAnswer,
];

/// What is counted and kept from request to request.
#[derive(Debug)]
pub(crate) struct Requests {
    /// The faults that are looked for here.
    faults: Faults,
    max_body: usize,
    idle: Duration,
    away: Arc<Away>,
    turns: AtomicU64,
    initializes: AtomicU64,
    calls: AtomicU64,
    sessions: Sessions,
    kept: Kept,
}

impl Requests {
    pub(crate) fn new(faults: Faults, config: &Config, away: Arc<Away>) -> Self {
        Self {
            faults,
            max_body: config.limits.max_body,
            idle: config.session_idle,
            away,
            turns: AtomicU64::new(0),
            initializes: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            sessions: Sessions::default(),
            kept: Kept::default(),
        }
    }
}

/// The faults of one request.
#[derive(Debug, Clone, Copy)]
struct Due {
    faults: Faults,
    asked: Asked,
}

impl Due {
    fn has(self, fault: Fault) -> bool {
        self.faults.has(fault)
    }

    /// Whether a fault has its time, which it always has where the request asked for it.
    fn at(self, fault: Fault, is_time: bool) -> bool {
        self.asked.has(fault) || self.faults.has(fault) && is_time
    }

    /// Whether enough calls have gone well, for faults that wait for that.
    fn is_late_enough(self, fault: Fault, rpc: &Rpc, count: u64) -> bool {
        self.at(fault, !LATE.contains(&fault) || (rpc.is_call() && count > GOOD_CALLS))
    }

    fn loses_sessions(self, is_time: bool) -> bool {
        self.at(Fault::LostSession400, is_time) || self.at(Fault::LostSession404, is_time)
    }
}

pub(crate) async fn misbehave(
    State(it): State<Arc<Requests>>,
    faults: Faults,
    asked: Asked,
    request: Request,
    next: Next,
) -> Response {
    let due = Due { faults, asked };
    let worker = worker_of(it.turns.fetch_add(1, Ordering::Relaxed));
    let session = sessions::named(request.headers());
    if let Some(id) = &session {
        it.sessions.used(id);
        let is_strange = due.at(Fault::TwoWorkers, it.sessions.is_of_another_worker(id, worker))
            || due.has(Fault::AffinityCookie)
                && it.sessions.lacks_its_cookie(id, request.headers());
        if is_strange {
            return sessions::session_not_found();
        }
        if due.loses_sessions(false) {
            it.sessions.forget(&next, session.clone()).await;
        }
    }
    let method = request.method().clone();
    let mut place = None;
    let mut response = match method {
        Method::POST if faults.meets(it.faults) => {
            it.post(due, session.is_some(), &mut place, request, next).await
        }
        Method::GET if due.has(Fault::EarlyEnd) => {
            let last = request.headers().get("last-event-id");
            match last.and_then(|last| it.kept.resumed(last)) {
                Some(rest) => rest,
                None => next.run(request).await,
            }
        }
        Method::DELETE if due.has(Fault::DeleteFails) => {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        _ => next.run(request).await,
    };
    match session {
        None => it.sessions.opened(&mut response, worker, due.has(Fault::AffinityCookie), place),
        Some(id) if method == Method::DELETE => it.sessions.closed(&id),
        Some(id) if response.status() == StatusCode::NOT_FOUND => {
            it.sessions.closed(&id);
            if due.has(Fault::LostSession400) {
                return sessions::no_valid_session_id();
            }
            if due.has(Fault::LostSession404) {
                return sessions::unknown_session();
            }
        }
        Some(_) => {}
    }
    response
}

/// Which of two workers gets a request: each half of them, in an order that no client keeps step with.
fn worker_of(turn: u64) -> u64 {
    const GOLDEN_RATIO: u64 = 0x9e37_79b9_7f4a_7c15;
    turn.wrapping_mul(GOLDEN_RATIO) >> 63
}

impl Requests {
    async fn post<'a>(
        &'a self,
        due: Due,
        in_session: bool,
        place: &mut Option<Place<'a>>,
        request: Request,
        next: Next,
    ) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, self.max_body).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        // What cannot be read is for the real server to refuse.
        let rpc: Rpc = serde_json::from_slice(&body).unwrap_or_default();
        let count = match rpc.method.as_str() {
            "initialize" => self.initializes.fetch_add(1, Ordering::Relaxed) + 1,
            "tools/call" => self.calls.fetch_add(1, Ordering::Relaxed) + 1,
            _ => 0,
        };
        if rpc.method == "initialize" {
            match self.sessions.place(self.idle, |fault, is_time| due.at(fault, is_time)) {
                Ok(it) => *place = Some(it),
                Err(fault) => return sessions::refused(fault),
            }
        }
        if let Some(refusal) = self.refusal(due, &rpc, count).await {
            return refusal;
        }
        let request = Request::from_parts(parts, body.into());
        let response = self.answered(due, in_session, &rpc, count, request, next.clone()).await;
        if rpc.is_call() && due.loses_sessions(count.is_multiple_of(CALLS_UNTIL_LOST)) {
            self.sessions.forget(&next, None).await;
        }
        if rpc.is_call() && due.at(Fault::Restart, count == CALLS_UNTIL_RESTART) {
            self.sessions.forget(&next, None).await;
            // The last thing before the answer goes out, which is then not cut itself.
            self.away.leave();
        }
        response
    }

    /// What is said without asking the real server, which else is asked a little later.
    async fn refusal(&self, due: Due, rpc: &Rpc, count: u64) -> Option<Response> {
        if rpc.method == "initialize" && due.has(Fault::SlowInitialize) {
            sleep(SLOW_INITIALIZE).await;
        }
        if rpc.is_call() {
            if due.at(Fault::CutConnection, count.is_multiple_of(CALLS_UNTIL_CUT)) {
                return Some(cut());
            }
            if due.has(Fault::SlowTools) {
                sleep(SLOW_TOOL).await;
            }
        }
        None
    }

    /// The answer of the real server, with what is wrong with it.
    async fn answered(
        &self,
        due: Due,
        in_session: bool,
        rpc: &Rpc,
        count: u64,
        request: Request<Body>,
        next: Next,
    ) -> Response {
        let response = next.run(request).await;
        // A notification has no answer, and a subscription no end.
        if rpc.id.is_null() || rpc.method == "subscriptions/listen" {
            return response;
        }
        let answer = Answer::read(response).await;
        let response = self.changed(&answer, due, in_session, rpc, count);
        let response = response.unwrap_or_else(|| answer.unchanged());
        if due.has(Fault::GzipAlways) && !due.has(Fault::OpenStream) {
            return streams::packed(response).await;
        }
        response
    }

    fn changed(
        &self,
        answer: &Answer,
        due: Due,
        in_session: bool,
        rpc: &Rpc,
        count: u64,
    ) -> Option<Response> {
        let is_call = rpc.is_call();
        let is_due = |fault: Fault| due.is_late_enough(fault, rpc, count);
        if due.has(Fault::NoTools)
            && let Some(it) = answers::without_tools(answer, rpc)
        {
            return Some(it);
        }
        if rpc.method == "initialize" && due.at(Fault::RefusedInitialize, count.is_multiple_of(2)) {
            return Some(answers::refused_initialize(answer, &rpc.id));
        }
        let instead = is_call.then(|| answers::instead(answer, &rpc.id, is_due)).flatten();
        let kept = in_session.then_some(&self.kept);
        instead.or_else(|| {
            let is_due = |fault| is_due(fault) && (fault != Fault::StreamWithoutAnswer || is_call);
            streams::odd(answer, &rpc.id, kept, is_due)
        })
    }
}
