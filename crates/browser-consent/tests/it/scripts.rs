//! Steps and recipes, alone and beside the rules.

use browser_consent::{Problem, Script, Trail};

use crate::refusals::{problem, request};
use crate::run;
use crate::site::{EMAIL, PASSWORD, Site};

fn variable(name: &str) -> Option<String> {
    let value = match name {
        "LOADTEST_EMAIL" => EMAIL,
        "LOADTEST_PASSWORD" => PASSWORD,
        "TENANT" => "novamart-7",
        _ => return None,
    };
    Some(value.to_owned())
}

fn steps(steps: &[&str]) -> Script {
    let mut script = Script::default();
    for step in steps {
        script.step(step, variable).unwrap();
    }
    script
}

async fn go(site: &Site, page: &str, script: &Script) -> Result<Trail, browser_consent::Error> {
    let (url, credentials) = (site.url(page), crate::credentials());
    let mut it = request(&url);
    (it.script, it.credentials) = (Some(script), Some(&credentials));
    run(&it, site.code_arrived()).await
}

const ODD: [&str; 4] = [
    "fill .t env:TENANT",
    "fill .w env:LOADTEST_EMAIL",
    "fill input.p env:LOADTEST_PASSWORD",
    "click button.go",
];

#[tokio::test]
#[ignore = "needs a browser"]
async fn steps_sign_in_where_the_rules_cannot_and_the_rules_go_on() {
    let site = Site::start().await;
    let trail = go(&site, "odd-login.html", &steps(&ODD)).await.unwrap();
    let mut expected = ODD.map(str::to_owned).to_vec();
    expected[3] = "pressed click button.go".to_owned();
    expected.push("pressed Grant access to No Thanks Reader".to_owned());
    assert_eq!(trail.actions().collect::<Vec<_>>(), expected);
    assert!(trail.steps_left.is_empty(), "{:?}", trail.steps_left);
    let posted = site.posted();
    assert!(posted[0].starts_with("/odd ") && posted[0].contains("tenant=novamart-7"));
    assert_eq!(posted[1..], ["/decide decision=approve"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn what_a_step_has_pressed_the_rules_do_not_press_again() {
    let site = Site::start().await;
    let script = steps(&["click button[type=submit]", "click [value=approve]"]);
    // The first step finds its button before anything is typed, so the form comes back refused.
    let (refused, _) = problem(go(&site, "plain-login.html", &script).await.unwrap_err());
    assert!(matches!(refused, Problem::BadCredentials { .. }), "{refused}");
    assert_eq!(site.posted(), ["/login email&password"]);

    let site = Site::start().await;
    let script = steps(&[
        "fill [type=email] env:LOADTEST_EMAIL",
        "fill [type=password] env:LOADTEST_PASSWORD",
        "click button[type=submit]",
        "click [value=approve]",
    ]);
    let trail = go(&site, "plain-login.html", &script).await.unwrap();
    assert_eq!(site.posted(), ["/login email&password", "/decide decision=approve"]);
    // The redirect URI is reached by the last step itself, before the click is answered.
    assert!(trail.steps_left.is_empty(), "{:?}", trail.steps_left);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_recipe_of_the_conformance_suite_is_played() {
    let site = Site::start().await;
    let json = serde_json::json!([{ "match": format!("{}/odd-login.html*", site.origin), "tasks": [
        { "task": "Wrong turn", "match": "*/never.html", "optional": true, "commands": [["click", "id", "x"]] },
        { "task": "Login", "match": "*/odd-login.html", "commands": [
            ["wait-element-visible", "class", "go", 5],
            ["text", "id", "not-there", "x", "optional"],
            ["text", "class", "t", "env:TENANT"],
            ["text", "class", "w", "$email"],
            ["text", "xpath", "//input[@class='p']", "$password"],
            ["click", "css", "button.go"],
        ] },
        { "task": "Consent", "match": "*/plain-consent.html", "commands": [
            ["wait", "contains", "consent", 5],
            ["wait", "css", "h1", 5, "wants access"],
            ["click", "xpath", "//button[@value='approve']"],
        ] },
        { "task": "Verify Complete", "match": "*/callback*" },
    ] }]);
    let script = Script::recipe(&json.to_string(), &site.url("odd-login.html"), variable).unwrap();
    let trail = go(&site, "odd-login.html", &script).await.unwrap();
    assert_eq!(trail.actions().last(), Some("pressed click xpath //button[@value='approve']"));
    assert!(trail.steps_left.is_empty(), "{:?}", trail.steps_left);
    assert_eq!(site.posted().len(), 2);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_task_that_no_page_was_for_is_left_over_unless_it_is_optional() {
    let site = Site::start().await;
    let json = r##"[{ "match": "*", "tasks": [
        { "task": "Region", "match": "*/region", "optional": true, "commands": [["click", "id", "eu"]] },
        { "task": "Tenant", "match": "*/tenant", "commands": [
            ["text", "id", "tenant", "env:TENANT"], ["click", "id", "note", "optional"] ] },
        { "task": "Verify Complete", "match": "*/callback*", "commands": [["wait", "id", "done", 5]] } ] }]"##;
    let script = Script::recipe(json, &site.url("plain-consent.html"), variable).unwrap();
    let trail = go(&site, "plain-consent.html", &script).await.unwrap();
    assert_eq!(*trail.steps_left, ["text id tenant"]);
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_recipe_that_finds_nothing_on_its_own_page_is_named() {
    let site = Site::start().await;
    let json = r#"[{ "match": "*", "tasks": [{ "task": "T", "match": "*/plain-consent.html", "commands": [["click", "id", "gone"]] }] }]"#;
    let script = Script::recipe(json, &site.url("plain-consent.html"), variable).unwrap();
    let (problem, actions) = problem(go(&site, "plain-consent.html", &script).await.unwrap_err());
    let expected =
        Problem::Step { step: "click id gone".into(), reason: "found nothing to act on" };
    assert_eq!((problem, actions.len()), (expected, 0));
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_step_is_not_typed_on_an_origin_that_nobody_allowed() {
    let (site, foreign) = (Site::start().await, Site::start().await);
    let hop = format!("hop?to={}/odd-login.html", foreign.origin);
    let (problem, actions) = problem(go(&site, &hop, &steps(&ODD)).await.unwrap_err());
    assert!(
        matches!(&problem, Problem::Refused { origin, .. } if *origin == foreign.origin),
        "{problem:?}"
    );
    assert_eq!((actions.len(), foreign.posted().len()), (0, 0));
}

/// The page that a step was meant for may be gone by the time the step is taken.
#[tokio::test]
#[ignore = "needs a browser"]
async fn a_step_is_not_typed_on_a_page_that_came_meanwhile() {
    let (site, foreign) = (Site::start().await, Site::start().await);
    let leaving = format!("leaving.html?to={}/odd-login.html", foreign.origin);
    for _ in 0..4 {
        let (problem, actions) = problem(go(&site, &leaving, &steps(&ODD)).await.unwrap_err());
        assert!(
            matches!(&problem, Problem::Refused { origin, .. } if *origin == foreign.origin),
            "{problem:?}"
        );
        assert_eq!((actions.len(), foreign.posted().len()), (0, 0), "{actions:?}");
    }
}

#[tokio::test]
#[ignore = "needs a browser"]
async fn a_password_is_not_read_from_a_recipe() {
    let site = Site::start().await;
    let json = r#"[{ "match": "*", "tasks": [{ "task": "T", "match": "*", "commands": [
        ["text", "css", "[type=email]", "me@a.example"], ["text", "css", "[type=password]", "hunter2"]] }] }]"#;
    let script = Script::recipe(json, &site.url("plain-login.html"), variable).unwrap();
    let (problem, actions) = problem(go(&site, "plain-login.html", &script).await.unwrap_err());
    assert!(problem.to_string().contains("holds a password"), "{problem}");
    assert_eq!(actions, ["text css [type=email]"]);
}
