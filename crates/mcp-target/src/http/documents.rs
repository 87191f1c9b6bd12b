//! Documents that are the same for everyone: kept as they were first answered, with an `ETag`.

use std::collections::HashMap;
use std::sync::RwLock;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_LENGTH, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use sha2::{Digest as _, Sha256};

use crate::config::faults::HEADER as FAULT_HEADER;
use crate::config::target::Config;

/// Larger than any document of the server.
const MAX_LENGTH: usize = 1 << 20;

/// The documents of a server, each in clear and packed.
#[derive(Debug)]
pub(crate) struct Documents {
    /// Whether a document stays what it is: no fault has a say in it.
    fixed: bool,
    /// Whether the keys do.
    fixed_keys: bool,
    /// Whether a header of a request may change a document.
    fault_header: bool,
    kept: [RwLock<HashMap<String, Document>>; 2],
}

#[derive(Debug, Clone)]
struct Document {
    headers: HeaderMap,
    body: Bytes,
}

/// Which document a request wants, and what it has of it.
#[derive(Debug)]
pub(crate) struct Asked {
    path: String,
    packed: bool,
    keep: bool,
    life: &'static str,
    has: Option<HeaderValue>,
}

/// How long whoever asked may keep what stands at a path, where it is the same for everyone.
fn life(path: &str) -> Option<&'static str> {
    if path.starts_with("/.well-known/") {
        Some("public, max-age=60")
    } else if path == "/jwks" || path.ends_with(".js") {
        // A new key signs at once, and a script belongs to its page: to be asked for each time, which 304 makes cheap.
        Some("public, no-cache")
    } else {
        None
    }
}

/// Whether gzip is accepted, where that is plain to see.
fn accepts_gzip(headers: &HeaderMap) -> Option<bool> {
    let mut accepts = false;
    for header in headers.get_all(ACCEPT_ENCODING) {
        for coding in header.to_str().ok()?.split(',').map(str::trim) {
            if coding.contains([';', '*']) || coding.eq_ignore_ascii_case("x-gzip") {
                return None;
            }
            accepts |= coding.eq_ignore_ascii_case("gzip");
        }
    }
    Some(accepts)
}

impl Documents {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            fixed: config.faults.is_empty() && !config.fault_header,
            fixed_keys: config.key_rotation.is_none(),
            fault_header: config.fault_header,
            kept: Default::default(),
        }
    }

    /// What is asked for, where it is such a document.
    pub(crate) fn asked<B>(&self, request: &Request<B>) -> Option<Asked> {
        let path = request.uri().path();
        let life = life(path).filter(|_| request.method() == Method::GET)?;
        let packed = accepts_gzip(request.headers());
        let keep = self.fixed
            && (self.fixed_keys || path != "/jwks")
            && packed.is_some()
            && request.uri().query().is_none();
        Some(Asked {
            path: path.to_owned(),
            packed: packed.unwrap_or_default(),
            keep,
            life,
            has: request.headers().get(IF_NONE_MATCH).cloned(),
        })
    }

    /// What is kept of it.
    pub(crate) fn kept(&self, asked: &Asked) -> Option<Response> {
        if !asked.keep {
            return None;
        }
        let kept = self.kept[usize::from(asked.packed)].read().expect("no one panics holding it");
        kept.get(&asked.path).map(|it| it.answer(asked.has.as_ref()))
    }

    /// Keeps what was answered, where it is a document, and answers it.
    pub(crate) async fn keep(&self, asked: Asked, answer: Response) -> Response {
        if answer.status() != StatusCode::OK {
            return answer;
        }
        let (head, body) = answer.into_parts();
        let Ok(body) = to_bytes(body, MAX_LENGTH).await else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let mut headers = head.headers;
        headers.remove(CONTENT_LENGTH);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(asked.life));
        headers.insert(ETAG, tag(&body));
        if self.fault_header {
            headers.append(VARY, HeaderValue::from_static(FAULT_HEADER));
        }
        let document = Document { headers, body };
        let answer = document.answer(asked.has.as_ref());
        if asked.keep {
            let kept = &self.kept[usize::from(asked.packed)];
            kept.write().expect("no one panics holding it").insert(asked.path, document);
        }
        answer
    }
}

impl Document {
    fn answer(&self, has: Option<&HeaderValue>) -> Response {
        if has.is_some_and(|it| names(it, &self.headers[ETAG])) {
            let headers =
                self.headers.iter().filter(|(it, _)| [CACHE_CONTROL, ETAG, VARY].contains(it));
            let headers: HeaderMap = headers.map(|(name, it)| (name.clone(), it.clone())).collect();
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (self.headers.clone(), Body::from(self.body.clone())).into_response()
    }
}

fn tag(body: &[u8]) -> HeaderValue {
    let digest = Sha256::digest(body);
    let tag = format!("\"{}\"", BASE64URL.encode(&digest[..12]));
    HeaderValue::try_from(tag).expect("base64 is plain text")
}

/// Whether `If-None-Match` names `tag`, compared weakly as [RFC 9110] has it.
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
fn names(has: &HeaderValue, tag: &HeaderValue) -> bool {
    let Ok(has) = has.to_str() else { return false };
    has.trim() == "*"
        || has.split(',').map(str::trim).any(|it| it.strip_prefix("W/").unwrap_or(it) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_wherever_it_stands() {
        let tag = tag(b"x");
        let name = tag.to_str().unwrap();
        for (has, expect) in [
            (name.to_owned(), true),
            (format!("W/{name}"), true),
            (format!("\"other\", {name}"), true),
            ("*".to_owned(), true),
            ("\"other\"".to_owned(), false),
            (name.trim_matches('"').to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(names(&HeaderValue::try_from(&has).unwrap(), &tag), expect, "{has}");
        }
    }

    #[test]
    fn only_a_plain_accept_encoding_decides_what_is_kept() {
        for (value, expect) in [
            ("gzip", Some(true)),
            ("br, GZIP", Some(true)),
            ("identity", Some(false)),
            ("gzip;q=0", None),
            ("*", None),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())]);
            assert_eq!(accepts_gzip(&headers), expect, "{value}");
        }
        assert_eq!(accepts_gzip(&HeaderMap::new()), Some(false));
    }
}
