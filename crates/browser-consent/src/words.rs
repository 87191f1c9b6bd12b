//! What the labels of buttons say, in seven languages.
//!
//! Phrases are stored as [`normalize`] leaves them: lowercase, without apostrophes, one space between words.

/// Phrases with commas between them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phrases(pub(crate) &'static str);

impl Phrases {
    fn iter(self) -> impl Iterator<Item = &'static str> {
        self.0.split(',').map(str::trim)
    }

    /// The first that occurs in a normalized text as whole words.
    pub(crate) fn find(self, text: &str) -> Option<&'static str> {
        let is_whole = |at: usize, it: &str| {
            text[..at].ends_with(' ') && text[at + it.len()..].starts_with(' ')
        };
        self.iter().find(|it| text.match_indices(it).any(|(at, _)| is_whole(at, it)))
    }

    pub(crate) fn occur_in(self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// Whether one of them is all that a normalized text says.
    pub(crate) fn are(self, text: &str) -> bool {
        self.iter().any(|it| it == text.trim())
    }

    /// Whether a normalized text begins with one of them.
    pub(crate) fn lead(self, text: &str) -> bool {
        let rest = |it| text.strip_prefix(' ').and_then(|text| text.strip_prefix(it));
        self.iter().filter_map(rest).any(|rest| rest.starts_with(' '))
    }
}

pub(crate) const DENY: Phrases = Phrases(
    "
    deny, decline, reject, refuse, cancel, abort, no, not, not now, dont, do not, never, without, disallow, dismiss,
    back, block, disagree, revoke, ablehnen, abbrechen, verweigern, nein, nicht, zurück, verbieten, niemals, ohne,
    refuser, annuler, non, rejeter, pas, jamais, retour, interdire, sans, denegar, rechazar, cancelar, rehusar,
    volver, atrás, nunca, sin, negar, recusar, rejeitar, não, nao, voltar, sem, nega, negare, rifiuta, rifiutare,
    annulla, annullare, indietro, mai, senza, weigeren, afwijzen, annuleren, nee, niet, terug, nooit, zonder",
);

/// Buttons that lead somewhere else than forward.
pub(crate) const ASIDE: Phrases = Phrases(
    "
    another account, different account, other account, another user, different user, switch, not you, edit, policy,
    privacy, terms, help, request access, report, home, settings, manage, learn more, details, show, hide, sign out,
    log out, logout, sign up, signup, register, create account, create an account, forgot, forgotten, reset,
    newsletter, cookie, cookies, anderes konto, wechseln, bearbeiten, datenschutz, hilfe, abmelden, registrieren,
    vergessen, konto erstellen, anzeigen, zurücksetzen, autre compte, changer, modifier, confidentialité, aide,
    déconnexion, se déconnecter, inscrire, sinscrire, oublié, créer un compte, afficher, réinitialiser, otra cuenta,
    cambiar, editar, privacidad, ayuda, cerrar sesión, registrarse, crear cuenta, olvidé, olvidaste, mostrar,
    restablecer, outra conta, trocar, privacidade, ajuda, sair, cadastrar, criar conta, esqueci, esqueceu, redefinir,
    altro account, cambia, modifica, aiuto, esci, registrati, crea account, dimenticato, dimenticata, mostra,
    reimposta, ander account, wijzigen, bewerken, uitloggen, afmelden, registreren, account aanmaken, vergeten,
    tonen, resetten",
);

/// Ways to sign in that need something we do not have.
pub(crate) const OTHER_SIGN_IN: Phrases = Phrases(
    "
    passkey, passkeys, security key, sso, single sign on, saml, magic, magic link, email me, send link, send a link,
    send code, send a code, qr code, fingerprint, face id",
);

pub(crate) const PROVIDERS: Phrases = Phrases(
    "
    google, apple, github, gitlab, bitbucket, microsoft, azure, facebook, twitter, x, linkedin, slack, discord, okta,
    auth0, amazon, yahoo, steam, twitch, spotify, notion, openid",
);

pub(crate) const WITH: Phrases = Phrases(
    "
    with, using, via, mit, über, avec, con, com, met",
);

pub(crate) const LOGIN: Phrases = Phrases(
    "
    login, log in, sign in, signin, log on, next, continue, verify, submit, anmelden, einloggen, weiter, fortfahren,
    connexion, se connecter, connecter, suivant, continuer, sidentifier, iniciar sesión, acceder, ingresar, entrar,
    siguiente, continuar, iniciar sessão, próximo, avançar, seguinte, acessar, accedi, avanti, continua, entra,
    inloggen, aanmelden, volgende, doorgaan, verder",
);

pub(crate) const STRONG: Phrases = Phrases(
    "
    allow, authorize, authorise, approve, accept, grant, consent, agree, permit, erlauben, zulassen, autorisieren,
    genehmigen, zustimmen, akzeptieren, gewähren, einwilligen, autoriser, accepter, approuver, permettre, consentir,
    accorder, permitir, autorizar, aceptar, aprobar, conceder, aceitar, aprovar, consenti, autorizza, accetta,
    approva, permetti, consentire, autorizzare, accettare, toestaan, autoriseren, goedkeuren, accepteren, akkoord,
    machtigen",
);

pub(crate) const WEAK: Phrases = Phrases(
    "
    continue, yes, ok, okay, confirm, next, connect, proceed, weiter, fortfahren, ja, bestätigen, verbinden,
    continuer, oui, confirmer, suivant, connecter, continuar, sí, si, confirmar, siguiente, conectar, sim, avançar,
    próximo, continua, sì, conferma, avanti, connetti, doorgaan, verder, bevestigen, volgende",
);

/// Labels that decline an offer: a passkey, a second factor, a tour.
pub(crate) const SKIP: Phrases = Phrases(
    "
    skip, skip for now, not now, maybe later, later, remind me later, do this later, no thanks, überspringen, später,
    jetzt nicht, passer, plus tard, ignorer, omitir, más tarde, ahora no, pular, mais tarde, agora não, salta,
    più tardi, non ora, overslaan, niet nu",
);

/// Labels that close a layer over the page.
pub(crate) const CLOSE: Phrases = Phrases(
    "
    close, skip, dismiss, reject, reject all, decline, got it, only necessary, necessary only, x, schließen,
    ablehnen, alle ablehnen, fermer, refuser, tout refuser, cerrar, rechazar, fechar, recusar, chiudi, rifiuta,
    sluiten, weigeren",
);

/// Words on a page that asks for consent.
pub(crate) const CONSENT: Phrases = Phrases(
    "
    access, permission, permissions, authorize, authorise, authorization, allow, consent, grant, would like to,
    wants to, scope, scopes, zugriff, berechtigung, berechtigungen, accès, autorisation, autorisations, acceso,
    permiso, permisos, acesso, permissão, permissões, accesso, autorizzazione, autorizzazioni, toegang, toestemming",
);

/// What the field for the account's name is called.
pub(crate) const USER: Phrases = Phrases(
    "
    email, e mail, mail, user, username, user name, login, login name, loginname, account, identifier, uid, uid field,
    benutzername, nutzername, anmeldename, benutzer, utilisateur, identifiant, courriel, correo, usuario, usuário,
    utente, posta, gebruikersnaam",
);

pub(crate) const ONE_TIME_CODE: Phrases = Phrases(
    "
    otp, totp, mfa, 2fa, one time, onetime, verification code, security code, authenticator, passcode,
    authentication code, login code",
);

/// What a box is about that nobody has to tick.
pub(crate) const BESIDE: Phrases = Phrases(
    "
    remember, rememberme, ask, organisation, organization, org, trust, newsletter, marketing, stay, keep",
);

pub(crate) const DENY_ATTRIBUTES: Phrases = Phrases(
    "
    deny, decline, reject, refuse, cancel, abort, disallow, dismiss",
);
pub(crate) const DENY_VALUES: Phrases = Phrases(
    "
    0, false, no, deny, denied, cancel, reject, decline",
);
pub(crate) const APPROVE_ATTRIBUTES: Phrases = Phrases(
    "
    allow, authorize, authorise, approve, accept, grant, consent, agree, permit",
);
pub(crate) const APPROVE_VALUES: Phrases = Phrases(
    "
    1, true, yes, approve, accept, allow, authorize, grant",
);

/// Lowercase words with one space between and around them, so that a phrase is found by plain search.
pub(crate) fn normalize(text: &str) -> String {
    let mut words = String::from(" ");
    for letter in text.to_lowercase().chars() {
        match letter {
            '\'' | '’' | '‘' | '`' => {}
            _ if letter.is_alphanumeric() => words.push(letter),
            _ if words.ends_with(' ') => {}
            _ => words.push(' '),
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
    words
}

/// The words of an attribute, where `denyButton`, `deny-button` and `deny_button` are the same.
pub(crate) fn attribute_words(text: &str) -> String {
    let mut spaced = String::new();
    let mut lower = false;
    for letter in text.chars() {
        if lower && letter.is_uppercase() {
            spaced.push(' ');
        }
        lower = letter.is_lowercase();
        spaced.push(letter);
    }
    normalize(&spaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_and_attributes_are_split_at_their_humps() {
        assert_eq!(normalize("Don’t  Allow!"), " dont allow ");
        assert_eq!(normalize("—"), " ");
        assert_eq!(DENY.find(&normalize("Notify me")), None);
        assert_eq!(DENY.find(&normalize("[ Cancel ]")), Some("cancel"));
        assert_eq!(DENY.find(&normalize("Continuer sans accepter")), Some("sans"));
        assert_eq!(DENY_ATTRIBUTES.find(&attribute_words("consentDenyButton")), Some("deny"));
        assert_eq!(DENY_ATTRIBUTES.find(&attribute_words("kc-cancel")), Some("cancel"));
        assert!(STRONG.lead(&normalize("Allow access")) && !STRONG.lead(&normalize("I allow")));
    }
}
