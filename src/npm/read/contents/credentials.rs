//! Files that should not leave the house.

use crate::error::Problem;

/// A warning for each packed file that may hold a credential. It is packed all the same, as pnpm does.
pub(super) fn warnings(list: &[String], label: &str) -> Vec<Problem> {
    list.iter()
        .filter_map(|path| {
            let what = credential(path)?;
            Some(
                Problem::new(format!("{label}: packs {path}, {what}"))
                    .hint("name it in .npmignore, or let `files` list what is meant to be published"),
            )
        })
        .collect()
}

/// What a file may give away, told by its path.
fn credential(path: &str) -> Option<&'static str> {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let harmless = matches!(extension, Some("example" | "sample" | "template"));
    if name == ".env" || (name.starts_with(".env.") && !harmless) {
        return Some("which may hold secrets");
    }
    if matches!(
        name,
        ".npmrc"
            | ".yarnrc"
            | ".yarnrc.yml"
            | ".netrc"
            | "_netrc"
            | ".git-credentials"
            | ".pypirc"
            | ".htpasswd"
    ) || lower == ".git/config"
        || lower.ends_with("/.git/config")
        || lower.ends_with(".docker/config.json")
        || lower.ends_with(".aws/credentials")
    {
        return Some("which may hold credentials");
    }
    if matches!(name, "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519")
        || matches!(extension, Some("pem" | "key" | "p12" | "pfx" | "jks" | "keystore" | "ppk"))
    {
        return Some("which may be a private key");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_known_by_name() {
        for path in [".npmrc", "a/.env", ".env.production", "keys/id_ed25519", "a/server.PEM", ".git/config"]
        {
            assert!(credential(path).is_some(), "{path}");
        }
        for path in [".env.example", "env.js", ".environment", "id_rsa.pub", "key", "keyboard.js", "config"] {
            assert!(credential(path).is_none(), "{path}");
        }
    }
}
