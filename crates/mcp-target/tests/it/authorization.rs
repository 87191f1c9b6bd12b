use crate::person::Person;
use crate::target::{EMAIL, Target, parameter};

#[tokio::test]
async fn approving_leads_back_with_code_state_and_issuer() {
    let target = Target::start().await;
    let url = target.authorize_url(&target.register().await, &[]);
    let callback = Person::new(&target).approve(&url).await;
    assert!(callback.as_str().starts_with("http://127.0.0.1:4711/callback?"));
    assert!(parameter(&callback, "code").is_some_and(|it| it.len() >= 43));
    assert_eq!(parameter(&callback, "state").as_deref(), Some("some state"));
    assert_eq!(parameter(&callback, "iss"), Some(target.issuer.clone()));
}

#[tokio::test]
async fn denying_leads_back_with_access_denied() {
    let target = Target::start().await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    let consent = person.sign_in(&url).await;
    let callback = person.decide(&consent, "deny").await.url;
    assert_eq!(parameter(&callback, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&callback, "state").as_deref(), Some("some state"));
    assert_eq!(parameter(&callback, "iss"), Some(target.issuer.clone()));
    assert_eq!(parameter(&callback, "code"), None);
}

#[tokio::test]
async fn a_loopback_redirect_uri_may_change_its_port() {
    let target = Target::start().await;
    let other = "http://127.0.0.1:4712/callback";
    let url = target.authorize_url(&target.register().await, &[("redirect_uri", other)]);
    assert!(Person::new(&target).approve(&url).await.as_str().starts_with(other));
}

#[tokio::test]
async fn what_cannot_be_trusted_is_not_redirected() {
    let target = Target::start().await;
    let client_id = target.register().await;
    for changes in [
        [("client_id", "nobody")],
        [("client_id", "")],
        [("redirect_uri", "http://127.0.0.1:4711/other")],
        [("redirect_uri", "https://attacker.example/callback")],
        [("redirect_uri", "")],
    ] {
        let page =
            Person::new(&target).open(target.authorize_url(&client_id, &changes).as_str()).await;
        assert_eq!(page.status, 400, "{changes:?}");
        assert!(page.html.contains(r#"role="alert""#), "{changes:?}");
    }
    let state = "x".repeat(2001);
    let long = target.authorize_url(&client_id, &[("state", &state)]);
    assert_eq!(Person::new(&target).open(long.as_str()).await.status, 400);
    let twice = format!("{}&state=again", target.authorize_url(&client_id, &[]));
    assert_eq!(Person::new(&target).open(&twice).await.status, 400);
}

#[tokio::test]
async fn a_wrong_request_is_told_to_the_client() {
    let target = Target::start().await;
    let client_id = target.register().await;
    for (name, value, expect) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("resource", "", "invalid_target"),
        ("resource", "https://other.example/mcp", "invalid_target"),
        ("resource", &format!("{}/", target.resource), "invalid_target"),
        ("scope", "mcp:read mcp:write", "invalid_scope"),
    ] {
        let url = target.authorize_url(&client_id, &[(name, value)]);
        let callback = Person::new(&target).open(url.as_str()).await.url;
        assert_eq!(parameter(&callback, "error").as_deref(), Some(expect), "{name}={value}");
        assert_eq!(parameter(&callback, "state").as_deref(), Some("some state"));
        assert_eq!(parameter(&callback, "iss"), Some(target.issuer.clone()));
    }
}

#[tokio::test]
async fn a_wrong_password_shows_an_alert_and_a_second_try_works() {
    let target = Target::start().await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    let login = person.open(url.as_str()).await;
    let again = person.send_login(&login, "wrong").await;
    assert_eq!(again.status, 401);
    assert!(again.html.contains(r#"<p role="alert">Wrong e-mail or password.</p>"#));
    assert!(again.html.contains(EMAIL) && !again.html.contains("wrong\""));
    assert_eq!(person.cookie, None);
    let consent = person.send_login(&again, crate::target::PASSWORD).await;
    assert!(consent.html.contains("Authorize application"));
}

#[tokio::test]
async fn the_consent_page_names_client_user_and_scope_as_text() {
    let target = Target::start().await;
    let url = target.authorize_url(&target.register().await, &[]);
    let page = Person::new(&target).sign_in(&url).await;
    assert!(page.html.contains("A &lt;b&gt;test&lt;/b&gt;"));
    assert!(page.html.contains(EMAIL) && page.html.contains("<li>mcp:read</li>"));
    assert!(page.html.contains(">Approve</button>") && page.html.contains(">Deny</button>"));
}

#[tokio::test]
async fn who_is_signed_in_goes_straight_to_consent() {
    let target = Target::start().await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    person.approve(&url).await;
    let page = person.open(url.as_str()).await;
    assert!(page.html.contains("Authorize application"));
}

#[tokio::test]
async fn a_decision_counts_once_and_only_from_the_session_that_was_asked() {
    let target = Target::start().await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    let consent = person.sign_in(&url).await;

    let mut stranger = Person::new(&target);
    let page = stranger.decide(&consent, "approve").await;
    assert_eq!(page.status, 400, "without a session");
    stranger.email = "second@novamart.example";
    stranger.sign_in(&url).await;
    let page = stranger.decide(&consent, "approve").await;
    assert_eq!(page.status, 403, "with a session of its own");

    let callback = person.decide(&consent, "approve").await.url;
    assert!(parameter(&callback, "code").is_some());
    assert_eq!(person.decide(&consent, "approve").await.status, 400, "a second time");
}

#[tokio::test]
async fn a_form_from_another_site_is_refused() {
    let target = Target::start().await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    let consent = person.sign_in(&url).await;
    for path in ["/consent", "/login"] {
        let response = target
            .http
            .post(format!("{}{path}", target.issuer))
            .header("Origin", "https://attacker.example")
            .header("Cookie", person.cookie.as_deref().unwrap())
            .form(&[("request", consent.request()), ("decision", "approve")])
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 403, "{path}");
    }
}

#[tokio::test]
async fn an_authorization_request_may_be_a_form() {
    let target = Target::start().await;
    let url = target.authorize_url(&target.register().await, &[]);
    let form: Vec<_> = url.query_pairs().collect();
    let form: Vec<_> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
    let page = Person::new(&target).submit("/authorize", &form).await;
    assert!(page.html.contains("<h1>Sign in</h1>"), "{page:?}");
    let (status, _) = target.form("/authorize", None, &form[..1]).await;
    assert_eq!(status, 400, "without a client");
}

#[tokio::test]
async fn after_five_wrong_passwords_the_request_is_dropped() {
    let target = Target::start().await;
    let url = target.authorize_url(&target.register().await, &[]);
    let mut person = Person::new(&target);
    let login = person.open(url.as_str()).await;
    for _ in 0..4 {
        assert_eq!(person.send_login(&login, "wrong").await.status, 401);
    }
    for password in ["wrong", crate::target::PASSWORD] {
        let page = person.send_login(&login, password).await;
        assert_eq!(page.status, 400);
        assert!(page.html.contains("Request expired"), "{page:?}");
    }
}
