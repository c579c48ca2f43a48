//! Commands that copy, write and remove files.

use super::effect::CommandEffect;
use super::sort;
use crate::image::dockerfile::path;
use crate::image::dockerfile::shell::ShellCommand;

/// Files that are copied, moved or linked inside of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CopyFiles {
    /// Absolute; as globs where they are written so.
    pub(crate) sources: Vec<String>,
    /// Absolute.
    pub(crate) to: String,
    /// Whether the destination can only be a folder.
    pub(crate) into_folder: bool,
    /// What lies in the sources is copied, and not they themselves, as with `cp -r a/. b`.
    pub(crate) contents: bool,
    /// The sources are gone then.
    pub(crate) moves: bool,
}

/// A file that is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct WriteFile {
    /// Absolute.
    pub(crate) path: String,
    /// What it held before stays, at least in part.
    pub(crate) appends: bool,
    /// What is written, where that is known.
    pub(crate) text: Option<String>,
}

/// What a command does to files.
pub(super) fn effect(command: &ShellCommand) -> Option<CommandEffect> {
    let arguments = command.words.get(1..)?;
    match command.words.first()?.as_str() {
        "cp" | "mv" | "ln" | "rsync" => copy(command).map(CommandEffect::CopyFiles),
        "rm" | "rmdir" | "unlink" | "rimraf" => remove(command, arguments),
        "npx" | "pnpx" | "bunx" => {
            let behind = arguments.iter().position(|word| word.split('@').next() == Some("rimraf"))?;
            remove(command, &arguments[behind + 1..])
        }
        "tee" => {
            let (flags, words) = sort(arguments, &[]);
            let path = command.path(words.first()?);
            let appends = flags.iter().any(|(flag, _)| matches!(*flag, "a" | "append"));
            Some(CommandEffect::WriteFile(WriteFile { path, appends, text: None }))
        }
        "touch" => {
            let path = command.path(sort(arguments, &["t", "d", "r"]).1.first()?);
            Some(CommandEffect::WriteFile(WriteFile { path, appends: true, text: Some(String::new()) }))
        }
        "sed" if arguments.iter().any(|flag| flag.starts_with("-i") || flag.starts_with("--in-place")) => {
            let path = command.path(sort(arguments, &["e", "f"]).1.last()?);
            Some(CommandEffect::WriteFile(WriteFile { path, appends: true, text: None }))
        }
        "tar" | "unzip" => unpack(command, arguments),
        _ => redirected(command),
    }
}

/// An archive that is unpacked, and where to.
fn unpack(command: &ShellCommand, arguments: &[String]) -> Option<CommandEffect> {
    let (flags, words) = sort(arguments, &["C", "directory", "d", "f", "file", "strip-components"]);
    let to = flags.iter().find(|(flag, _)| matches!(*flag, "C" | "directory" | "d")).and_then(|(_, to)| *to);
    let has_letters = command.words[0] == "tar"
        && words
            .first()
            .is_some_and(|letters| letters.contains('x') && letters.len() < 6 && !letters.contains('.'));
    let extracts = command.words[0] == "unzip"
        || flags
            .iter()
            .any(|(flag, _)| matches!(*flag, "extract" | "get") || !flag.contains('-') && flag.contains('x'))
        || has_letters;
    let file = flags.iter().find(|(flag, _)| matches!(*flag, "f" | "file")).and_then(|(_, file)| *file);
    let archive = file
        .or_else(|| words.get(usize::from(has_letters)).copied())
        .filter(|archive| *archive != "-")
        .map(|archive| command.path(archive));
    extracts.then(|| CommandEffect::Unpack { archive, to: command.path(to.unwrap_or(".")) })
}

fn remove(command: &ShellCommand, arguments: &[String]) -> Option<CommandEffect> {
    let paths: Vec<_> = sort(arguments, &[]).1.iter().map(|path| command.path(path)).collect();
    (!paths.is_empty()).then_some(CommandEffect::Remove { paths })
}

fn copy(command: &ShellCommand) -> Option<CopyFiles> {
    let program = command.words.first()?.as_str();
    let with_values: &[&str] = match program {
        "rsync" => &["exclude", "include", "e", "f", "filter"],
        _ => &["t", "target-directory", "S", "suffix"],
    };
    let (flags, mut words) = sort(command.words.get(1..)?, with_values);
    let target =
        flags.iter().find(|(flag, _)| matches!(*flag, "t" | "target-directory") && program != "rsync");
    let to = match target {
        Some((_, to)) => (*to)?,
        None if program == "ln" && words.len() == 1 => ".",
        None => words.pop()?,
    };
    if words.is_empty() {
        return None;
    }
    let is_link = program == "ln";
    let into_folder =
        target.is_some() || words.len() > 1 || matches!(to.rsplit('/').next(), Some("" | "." | ".."));
    let of_contents = |source: &&str| match program {
        "rsync" => source.ends_with('/'),
        _ => source.ends_with("/.") || *source == ".",
    };
    let contents = words.iter().any(of_contents);
    let to = command.path(to);
    // A symbolic link is read from where it lies.
    let is_symbolic =
        flags.iter().any(|(flag, _)| *flag == "symbolic" || !flag.contains('-') && flag.contains('s'));
    let from = match is_link && is_symbolic {
        true if into_folder => to.as_str(),
        true => path::parent(&to),
        false => command.dir.as_str(),
    };
    let source =
        |named: &&str| if from == command.dir { command.path(named) } else { path::join(from, named) };
    let sources = words.iter().map(source).collect();
    Some(CopyFiles { sources, into_folder, contents, moves: program == "mv", to })
}

/// `echo … > file`, and whatever else writes to one.
fn redirected(command: &ShellCommand) -> Option<CommandEffect> {
    let to = command.writes.last()?;
    if to.path.starts_with("/dev/") {
        return None;
    }
    let path = command.path(&to.path);
    let arguments = &command.words[1..];
    let text = match command.words[0].as_str() {
        "echo" => echoed(arguments),
        "printf" => printed(arguments),
        "true" | ":" => Some(String::new()),
        "cat" => match (arguments, &command.input) {
            ([] | [_], Some(text)) if arguments.iter().all(|word| word == "-") => Some(text.clone()),
            ([source], None) if !to.appends && !source.starts_with('-') => {
                let sources = vec![command.path(source)];
                return Some(CommandEffect::CopyFiles(CopyFiles {
                    sources,
                    to: path,
                    ..CopyFiles::default()
                }));
            }
            _ => None,
        },
        _ => None,
    };
    Some(CommandEffect::WriteFile(WriteFile { path, appends: to.appends, text }))
}

fn echoed(arguments: &[String]) -> Option<String> {
    let flags = arguments
        .iter()
        .take_while(|word| {
            word.len() > 1 && word.starts_with('-') && word[1..].chars().all(|c| "neE".contains(c))
        })
        .count();
    let has = |letter| arguments[..flags].iter().any(|flag| flag.contains(letter));
    let text = arguments[flags..].join(" ");
    // The shells of Alpine and Debian do so without `-e`, bash does not.
    let text = if text.contains('\\') { unescaped(&text)? } else { text };
    Some(if has('n') { text } else { text + "\n" })
}

fn printed(arguments: &[String]) -> Option<String> {
    let (format, mut values) = match arguments {
        [dashes, format, values @ ..] if dashes == "--" => (format, values.iter()),
        [format, values @ ..] => (format, values.iter()),
        [] => return None,
    };
    let format = unescaped(format)?;
    let mut text = String::new();
    loop {
        let before = values.len();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            match c {
                '%' => match chars.next()? {
                    '%' => text.push('%'),
                    's' => text.push_str(values.next().map_or("", String::as_str)),
                    'b' => text.push_str(&unescaped(values.next().map_or("", String::as_str))?),
                    _ => return None,
                },
                c => text.push(c),
            }
        }
        // A format is used as often as there are values for it.
        if values.len() == 0 || values.len() == before {
            return Some(text);
        }
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut found = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            found.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => found.push('\n'),
            Some('t') => found.push('\t'),
            Some('r') => found.push('\r'),
            Some('\\') | None => found.push('\\'),
            Some(c) if c.is_ascii_alphanumeric() => return None,
            Some(c) => found.extend(['\\', c]),
        }
    }
    Some(found)
}
