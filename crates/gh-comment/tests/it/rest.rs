//! What GitHub answers when nothing is wrong, and its own limits.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    fault::caller,
    github::{Account, GitHub, Held},
};

const WHEN: &str = "2026-11-21T11:02:03Z";

/// What GitHub says of an account everywhere.
fn simple_user((login, id, kind, _): Account) -> Value {
    let mut user = json!({
        "login": login, "id": id, "node_id": "U_1", "type": kind, "site_admin": false, "gravatar_id": "",
        "url": "https://api.github.com/users/1", "html_url": "https://github.com/1",
        "avatar_url": "https://avatars.githubusercontent.com/u/1",
    });
    for it in [
        "events",
        "followers",
        "following",
        "gists",
        "organizations",
        "received_events",
        "repos",
        "starred",
        "subscriptions",
    ] {
        user[format!("{it}_url")] = format!("https://api.github.com/users/1/{it}").into();
    }
    user
}

pub(crate) fn comment(issue: u64, id: u64, author: Account, body: &str) -> Value {
    json!({
        "id": id, "node_id": "IC_1", "body": body, "user": simple_user(author),
        "author_association": "NONE", "created_at": WHEN, "updated_at": WHEN,
        "url": format!("https://api.github.com/repos/acme/api/issues/comments/{id}"),
        "html_url": format!("https://github.com/acme/api/issues/{issue}#issuecomment-{id}"),
        "issue_url": format!("https://api.github.com/repos/acme/api/issues/{issue}"),
    })
}

pub(crate) fn tracker(
    number: u64,
    author: Account,
    title: &str,
    body: &str,
    labels: &[&str],
) -> Value {
    let url = format!("https://api.github.com/repos/acme/api/issues/{number}");
    let labels: Vec<Value> = labels.iter().map(|it| json!({ "id": 1, "name": it })).collect();
    json!({
        "id": 5000 + number, "node_id": "I_1", "number": number, "title": title, "body": body,
        "user": simple_user(author), "labels": labels, "state": "open", "locked": false,
        "assignee": null, "milestone": null, "comments": 0, "closed_at": null,
        "created_at": WHEN, "updated_at": WHEN, "url": url, "comments_url": format!("{url}/comments"),
        "html_url": format!("https://github.com/acme/api/issues/{number}"),
        "events_url": format!("{url}/events"), "labels_url": format!("{url}/labels{{/name}}"),
        "repository_url": "https://api.github.com/repos/acme/api",
    })
}

pub(crate) fn is_of(comment: &Value, issue: u64) -> bool {
    comment["issue_url"].as_str().unwrap().ends_with(&format!("/{issue}"))
}

fn is_listed(held: &Held, comment: &Value) -> bool {
    let now = Instant::now();
    !held.hidden.iter().any(|(id, until)| comment["id"] == *id && *until > now)
}

fn listed(held: &Held, issue: u64) -> Vec<&Value> {
    held.comments.iter().filter(|it| is_of(it, issue) && is_listed(held, it)).collect()
}

pub(crate) fn refused(status: u16, message: &str) -> Response {
    let body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest" });
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

pub(crate) async fn not_found() -> Response {
    refused(404, "Not Found")
}

pub(crate) async fn user(headers: HeaderMap) -> Response {
    let account = caller(&headers).unwrap();
    if account.2 == "Bot" {
        return refused(403, "Resource not accessible by integration");
    }
    let mut user = simple_user(account);
    for it in ["bio", "blog", "company", "email", "hireable", "location", "name"] {
        user[it] = Value::Null;
    }
    for it in ["followers", "following", "public_gists", "public_repos"] {
        user[it] = 0.into();
    }
    user["created_at"] = WHEN.into();
    user["updated_at"] = WHEN.into();
    Json(user).into_response()
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    per_page: usize,
    page: usize,
    state: Option<String>,
    direction: Option<String>,
    labels: Option<String>,
}

/// A page of the values, and what is wrong with asking for it.
fn paged(all: &[&Value], asked: &Asked) -> (Response, Option<String>) {
    let (per_page, page) = (asked.per_page, asked.page);
    let wrong = !(1..=100).contains(&per_page) || page == 0;
    let wrong = wrong.then(|| format!("page {page} of {per_page} a page"));
    let last = all.len().div_ceil(per_page).max(1);
    let some: Vec<&Value> =
        all.iter().copied().skip((page - 1) * per_page).take(per_page).collect();
    let mut response = Json(some).into_response();
    // The links name a host that nobody answers on: none of them may be followed.
    let link = |page: usize, rel: &str| {
        format!(
            r#"<https://192.0.2.1/repositories/1?per_page={per_page}&page={page}>; rel="{rel}""#
        )
    };
    let mut links = Vec::new();
    if page > 1 {
        links.extend([link(page - 1, "prev"), link(1, "first")]);
    }
    if page < last {
        links.extend([link(page + 1, "next"), link(last, "last")]);
    }
    if !links.is_empty() {
        let links = HeaderValue::from_str(&links.join(", ")).unwrap();
        response.headers_mut().insert(header::LINK, links);
    }
    (response, wrong)
}

pub(crate) async fn list(
    State(it): State<GitHub>,
    Path(number): Path<u64>,
    Query(asked): Query<Asked>,
) -> Response {
    let mut held = it.held();
    let (response, wrong) = paged(&listed(&held, number), &asked);
    held.violations.extend(wrong);
    response
}

pub(crate) async fn issue(State(it): State<GitHub>, Path(number): Path<u64>) -> Response {
    let held = it.held();
    let Some(issue) = held.issues.iter().find(|it| it["number"] == number) else {
        return refused(404, "Not Found");
    };
    let mut issue = issue.clone();
    issue["comments"] = listed(&held, number).len().into();
    Json(issue).into_response()
}

pub(crate) async fn issues(State(it): State<GitHub>, Query(asked): Query<Asked>) -> Response {
    let labels: Vec<&str> = asked.labels.iter().flat_map(|it| it.split(',')).collect();
    let state = asked.state.as_deref().unwrap();
    let mut held = it.held();
    let mut all: Vec<&Value> = held.issues.iter().collect();
    all.retain(|it| {
        let has =
            |label: &&str| it["labels"].as_array().unwrap().iter().any(|it| it["name"] == **label);
        (state == "all" || it["state"] == state) && labels.iter().all(has)
    });
    all.sort_by_key(|it| it["number"].as_u64());
    if asked.direction.as_deref() == Some("desc") {
        all.reverse();
    }
    let (response, wrong) = paged(&all, &asked);
    held.violations.extend(wrong);
    response
}

/// The JSON of a request, which must have these fields and no other.
fn fields<const N: usize>(it: &GitHub, body: &Bytes, names: [&str; N]) -> [Value; N] {
    let mut sent: Value = serde_json::from_slice(body).unwrap_or_default();
    let fields = names.map(|name| sent[name].take());
    let more = sent.as_object().is_none_or(|sent| sent.len() != N);
    if more || fields.iter().any(Value::is_null) {
        it.violated(format!("asked for with {}", String::from_utf8_lossy(body)));
    }
    fields
}

pub(crate) async fn open(
    State(it): State<GitHub>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let [title, body, labels] = fields(&it, &body, ["title", "body", "labels"]);
    let dropped = it.held().labels_dropped;
    let labels: Vec<&str> = labels.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let labels = if dropped { Vec::new() } else { labels };
    let (title, body) = (title.as_str().unwrap(), body.as_str().unwrap());
    let mut held = it.held();
    let number = held.issues.iter().filter_map(|it| it["number"].as_u64()).max().unwrap() + 1;
    let issue = tracker(number, caller(&headers).unwrap(), title, body, &labels);
    held.issues.push(issue.clone());
    (StatusCode::CREATED, Json(issue))
}

pub(crate) async fn create(
    State(it): State<GitHub>,
    Path(number): Path<u64>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let [text] = fields(&it, &body, ["body"]);
    let text = text.as_str().unwrap();
    let mut held = it.held();
    let Some(issue) = held.issues.iter().find(|it| it["number"] == number) else {
        return refused(404, "Not Found");
    };
    if issue["locked"] == true {
        return refused(403, "Unable to create comment because issue is locked.");
    }
    if held.comments.iter().filter(|it| is_of(it, number)).count() >= 2500 {
        return refused(403, "Commenting is disabled on issues with more than 2500 comments");
    }
    if let Some(too_long) = too_long(text) {
        return too_long;
    }
    let id = 1000 + held.comments.len() as u64;
    let posted = comment(number, id, caller(&headers).unwrap(), text);
    held.comments.push(posted.clone());
    let until = Instant::now() + held.lag;
    held.hidden.push((id, until));
    (StatusCode::CREATED, Json(posted)).into_response()
}

pub(crate) async fn update(
    State(it): State<GitHub>,
    Path(id): Path<u64>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let [text] = fields(&it, &body, ["body"]);
    let text = text.as_str().unwrap();
    if let Some(too_long) = too_long(text) {
        return too_long;
    }
    let mut held = it.held();
    let Some(comment) = held.comments.iter_mut().find(|it| it["id"] == id) else {
        return refused(404, "Not Found");
    };
    if comment["user"]["id"] != caller(&headers).unwrap().1 {
        drop(held);
        it.violated(format!("comment {id} of somebody else was edited"));
        return refused(403, "Must have admin rights to Repository.");
    }
    comment["body"] = text.into();
    Json(comment.clone()).into_response()
}

fn too_long(text: &str) -> Option<Response> {
    let errors = json!([{ "resource": "IssueComment", "code": "unprocessable", "field": "data",
        "message": "Body is too long (maximum is 65536 characters)" }]);
    let body = json!({ "message": "Validation Failed", "errors": errors,
        "documentation_url": "https://docs.github.com/rest" });
    let too_long = text.chars().count() > 65_536;
    too_long.then(|| (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response())
}
