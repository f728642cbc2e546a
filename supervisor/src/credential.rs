//! Values that only an upstream server may learn.

use zeroize::Zeroizing;

/// Shorter values are not looked for in text: `1`, `true` or `eu` is no secret, and would blank out half a line.
const SHORTEST_HIDDEN: usize = 8;

/// What stands in the place of a hidden value.
const HIDDEN: &str = "[hidden]";

/// A value that was read for one upstream server. It can be neither printed, nor written as JSON, nor compared,
/// and its memory is zeroed when it is dropped. Only `upstream` calls [`Secret::expose`].
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the value over.
    pub(crate) fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself. What it is copied into is no longer guarded by this type.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of the value replaced: an upstream that prints its own environment does not
    /// get it into our log, nor before a model.
    pub(crate) fn hide_in(&self, text: String) -> String {
        if self.0.len() < SHORTEST_HIDDEN || !text.contains(self.0.as_str()) {
            return text;
        }
        text.replace(self.0.as_str(), HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_hidden_and_a_flag_is_not() {
        let text = "token=hunter2hunter2 debug=true".to_owned();
        let text = Secret::new("hunter2hunter2".into()).hide_in(text);
        assert_eq!(Secret::new("true".into()).hide_in(text), "token=[hidden] debug=true");
    }
}
