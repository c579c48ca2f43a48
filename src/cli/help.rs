//! The help: of commands, as clap prints it, and topics.

pub(super) mod markdown;
pub(super) mod terminal;
#[cfg(test)]
mod tests;
pub(super) mod topics;
pub(super) mod words;

use std::io::{self, IsTerminal as _};

use serde_json::{Value, json};

use super::args::{Cli, Color, HelpArgs};
use super::document;
use super::report::{Reporter, use_color};
use crate::error::{Error, ErrorKind, Result};
use crate::npm::nearest;

/// The topic with which the schema of documents is printed.
const WITH_SCHEMA: &str = "json";
/// Lines that are longer are hard to read.
const WIDEST: usize = 100;
/// Where nothing says how wide it is.
const USUAL: usize = 80;

/// Prints the program's long help, a command's, or a topic.
pub(super) fn run(args: &HelpArgs, color: Color, reporter: &Reporter) -> Result<()> {
    let color = !reporter.wants_json() && use_color(color, io::stdout().is_terminal());
    let text = match &args.name {
        None => of_command(None, color),
        // Some are both.
        Some(name) => match (of_command(Some(name), color), of_topic(name, color)) {
            (Some(command), Some(topic)) => Some(format!("{command}\n{topic}")),
            (command, topic) => command.or(topic),
        },
    };
    let name = args.name.as_deref().unwrap_or_default();
    let text = text.ok_or_else(|| unknown("command or topic", "help", name))?;
    if reporter.wants_json() && name == WITH_SCHEMA {
        let schema: Value = serde_json::from_str(document::SCHEMA).unwrap_or_default();
        reporter.document(json!({"ok": true, "text": text, "schema": schema}));
    } else {
        reporter.text(&text);
    }
    Ok(())
}

fn of_topic(name: &str, color: bool) -> Option<String> {
    let topic = topics::find(name)?;
    Some(terminal::render(&markdown::parse(topic.text), width(), color))
}

fn of_command(name: Option<&str>, color: bool) -> Option<String> {
    let mut program = Cli::program();
    program.build();
    let help = match name {
        None => program.render_long_help(),
        Some(name) => program.find_subcommand_mut(name)?.render_long_help(),
    };
    Some(if color { help.ansi().to_string() } else { help.to_string() })
}

/// The error of a name that is no command and no topic, with what may have been meant.
pub(super) fn unknown(what: &str, command: &str, name: &str) -> Error {
    let error = Error::new(ErrorKind::Usage, format!("there is no {what} `{name}`"));
    match nearest(name, words::subjects()).first() {
        Some(near) => error.hint(format!("did you mean `docker-prep {command} {near}`?")),
        None => error.hint("`docker-prep help` lists commands and topics"),
    }
}

fn width() -> usize {
    let terminal = terminal_size::terminal_size_of(io::stdout());
    terminal.map_or(USUAL, |(width, _)| usize::from(width.0).clamp(20, WIDEST))
}
