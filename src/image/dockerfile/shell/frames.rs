//! What commands of a script stand in: subshells, groups, loops, functions, `case`.

use super::word::CommandEnd;
use crate::image::dockerfile::variables::{self, KnownVariables};

/// No loop that installs has more turns.
const MAX_VALUES: usize = 64;

/// What commands stand in at a place, outermost first.
#[derive(Default)]
pub(super) struct Frames(Vec<Frame>);

enum Frame {
    /// `( … )`, and the folder outside of it.
    Subshell(String),
    /// `{ … }`
    Group,
    /// `name() { … }`
    Function { is_open: bool },
    /// `while … done`
    Block,
    /// `for name in … done`
    Loop { name: String, values: Vec<String>, start: usize },
    /// `case … esac`; whether it stands behind a pattern.
    Case { in_branch: bool },
}

impl Frames {
    /// Whether what stands here is not run where it stands.
    pub(super) fn hide(&self) -> bool {
        self.0.iter().any(|frame| matches!(frame, Frame::Function { .. }))
    }

    /// Takes the words of the shell's own language from the begin of a command; nothing where no command is left. A
    /// loop that has another turn moves the place back.
    pub(super) fn enter(
        &mut self,
        mut words: Vec<String>,
        end: CommandEnd,
        at: &mut usize,
        script: &str,
        known: &mut KnownVariables<'_>,
    ) -> Option<Vec<String>> {
        let first = words.first().map(String::as_str);
        if let Some(Frame::Case { in_branch }) = self.0.last_mut() {
            if !*in_branch && first != Some("esac") {
                *in_branch = end == CommandEnd::Close;
                return None;
            }
            *in_branch &= end != CommandEnd::Break;
        }
        if words.len() == 1
            && end == CommandEnd::Open
            && let Some(behind) = script[*at..].trim_start().strip_prefix(')')
        {
            *at = script.len() - behind.len();
            self.0.push(Frame::Function { is_open: false });
            return None;
        }
        let mut taken = 0;
        while let Some(word) = words.get(taken) {
            match word.as_str() {
                "if" | "then" | "else" | "elif" | "do" | "!" | "time" | "fi" => {}
                "while" | "until" => self.0.push(Frame::Block),
                "{" => match self.0.last_mut() {
                    Some(Frame::Function { is_open }) if !*is_open => *is_open = true,
                    _ => self.0.push(Frame::Group),
                },
                "}" => self.leave(|frame| matches!(frame, Frame::Group | Frame::Function { is_open: true })),
                "esac" => self.leave(|frame| matches!(frame, Frame::Case { .. })),
                "done" => self.turn(at, known),
                "for" => {
                    self.begin_loop(&words[taken + 1..], *at, known);
                    return None;
                }
                "case" => {
                    self.0.push(Frame::Case { in_branch: end == CommandEnd::Close });
                    return None;
                }
                "function" => {
                    let is_open = words.iter().any(|word| word == "{");
                    self.0.push(Frame::Function { is_open });
                    return None;
                }
                _ => break,
            }
            taken += 1;
        }
        words.drain(..taken);
        Some(words)
    }

    fn begin_loop(&mut self, words: &[String], start: usize, known: &mut KnownVariables<'_>) {
        let [name, word, values @ ..] = words else { return self.0.push(Frame::Block) };
        if word != "in" || variables::name_length(name) != name.len() {
            return self.0.push(Frame::Block);
        }
        let mut values: Vec<String> = values.iter().take(MAX_VALUES).rev().cloned().collect();
        known.set(name, &values.pop().unwrap_or_default());
        self.0.push(Frame::Loop { name: name.clone(), values, start });
    }

    fn turn(&mut self, at: &mut usize, known: &mut KnownVariables<'_>) {
        match self.0.last_mut() {
            Some(Frame::Loop { name, values, start }) => match values.pop() {
                Some(value) => {
                    known.set(name, &value);
                    *at = *start;
                }
                None => self.leave(|_| true),
            },
            Some(Frame::Block) => self.leave(|_| true),
            _ => {}
        }
    }

    fn leave(&mut self, wanted: impl Fn(&Frame) -> bool) {
        if self.0.last().is_some_and(wanted) {
            self.0.pop();
        }
    }

    /// `(`
    pub(super) fn open(&mut self, dir: &str) {
        match self.0.last_mut() {
            Some(Frame::Function { is_open }) if !*is_open => *is_open = true,
            _ => self.0.push(Frame::Subshell(dir.to_owned())),
        }
    }

    /// `)`: the folder outside, where it closes a subshell.
    pub(super) fn close(&mut self) -> Option<String> {
        if let Some(Frame::Function { is_open: true }) = self.0.last() {
            self.0.pop();
            return None;
        }
        let at = self.0.iter().rposition(|frame| matches!(frame, Frame::Subshell(_)))?;
        match self.0.drain(at..).next() {
            Some(Frame::Subshell(dir)) => Some(dir),
            _ => None,
        }
    }
}
