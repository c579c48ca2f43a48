//! Dockerfiles: instructions, stages, commands, and which files of the context lie where.

mod install;
mod instruction;
pub(crate) mod layers;
mod path;
mod shell;
mod stage;
mod variables;
mod words;

pub(crate) use self::install::{
    CommandEffect, CopyFiles, DockerfileInstall, InstallCommand, InstallKind, Make, Prune, PruneTool,
    RunScript, effect, flags_with_values, sort,
};
pub(crate) use self::instruction::{Instruction, instructions, syntax};
pub(crate) use self::path::{join, parent};
pub(crate) use self::shell::ShellCommand;
pub(crate) use self::stage::{
    BaseImage, Copy, CopySource, Declaration, Dockerfile, RunStep, SecretMount, SourcePattern, StageStep,
    is_remote, repository,
};
