//! Keys that are replaced while tokens of theirs are about.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::Value;

use crate::target::Target;

fn kid(token: &str) -> String {
    let header = BASE64URL.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_new_key_signs_and_the_tokens_of_the_one_before_stay_good() {
    let target = Target::with(|it| it.key_rotation = Some(Duration::from_millis(1))).await;
    let first = target.bearer("mcp:read").await;
    // A whole sign-in may take less than the millisecond after which the key is replaced.
    let second = loop {
        let it = target.bearer("mcp:read").await;
        if kid(&it) != kid(&first) {
            break it;
        }
    };
    let bearers = [first, second];
    let signed: BTreeSet<String> = bearers.iter().map(|it| kid(it)).collect();
    let (_, jwks) = target.get("/jwks").await;
    let keys = jwks["keys"].as_array().unwrap().iter();
    let published: BTreeSet<String> =
        keys.map(|it| it["kid"].as_str().unwrap().to_owned()).collect();
    assert!(signed.is_subset(&published));
    for bearer in bearers {
        assert_eq!(target.knock(&bearer).await, 200);
    }
}
