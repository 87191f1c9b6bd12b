//! One request each of the [REST API for issues and their comments](https://docs.github.com/rest/issues).

use std::time::Duration;

use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, HeaderValue, USER_AGENT},
};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use crate::error::Error;
use crate::error::printable;
use crate::github::author::Account;
use crate::github::issue::Issue;
use crate::github::issue::Repository;
use crate::github::refusal::{refused, unknown_author};
use crate::github::response::{address, answer, has_next, network, parse, read, without_query};

const API_VERSION: &str = "2022-11-28";

/// GitHub itself ends a request after 10 s, so that after this nothing can come of it any more.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) const PER_PAGE: u64 = 100;

tool_edge::secret! {
    /// A token for GitHub's API, as GitHub issued it.
    #[derive(Clone)]
    pub struct Token;
}

#[derive(Debug, Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    base: Url,
    authorization: HeaderValue,
}

impl Api {
    pub(crate) fn new(http: reqwest::Client, mut base: Url, token: &Token) -> Result<Self, Error> {
        let loopback = base.host_str().is_some_and(tool_edge::is_loopback);
        let named = !base.username().is_empty() || base.password().is_some();
        base.set_query(None);
        base.set_fragment(None);
        if named || !(base.scheme() == "https" || (base.scheme() == "http" && loopback)) {
            let _ = base.set_password(None).and_then(|()| base.set_username(""));
            return Err(Error::BadBase { base: printable(base.as_str()) });
        }
        let bearer = format!("Bearer {}", token.reveal());
        let mut authorization = HeaderValue::from_str(&bearer).map_err(|_| Error::BadToken)?;
        authorization.set_sensitive(true);
        Ok(Self { http, base, authorization })
    }

    /// Whose token this is.
    pub(crate) async fn user(&self) -> Result<Account, Error> {
        let response = self.send(self.http.get(self.url(&["user"]))).await?;
        let address = address(&response);
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read(response).await?;
        if status != StatusCode::OK {
            return Err(unknown_author(status, &headers, &body));
        }
        parse(&body, address)
    }

    pub(crate) async fn issue(&self, issue: &Issue) -> Result<Tracker, Error> {
        let url = self.issues(issue.repository(), &[&issue.number().to_string()]);
        Ok(answer(issue, self.send(self.http.get(url)).await?, StatusCode::OK).await?.1)
    }

    /// One page of comments, oldest first, and whether there is one after it.
    pub(crate) async fn comments(
        &self,
        issue: &Issue,
        page: u64,
    ) -> Result<(Vec<Posted>, bool), Error> {
        let url = self.page(self.comments_url(issue), page);
        let response = self.send(self.http.get(url)).await?;
        let (headers, comments) = answer(issue, response, StatusCode::OK).await?;
        Ok((comments, has_next(&headers)))
    }

    pub(crate) async fn create(&self, issue: &Issue, body: &str) -> Result<Posted, Error> {
        let request = self.http.post(self.comments_url(issue)).json(&json!({ "body": body }));
        Ok(answer(issue, self.send(request).await?, StatusCode::CREATED).await?.1)
    }

    pub(crate) async fn edit(&self, issue: &Issue, id: u64, body: &str) -> Result<Posted, Error> {
        let url = self.issues(issue.repository(), &["comments", &id.to_string()]);
        let request = self.http.patch(url).json(&json!({ "body": body }));
        Ok(answer(issue, self.send(request).await?, StatusCode::OK).await?.1)
    }

    pub(crate) async fn delete(&self, issue: &Issue, id: u64) -> Result<(), Error> {
        let url = self.issues(issue.repository(), &["comments", &id.to_string()]);
        let response = self.send(self.http.delete(url)).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status == StatusCode::NO_CONTENT {
            return Ok(());
        }
        let body = read(response).await?;
        Err(refused(issue, status, &headers, &body))
    }

    /// One page of the issues with `labels` by age, and whether there is one after it.
    pub(crate) async fn list(
        &self,
        repository: &Repository,
        labels: &str,
        state: &str,
        direction: &str,
        page: u64,
    ) -> Result<(Vec<Tracker>, bool), Error> {
        let mut url = self.issues(repository, &[]);
        url.query_pairs_mut().extend_pairs([("state", state), ("direction", direction)]);
        if !labels.is_empty() {
            url.query_pairs_mut().append_pair("labels", labels);
        }
        let response = self.send(self.http.get(self.page(url, page))).await?;
        let (headers, issues) = answer(repository, response, StatusCode::OK).await?;
        Ok((issues, has_next(&headers)))
    }

    pub(crate) async fn open(
        &self,
        repository: &Repository,
        title: &str,
        body: &str,
        labels: &[String],
    ) -> Result<Tracker, Error> {
        let request = self.http.post(self.issues(repository, &[]));
        let request = request.json(&json!({ "title": title, "body": body, "labels": labels }));
        Ok(answer(repository, self.send(request).await?, StatusCode::CREATED).await?.1)
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

    pub(crate) fn check_host(&self, issue: &Issue) -> Result<(), Error> {
        let Some(host) = issue.host() else { return Ok(()) };
        let api = self.base.host_str().unwrap_or_default();
        if api == host || api.strip_prefix("api.") == Some(host) {
            return Ok(());
        }
        Err(Error::OtherHost { host: host.to_owned(), base: self.base.to_string() })
    }

    fn page(&self, mut url: Url, page: u64) -> Url {
        url.query_pairs_mut()
            .append_pair("per_page", &PER_PAGE.to_string())
            .append_pair("page", &page.to_string());
        url
    }

    fn comments_url(&self, issue: &Issue) -> Url {
        self.issues(issue.repository(), &[&issue.number().to_string(), "comments"])
    }

    fn issues(&self, repository: &Repository, rest: &[&str]) -> Url {
        self.url(&[&["repos", repository.owner(), repository.name(), "issues"], rest].concat())
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
pub(crate) struct Posted {
    pub(crate) id: u64,
    body: Option<String>,
    pub(crate) user: Option<Account>,
    pub(crate) html_url: String,
}

impl Posted {
    pub(crate) fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }
}

/// The part of GitHub's issue that is used here.
#[derive(Debug, Deserialize)]
pub(crate) struct Tracker {
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) comments: u64,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) locked: bool,
    pub(crate) body: Option<String>,
    pub(crate) user: Option<Account>,
    pub(crate) html_url: String,
    labels: Vec<Label>,
    /// There on pull requests, which are listed as issues too.
    pub(crate) pull_request: Option<serde::de::IgnoredAny>,
}

impl Tracker {
    pub(crate) fn labels(&self) -> Vec<String> {
        let name = |it: &Label| match it {
            Label::Name(name) => Some(name.clone()),
            Label::Object { name } => name.clone(),
        };
        self.labels.iter().filter_map(name).collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Label {
    Name(String),
    Object { name: Option<String> },
}
