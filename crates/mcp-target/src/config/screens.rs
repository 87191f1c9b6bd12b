use std::fmt;
use std::str::FromStr;

/// How a person is led through sign-in and consent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Screens {
    /// A sign-in page and a consent page: plain forms, no script.
    #[default]
    Plain,
    /// One page with an application in it, which draws both screens itself.
    SinglePage,
    /// A page for the e-mail address, one for the password, one for consent.
    MultiStep,
}

impl Screens {
    /// Every variant.
    pub const ALL: [Self; 3] = [Self::Plain, Self::SinglePage, Self::MultiStep];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::SinglePage => "spa",
            Self::MultiStep => "multi-step",
        }
    }
}

impl fmt::Display for Screens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Screens {
    type Err = UnknownScreens;

    fn from_str(name: &str) -> Result<Self, UnknownScreens> {
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or(UnknownScreens)
    }
}

/// A name that no screens have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such screens, there are plain, spa and multi-step")]
pub struct UnknownScreens;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_screens_are_found_by_their_name() {
        for screens in Screens::ALL {
            assert_eq!(screens.name().parse(), Ok(screens));
            assert!(UnknownScreens.to_string().contains(screens.name()));
        }
        assert_eq!("no-such".parse::<Screens>(), Err(UnknownScreens));
    }
}
