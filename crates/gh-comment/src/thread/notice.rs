use std::fmt;

/// A comment that carries our marker and was not believed, with its address; it was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Somebody else wrote it.
    Forged {
        /// The comment's address.
        comment: String,
        /// The login of who wrote it; empty where the account is gone.
        author: String,
    },
    /// Its signature is not ours or that of another comment: it was edited, copied, or signed with another key.
    Edited {
        /// The comment's address.
        comment: String,
    },
    /// It has no signature, and one is required.
    Unsigned {
        /// The comment's address.
        comment: String,
    },
    /// Its hidden block cannot be read.
    Malformed {
        /// The comment's address.
        comment: String,
    },
    /// Its hidden block is of a version that this one does not know.
    UnknownVersion {
        /// The comment's address.
        comment: String,
    },
}

impl Notice {
    /// The comment's address.
    pub fn comment(&self) -> &str {
        match self {
            Self::Forged { comment, .. }
            | Self::Edited { comment }
            | Self::Unsigned { comment }
            | Self::Malformed { comment }
            | Self::UnknownVersion { comment } => comment,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forged { comment, author } if author.is_empty() => {
                write!(f, "{comment} is not ours: the account that wrote it is gone")
            }
            Self::Forged { comment, author } => {
                write!(f, "{comment} is not ours: `{author}` wrote it")
            }
            Self::Edited { comment } => write!(
                f,
                "{comment} does not have a signature of its own: it was edited, copied, or signed with another key"
            ),
            Self::Unsigned { comment } => write!(f, "{comment} has no signature"),
            Self::Malformed { comment } => {
                write!(f, "{comment} has hidden data that cannot be read")
            }
            Self::UnknownVersion { comment } => {
                write!(f, "{comment} has hidden data of a newer version")
            }
        }
    }
}
