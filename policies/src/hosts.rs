//! What each kind of host needs so that every layer can be applied: data, in `host/hosts.toml`.

use serde::{Deserialize, Serialize};

const HOSTS: &str = include_str!("../host/hosts.toml");

/// A kind of host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// For people.
    pub name: String,
    /// `ID` or `ID_LIKE` of os-release(5); `*` is every host, `container` and `systemd` what they say.
    pub ids: Vec<String>,
    /// Whether this project's tests have run there.
    pub seen: bool,
    /// What the entry rests on.
    pub source: String,
    /// What has to be done there; nothing where every layer holds as it is.
    pub needs: Vec<Need>,
}

/// Something that a host needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// What.
    pub what: String,
    /// What it is needed for, or what stands in the way.
    pub why: String,
    /// How an operator gets it.
    pub how: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    host: Vec<Host>,
}

/// Every host that is written down.
///
/// # Errors
/// Never in a build whose tests pass.
pub fn hosts() -> Result<Vec<Host>, String> {
    toml::from_str::<Document>(HOSTS).map(|document| document.host).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::hosts;

    #[test]
    fn every_need_says_what_why_and_how() {
        let hosts = hosts().unwrap();
        assert!(hosts.iter().any(|host| host.ids == ["*"]));
        for host in hosts {
            assert!(!host.name.is_empty() && !host.ids.is_empty() && !host.source.is_empty(), "{host:?}");
            for need in &host.needs {
                assert!(![&need.what, &need.why, &need.how].iter().any(|text| text.is_empty()), "{need:?}");
            }
        }
    }
}
