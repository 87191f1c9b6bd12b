//! What an answer is, read by the k6 scripts: the cases that the look before the load is held against as well.

use std::path::Path;

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{any, get};
use mcp_loadtest::tools::child::command;
use serde_json::{Value, json};

use crate::program::{Sandbox, program, run};
use crate::servers::serve;

#[tokio::test]
#[ignore = "needs k6"]
async fn the_scripts_take_an_answer_for_what_the_table_says() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = include_str!("../../src/server/answer_cases.json");
    let count = serde_json::from_str::<Vec<Value>>(cases).unwrap().len();
    let script = format!(
        "import {{ failureOf }} from '{}/load-tests/lib/answer.js';
        const cases = {cases};
        export default function () {{
          for (const it of cases) {{
            const response = {{ status: it.status, body: it.body || null, error_code: it.timed_out ? 1050 : 0, headers: {{}}, timings: {{ waiting: it.begun ? 1 : 0, receiving: it.begun ? 9 : 0 }} }};
            const seen = failureOf(response, 7, Boolean(it.session));
            if (seen !== it.class) throw new Error(`${{it.why}}: ${{seen}} instead of ${{it.class}}`);
            console.log('fits');
          }}
        }}",
        home.display()
    );
    for k6 in ["K6", "K6_1_1"] {
        let sandbox = Sandbox::new();
        let file = sandbox.path("answers.js");
        std::fs::write(&file, &script).unwrap();
        let mut k6 = command(program(k6));
        k6.args(["run", "--quiet", "--no-usage-report", "--address="]).arg(&file);
        let ended = run(&mut k6).await.done();
        assert_eq!(ended.stderr.matches("fits").count(), count, "{}", ended.stderr);
    }
}

const CODE: &str = "a-code-that-nobody-may-see";

/// An authorization server that answers as the first part of the path says.
async fn authorization_server(uri: Uri, form: String) -> Response {
    let query = uri.query().unwrap_or_default();
    let state = query.split('&').find(|it| it.starts_with("state=")).unwrap_or_default();
    let back =
        |with: &str| Redirect::to(&format!("http://127.0.0.1:9/callback?{with}")).into_response();
    let json = [(header::CONTENT_TYPE, "application/json")];
    let (case, endpoint) = uri.path().trim_start_matches('/').split_once('/').unwrap();
    match (endpoint, case) {
        ("authorize", "page") => "Sign in".into_response(),
        ("authorize", "circle") => Redirect::to(&uri.to_string()).into_response(),
        ("authorize", "denied") => {
            back(&format!("error=access_denied&error_description=no+way&{state}"))
        }
        ("authorize", "state") => back(&format!("code={CODE}&state=another")),
        ("authorize", "empty") => back(state),
        ("authorize", "garbage") => back(&format!("code=%zz&{state}")),
        ("authorize", _) => back(&format!("code={CODE}&{state}")),
        (_, "result") => {
            (json, json!({"jsonrpc": "2.0", "id": 0, "result": {}}).to_string()).into_response()
        }
        _ => {
            let said = json!({"error": "invalid_grant", "error_description": form});
            (StatusCode::BAD_REQUEST, json, said.to_string()).into_response()
        }
    }
}

#[tokio::test]
#[ignore = "needs k6"]
async fn without_a_code_or_a_token_nothing_is_a_success_and_the_words_hold_no_secret() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = format!(
        "import {{ authorize }} from '{}/load-tests/lib/oauth.js';
        export default function () {{ console.log(`seen ${{authorize().failure}}`); }}",
        home.display()
    );
    let origin = format!("http://{}", serve(Router::new().fallback(authorization_server)).await);
    for (case, class, words) in [
        ("page", "unauthorized", "a page in the place of a code"),
        ("circle", "protocol_error", "more than 8 redirects"),
        ("denied", "unauthorized", "access_denied: no way"),
        ("state", "protocol_error", "the state at the redirect URI is another one"),
        ("empty", "protocol_error", "no code at the redirect URI"),
        ("garbage", "protocol_error", "no code at the redirect URI"),
        ("result", "protocol_error", "no access_token"),
        ("refused", "unauthorized", "invalid_grant"),
    ] {
        let sandbox = Sandbox::new();
        let (file, signed_in) = (sandbox.path("authorize.js"), sandbox.path("signed-in.json"));
        std::fs::write(&file, &script).unwrap();
        let redirect_uri = "http://127.0.0.1:9/callback";
        let content = json!({
            "authorization_request": format!("{origin}/{case}/authorize?redirect_uri={redirect_uri}"),
            "redirect_uri": redirect_uri,
            "token_endpoint": format!("{origin}/{case}/token"),
            "form": {"client_secret": "hush"},
            "cookies": [],
        });
        std::fs::write(&signed_in, content.to_string()).unwrap();
        let mut k6 = command(program("K6"));
        k6.args(["run", "--quiet", "--no-usage-report", "--address="]).arg(&file);
        k6.env("SIGNED_IN_FILE", &signed_in).env("MCP_URL", "http://127.0.0.1:9/mcp");
        let ended = run(&mut k6).await.done();
        let told = &ended.stderr;
        assert!(told.contains(&format!("seen {class}")) && told.contains(words), "{case}: {told}");
        assert!(!told.contains(CODE) && !told.contains("hush"), "{case}: {told}");
    }
}

/// What k6 says of a script that imports from the library.
async fn told(script: &str, mcp_url: &str) -> String {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::new();
    let file = sandbox.path("own.js");
    let lib = format!("{}/load-tests/lib", home.display());
    std::fs::write(&file, script.replace("LIB", &lib)).unwrap();
    let mut k6 = command(program("K6"));
    k6.args(["run", "--quiet", "--no-usage-report", "--address="]).arg(&file);
    k6.env("MCP_URL", mcp_url).env("REQUEST_TIMEOUT_MS", "500");
    run(&mut k6).await.done().stderr
}

#[tokio::test]
#[ignore = "needs k6"]
async fn an_event_stream_that_is_refused_without_a_session_is_a_failed_call() {
    let refused = get(async || (StatusCode::INTERNAL_SERVER_ERROR, "no stream today"));
    let url = format!("http://{}/mcp", serve(Router::new().route("/mcp", refused)).await);
    let script = "import { holdStream } from 'LIB/stream.js';
        export default async function () {
          await holdStream({ id: null, headers: {}, close() {} }, 1);
        }";
    let told = told(script, &url).await;
    assert!(told.contains("http_5xx") && told.contains("no stream today"), "{told}");
}

#[tokio::test]
#[ignore = "needs k6"]
async fn a_websocket_on_which_initialize_fails_or_is_not_answered_is_a_failed_call() {
    let script = "import { hold } from 'LIB/websocket.js';
        const call = { rpc: 'ping', name: '', text: '{}' };
        export default function () { hold(5, 1, () => call); }";
    for (answer, class, words) in [
        (None, "timeout", "no answer on the WebSocket"),
        (
            Some(json!({"id": 0, "error": {"code": -32602, "message": "no such revision"}})),
            "protocol_error",
            "no such",
        ),
        // The same again, whatever was asked.
        (Some(json!({"id": 0, "result": {}})), "timeout", "no answer on the WebSocket"),
    ] {
        let answered = any(async move |it: WebSocketUpgrade| {
            it.on_upgrade(async move |mut socket| {
                while let Some(Ok(Message::Text(_))) = socket.recv().await {
                    if let Some(it) = &answer {
                        let _ended = socket.send(Message::Text(it.to_string().into())).await;
                    }
                }
            })
        });
        let url = format!("http://{}/mcp", serve(Router::new().route("/mcp/ws", answered)).await);
        let told = told(script, &url).await;
        assert!(told.contains(class) && told.contains(words), "{told}");
    }
}
