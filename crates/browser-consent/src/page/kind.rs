//! What kind of page a snapshot shows.

use crate::page::banner::banner;
use crate::page::detour::{self, Pick};
use crate::page::field;
use crate::page::locate::{self, Found, Names};
use crate::page::message::{self, Said};
use crate::page::phrases::normalize;
use crate::page::snapshot::{Field, Snapshot};
use crate::page::words;
use crate::problem::Obstacle;

/// What the run allows, and what it has done so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past<'a> {
    /// Where credentials may be typed and buttons pressed.
    pub(crate) origins: Vec<String>,
    /// The redirect URI without its query.
    pub(crate) redirect: Option<String>,
    pub(crate) names: Names<'a>,
    pub(crate) identifier: Option<Sent>,
    pub(crate) password: Option<Sent>,
    pub(crate) code: Option<Sent>,
    /// Whether one-time codes can be had.
    pub(crate) has_codes: bool,
    /// What the page said on which something was pressed last.
    pub(crate) said: Option<Said>,
    /// The documents in which a banner was sent away.
    pub(crate) without_banner: Vec<String>,
}

impl<'a> Past<'a> {
    /// The account's name for a script on a page of this origin; a page that is not allowed is told nothing of ours.
    pub(crate) fn name_for(&self, origin: &String) -> &'a str {
        self.names.email.filter(|_| self.origins.contains(origin)).unwrap_or_default()
    }
}

/// Something that was sent: the page that it was sent from, by what tells whether it comes back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) said: Said,
    heading: String,
    field: Option<Field>,
    kinds: Vec<String>,
    /// Whether the request was opened again since, which brings the form back whatever became of it.
    pub(crate) reopened: bool,
}

impl Sent {
    /// What was sent with a field of a page.
    pub(crate) fn from(page: &Snapshot, field: Option<usize>) -> Self {
        let (kinds, heading) = (kinds(page, field), heading(page).to_owned());
        let field = field.map(|at| page.fields[at].clone());
        Self { said: Said::by(page), heading, field, kinds, reopened: false }
    }

    /// What the page says now and did not say then.
    fn news(&self, page: &Snapshot) -> Option<String> {
        message::news(page, &self.said)
    }
}

/// The kinds of page, in the order in which they are looked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The browser's own page for an address that it could not show.
    BrowserError,
    /// What a browser shows before there is any page.
    Blank,
    Redirected,
    /// A page on an origin that nobody allowed.
    Elsewhere,
    /// Something that is asked of a person.
    NeedsHuman(Obstacle),
    /// A cookie banner, and the button that sends it away.
    Banner(usize),
    /// The sign-in form is back; this is what the page says about it.
    BadCredentials(Option<String>),
    /// The sign-in form is back since the request was opened again, which says nothing about what was sent with it.
    SignedOut,
    /// The form for the one-time code is back; this is what the page says about it.
    BadCode(Option<String>),
    /// The fields for a one-time code: one, or one a digit.
    Code(Vec<usize>),
    SignIn {
        user: Option<usize>,
        password: Option<usize>,
    },
    AccountChooser(usize),
    /// A list of workspaces or regions.
    Chooser(Pick),
    /// A page that goes on by itself.
    Passing,
    Consent(Found),
    /// An offer beside the point, and the button that declines it.
    Offer(usize),
    /// A frame of an allowed origin on a page that has nothing else.
    Frame(usize),
    ErrorPage(String),
    Unknown,
}

impl Kind {
    /// What the trail and the report call it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::BrowserError => "browser error page",
            Self::Blank => "no page",
            Self::Redirected => "redirect URI",
            Self::Elsewhere => "foreign origin",
            Self::NeedsHuman(_) => "needs a human",
            Self::Banner(_) => "cookie banner",
            Self::BadCredentials(_) => "sign-in refused",
            Self::SignedOut => "sign-in once more",
            Self::BadCode(_) => "one-time code refused",
            Self::Code(_) => "one-time code",
            Self::SignIn { user: Some(_), password: Some(_) } => "sign-in",
            Self::SignIn { password: Some(_), .. } => "password",
            Self::SignIn { .. } => "identifier",
            Self::AccountChooser(_) => "account chooser",
            Self::Chooser(_) => "chooser",
            Self::Passing => "intermediate",
            Self::Consent(_) => "consent",
            Self::Offer(_) => "offer to skip",
            Self::Frame(_) => "frame",
            Self::ErrorPage(_) => "error page",
            Self::Unknown => "unknown",
        }
    }
}

pub(crate) fn classify(page: &Snapshot, past: &Past<'_>) -> Kind {
    if ["chrome-error:", "about:neterror"].iter().any(|it| page.address.starts_with(it)) {
        return Kind::BrowserError;
    }
    if ["data:", "about:blank"].iter().any(|it| page.address.starts_with(it)) {
        return Kind::Blank;
    }
    if past.redirect.as_deref() == Some(page.address.as_str()) {
        return Kind::Redirected;
    }
    if !past.origins.contains(&page.origin) {
        return Kind::Elsewhere;
    }
    let password = field::password(page);
    let asks_for_code = password.is_none() && !field::enrols(page);
    let codes = if asks_for_code { field::one_time_code(page) } else { Vec::new() };
    if let Some(obstacle) = needs_human(page, !codes.is_empty() && !past.has_codes) {
        return Kind::NeedsHuman(obstacle);
    }
    if !past.without_banner.contains(&page.document)
        && let Some(at) = banner(page)
    {
        return Kind::Banner(at);
    }
    if !codes.is_empty() {
        return match &past.code {
            Some(sent) if is_refused(page, codes.first().copied(), sent) => {
                Kind::BadCode(sent.news(page).or_else(|| page.alerts.first().cloned()))
            }
            _ => Kind::Code(codes),
        };
    }
    let user = field::user(page, password);
    let consent = locate::approve(page, &past.names);
    if password.is_some() {
        return match &past.password {
            Some(sent) if sent.reopened => Kind::SignedOut,
            Some(sent) if is_refused(page, password, sent) => Kind::BadCredentials(sent.news(page)),
            // Another form that wants a password is none that it is known for.
            Some(sent) if page.document != sent.said.document => Kind::Unknown,
            _ => Kind::SignIn { user, password },
        };
    }
    if let Some(at) = user
        && sends_identifier(page, at, consent)
        && (consent == Found::Nothing || !is_over(page, past, consent))
    {
        match &past.identifier {
            Some(sent) if is_refused(page, user, sent) => {
                return Kind::BadCredentials(sent.news(page));
            }
            // Another form that wants an address is none that it is known for.
            Some(sent) if page.document != sent.said.document => {}
            _ => return Kind::SignIn { user, password },
        }
    }
    if let Some(at) = detour::account(page, &past.names, consent) {
        return Kind::AccountChooser(at);
    }
    if !consent.is_strong() {
        if let Some(pick) = detour::chooser(page, &past.names) {
            return Kind::Chooser(pick);
        }
        if detour::is_passing(page) {
            return Kind::Passing;
        }
    }
    let offer = detour::skip(page);
    // An offer has a way out, and a button beside it that may say anything.
    if let Some(at) = offer
        && !consent.is_strong()
        && !locate::speaks_of_consent(page)
    {
        return Kind::Offer(at);
    }
    if consent != Found::Nothing {
        return Kind::Consent(consent);
    }
    if let Some(at) = offer {
        return Kind::Offer(at);
    }
    let listed = |origin: &String| past.origins.contains(origin);
    if let Some(at) = page.frames.iter().position(|it| !it.hidden && listed(&it.origin)) {
        return Kind::Frame(at);
    }
    message::error(page).map_or(Kind::Unknown, Kind::ErrorPage)
}

/// Whether the form of a field for the account's name can be sent; where there is an approval, it has to say that it signs
/// in, or it is one for something else.
fn sends_identifier(page: &Snapshot, user: usize, consent: Found) -> bool {
    match locate::login(page, &page.fields[user]) {
        Found::Nothing => false,
        Found::Tie => true,
        Found::Best { index, .. } => {
            let label = normalize(&page.buttons[index].label);
            !consent.is_strong() || words::LOGIN.occur_in(&label)
        }
    }
}

fn needs_human(page: &Snapshot, needs_code: bool) -> Option<Obstacle> {
    const CAPTCHAS: &[&str] = &[
        "recaptcha",
        "hcaptcha",
        "challenges.cloudflare.com",
        "arkoselabs",
        "funcaptcha",
        "turnstile",
    ];
    if needs_code {
        return Some(Obstacle::OneTimeCode);
    }
    let is_captcha = |address: &str| CAPTCHAS.iter().any(|it| address.contains(it));
    let is_asked = page.frames.iter().any(|it| !it.hidden && is_captcha(&it.address));
    (is_asked || page.captcha).then_some(Obstacle::Captcha)
}

/// Whether the identifier was sent and this is no longer the form that it was sent with.
fn is_over(page: &Snapshot, past: &Past<'_>, consent: Found) -> bool {
    let strong = matches!(consent, Found::Best { strong: true, .. });
    past.identifier.as_ref().is_some_and(|sent| strong || sent.said.document != page.document)
}

/// Whether the form that was sent is here again and refuses what was sent: in its document below a warning that was not
/// there, or in a new one with the same fields under the same heading, or above the word that something is wrong. That it took too long is no refusal.
fn is_refused(page: &Snapshot, field: Option<usize>, sent: &Sent) -> bool {
    let is_same_document = page.document == sent.said.document;
    if is_same_document {
        return message::complaint(page, &sent.said).is_some();
    }
    let is_same = match (field.map(|at| &page.fields[at]), &sent.field) {
        (Some(it), Some(its)) => is_same_field(it, its),
        _ => false,
    };
    let news = sent.news(page).map(|it| normalize(&it)).unwrap_or_default();
    // The title of a form may begin with "Error:" when it is back.
    let is_its_heading = sent.heading == heading(page) || words::WRONG.occur_in(&news);
    let expired = words::EXPIRED.occur_in(&news);
    is_same && !expired && is_its_heading && sent.kinds == kinds(page, field)
}

/// The kinds of the fields of a form.
fn kinds(page: &Snapshot, field: Option<usize>) -> Vec<String> {
    let form = field.map(|at| page.fields[at].form);
    let fields = page.fields.iter().filter(|it| Some(it.form) == form);
    fields.map(|it| it.kind.clone()).collect()
}

/// Whether two documents have the same field, by whichever of its names.
fn is_same_field(one: &Field, other: &Field) -> bool {
    let same = |one: &str, other: &str| !one.is_empty() && one == other;
    same(&one.attribute, &other.attribute)
        || same(&one.id, &other.id)
        || same(&one.label, &other.label)
}

fn heading(page: &Snapshot) -> &str {
    if page.heading.is_empty() { &page.title } else { &page.heading }
}
