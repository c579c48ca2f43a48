//! Whether a command is to see the packed packages without a file of the project being touched.

/// `run --isolated`: what the caller wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum IsolatedWay {
    /// It is not: the project is prepared, and restored.
    #[default]
    Off,
    /// It is, in whichever way can be.
    Any,
    /// By trees that stand for the contexts of image builds.
    Context,
    /// By mounts that the command alone sees.
    Namespace,
}

impl IsolatedWay {
    /// The words that are offered.
    pub(crate) const OFFERED: [&'static str; 3] = ["context", "namespace", "false"];

    /// The one that is typed.
    ///
    /// # Errors
    /// What may be typed, for any other word.
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        match word {
            "false" | "0" | "no" | "off" => Ok(Self::Off),
            "true" | "1" | "yes" | "on" => Ok(Self::Any),
            "context" => Ok(Self::Context),
            "namespace" => Ok(Self::Namespace),
            _ => Err(format!("`{word}` is none of true, {}", Self::OFFERED.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert_eq!(IsolatedWay::parse("true"), Ok(IsolatedWay::Any));
        assert_eq!(IsolatedWay::parse("0"), Ok(IsolatedWay::Off));
        for word in IsolatedWay::OFFERED {
            assert!(IsolatedWay::parse(word).is_ok());
        }
        assert_eq!(
            IsolatedWay::parse("tree").unwrap_err(),
            "`tree` is none of true, context, namespace, false"
        );
    }
}
