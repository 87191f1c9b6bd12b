//! The pages of `mcp-target`, looked at with the rules of axe-core.

use std::path::Path;
use std::time::Duration;

use browser_consent::{Client, with_session};
use fantoccini::Locator;
use fantoccini::elements::Element;
use mcp_target::{Fault, Faults, Screens, TotpSecret};
use serde_json::json;

use crate::target::{EMAIL, PASSWORD, Target};
use crate::webdriver;

/// Answers with what the rules find, and with how many of them were kept.
const RUN_AXE: &str = "const done = arguments[0];
    const told = it => done([it.violations.map(it => [it.id, it.nodes.map(it => it.html)]), it.passes.length]);
    axe.run().then(told, error => done([String(error), 0]));";

const WAIT: Duration = Duration::from_secs(20);
const ALERT: &str = "[role=alert]:not([hidden]):not(:empty)";
const CODE: &str = "input[name=code]";
const APPROVE: &str = "button[value=approve]";

/// A browser, and the rules that every page of it is held against.
struct Reader<'a> {
    client: &'a Client,
    rules: &'a str,
    screens: Screens,
}

impl Reader<'_> {
    async fn shown(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(WAIT).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{:?} {css}: {error}", self.screens))
    }

    /// Waits for an element, and looks at the page that it is on.
    async fn look(&self, css: &str) {
        self.shown(css).await;
        let script = format!("{}\n{RUN_AXE}", self.rules);
        let found = self.client.execute_async(&script, Vec::new()).await.unwrap();
        assert_eq!(found[0], json!([]), "{:?} {css}", self.screens);
        assert!(found[1].as_u64() > Some(5), "{:?} {css}: {found} rules", self.screens);
    }

    async fn fill(&self, values: &[(&str, &str)]) {
        for (name, value) in values {
            let field = self.shown(&format!("input[name={name}]")).await;
            field.clear().await.unwrap();
            field.send_keys(value).await.unwrap();
        }
        self.shown("button[type=submit]").await.click().await.unwrap();
    }

    /// Looks at the pages of a sign-in up to the one after the password.
    async fn sign_in(&self) {
        self.look("input[name=email]").await;
        if self.screens == Screens::MultiStep {
            self.fill(&[("email", EMAIL)]).await;
            self.look("input[name=password]").await;
            self.fill(&[("password", "wrong")]).await;
            self.look(ALERT).await;
            self.fill(&[("password", PASSWORD)]).await;
        } else {
            self.fill(&[("email", EMAIL), ("password", "wrong")]).await;
            self.look(ALERT).await;
            self.fill(&[("email", EMAIL), ("password", PASSWORD)]).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs a browser and node"]
async fn the_rules_of_axe_find_nothing_on_any_page_of_a_sign_in() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../eval/interop/axe/node_modules/axe-core/axe.min.js");
    let rules = std::fs::read_to_string(rules).unwrap();
    let secret = TotpSecret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let no_callback = || Faults::from(Fault::NoCallback);
    for screens in [Screens::Plain, Screens::MultiStep, Screens::SinglePage] {
        let [consents, shows_codes] = [
            Target::with(screens, no_callback(), None).await,
            Target::with(screens, Faults::default(), secret.clone()).await,
        ];
        let looked = async |client: &Client| {
            let it = Reader { client, rules: &rules, screens };
            client.goto(consents.url.as_str()).await.unwrap();
            it.sign_in().await;
            it.look(APPROVE).await;
            it.shown(APPROVE).await.click().await.unwrap();
            it.look("main:not(:has(button))").await;
            for path in ["/error", "/login?request=gone", "/authorize?client_id=nobody"] {
                client.goto(consents.url.join(path).unwrap().as_str()).await.unwrap();
                it.look("h1").await;
            }
            client.goto(shows_codes.url.as_str()).await.unwrap();
            it.sign_in().await;
            it.look(CODE).await;
            it.fill(&[("code", "000000")]).await;
            it.look(ALERT).await;
        };
        with_session(&webdriver(), looked).await.unwrap();
    }
}
