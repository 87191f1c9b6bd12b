//! What identity providers show beside the plain sign-in and consent, as it is told apart without a browser.

use serde_json::{Value, json};

use crate::page::kind::{Kind, Past, Sent};
use crate::page::locate::{self, Found};
use crate::page::screens::{check_kind, page, past};
use crate::problem::Obstacle;

#[test]
fn another_form_that_wants_a_password_refuses_none() {
    let login = page(
        &json!({ "document": "0", "heading": "Sign in", "fields": [{ "kind": "password", "id": "p" }] }),
    );
    let sent = Past { password: Some(Sent::from(&login, Some(0))), ..past() };
    for other in [
        json!({ "heading": "Choose a new password", "fields": [{ "kind": "password", "id": "new" }] }),
        json!({ "heading": "Confirm that it is you", "fields": [{ "kind": "password", "id": "p" }] }),
        json!({ "heading": "Choose a new password", "alerts": ["Your password has expired"], "fields": [{ "kind": "password", "id": "new" }] }),
    ] {
        check_kind(&other, &sent, &Kind::Unknown);
    }
    let brand = json!({ "heading": "Sign in", "fields": [{ "kind": "password", "id": "p" }, { "kind": "text", "id": "name" }] });
    check_kind(&brand, &sent, &Kind::Unknown);
    let late = json!({ "heading": "Sign in", "alerts": ["You took too long to sign in."], "fields": [{ "kind": "password", "id": "p" }] });
    check_kind(&late, &sent, &Kind::Unknown);
    // The same fields under the same heading are the form itself.
    let warned = json!({ "heading": "Sign in", "notes": ["Wrong"], "fields": [{ "kind": "password", "id": "p" }] });
    check_kind(&warned, &sent, &Kind::BadCredentials(Some("Wrong".into())));
    let titled = json!({ "title": "Error: Sign in", "notes": ["Please enter the correct password"], "fields": [{ "kind": "password", "id": "p" }] });
    let says = "Please enter the correct password".to_owned();
    check_kind(&titled, &sent, &Kind::BadCredentials(Some(says)));
    let polite = json!({ "heading": "Sign in", "live": ["Account is disabled"], "fields": [{ "kind": "password", "id": "p" }] });
    check_kind(&polite, &sent, &Kind::BadCredentials(Some("Account is disabled".into())));
}

#[test]
fn a_plain_text_that_is_new_is_what_the_page_says() {
    let field = json!([{ "kind": "password", "id": "p" }]);
    let form = |document: &str, more: &str| {
        let text = format!("Welcome to Novamart Sign in Password {more} Imprint");
        json!({ "document": document, "heading": "Sign in", "text": text, "fields": field })
    };
    let sent = Sent::from(&page(&form("0", "")), Some(0));
    let sent = Past { password: Some(sent), ..past() };
    let says = "The combination is not correct";
    check_kind(&form("1", says), &sent, &Kind::BadCredentials(Some(says.into())));
}

#[test]
fn an_offer_of_any_kind_is_passed_by_its_way_out() {
    for (heading, way_out, other) in [
        ("Sign in faster with a passkey", "Not now", "Continue"),
        ("Trust this device?", "No, don't trust it", "Yes, trust it"),
        ("Get the app", "No thanks", "Send me a link"),
        ("Our newsletter", "Do not send it", "Next"),
        ("Remember this browser?", "No", "OK"),
        ("Diesem Gerät vertrauen?", "Nein", "Ja"),
        ("Faire confiance à cet appareil ?", "Ne pas lui faire confiance", "Oui"),
        ("このデバイスを記憶しますか", "いいえ", "はい"),
        ("信任此设备？", "不信任", "是"),
    ] {
        let buttons =
            json!([{ "label": other, "kind": "submit" }, { "label": way_out, "kind": "submit" }]);
        check_kind(&json!({ "heading": heading, "buttons": buttons }), &past(), &Kind::Offer(1));
    }
    let consent =
        json!([{ "label": "Yes", "kind": "submit" }, { "label": "No", "kind": "submit" }]);
    for (heading, text) in [
        ("Let the app read your data?", "It wants access."),
        ("Connect the app Reader?", ""),
        ("New sign-in on this device. Was this you?", ""),
        ("Trust this device with No Thanks Reader?", ""),
    ] {
        let page = json!({ "heading": heading, "text": text, "buttons": consent });
        check_kind(&page, &past(), &Kind::Consent(Found::Best { index: 0, strong: false }));
    }
    let link = json!([{ "label": "Not sure? Read on", "link": true }, { "label": "No account? Sign up" }, { "label": "No", "kind": "submit" }]);
    check_kind(
        &json!({ "heading": "Trust this device?", "buttons": link }),
        &past(),
        &Kind::Offer(2),
    );
}

#[test]
fn a_page_that_gives_a_device_its_secret_asks_for_no_code() {
    let code = json!([{ "kind": "text", "autocomplete": "one-time-code" }]);
    check_kind(&json!({ "fields": code }), &past(), &Kind::NeedsHuman(Obstacle::OneTimeCode));
    check_kind(&json!({ "fields": code, "deviceSecret": true }), &past(), &Kind::Unknown);
    let scan = json!({ "fields": code, "barcode": true, "text": "Scan this with your phone." });
    check_kind(&scan, &past(), &Kind::Unknown);
    let named = json!([code[0], { "kind": "text", "attribute": "deviceName", "limit": -1 }]);
    check_kind(&json!({ "fields": named, "barcode": true }), &past(), &Kind::Unknown);
    // A square picture alone may be a logo.
    let logo = json!({ "fields": code, "barcode": true, "text": "Type the code." });
    check_kind(&logo, &past(), &Kind::NeedsHuman(Obstacle::OneTimeCode));
}

#[test]
fn a_consent_in_a_language_that_is_not_known_is_found_by_its_form() {
    let approve = json!({ "label": "Да", "kind": "submit", "form": 0, "attribute": "accept", "id": "kc-login" });
    let deny = json!({ "label": "Нет", "kind": "submit", "form": 0, "attribute": "cancel", "id": "kc-cancel" });
    let found = |heading: &str, buttons: Value| {
        let page = page(&json!({ "heading": heading, "buttons": buttons }));
        locate::approve(&page, &past().names)
    };
    let weak = |index| Found::Best { index, strong: false };
    let asks = "Разрешить доступ No Thanks Reader";
    assert_eq!(found(asks, json!([approve, deny])), weak(0));
    assert_eq!(found(asks, json!([deny, approve])), weak(1));
    // Neither a transfer nor terms name the client, and not every form has just these two buttons.
    assert_eq!(found("Перевести 100 рублей?", json!([approve, deny])), Found::Nothing);
    assert_eq!(found(asks, json!([approve])), Found::Nothing);
    assert_eq!(found(asks, json!([approve, deny, deny])), Found::Nothing);
    let other = json!({ "label": "Позже", "kind": "submit", "form": 0, "attribute": "later" });
    assert_eq!(found(asks, json!([approve, other])), Found::Nothing);
    let elsewhere = json!({ "label": "Нет", "kind": "submit", "form": 1, "attribute": "cancel" });
    assert_eq!(found(asks, json!([approve, elsewhere])), Found::Nothing);
}
