use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use clap::ValueEnum as _;
use mcp_target::Fault;
use serde_json::{Value, json};
use tokio::time::timeout;

fn target() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-target"));
    for variable in [
        "LOADTEST_EMAIL",
        "LOADTEST_PASSWORD",
        "LOADTEST_TOTP_SECRET",
        "MAKE_CLIENT_ID",
        "OAUTH_CLIENT_SECRET",
        "OAUTH_REDIRECT_URI",
        "REDIS_URL",
        "REDIS_ENCRYPTION_SECRET",
    ] {
        command.env_remove(variable);
    }
    command
}

/// What a target says that is to end by itself; one that serves instead is ended.
fn ended(command: &mut Command) -> Output {
    let mut command = tokio::process::Command::from(std::mem::replace(command, Command::new("")));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let output =
        async { timeout(Duration::from_secs(60), command.kill_on_drop(true).output()).await };
    runtime.block_on(output).expect("it ends by itself").unwrap()
}

#[test]
fn one_line_says_where_it_serves_and_a_signal_ends_it() {
    for signal in ["-INT", "-TERM"] {
        let mut child = target()
            .env("LOADTEST_PASSWORD", "hunter2")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let issuer = ready["issuer"].as_str().unwrap();
        assert!(issuer.starts_with("http://127.0.0.1:"));
        assert_eq!(ready["resource"], format!("{issuer}/mcp"));
        assert_eq!(ready["metrics"], format!("{issuer}/metrics"));
        let user = json!({"email": "loadtest@novamart.example", "workspace": "ws-novamart-1"});
        assert_eq!(ready["user"], user);
        assert!(!line.contains("hunter2"));

        let kill = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}

#[test]
fn a_password_that_was_made_up_is_said_on_stderr_only() {
    let mut child = target().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.starts_with("sign in as loadtest@novamart.example with the password "), "{line}");
}

#[test]
fn a_port_in_use_is_one_clear_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = ended(target().args(["--listen", &address]));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "error: {address} is in use by another program; take another port, or 0 for any free one\n"
        ),
    );
}

#[test]
fn wrong_usage_exits_with_2() {
    for (arguments, expect) in [
        (["--listen", "0.0.0.0:0"], "only loopback addresses are served"),
        (["--listen", "8080"], "expected an address like 127.0.0.1:8080"),
        (["--screens", "no-such"], "[possible values: plain, spa, multi-step]"),
        (["--fault", "no-such"], "[possible values: no-pkce, "),
        (["--users", "0"], "0 is not in 1..=100000"),
        (["--max-connections", "0"], "expected a number above zero"),
        (["--max-sessions", "0"], "expected a number above zero"),
        (["--threads", "0"], "0 is not in 1..=1024"),
        (["--key-rotation", "999ms"], "expected at least 1s"),
        (["--upstream", "https://127.0.0.1:1"], "expected an address of plain http"),
        (["--redis", "127.0.0.1:6379"], "the address in --redis is not like redis://"),
    ] {
        let output = ended(target().args(arguments));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(expect), "{arguments:?}");
    }
}

#[test]
fn a_password_on_the_command_line_is_refused_and_not_repeated() {
    let output = ended(target().args(["--redis", "redis://:hunter2@127.0.0.1"]));
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("put the address in REDIS_URL") && !said.contains("hunter2"), "{said}");
}

#[test]
fn what_is_wrong_in_the_environment_is_said_without_its_secrets() {
    for (variable, value, expect) in [
        (
            "LOADTEST_TOTP_SECRET",
            "hunter2-1",
            "LOADTEST_TOTP_SECRET is neither base32 nor an otpauth address",
        ),
        ("MAKE_CLIENT_ID", "hunter2", "MAKE_CLIENT_ID needs OAUTH_CLIENT_SECRET beside it"),
        ("OAUTH_CLIENT_SECRET", "hunter2", "OAUTH_CLIENT_SECRET needs MAKE_CLIENT_ID beside it"),
        ("LOADTEST_EMAIL", "hunter2", "LOADTEST_EMAIL is not like name@domain"),
        (
            "OAUTH_REDIRECT_URI",
            "hunter2",
            "OAUTH_REDIRECT_URI is not like http://127.0.0.1/callback",
        ),
        ("REDIS_URL", "http://:hunter2@x", "REDIS_URL is not like redis://127.0.0.1:6379/0"),
    ] {
        let mut command = target();
        let output = ended(command.env("LOADTEST_PASSWORD", "x").env(variable, value));
        assert_eq!(output.status.code(), Some(1), "{variable}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(expect) && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_mistake_in_the_tools_is_told_with_its_file_line_and_key() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mistaken-tools.json");
    std::fs::write(&file, "[\n  {\"name\": \"a\", \"delay\": 20}\n]").unwrap();
    let output = ended(target().arg("--tools").arg(&file));
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    let expect =
        format!("error: failed to read the tools in {}: unknown field `delay`", file.display());
    assert!(said.starts_with(&expect) && said.contains("at line 2 column 23"), "{said}");
}

#[test]
fn help_names_every_fault_and_says_what_it_is() {
    let output = target().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for fault in Fault::value_variants() {
        let value = fault.to_possible_value().unwrap();
        let (name, meaning) = (value.get_name(), value.get_help().unwrap());
        assert!(help.contains(&format!("- {name}:")), "{name}");
        assert!(help.contains(&meaning.to_string()), "{meaning}");
    }
}

#[test]
fn a_tool_that_still_computes_does_not_keep_the_program() {
    let mut child = target().arg("--no-auth").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let address = ready["issuer"].as_str().unwrap().strip_prefix("http://").unwrap();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"cpu","arguments":{"milliseconds":10000},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"}}}}"#;
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    write!(
        socket,
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n\
         Mcp-Method: tools/call\r\nMcp-Name: cpu\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    // A second request is answered once the first one was taken.
    let mut other = std::net::TcpStream::connect(address).unwrap();
    write!(other, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    std::io::Read::read_to_end(&mut other, &mut Vec::new()).unwrap();
    let begun = std::time::Instant::now();
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // Far less than the call asked for.
    assert!(begun.elapsed().as_secs() < 8);
}
