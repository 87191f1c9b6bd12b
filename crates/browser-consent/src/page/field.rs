//! Which field wants what, and which boxes to tick.

use crate::page::locate::Names;
use crate::page::phrases::{Phrases, attribute_words, normalize};
use crate::page::snapshot::{Field, Snapshot, Tick};
use crate::page::words;

pub(crate) fn is_password(it: &Field) -> bool {
    it.kind == "password"
}

/// Whether the field wants a code from a device that we do not have.
pub(crate) fn is_one_time_code(it: &Field) -> bool {
    !is_password(it)
        && (it.autocomplete == "one-time-code"
            || words::ONE_TIME_CODE.occur_in(&field_words(it))
            || it.limit == 6 && matches!(it.kind.as_str(), "tel" | "number"))
}

/// The fields for a one-time code: one for all of it, or one for each digit.
pub(crate) fn one_time_code(page: &Snapshot) -> Vec<usize> {
    let usable = |it: &&(usize, &Field)| is_usable(it.1) && !is_password(it.1);
    let fields: Vec<_> = page.fields.iter().enumerate().collect();
    let digits: Vec<_> = fields.iter().filter(usable).filter(|it| it.1.limit == 1).collect();
    if digits.len() >= 6 {
        return digits.into_iter().take(8).map(|it| it.0).collect();
    }
    fields
        .iter()
        .filter(usable)
        .find(|it| is_one_time_code(it.1))
        .map(|it| it.0)
        .into_iter()
        .collect()
}

/// Whether the page gives a device its secret, and wants a code only to see that it did: it shows the secret, or a picture
/// to scan beside words about that or beside a field for the device's name.
pub(crate) fn enrols(page: &Snapshot) -> bool {
    let says = || words::ENROL.occur_in(&normalize(&format!("{} {}", page.heading, page.text)));
    let asks_more = || {
        let others = page.fields.iter().filter(|it| is_usable(it) && !is_one_time_code(it));
        others.filter(|it| it.kind == "text" && it.limit != 1).count() > 0
    };
    page.device_secret || page.barcode && (says() || asks_more())
}

/// Whether the field wants the e-mail address or the user name.
pub(crate) fn is_user(it: &Field) -> bool {
    const OTHER: Phrases = Phrases("search, newsletter, subscribe, coupon, invite");
    let said = field_words(it);
    matches!(it.kind.as_str(), "text" | "email" | "tel")
        && !OTHER.occur_in(&said)
        && !is_one_time_code(it)
        && (it.kind == "email"
            || ["username", "email", "webauthn"].iter().any(|word| it.autocomplete.contains(word))
            || words::USER.occur_in(&said))
}

/// The password field of a sign-in form; a form that asks for a new password or for two is for signing up.
pub(crate) fn password(page: &Snapshot) -> Option<usize> {
    let in_form = |form| page.fields.iter().filter(|it| is_password(it) && it.form == form).count();
    page.fields.iter().position(|it| {
        is_usable(it)
            && is_password(it)
            && it.autocomplete != "new-password"
            && in_form(it.form) == 1
    })
}

/// The user field, of the password's form where there is one.
pub(crate) fn user(page: &Snapshot, password: Option<usize>) -> Option<usize> {
    let form = password.map(|at| page.fields[at].form);
    page.fields
        .iter()
        .position(|it| is_usable(it) && is_user(it) && form.is_none_or(|form| form == it.form))
}

/// Whether a page has a field that waits for something.
pub(crate) fn is_any_to_fill_in(page: &Snapshot) -> bool {
    page.fields.iter().any(|it| is_usable(it) && it.length == 0)
}

fn is_usable(it: &Field) -> bool {
    !it.disabled && !it.fixed
}

/// A box that has to be ticked before the approval means anything.
pub(crate) fn box_to_tick(page: &Snapshot, names: &Names<'_>) -> Option<usize> {
    page.boxes.iter().position(|it| {
        let name = attribute_words(&it.attribute);
        let called = format!("{name}{}", attribute_words(&it.id));
        let asked_for = |it: &Tick| names.scopes.iter().any(|scope| is_scope_of(it, scope));
        let namesakes = page.boxes.iter().filter(|other| other.attribute == it.attribute);
        let namesakes: Vec<_> = namesakes.filter(|_| !it.attribute.is_empty()).collect();
        let is_repeated = namesakes.len() > 1;
        let is_scope = Phrases("scope, scopes").occur_in(&name)
            || asked_for(it)
            || namesakes.iter().any(|it| asked_for(it));
        // A scope may be described with such a word, "keep access while you are away".
        let is_beside = words::BESIDE.occur_in(&called)
            || !is_scope && words::BESIDE.occur_in(&normalize(&it.label));
        let is_too_much = is_scope && !asked_for(it);
        let is_wanted = !is_too_much && (it.required || is_scope || is_repeated);
        !it.checked && !it.disabled && !is_beside && is_wanted
    })
}

/// Whether a box is for a scope: by its value or its name, or where its label or its description says that scope alone.
fn is_scope_of(it: &Tick, scope: &String) -> bool {
    let said = [&it.label, &it.description].map(|it| it.trim());
    [&it.value, &it.attribute, &it.id].contains(&scope)
        || said.iter().any(|it| it.eq_ignore_ascii_case(scope))
        // A word with a colon or a dot in it is nothing else.
        || !scope.chars().all(char::is_alphanumeric)
            && said.iter().any(|it| it.split([' ', '(', ')', ',']).any(|word| word == scope))
}

fn field_words(it: &Field) -> String {
    format!("{}{}{}", attribute_words(&it.attribute), attribute_words(&it.id), normalize(&it.label))
}
