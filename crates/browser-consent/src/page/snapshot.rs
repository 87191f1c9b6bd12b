//! What one script saw on the page, in one moment.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::Deserialize;

/// The script that takes a [`Snapshot`]; its argument is the client's name.
pub(crate) const SCRIPT: &str = concat!(include_str!("visible.js"), include_str!("snapshot.js"));

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Snapshot {
    pub(crate) origin: String,
    /// Scheme, host, port and path; never the query.
    pub(crate) address: String,
    /// Differs from document to document, also at the same address.
    pub(crate) document: String,
    pub(crate) ready: bool,
    /// Whether nothing is left that could move anything.
    pub(crate) still: bool,
    pub(crate) status: u16,
    /// How often the document has sent something, or begun to leave.
    pub(crate) sent: u32,
    /// How many requests of its scripts have no answer yet.
    pub(crate) waiting: u32,
    pub(crate) title: String,
    pub(crate) heading: String,
    pub(crate) text: String,
    /// The client's name as the page would show it.
    pub(crate) client: String,
    pub(crate) alerts: Vec<String>,
    /// Text that is styled as an error and not announced as one.
    pub(crate) notes: Vec<String>,
    /// Text that is announced and need not be a warning.
    pub(crate) live: Vec<String>,
    /// The `error` and `error_description` parameters of the page's own address.
    pub(crate) answer: Option<String>,
    pub(crate) fields: Vec<Field>,
    pub(crate) boxes: Vec<Tick>,
    pub(crate) buttons: Vec<Button>,
    /// The lines of each part of the page that is called after cookies.
    pub(crate) layers: Vec<Vec<String>>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) choices: Vec<Choice>,
    /// Whether the page hands something on by itself, in a form or by a refresh.
    pub(crate) passing: bool,
    pub(crate) captcha: bool,
    /// Whether it shows what may be a picture to scan.
    pub(crate) barcode: bool,
    /// Whether it shows the secret of a device: as a link, or in groups of four letters.
    #[serde(rename = "deviceSecret")]
    pub(crate) device_secret: bool,
    /// What reads like a scope on the page.
    pub(crate) scopes: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Hash)]
#[serde(default)]
pub(crate) struct Field {
    pub(crate) element: Handle,
    pub(crate) rect: [i32; 4],
    pub(crate) attribute: String,
    pub(crate) id: String,
    pub(crate) disabled: bool,
    pub(crate) form: Option<usize>,
    pub(crate) kind: String,
    pub(crate) autocomplete: String,
    pub(crate) label: String,
    /// In UTF-16 units; the value itself never leaves the page.
    pub(crate) length: usize,
    pub(crate) limit: i32,
    pub(crate) fixed: bool,
    /// The origin that its form sends it to; nothing where that is not known.
    #[serde(rename = "sendsTo")]
    pub(crate) sends_to: String,
}

#[derive(Clone, Debug, Default, Deserialize, Hash)]
#[serde(default)]
pub(crate) struct Tick {
    pub(crate) element: Handle,
    pub(crate) rect: [i32; 4],
    pub(crate) attribute: String,
    pub(crate) id: String,
    pub(crate) disabled: bool,
    pub(crate) form: Option<usize>,
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) required: bool,
    pub(crate) checked: bool,
}

#[derive(Clone, Debug, Default, Deserialize, Hash)]
#[serde(default)]
pub(crate) struct Button {
    pub(crate) element: Handle,
    pub(crate) rect: [i32; 4],
    pub(crate) attribute: String,
    pub(crate) id: String,
    pub(crate) disabled: bool,
    pub(crate) form: Option<usize>,
    pub(crate) label: String,
    /// `submit`, `button`, `image` or, for what only plays a button, nothing.
    pub(crate) kind: String,
    /// Whether it is a `<button>`, whose value is not its label.
    pub(crate) button: bool,
    pub(crate) value: String,
    pub(crate) class: String,
    pub(crate) data: Vec<String>,
    pub(crate) action: String,
    /// The origin that it sends its form to, where it says so itself.
    #[serde(rename = "sendsTo")]
    pub(crate) sends_to: String,
    /// The `_method` field of its form.
    pub(crate) method: String,
    pub(crate) link: bool,
    pub(crate) expands: bool,
    /// The [`Snapshot::layers`] that it stands in.
    pub(crate) layers: Vec<usize>,
}

/// A radio button or an option of a list.
#[derive(Clone, Debug, Default, Deserialize, Hash)]
#[serde(default)]
pub(crate) struct Choice {
    pub(crate) element: Handle,
    pub(crate) rect: [i32; 4],
    pub(crate) disabled: bool,
    pub(crate) form: Option<usize>,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

#[derive(Clone, Debug, Default, Deserialize, Hash)]
#[serde(default)]
pub(crate) struct Frame {
    pub(crate) element: Handle,
    pub(crate) rect: [i32; 4],
    pub(crate) label: String,
    pub(crate) origin: String,
    pub(crate) address: String,
    pub(crate) hidden: bool,
}

/// An element as a script or WebDriver names it; the name is stale after the element's document is gone.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq)]
#[serde(from = "Reference")]
pub(crate) struct Handle(pub(crate) String);

#[derive(Deserialize)]
#[serde(untagged)]
enum Reference {
    Script(String),
    WebDriver(BTreeMap<String, String>),
}

impl From<Reference> for Handle {
    fn from(it: Reference) -> Self {
        Self(match it {
            Reference::Script(it) => it,
            Reference::WebDriver(it) => it.into_values().next().unwrap_or_default(),
        })
    }
}

impl Snapshot {
    /// The same number as long as nothing that matters has changed.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.address, &self.document, self.ready, &self.heading, &self.text).hash(&mut hasher);
        (&self.alerts, &self.notes, &self.live, &self.fields, &self.boxes, &self.buttons)
            .hash(&mut hasher);
        (&self.frames, &self.choices).hash(&mut hasher);
        hasher.finish()
    }

    /// The same number as long as one can fill in, tick and press the same things, wherever they are.
    pub(crate) fn controls(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.document, self.ready, &self.heading, &self.alerts, &self.notes).hash(&mut hasher);
        let lists = [self.fields.len(), self.boxes.len(), self.buttons.len(), self.choices.len()];
        (lists, self.frames.len()).hash(&mut hasher);
        self.fields.iter().for_each(|it| (&it.label, it.disabled).hash(&mut hasher));
        self.boxes.iter().for_each(|it| (&it.label, it.disabled, it.checked).hash(&mut hasher));
        self.buttons.iter().for_each(|it| (&it.label, it.disabled).hash(&mut hasher));
        self.choices.iter().for_each(|it| (&it.label, it.disabled, it.chosen).hash(&mut hasher));
        self.frames.iter().for_each(|it| it.address.hash(&mut hasher));
        hasher.finish()
    }
}
