//! What the commands of a script do to the moves.

use serde_json::json;

use crate::flow::memory::{Action, Target};
use crate::flow::request::Consent;
use crate::flow::way::{EMPTY, URL, Way, asking, consent, login, told};
use crate::input::script::Script;
use crate::page::snapshot::Handle;

fn script(steps: &[&str]) -> Script {
    let mut script = Script::default();
    for it in steps {
        script.step(it, |_| Some("novamart".into())).unwrap();
    }
    script
}

fn target(element: &str, length: usize) -> Target {
    let element = Handle(element.into());
    let document = "1".to_owned();
    Target { document, found: true, visible: true, element, length, ..Target::default() }
}

#[test]
fn a_step_comes_before_the_rules_for_half_a_second() {
    let script = script(&["click #other"]);
    let consent = Consent { script: Some(&script), ..consent() };
    let mut way = Way::new(&consent);
    let (none, page) = ([Target::default()], login(EMPTY));
    assert_eq!(told(&way.look_for(0, &page, &none)), "wait");
    assert_eq!(told(&way.look_for(490, &page, &none)), "wait");
    assert_eq!(told(&way.look_for(510, &page, &none)), "filled email, filled password");
    let it = way.look_for(520, &page, &[target("other", 0)]);
    assert_eq!(told(&it), "press click #other as Scripted");
}

#[test]
fn a_step_that_presses_what_the_rules_would_is_theirs() {
    let script = script(&["click #ok"]);
    let consent = Consent { script: Some(&script), ..consent() };
    let mut way = Way::new(&consent);
    let page = asking(&json!({}));
    let it = way.look_for(0, &page, &[target("ok", 0)]);
    assert_eq!(told(&it), "press click #ok as Approve");
    way.press(0, &page, Action::Approve, "Allow");
    assert_eq!(told(&way.look_for(10, &page, &[target("ok", 0)])), "Advance(0)");
}

#[test]
fn a_text_is_typed_until_the_field_holds_it() {
    let script = script(&["fill #tenant env:TENANT"]);
    let consent = Consent { script: Some(&script), ..consent() };
    let mut way = Way::new(&consent);
    let page = login(EMPTY);
    let step = "fill #tenant env:TENANT";
    assert_eq!(told(&way.look_for(0, &page, &[target("t", 0)])), step);
    way.memory.typed.insert(Handle("t".into()), 1);
    assert_eq!(told(&way.look_for(10, &page, &[target("t", 3)])), step);
    assert_eq!(told(&way.look_for(20, &page, &[target("t", 8)])), "Advance(0)");
    way.memory.advance(0, way.at(20));
    assert_eq!(told(&way.look_for(30, &page, &[])), "filled email, filled password");
}

#[test]
fn a_selector_that_is_none_is_told() {
    let script = script(&["click ]["]);
    let consent = Consent { script: Some(&script), ..consent() };
    let wrong = Target { wrong: true, ..Target::default() };
    let it = Way::new(&consent).look_for(0, &login(EMPTY), &[wrong]);
    let says = "stop: the step `click ][`: its selector is not valid";
    assert_eq!(told(&it), says);
}

/// A recipe of one task for the login page, with these commands.
fn recipe(commands: &str) -> Script {
    let json = format!(
        r#"[{{ "match": "*", "tasks": [{{ "task": "T", "match": "https://auth.example/page*", "commands": {commands} }}] }}]"#
    );
    Script::recipe(&json, &URL, |_| None).unwrap()
}

#[test]
fn a_page_of_the_recipes_own_is_not_for_the_rules() {
    let script = recipe(r##"[["click", "id", "ok", "optional"], ["click", "id", "go"]]"##);
    let consent = Consent { script: Some(&script), ..consent() };
    let mut way = Way::new(&consent);
    let (page, none) = (login(EMPTY), Target::default());
    for ms in [0, 600, 4900] {
        assert_eq!(told(&way.look_for(ms, &page, &[none.clone(), none.clone()])), "wait");
    }
    let it = way.look_for(5100, &page, &[none.clone(), none.clone()]);
    let says = "stop: the step `click id ok`: found nothing to act on";
    assert_eq!(told(&it), says);
    // An optional command is passed over where the next one can be done.
    let it = way.look_for(5200, &page, &[none, target("go", 0)]);
    assert_eq!(told(&it), "press click id go as Password");
}

#[test]
fn a_wait_has_its_own_time_and_is_not_met_by_what_was_not_seen() {
    let script = recipe(r#"[["wait", "id", "x", 3]]"#);
    let consent = Consent { script: Some(&script), ..consent() };
    let mut way = Way::new(&consent);
    let page = login(EMPTY);
    assert_eq!(told(&way.look_for(2900, &page, &[Target::default()])), "wait");
    let says = "stop: the step `wait id x`: waited in vain";
    assert_eq!(told(&way.look_for(3000, &page, &[Target::default()])), says);
    assert_eq!(told(&way.look_for(3100, &page, &[target("x", 0)])), "Advance(0)");

    let script = recipe(r#"[["wait-element-invisible", "id", "x", 3]]"#);
    let consent = Consent { script: Some(&script), ..consent };
    let mut way = Way::new(&consent);
    assert_eq!(told(&way.look_for(0, &page, &[Target::default()])), "wait");
    let gone = Target { document: "1".into(), ..Target::default() };
    assert_eq!(told(&way.look_for(0, &page, &[gone])), "Advance(0)");
}

#[test]
fn a_password_is_not_written_in_a_recipe() {
    let script = recipe(r#"[["text", "id", "pass", "hunter22"]]"#);
    let consent = Consent { script: Some(&script), ..consent() };
    let secret = Target { secret: true, ..target("pass", 0) };
    let it = told(&Way::new(&consent).look_for(0, &login(EMPTY), &[secret]));
    assert!(it.contains("holds a password") && !it.contains("hunter22"), "{it}");
}
