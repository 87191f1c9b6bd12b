//! What is asked of the word lists in every language.

use serde_json::{Value, json};

use crate::page::banner::banner;
use crate::page::detour::Pick;
use crate::page::field;
use crate::page::kind::{Kind, classify};
use crate::page::locate::{self, Found};
use crate::page::phrases::normalize;
use crate::page::screens::{page, past};
use crate::page::words;

/// What the same page says in one language.
pub(crate) struct Language {
    pub(crate) consent: &'static str,
    pub(crate) approve: &'static [&'static str],
    pub(crate) deny: &'static [&'static str],
    /// Denials with a word of approval in them, with commas between them.
    pub(crate) negated: &'static str,
    pub(crate) go_on: &'static [&'static str],
    pub(crate) sign_in: &'static [&'static str],
    /// What stands beside the sign-in and is never it.
    pub(crate) beside: &'static [&'static str],
    pub(crate) user: &'static [&'static str],
    pub(crate) code: &'static [&'static str],
    pub(crate) remember: &'static str,
    pub(crate) skip: &'static [&'static str],
    pub(crate) refuse_cookies: &'static [&'static str],
    pub(crate) accept_cookies: &'static [&'static str],
    pub(crate) choose_place: &'static str,
    pub(crate) choose_account: &'static str,
    pub(crate) another_account: &'static str,
    pub(crate) on_its_way: &'static str,
    pub(crate) locked: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) already: &'static str,
}

fn is_vetoed(label: &str) -> bool {
    locate::veto_label(&normalize(label)).is_err()
}

#[track_caller]
pub(crate) fn check(it: &Language) {
    for negated in it.negated.split(", ") {
        assert!(is_vetoed(negated), "{negated}");
    }
    for deny in it.deny {
        assert!(is_vetoed(deny), "{deny}");
        let denies = page(&json!({ "heading": it.consent, "buttons": [{ "label": deny }] }));
        assert_eq!(locate::approve(&denies, &past().names), Found::Nothing, "{deny}");
        for approve in it.approve {
            let both = page(
                &json!({ "heading": it.consent, "buttons": [{ "label": deny }, { "label": approve }] }),
            );
            let best = Found::Best { index: 1, strong: true };
            assert_eq!(locate::approve(&both, &past().names), best, "{deny} | {approve}");
        }
        for go_on in it.go_on {
            let both = page(
                &json!({ "heading": it.consent, "buttons": [{ "label": deny }, { "label": go_on }] }),
            );
            let best = Found::Best { index: 1, strong: false };
            assert_eq!(locate::approve(&both, &past().names), best, "{deny} | {go_on}");
        }
    }
    assert!(
        locate::is_headed_by_consent(&page(&json!({ "heading": it.consent }))),
        "{}",
        it.consent
    );
    for label in it.sign_in {
        let mut buttons: Vec<_> = it
            .beside
            .iter()
            .map(|it| json!({ "label": it, "kind": "submit", "form": 0 }))
            .collect();
        buttons.push(json!({ "label": label, "kind": "submit", "form": 0 }));
        let form = json!({ "fields": [{ "kind": "password", "form": 0 }], "buttons": buttons });
        let form = page(&form);
        let found = locate::login(&form, &form.fields[0]).best();
        assert_eq!(found, Some(it.beside.len()), "{label}");
    }
    for label in it.user {
        let form = page(&json!({ "fields": [{ "kind": "text", "label": label }] }));
        assert_eq!(field::user(&form, None), Some(0), "{label}");
    }
    for label in it.code {
        let form = page(&json!({ "fields": [{ "kind": "text", "label": label }] }));
        assert_eq!(field::one_time_code(&form), [0], "{label}");
        assert_eq!(field::user(&form, None), None, "{label}");
    }
    let boxes = json!({ "boxes": [{ "label": it.remember, "required": true }] });
    assert_eq!(field::box_to_tick(&page(&boxes), &past().names), None, "{}", it.remember);
    for label in it.skip {
        let offer = page(&json!({ "buttons": [{ "label": label }] }));
        assert_eq!(classify(&offer, &past()), Kind::Offer(0), "{label}");
    }
    for refuse in it.refuse_cookies {
        for accept in it.accept_cookies {
            let with_banner = |buttons: Value| {
                page(&json!({ "layers": [["Cookies", accept, refuse]], "buttons": buttons }))
            };
            let accepts = json!({ "label": accept, "layers": [0] });
            let both = with_banner(json!([accepts, { "label": refuse, "layers": [0] }]));
            assert_eq!(banner(&both), Some(1), "{refuse}");
            let one = with_banner(json!([accepts]));
            assert_eq!(banner(&one), Some(0), "{accept}");
            assert_eq!(locate::approve(&one, &past().names), Found::Nothing, "{accept}");
        }
    }
    let places = json!({ "heading": it.choose_place, "buttons": [{ "label": "Novamart" }, { "label": it.go_on[0] }] });
    let kind = classify(&page(&places), &past());
    assert_eq!(kind, Kind::Chooser(Pick::Button(0)), "{}", it.choose_place);
    let ours = json!([{ "label": it.another_account }, { "label": "Load Test loadtest@novamart.example" }]);
    let accounts = json!({ "heading": it.choose_account, "buttons": ours });
    assert_eq!(
        classify(&page(&accounts), &past()),
        Kind::AccountChooser(1),
        "{}",
        it.choose_account
    );
    let others = json!([{ "label": "Jo jo@novamart.example" }, { "label": it.another_account }]);
    let accounts = json!({ "heading": it.choose_account, "buttons": others });
    assert_eq!(
        classify(&page(&accounts), &past()),
        Kind::AccountChooser(1),
        "{}",
        it.another_account
    );
    assert_eq!(classify(&page(&json!({ "text": it.on_its_way })), &past()), Kind::Passing);
    assert!(words::LOCKED.occur_in(&normalize(it.locked)), "{}", it.locked);
    assert!(words::POLICY.occur_in(&normalize(it.policy)), "{}", it.policy);
    assert!(words::ALREADY.occur_in(&normalize(it.already)), "{}", it.already);
}
