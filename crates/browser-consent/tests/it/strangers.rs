//! Pages and frames of strangers, which get nothing, whatever they say of themselves.

use browser_consent::{Problem, consent, reached, with_session};
use url::Url;

use crate::refusals::{problem, request};
use crate::site::Site;
use crate::{visit, webdriver};

/// An address of `page` with one parameter, relative to the site that it is opened from.
fn with_query(page: &str, name: &str, value: &str) -> String {
    let query =
        url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    format!("{page}?{query}")
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn nothing_is_typed_into_a_form_that_sends_it_to_a_stranger() {
    let site = Site::start().await;
    let (problem, actions) = problem(visit(&site, "sending-login.html").await.unwrap_err());
    let origin = "http://collector.localhost:1".to_owned();
    assert_eq!((problem, actions.len()), (Problem::SendsElsewhere { origin }, 0));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_page_that_forges_its_origin_is_a_stranger() {
    let (site, foreign) = (Site::start().await, Site::start().await);
    let page = with_query("forging-login.html", "allowed", &site.origin);
    let hop = with_query("hop", "to", &format!("{}/{page}", foreign.origin));
    let (problem, actions) = problem(visit(&site, &hop).await.unwrap_err());
    assert!(
        matches!(&problem, Problem::Refused { origin, .. } if *origin == foreign.origin),
        "{problem:?}"
    );
    assert_eq!((actions.len(), foreign.posted()), (0, Vec::<String>::new()));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_frame_of_a_stranger_that_takes_the_focus_gets_nothing() {
    for host in ["127.0.0.1", "localhost"] {
        let (site, foreign) = (Site::start().await, Site::start().await);
        let frame = format!("{}/thief.html", foreign.origin.replace("127.0.0.1", host));
        visit(&site, &with_query("watched-login.html", "frame", &frame)).await.unwrap();
        assert_eq!(foreign.posted(), Vec::<String>::new(), "{host}");
    }
}

/// Keys are pressed where a field takes nothing else, but not beside somebody who could take the focus.
#[tokio::test]
#[ignore = "needs a browser"]
async fn a_field_that_wants_keys_gets_them() {
    let site = Site::start().await;
    for page in ["keys-login.html", "keyup-login.html"] {
        visit(&site, page).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_page_cannot_say_that_it_is_the_redirect_uri() {
    let site = Site::start().await;
    let url = site.url("forging-end.html");
    let redirect = Url::parse("http://127.0.0.1:9/callback").unwrap();
    let it = request(&url);
    let webdriver = webdriver();
    let ended = with_session(&webdriver, async |client| {
        consent(client, &it, reached(client, redirect.as_str())).await
    });
    let (problem, _) = problem(ended.await.unwrap().unwrap_err());
    assert!(matches!(problem, Problem::NoWayForward { .. }), "{problem:?}");
}
