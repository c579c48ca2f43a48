//! Programs that start the command that their arguments are.

use super::assignments;
use crate::image::dockerfile::variables::KnownVariables;

/// What is started.
pub(super) enum Unwrapped<'a> {
    Words(&'a [String]),
    /// What a shell reads.
    Script(String),
}

/// Programs of packages that install, or prepare an install, wherever they are started from.
const TOOLS: [&str; 10] = ["pnpm", "yarn", "npm", "bun", "turbo", "lerna", "nx", "moon", "rush", "ni"];

/// Behind words that only say how the next ones are run.
pub(super) fn unwrap<'a>(mut words: &'a [String], known: &mut KnownVariables<'_>) -> Unwrapped<'a> {
    while let [first, rest @ ..] = words {
        words = match first.rsplit('/').next().unwrap_or_default() {
            "env" | "cross-env" | "dotenv" => assignments(skip_flags(rest, &["-u", "-C", "-e"]), known),
            "sudo" | "doas" => {
                assignments(skip_flags(rest, &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "--user"]), known)
            }
            "nice" => skip_flags(rest, &["-n"]),
            "ionice" => skip_flags(rest, &["-c", "-n"]),
            "exec" => skip_flags(rest, &["-a"]),
            "stdbuf" => skip_flags(rest, &["-i", "-o", "-e"]),
            "command" if rest.first().is_some_and(|flag| matches!(flag.as_str(), "-v" | "-V")) => {
                return Unwrapped::Words(words);
            }
            "command" | "builtin" | "nohup" | "setsid" | "time" | "catatonit" | "dumb-init" => {
                skip_flags(rest, &[])
            }
            "tini" => skip_flags(rest, &["-p", "-e"]),
            "timeout" => skip_flags(rest, &["-k", "-s"]).get(1..).unwrap_or_default(),
            "gosu" | "su-exec" => skip_flags(rest, &[]).get(1..).unwrap_or_default(),
            "meteor" => match tool(rest) {
                Some(words) => words,
                None => return Unwrapped::Words(words),
            },
            "nvm" | "fnm" | "volta" | "mise" | "asdf" | "n" => match version_manager(rest) {
                Some(words) => words,
                None => return Unwrapped::Words(words),
            },
            "setpriv" => skip_flags(rest, &["--reuid", "--regid", "--groups"]),
            "retry" => {
                let behind = skip_flags(rest, &["-t", "-d", "-n", "--times", "--delay"]);
                let numbers = behind.iter().take_while(|word| word.parse::<f64>().is_ok()).count();
                &behind[numbers..]
            }
            "su" | "runuser" => match rest.iter().position(|word| word == "-c" || word == "--command") {
                Some(flag) => return Unwrapped::Script(rest.get(flag + 1).cloned().unwrap_or_default()),
                None => skip_flags(rest, &["-u", "-g", "-G", "-s", "--user"]),
            },
            "eval" => return Unwrapped::Script(rest.join(" ")),
            "corepack" | "npx" | "bunx" | "pnpx" => {
                if let [flag, script, ..] = rest
                    && flag == "-c"
                {
                    return Unwrapped::Script(script.clone());
                }
                match tool(skip_flags(rest, &["-p", "--package"])) {
                    Some(words) => words,
                    None => return Unwrapped::Words(words),
                }
            }
            "npm" | "pnpm" | "yarn" | "bun" => {
                let behind = match rest {
                    [word, rest @ ..] if matches!(word.as_str(), "exec" | "x" | "dlx" | "run") => {
                        skip_flags(rest, &["-p", "--package"])
                    }
                    rest => rest,
                };
                // `pnpm npm` and the like are nothing that is written.
                match tool(behind).filter(|words| !is_manager(&words[0])) {
                    Some(words) => words,
                    None => return Unwrapped::Words(words),
                }
            }
            _ => return Unwrapped::Words(words),
        };
    }
    Unwrapped::Words(words)
}

/// The command behind `exec` or `run` of a program that chooses the version of Node.js, and behind that version.
fn version_manager(words: &[String]) -> Option<&[String]> {
    let [word, rest @ ..] = words else { return None };
    if !matches!(word.as_str(), "exec" | "run" | "x") {
        return None;
    }
    let behind = skip_flags(rest, &["--using", "--node", "--npm", "--yarn", "--pnpm"]);
    tool(behind).or_else(|| {
        behind
            .iter()
            .position(|word| tool(std::slice::from_ref(word)).is_some())
            .and_then(|at| behind.get(at..))
    })
}

/// Words that begin with one of [`TOOLS`].
fn tool(words: &[String]) -> Option<&[String]> {
    let name = words.first()?.split('@').next().unwrap_or_default();
    TOOLS.contains(&name).then_some(words)
}

fn is_manager(word: &str) -> bool {
    TOOLS[..4].contains(&word.split('@').next().unwrap_or_default())
}

/// Behind flags, of which some have the next word as their value.
fn skip_flags<'a>(mut words: &'a [String], with_values: &[&str]) -> &'a [String] {
    while let [first, rest @ ..] = words
        && first.starts_with('-')
        && first != "-"
    {
        let has_value = with_values.contains(&first.as_str());
        words = if has_value { rest.get(1..).unwrap_or_default() } else { rest };
        if first == "--" {
            break;
        }
    }
    words
}
