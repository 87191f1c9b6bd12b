//! Every word list in every language: one table a language, one test over all lists.

use serde_json::{Value, json};

use crate::page::detour::{self, Pick};
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
            let banner = |buttons: Value| {
                page(&json!({ "layers": [["Cookies", accept, refuse]], "buttons": buttons }))
            };
            let accepts = json!({ "label": accept, "layers": [0] });
            let both = banner(json!([accepts, { "label": refuse, "layers": [0] }]));
            assert_eq!(detour::banner(&both), Some(1), "{refuse}");
            let one = banner(json!([accepts]));
            assert_eq!(detour::banner(&one), Some(0), "{accept}");
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

#[test]
fn english() {
    check(&Language {
        consent: "Reader wants to access your data",
        approve: &["Allow", "Authorize Reader", "Approve", "Accept", "Grant access", "I agree"],
        deny: &["Deny", "Cancel", "Don’t allow", "No, thanks", "Not now", "Reject"],
        negated: "Allow nothing, Allow later, Never allow, Withdraw consent, Remove access you granted, Stop allowing, Grant no access, Continue without granting access, Approve none",
        go_on: &["Continue", "Yes", "OK", "Next", "Confirm"],
        sign_in: &["Sign in", "Log in", "Continue", "Next"],
        beside: &[
            "Continue with Google",
            "Sign up",
            "Forgot password?",
            "Use a passkey",
            "Email me a link",
        ],
        user: &["E-mail address", "Username", "Email or username"],
        code: &["One-time code", "Verification code", "Authentication code"],
        remember: "Remember this device",
        skip: &["Skip for now", "Maybe later", "Not now"],
        refuse_cookies: &["Reject all", "Only necessary"],
        accept_cookies: &["Accept all cookies", "Got it"],
        choose_place: "Choose a workspace",
        choose_account: "Choose an account",
        another_account: "Use another account",
        on_its_way: "Redirecting you …",
        locked: "This account is locked. Too many attempts.",
        policy: "Your administrator has not allowed this app",
        already: "This request has already been approved",
    });
}

#[test]
fn german() {
    check(&Language {
        consent: "Reader möchte Zugriff auf Ihre Daten",
        approve: &["Zulassen", "Erlauben", "Zustimmen", "Zugriff gewähren", "Autorisieren"],
        deny: &["Ablehnen", "Abbrechen", "Nein", "Nicht zulassen", "Zurück"],
        negated: "Keinen Zugriff gewähren, Später zulassen, Nichts erlauben, Zustimmung widerrufen, Ohne Zustimmung fortfahren",
        go_on: &["Weiter", "Ja", "Bestätigen", "Fortfahren"],
        sign_in: &["Anmelden", "Einloggen", "Weiter"],
        beside: &[
            "Mit Google anmelden",
            "Registrieren",
            "Passwort vergessen?",
            "Passkey",
            "Code senden",
        ],
        user: &["E-Mail-Adresse", "Benutzername"],
        code: &["Einmalcode", "Bestätigungscode"],
        remember: "Angemeldet bleiben",
        skip: &["Überspringen", "Später", "Jetzt nicht"],
        refuse_cookies: &["Alle ablehnen", "Nur notwendige"],
        accept_cookies: &["Alle akzeptieren", "Verstanden"],
        choose_place: "Arbeitsbereich auswählen",
        choose_account: "Wählen Sie ein Konto",
        another_account: "Anderes Konto verwenden",
        on_its_way: "Sie werden weitergeleitet",
        locked: "Ihr Konto ist gesperrt",
        policy: "Die Richtlinie Ihrer Firma erlaubt das nicht",
        already: "Der Zugriff wurde bereits erteilt",
    });
}

#[test]
fn french() {
    check(&Language {
        consent: "Reader demande l’accès à vos données",
        approve: &["Autoriser", "Accepter", "Approuver", "Permettre l’accès"],
        deny: &["Refuser", "Annuler", "Non", "Ne pas autoriser", "Retour"],
        negated: "N’autoriser aucun accès, Ne rien autoriser, Autoriser plus tard, Continuer sans accepter, Retirer l’autorisation",
        go_on: &["Continuer", "Oui", "Confirmer", "Suivant"],
        sign_in: &["Se connecter", "Connexion", "Suivant"],
        beside: &[
            "Se connecter avec Google",
            "S’inscrire",
            "Mot de passe oublié ?",
            "Clé d’accès",
            "Envoyer un code",
        ],
        user: &["Adresse e-mail", "Nom d’utilisateur", "Identifiant"],
        code: &["Code de vérification", "Code à usage unique"],
        remember: "Rester connecté",
        skip: &["Passer", "Plus tard"],
        refuse_cookies: &["Tout refuser", "Continuer sans accepter"],
        accept_cookies: &["Tout accepter", "J’accepte"],
        choose_place: "Choisissez une région",
        choose_account: "Choisissez un compte",
        another_account: "Utiliser un autre compte",
        on_its_way: "Veuillez patienter",
        locked: "Votre compte est verrouillé",
        policy: "Votre administrateur n’a pas donné son accord",
        already: "Cet accès est déjà autorisé",
    });
}

#[test]
fn spanish() {
    check(&Language {
        consent: "Reader solicita acceso a sus datos",
        approve: &["Permitir", "Autorizar", "Aceptar", "Aprobar", "Conceder acceso"],
        deny: &["Denegar", "Rechazar", "Cancelar", "No permitir", "Volver"],
        negated: "Dejar de permitir, No autorizar nada, Permitir más tarde, No conceder ningún acceso, Revocar y autorizar",
        go_on: &["Continuar", "Sí", "Confirmar", "Siguiente"],
        sign_in: &["Iniciar sesión", "Acceder", "Siguiente"],
        beside: &[
            "Continuar con Google",
            "Registrarse",
            "¿Olvidaste tu contraseña?",
            "Clave de acceso",
            "Enviar código",
        ],
        user: &["Correo electrónico", "Nombre de usuario", "Usuario"],
        code: &["Código de verificación", "Código de un solo uso"],
        remember: "Recordarme",
        skip: &["Omitir", "Ahora no", "Más tarde"],
        refuse_cookies: &["Rechazar todo", "Solo necesarias"],
        accept_cookies: &["Aceptar todas", "Entendido"],
        choose_place: "Elija un espacio de trabajo",
        choose_account: "Elige una cuenta",
        another_account: "Usar otra cuenta",
        on_its_way: "Redirigiendo",
        locked: "Cuenta bloqueada por demasiados intentos",
        policy: "Contacte con su administrador",
        already: "El acceso ya se ha concedido",
    });
}
