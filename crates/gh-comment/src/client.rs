//! The few calls of the [REST API for issue comments](https://docs.github.com/rest/issues/comments).

use std::{fmt, time::Duration};

use reqwest::{
    Method, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, HeaderValue, USER_AGENT},
};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Host, Url};

use crate::{
    Author, Comment, Error, Issue, Marker,
    answer::{address, answer, last_page, network, parse, read, without_query},
    author::Account,
    error::said,
};

const API_VERSION: &str = "2022-11-28";
const TIMEOUT: Duration = Duration::from_secs(30);
const PER_PAGE: usize = 100;
/// A re-run follows its first run closely, so that its comment is among the newest.
const RERUN_PAGES: usize = 3;
/// Far beyond the 2,500 comments that an issue can have; ends the walk if `Link` makes no sense.
const MAX_PAGES: usize = 100;

/// A token for GitHub's API that does not print itself.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes the token as GitHub issued it.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

/// Writes and reads the comments of issues on one GitHub.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    authorization: HeaderValue,
    trusted: Option<Author>,
}

impl Client {
    /// A client of the API at `base`: `https://api.github.com`, or `https://HOST/api/v3` on a server of one's own.
    ///
    /// Plain http is taken on loopback only. Whose comments are believed is asked of `/user` when it matters.
    pub fn new(http: reqwest::Client, mut base: Url, token: Token) -> Result<Self, Error> {
        let loopback = match base.host() {
            Some(Host::Ipv4(it)) => it.is_loopback(),
            Some(Host::Ipv6(it)) => it.is_loopback(),
            Some(Host::Domain(it)) => it == "localhost",
            None => false,
        };
        let named = !base.username().is_empty() || base.password().is_some();
        base.set_query(None);
        base.set_fragment(None);
        if named || !(base.scheme() == "https" || (base.scheme() == "http" && loopback)) {
            let _ = base.set_password(None).and_then(|()| base.set_username(""));
            return Err(Error::BadBase { base: said(base.as_str()) });
        }
        let bearer = format!("Bearer {}", token.reveal());
        let mut authorization = HeaderValue::from_str(&bearer).map_err(|_| Error::BadToken)?;
        authorization.set_sensitive(true);
        Ok(Self { http, base, authorization, trusted: None })
    }

    /// Believes the comments of `author` instead of the token's own account.
    ///
    /// A workflow's own token needs this, since `/user` is closed to it.
    pub fn trusting(mut self, author: Author) -> Self {
        self.trusted = Some(author);
        self
    }

    /// Puts `comment` on `issue` and returns its address.
    ///
    /// If the comment has a key and one of ours with the same key is among the newest, that one is edited
    /// instead, which notifies nobody.
    pub async fn post(&self, issue: &Issue, comment: &Comment) -> Result<Url, Error> {
        let body = comment.body()?;
        self.check_host(issue)?;
        let earlier = match comment.address() {
            Some((marker, key)) => {
                let same =
                    |it: &Posted| (marker.key(it.text()).as_deref() == Some(key)).then_some(it.id);
                self.newest(issue, RERUN_PAGES, 1, same).await?.pop()
            }
            None => None,
        };
        let (method, url, expected) = match earlier {
            Some(id) => (
                Method::PATCH,
                self.repository(issue, &["comments", &id.to_string()]),
                StatusCode::OK,
            ),
            None => (Method::POST, self.comments(issue), StatusCode::CREATED),
        };
        let response =
            self.send(self.http.request(method, url).json(&json!({ "body": body }))).await?;
        let asked = address(&response);
        let (_, posted) = answer::<Posted>(issue, response, expected).await?;
        Url::parse(&posted.html_url)
            .map_err(|err| Error::Answer { address: asked, source: Some(err.into()) })
    }

    /// The data in the newest `n` comments on `issue` that are ours and carry `marker`, newest first.
    ///
    /// Comments of others, however well they imitate ours, and ours that cannot be read are passed over.
    pub async fn last_data(
        &self,
        issue: &Issue,
        marker: &Marker,
        n: usize,
    ) -> Result<Vec<Value>, Error> {
        self.check_host(issue)?;
        self.newest(issue, MAX_PAGES, n, |it| marker.data(it.text())).await
    }

    async fn newest<T>(
        &self,
        issue: &Issue,
        pages: usize,
        n: usize,
        pick: impl Fn(&Posted) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let author = self.trusted_author().await?;
        let (oldest, last) = self.page(issue, 1).await?;
        let mut oldest = Some(oldest);
        let mut found = Vec::new();
        for number in (1..=last).rev().take(pages) {
            let comments = match number {
                1 => oldest.take().expect("the first page is reached once, as the last one"),
                number => self.page(issue, number).await?.0,
            };
            let ours =
                comments.iter().rev().filter(|it| it.user.as_ref().is_some_and(|it| author.is(it)));
            found.extend(ours.filter_map(&pick).take(n - found.len()));
            if found.len() == n {
                break;
            }
        }
        Ok(found)
    }

    async fn trusted_author(&self) -> Result<Author, Error> {
        if let Some(author) = &self.trusted {
            return Ok(author.clone());
        }
        let response = self.send(self.http.get(self.url(&["user"]))).await?;
        let address = address(&response);
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read(response).await?;
        if status != StatusCode::OK {
            return Err(Error::unknown_author(status, &headers, &body));
        }
        Ok(Author::Id(parse::<Account>(&body, address)?.id))
    }

    /// One page of comments, oldest first, and the number of the last page.
    async fn page(&self, issue: &Issue, number: usize) -> Result<(Vec<Posted>, usize), Error> {
        let mut url = self.comments(issue);
        url.query_pairs_mut()
            .append_pair("per_page", &PER_PAGE.to_string())
            .append_pair("page", &number.to_string());
        let response = self.send(self.http.get(url)).await?;
        let (headers, comments) = answer(issue, response, StatusCode::OK).await?;
        Ok((comments, last_page(&headers).unwrap_or(number)))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let request = request
            .timeout(TIMEOUT)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/vnd.github+json")
            .header(USER_AGENT, concat!("gh-comment/", env!("CARGO_PKG_VERSION")))
            .header("X-GitHub-Api-Version", API_VERSION);
        request.send().await.map_err(|err| {
            let address = err.url().map_or_else(|| self.base.to_string(), without_query);
            network(address, err)
        })
    }

    fn check_host(&self, issue: &Issue) -> Result<(), Error> {
        let Some(host) = issue.host() else { return Ok(()) };
        let api = self.base.host_str().unwrap_or_default();
        if api == host || api.strip_prefix("api.") == Some(host) {
            return Ok(());
        }
        Err(Error::OtherHost { host: host.to_owned(), base: self.base.to_string() })
    }

    fn comments(&self, issue: &Issue) -> Url {
        self.repository(issue, &[&issue.number().to_string(), "comments"])
    }

    fn repository(&self, issue: &Issue, rest: &[&str]) -> Url {
        self.url(&[&["repos", issue.owner(), issue.repo(), "issues"], rest].concat())
    }

    fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .expect("an http address has a path")
            .pop_if_empty()
            .extend(segments);
        url
    }
}

/// The part of GitHub's comment that is used here.
#[derive(Debug, Deserialize)]
struct Posted {
    id: u64,
    body: Option<String>,
    user: Option<Account>,
    html_url: String,
}

impl Posted {
    fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }
}
