//! The WebDriver answers that mislead, so that a driver that stops doing it is noticed.

use std::time::Duration;

use browser_consent::{Client, Error, consent, with_session};
use fantoccini::Locator;
use fantoccini::wd::TimeoutConfiguration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::refusals::request;
use crate::site::Site;
use crate::webdriver;

async fn location(client: &Client) -> String {
    client.execute("return location.href", Vec::new()).await.unwrap().as_str().unwrap().to_owned()
}

/// Waits for the browser's own error page, which comes some time after the command that leads to it.
async fn error_page(client: &Client) {
    let is_there = async || {
        let it = client.execute("return location.href", Vec::new()).await;
        it.is_ok_and(|it| it == "chrome-error://chromewebdata/")
    };
    let came = tokio::time::timeout(Duration::from_secs(30), async {
        while !is_there().await {
            tokio::task::yield_now().await;
        }
    });
    came.await.expect("the browser shows its error page");
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_click_on_a_disabled_button_counts_as_a_success() {
    let site = Site::start().await;
    let page = site.url("plain-consent.html");
    with_session(&webdriver(), async |client| {
        client.goto(page.as_str()).await.unwrap();
        let button = client.find(Locator::Css("[value=approve]")).await.unwrap();
        client
            .execute("arguments[0].disabled = true", vec![serde_json::to_value(&button).unwrap()])
            .await
            .unwrap();
        button.click().await.unwrap();
        assert_eq!(location(client).await, page.as_str());
    })
    .await
    .unwrap();
    assert_eq!(site.posted(), Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_page_behind_broken_tls_counts_as_opened() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"this is not TLS").await;
        }
    });
    with_session(&webdriver(), async |client| {
        let _ = client.goto(&url).await;
        error_page(client).await;
        assert_eq!(client.current_url().await.unwrap().as_str(), url);
    })
    .await
    .unwrap();
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_redirect_to_a_closed_port_counts_as_opened() {
    let site = Site::start().await;
    site.close_callback().await;
    let page = site.url("plain-consent.html");
    with_session(&webdriver(), async |client| {
        client.goto(page.as_str()).await.unwrap();
        client.find(Locator::Css("[value=approve]")).await.unwrap().click().await.unwrap();
        error_page(client).await;
        let url = client.current_url().await.unwrap();
        assert!(url.path() == "/callback" && url.query().unwrap().starts_with("code="), "{url}");
    })
    .await
    .unwrap();
}

/// The browser no longer follows the answer then; but to press again would be to send twice.
#[tokio::test]
#[ignore = "needs a browser"]
async fn a_click_that_times_out_is_not_repeated() {
    let site = Site::start().await;
    let url = site.url("slow-consent.html");
    let mut it = request(&url);
    it.timeout = Duration::from_secs(9);
    let webdriver = webdriver();
    let error = with_session(&webdriver, async |client| {
        let short = TimeoutConfiguration::new(None, Some(Duration::from_millis(1500)), None);
        client.update_timeouts(short).await.unwrap();
        consent(client, &it, site.code_arrived()).await
    });
    let Error::Page { trail, .. } = error.await.unwrap().unwrap_err() else { panic!("no page") };
    assert_eq!(trail.actions().collect::<Vec<_>>(), ["pressed Approve"], "{trail}");
    assert_eq!(site.posted(), ["/decide decision=approve"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_click_that_times_out_has_been_delivered() {
    let site = Site::start().await;
    let page = site.url("slow-consent.html");
    with_session(&webdriver(), async |client| {
        let short = TimeoutConfiguration::new(None, Some(Duration::from_millis(1500)), None);
        client.update_timeouts(short).await.unwrap();
        client.goto(page.as_str()).await.unwrap();
        let button = client.find(Locator::Css("[value=approve]")).await.unwrap();
        let clicked = button.click().await;
        let posted = site.once_posted().await;
        // On a busy machine the click is answered before the page begins to leave; once it has, the next command waits.
        let late = match clicked {
            Err(it) => it,
            Ok(()) => client.current_url().await.unwrap_err(),
        };
        assert!(late.is_timeout(), "{late}");
        assert_eq!(posted, ["/decide decision=approve"]);
    })
    .await
    .unwrap();
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_button_that_nobody_sees_takes_a_click() {
    let site = Site::start().await;
    let page = site.url("twin-consent.html");
    with_session(&webdriver(), async |client| {
        client.goto(page.as_str()).await.unwrap();
        let unseen = client.find(Locator::Css("[style='opacity:0'] button")).await.unwrap();
        assert!(!unseen.is_displayed().await.unwrap());
        unseen.click().await.unwrap();
        assert_eq!(site.once_posted().await, ["/wrong"]);
    })
    .await
    .unwrap();
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_button_that_says_that_it_is_disabled_counts_as_enabled() {
    let site = Site::start().await;
    let page = site.url("aria-consent.html");
    with_session(&webdriver(), async |client| {
        client.goto(page.as_str()).await.unwrap();
        let button = client.find(Locator::Css("[value=approve]")).await.unwrap();
        assert!(button.is_enabled().await.unwrap());
    })
    .await
    .unwrap();
}
