/// How a person is led through sign-in and consent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[non_exhaustive]
pub enum Screens {
    /// A sign-in page and a consent page: plain forms, no script.
    #[default]
    Plain,
    /// One page with an application in it, which draws both screens itself.
    #[cfg_attr(feature = "cli", value(name = "spa"))]
    SinglePage,
    /// A page for the e-mail address, one for the password, one for consent.
    MultiStep,
}
