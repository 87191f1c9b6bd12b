use std::time::Instant;

use browser_consent::{Client, Consent, Credentials, Driver, WebDriver, consent, with_session};

use crate::target::{CLIENT, EMAIL, PASSWORD, Target};
use crate::{Round, timed};

/// With this crate, as its users call it.
pub(crate) async fn round(driver: &Driver, target: &Target) -> Round {
    let start = Instant::now();
    let webdriver = WebDriver::Driver(driver.clone());
    let session = with_session(&webdriver, async |client| {
        let open = start.elapsed().as_secs_f64() * 1000.0;
        let (sign_in, ()) = timed(mint(client, target)).await;
        let (consent, ()) = timed(mint(client, target)).await;
        (open, sign_in, consent, Instant::now())
    });
    let (open, sign_in, consent, end) = session.await.unwrap();
    Round { open, sign_in, consent, close: end.elapsed().as_secs_f64() * 1000.0 }
}

async fn mint(client: &Client, target: &Target) {
    let credentials = Credentials::new(EMAIL.into(), PASSWORD.into());
    let mut it = Consent::new(&target.url);
    (it.credentials, it.client_name) = (Some(&credentials), Some(CLIENT));
    let code = async {
        target.code().await;
    };
    consent(client, &it, code).await.unwrap();
}
