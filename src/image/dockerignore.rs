//! What a `.dockerignore` keeps out of a build context, by the rules of BuildKit: of moby's `patternmatcher`, asked for
//! each folder on the way to a file as a walk through the context does.

mod expression;
mod pattern;
#[cfg(test)]
mod tests;

use self::pattern::Pattern;

/// Go's reader of lines takes no longer ones.
const MAX_LINE: usize = 64 * 1024;

/// Linux takes no longer paths.
const MAX_PATH: usize = 4096;

/// The patterns of a `.dockerignore`, or of a file beside a Dockerfile as `Dockerfile.dockerignore`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dockerignore {
    rules: Vec<Rule>,
}

/// A line that says something.
#[derive(Clone, Debug)]
struct Rule {
    line: usize,
    /// It begins with `!`: what it matches is not hidden.
    shows: bool,
    pattern: Pattern,
}

/// Of each pattern, whether it matches a folder: what the state of all that is in it begins with.
#[derive(Clone, Debug)]
pub(crate) struct WalkState(Vec<bool>);

impl WalkState {
    /// Becomes a copy of another one, in the room that is there.
    pub(crate) fn set(&mut self, other: &Self) {
        self.0.clone_from(&other.0);
    }
}

impl Dockerignore {
    /// Reads the lines; at the first one with which no build starts, its number from 1 on and what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, (usize, String)> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut rules = Vec::new();
        for (number, line) in text.split('\n').enumerate() {
            let number = number + 1;
            if line.len() >= MAX_LINE {
                return Err((number, "is longer than 64 KiB".to_owned()));
            }
            let Some((shows, pattern)) = rule(line) else { continue };
            let pattern = Pattern::parse(&pattern).map_err(|why| (number, why))?;
            rules.push(Rule { line: number, shows, pattern });
        }
        Ok(Self { rules })
    }

    /// The line of the first pattern that hides a path of the context for good; nothing if the build has it. The path
    /// is from the context's root, with `/` between its parts.
    ///
    /// A folder that is hidden may hold what a later `!` shows: each path has to be asked for by itself.
    pub(crate) fn ignores(&self, path: &str) -> Option<usize> {
        let path = path.trim_matches('/');
        let mut state = self.begin();
        let mut hidden = None;
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        for end in ends.take_while(|end| *end <= MAX_PATH) {
            hidden = self.enter(&path[..end], &mut state);
        }
        hidden
    }

    /// The state at the context's root, from which a walk goes on.
    pub(crate) fn begin(&self) -> WalkState {
        WalkState(vec![false; self.rules.len()])
    }

    /// [`Self::ignores`] for a path whose folder's state is known, which becomes that of the path.
    pub(crate) fn enter(&self, path: &str, state: &mut WalkState) -> Option<usize> {
        self.step(path, &mut state.0)
    }

    /// Whether a `!` could show anything below a folder that is hidden.
    ///
    /// What hides the folder hides all below it, too: only rules behind that one can change it.
    pub(crate) fn may_show_below(&self, folder: &str, state: &WalkState) -> bool {
        let behind = state.0.iter().rposition(|matched| *matched).map_or(0, |last| last + 1);
        let mut rules = self.rules.iter().skip(behind);
        rules.any(|rule| rule.shows && rule.pattern.may_match_below(folder))
    }

    /// What hides a path; `above` tells of each pattern whether it matched the folder of the path, then whether it
    /// matches the path.
    ///
    /// A pattern that would change nothing is not asked, and counts for what lies below as one that does not match:
    /// `!a` behind `a/b` does not show `a/b`.
    fn step(&self, path: &str, above: &mut [bool]) -> Option<usize> {
        let mut hidden = None;
        for (rule, above) in self.rules.iter().zip(above) {
            if !*above && rule.shows == hidden.is_some() {
                *above = rule.pattern.matches(path);
            }
            if *above {
                hidden = if rule.shows { None } else { hidden.or(Some(rule.line)) };
            }
        }
        hidden
    }
}

/// What a line says: whether it begins with `!`, and its pattern, with neither a leading slash nor `.` and `..` in it.
fn rule(line: &str) -> Option<(bool, String)> {
    if line.starts_with('#') {
        return None;
    }
    let line = line.trim();
    let (shows, pattern) = match line.strip_prefix('!') {
        Some(pattern) => (true, pattern.trim()),
        None => (false, line),
    };
    if pattern.is_empty() {
        // `!` alone is an error, which the empty pattern is, too.
        return shows.then(|| (true, String::new()));
    }
    let cleaned = clean(pattern);
    let pattern = if cleaned == "/" { cleaned.as_str() } else { cleaned.trim_start_matches('/') };
    match (shows, pattern) {
        (true, "/") => Some((true, String::new())),
        (true, pattern) => Some((true, pattern.to_owned())),
        // What is left is read once more: `/!a` is `!a`.
        (false, pattern) => match pattern.trim().strip_prefix('!') {
            Some(shown) => Some((true, shown.to_owned())),
            None => Some((false, pattern.trim().to_owned())),
        },
    }
}

/// `path.Clean` of Go.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            ("..", _) if rooted => {}
            (part, _) => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
