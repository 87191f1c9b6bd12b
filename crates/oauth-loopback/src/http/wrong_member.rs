//! Which member of a response is wrong, told without its value, which may be secret.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Why `body` is no `T`, where it is JSON: the member that is missing, or the one that has a wrong type.
///
/// Each member is read on its own, since serde tells no names where members are flattened, and lines of a body that nobody
/// sees help nobody.
pub(crate) fn reason<T: DeserializeOwned>(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let Value::Object(members) = &value else {
        return Some(format!("{} where an object was expected", kind(&value)));
    };
    let wrong = members.iter().find(|(name, value)| {
        let alone = Map::from_iter([((*name).clone(), (*value).clone())]);
        matches!(error_of::<T>(alone), Some(it) if missing(&it).is_none())
    });
    match wrong {
        Some((name, value)) => Some(format!("a wrong type: `{name}` is {}", kind(value))),
        None => missing(&error_of::<T>(members.clone())?).map(str::to_owned),
    }
}

fn error_of<T: DeserializeOwned>(members: Map<String, Value>) -> Option<String> {
    serde_json::from_value::<T>(Value::Object(members)).err().map(|it| it.to_string())
}

/// Nothing but the name of a field of ours.
fn missing(said: &str) -> Option<&str> {
    let said = said.split(" at line ").next()?;
    said.starts_with("missing field").then_some(said)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::client_information::ClientInformation;
    use crate::discovery::server_metadata::AuthorizationServerMetadata;
    use crate::token::response::TokenResponse;

    #[track_caller]
    fn check<T: DeserializeOwned>(body: &str, expected: Option<&str>) {
        assert_eq!(reason::<T>(body.as_bytes()).as_deref(), expected, "{body}");
    }

    #[test]
    fn the_member_that_is_wrong_is_named_and_no_neighbour() {
        check::<TokenResponse>(
            r#"{"access_token":"a","token_type":7,"expires_in":"soon","scope":{}}"#,
            Some("a wrong type: `token_type` is a number"),
        );
        check::<TokenResponse>(
            r#"{"expires_in":[],"token_type":"Bearer","access_token":null}"#,
            Some("a wrong type: `access_token` is null"),
        );
        check::<TokenResponse>(r#"{"token_type":"Bearer"}"#, Some("missing field `access_token`"));
        check::<ClientInformation>(
            r#"{"client_secret":7,"client_id":{}}"#,
            Some("a wrong type: `client_id` is an object"),
        );
        check::<AuthorizationServerMetadata>(
            r#"{"issuer":true,"token_endpoint":"https://a/token"}"#,
            Some("a wrong type: `issuer` is true or false"),
        );
        check::<AuthorizationServerMetadata>("[]", Some("a list where an object was expected"));
        check::<AuthorizationServerMetadata>("<html>", None);
    }
}
