use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use url::Url;

use crate::target::{EMAIL, PASSWORD, Target};

/// Someone with a browser: follows redirects on the issuer, keeps the cookie, fills the forms.
pub(crate) struct Person<'a> {
    target: &'a Target,
    pub(crate) email: &'a str,
    pub(crate) cookie: Option<String>,
}

/// What the browser shows, or where it was sent to outside the issuer.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) url: Url,
    pub(crate) html: String,
}

impl Page {
    /// The hidden field of the form.
    pub(crate) fn request(&self) -> &str {
        let (_, rest) =
            self.html.split_once(r#"name="request" value=""#).expect("the page has a form");
        rest.split_once('"').unwrap().0
    }
}

impl<'a> Person<'a> {
    pub(crate) fn new(target: &'a Target) -> Self {
        Self { target, email: EMAIL, cookie: None }
    }

    /// Opens the authorize URL, signs in if asked to, presses Approve; returns where the browser ended.
    pub(crate) async fn approve(&mut self, url: &Url) -> Url {
        let consent = self.sign_in(url).await;
        assert!(consent.html.contains("Authorize application"), "{consent:?}");
        self.decide(&consent, "approve").await.url
    }

    /// Opens the authorize URL and signs in if asked to; returns the next page.
    pub(crate) async fn sign_in(&mut self, url: &Url) -> Page {
        let page = self.open(url.as_str()).await;
        if !page.html.contains("<h1>Sign in</h1>") {
            return page;
        }
        self.send_login(&page, PASSWORD).await
    }

    pub(crate) async fn send_login(&mut self, page: &Page, password: &str) -> Page {
        let form = [("request", page.request()), ("email", self.email), ("password", password)];
        self.submit("/login", &form).await
    }

    pub(crate) async fn decide(&mut self, page: &Page, decision: &str) -> Page {
        self.submit("/consent", &[("request", page.request()), ("decision", decision)]).await
    }

    pub(crate) async fn submit(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let request = self.target.http.post(format!("{}{path}", self.target.issuer)).form(form);
        self.follow(request.header("Origin", &self.target.issuer)).await
    }

    pub(crate) async fn open(&mut self, url: &str) -> Page {
        self.follow(self.target.http.get(url)).await
    }

    async fn follow(&mut self, mut request: reqwest::RequestBuilder) -> Page {
        for _ in 0..5 {
            if let Some(cookie) = &self.cookie {
                request = request.header(COOKIE, cookie);
            }
            let response = request.send().await.unwrap();
            if let Some(cookie) = response.headers().get(SET_COOKIE) {
                let cookie = cookie.to_str().unwrap();
                assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
                self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
            }
            let status = response.status().as_u16();
            let Some(location) = response.headers().get(LOCATION) else {
                let url = response.url().clone();
                return Page { status, url, html: response.text().await.unwrap() };
            };
            let url = response.url().join(location.to_str().unwrap()).unwrap();
            if !url.as_str().starts_with(&self.target.issuer) {
                return Page { status, url, html: String::new() };
            }
            request = self.target.http.get(url);
        }
        panic!("redirected more than 5 times");
    }
}
