use std::process::Stdio;

use browser_consent::Driver;
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::target::{EMAIL, PASSWORD, Target};
use crate::{Round, timed};

/// The round trips of someone who knows the pages: no look at them, no check, no wait.
pub(crate) async fn round(driver: &Driver, target: &Target) -> Round {
    let (open, (mut child, client)) = timed(open(driver)).await;
    let (sign_in, ()) = timed(until_code(target, sign_in(&client, target.url.as_str()))).await;
    let (consent, ()) = timed(until_code(target, approve(&client, target.url.as_str()))).await;
    let (close, ()) = timed(async {
        client.close().await.unwrap();
        child.kill().await.unwrap();
    })
    .await;
    Round { open, sign_in, consent, close }
}

/// The listener holds the code before the last click is answered.
async fn until_code(target: &Target, steps: impl Future<Output = ()>) {
    tokio::select! {
        _ = target.code() => {}
        () = async { steps.await; std::future::pending().await } => {}
    }
}

async fn sign_in(client: &Client, url: &str) {
    client.goto(url).await.unwrap();
    find(client, "input[type=email]").await.send_keys(EMAIL).await.unwrap();
    find(client, "input[type=password]").await.send_keys(PASSWORD).await.unwrap();
    find(client, "button[type=submit]").await.click().await.unwrap();
    press_approve(client).await;
}

async fn approve(client: &Client, url: &str) {
    client.goto(url).await.unwrap();
    press_approve(client).await;
}

async fn press_approve(client: &Client) {
    find(client, "button[value=approve]").await.click().await.unwrap();
}

async fn find(client: &Client, css: &str) -> Element {
    loop {
        if let Ok(it) = client.find(Locator::Css(css)).await {
            return it;
        }
    }
}

async fn open(driver: &Driver) -> (Child, Client) {
    loop {
        // A driver whose port is taken after all has ended.
        if let Some(it) = try_open(driver).await {
            return it;
        }
    }
}

async fn try_open(driver: &Driver) -> Option<(Child, Client)> {
    let mut child = Command::new(&driver.program)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = loop {
        let line = lines.next_line().await.unwrap()?;
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            break port.trim_end_matches('.').to_owned();
        }
    };
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    let mut builder = ClientBuilder::new(http);
    builder.capabilities(capabilities(driver));
    Some((child, builder.connect(&format!("http://127.0.0.1:{port}")).await.unwrap()))
}

fn capabilities(driver: &Driver) -> Map<String, Value> {
    let browser = driver.browser.as_deref().expect("there is a browser");
    let is_shell = browser.to_string_lossy().contains("headless-shell");
    let mut arguments = vec!["--remote-debugging-pipe"];
    arguments.push(if is_shell { "--incognito" } else { "--headless" });
    if rustix::process::geteuid().is_root() {
        arguments.push("--no-sandbox");
    }
    let capabilities = json!({
        "browserName": if is_shell { "chrome-headless-shell" } else { "chrome" },
        "pageLoadStrategy": "eager",
        "goog:chromeOptions": { "binary": browser, "args": arguments },
    });
    let Value::Object(capabilities) = capabilities else { unreachable!("it is written as one") };
    capabilities
}
