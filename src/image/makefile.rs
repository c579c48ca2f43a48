//! The recipes of a Makefile, as far as an install may stand in them.

use std::collections::{BTreeMap, BTreeSet};

/// The names that make looks for, in its order.
pub(crate) const MAKEFILES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// Variables of variables of …
const MAX_NESTING: usize = 8;

/// A longer line is no command that anyone reads.
const MAX_LINE: usize = 16 * 1024;

/// A rule: what stands before it is made, and the lines of its recipe.
#[derive(Default)]
struct Rule<'a> {
    needs: Vec<String>,
    recipe: Vec<&'a str>,
}

/// The lines that make runs for these goals (the first target where there are none), those of what they need first.
/// Conditions are not decided: both sides count. Patterns and functions are not followed.
pub(super) fn recipes(text: &str, goals: &[&str]) -> Vec<String> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let mut variables = BTreeMap::from([("MAKE".to_owned(), "make".to_owned())]);
    let mut rules: BTreeMap<String, Rule<'_>> = BTreeMap::new();
    let mut first = None;
    let mut current: Vec<String> = Vec::new();
    for line in joined.lines() {
        if let Some(command) = line.strip_prefix('\t') {
            for target in &current {
                rules.entry(target.clone()).or_default().recipe.push(command);
            }
        } else if let Some((name, value)) = assignment(line) {
            variables.insert(name.to_owned(), value.to_owned());
        } else if let Some((targets, needs)) = line.split('#').next().and_then(|line| line.split_once(':')) {
            let (needs, inline) = needs.split_once(';').unwrap_or((needs, ""));
            let names = |text: &str| -> Vec<String> {
                expanded(text, &variables).split_whitespace().map(str::to_owned).collect()
            };
            let needs: Vec<String> =
                names(needs.trim_start_matches(':')).into_iter().filter(|name| name != "|").collect();
            current = names(targets);
            for target in &current {
                if first.is_none() && !target.starts_with('.') {
                    first = Some(target.clone());
                }
                let rule = rules.entry(target.clone()).or_default();
                rule.needs.extend(needs.clone());
                rule.recipe.extend(Some(inline).filter(|inline| !inline.trim().is_empty()));
            }
        }
    }
    let goals: Vec<String> = match goals {
        [] => first.into_iter().collect(),
        goals => goals.iter().map(|goal| (*goal).to_owned()).collect(),
    };
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    // The recipe of a target stands behind those of what it needs.
    let mut open: Vec<(String, bool)> = goals.into_iter().rev().map(|goal| (goal, false)).collect();
    while let Some((target, is_ready)) = open.pop() {
        let Some(rule) = rules.get(&target) else { continue };
        if is_ready {
            let commands = rule.recipe.iter().map(|line| line.trim_start_matches(['@', '-', '+', ' ', '\t']));
            lines.extend(commands.map(|line| expanded(line, &variables)));
        } else if seen.insert(target.clone()) {
            open.push((target, true));
            open.extend(rule.needs.iter().rev().map(|need| (need.clone(), false)));
        }
    }
    lines
}

/// `A = x`, `A := x`, `A ?= x`, `A += x`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start().strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', '+', '!']).trim();
    let is_name = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || ":$()#".contains(c));
    is_name.then(|| (name, value.split(" #").next().unwrap_or_default().trim()))
}

/// A text with the variables that are known; `$$` is the shell's own `$`.
fn expanded(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut text = text.to_owned();
    for _ in 0..MAX_NESTING {
        let (next, changed) = expanded_once(&text, variables);
        text = next;
        if !changed || text.len() > MAX_LINE {
            break;
        }
    }
    text.replace("$$", "$")
}

fn expanded_once(text: &str, variables: &BTreeMap<String, String>) -> (String, bool) {
    let mut found = String::new();
    let mut changed = false;
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        found.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let close = match behind.chars().next() {
            Some('(') => ')',
            Some('{') => '}',
            Some('$') => {
                found.push_str("$$");
                rest = &behind[1..];
                continue;
            }
            _ => {
                found.push('$');
                rest = behind;
                continue;
            }
        };
        let value =
            behind[1..].split_once(close).and_then(|(name, behind)| Some((variables.get(name)?, behind)));
        match value {
            Some((value, behind)) => {
                found.push_str(value);
                changed = true;
                rest = behind;
            }
            None => {
                found.push('$');
                rest = behind;
            }
        }
    }
    found.push_str(rest);
    (found, changed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAKEFILE: &str = "PM ?= pnpm\nDIRS := a \\\n  b\nINSTALL = $(PM) install --dir ${WEB}\nWEB=web\n\
        .PHONY: all web\nall: web api | out ## everything\n\t@echo $$HOME\nweb: node_modules\n\t-cd web && \\\n\t  $(PM) run build\n\
        node_modules: package.json\n\t$(INSTALL)\napi: ; $(MAKE) -C api\nloop: loop2\n\tx\nloop2: loop\n\ty\n$(DIRS): z\n\tnpm ci --prefix $@\n";

    #[test]
    fn recipes_in_order() {
        let all = ["pnpm install --dir web", "cd web &&  \t  pnpm run build", "make -C api", "echo $HOME"];
        assert_eq!(recipes(MAKEFILE, &[]), all);
        assert_eq!(recipes(MAKEFILE, &["all"]), all);
        assert_eq!(recipes(MAKEFILE, &["node_modules"]), all[..1]);
        assert_eq!(recipes(MAKEFILE, &["loop"]), ["y", "x"]);
        assert_eq!(recipes(MAKEFILE, &["b"]), ["npm ci --prefix $@"]);
        assert_eq!(recipes(MAKEFILE, &["none"]), [""; 0]);
        assert_eq!(recipes("A = $(A)$(A)\nx:\n\t$(A)\n", &["x"]).len(), 1);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a-c:=$(){}\\\\\t\n #;|é]{0,60}") {
            let _ = recipes(&text, &[]);
        }
    }
}
