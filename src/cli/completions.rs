//! What `completions` prints: a script that a shell reads when it begins.

use super::args::{Cli, CompletionsArgs, Shell};
use super::report::Reporter;

/// Prints the shell's script.
pub(super) fn run(args: CompletionsArgs, reporter: &Reporter) {
    reporter.text(&script(args.shell));
}

fn script(shell: Shell) -> String {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Powershell => clap_complete::Shell::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::program(), "docker-prep", &mut script);
    // For bash the generator writes the hyphen of the program's name in two ways, so that no command would be found.
    String::from_utf8_lossy(&script).replace("docker__subcmd__prep__", "docker__prep__")
}
