//! The `docker-prep` program: all of it is in the library, but for the process's signals.

#![expect(clippy::disallowed_methods, reason = "asks the system which signals are ignored")]

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use docker_prep::program::{SignalPolicy, failure, told_by_signals};
use docker_prep::{CancelToken, Result};

fn main() -> ExitCode {
    // Before there is a signal handler or a thread: what it becomes must find neither.
    if let Some(code) = docker_prep::program::become_command(std::env::args_os()) {
        return code;
    }
    install_sigchld_handler();
    survive_sigxfsz();
    docker_prep::program::main(&cancel_on_signals)
}

/// Those that end a program.
#[cfg(unix)]
const ENDING: [i32; 4] = {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
};

/// Has SIGINT, SIGTERM, SIGHUP and SIGQUIT cancel a call from now on, instead of ending the process. A SIGHUP that is
/// ignored from the start, as under nohup, stays ignored. A SIGINT does not: a script's `docker-prep … &` is begun with
/// it ignored, and who sends it one by name shall have the project restored.
///
/// # Errors
/// The system does not let it.
#[cfg(unix)]
fn cancel_on_signals() -> Result<CancelToken> {
    let latest = Arc::new(AtomicUsize::new(0));
    let mut watched = Vec::new();
    for signal in ENDING {
        if signal == signal_hook::consts::SIGHUP && is_ignored(signal) {
            continue;
        }
        let number = usize::try_from(signal).unwrap_or(usize::MAX);
        signal_hook::flag::register_usize(signal, Arc::clone(&latest), number)
            .map_err(|error| failure(format!("cannot watch for signal {signal}: {error}")))?;
        watched.push(signal);
    }
    Ok(told_by_signals(latest, SignalPolicy { watched }))
}

/// Has Ctrl-C, Ctrl-Break and the end of the session cancel a call from now on, instead of ending the process. All of
/// them count as SIGINT, which Windows does not have.
///
/// # Errors
/// The system does not let it.
#[cfg(not(unix))]
fn cancel_on_signals() -> Result<CancelToken> {
    const SIGINT: u8 = 2;
    let latest = Arc::new(AtomicUsize::new(0));
    let noted = Arc::clone(&latest);
    ctrlc::set_handler(move || noted.store(SIGINT.into(), std::sync::atomic::Ordering::SeqCst))
        .map_err(|error| failure(format!("cannot watch for Ctrl-C: {error}")))?;
    Ok(told_by_signals(latest, SignalPolicy { watched: vec![SIGINT.into()] }))
}

/// Sees to it that children can be waited for. A process that was begun with SIGCHLD ignored, as some daemons begin
/// theirs, is told nothing of how its children ended: not even whether git did well.
fn install_sigchld_handler() {
    // Any handler will do, and where there can be none the call that waits says so.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGCHLD, Arc::default());
}

/// Sees to it that a file that grows beyond `ulimit -f` is an error like a full disk, and not the end.
fn survive_sigxfsz() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(rustix::process::Signal::XFSZ.as_raw(), Arc::default());
}

/// Whether the process was begun with this signal ignored. There is no call for it that is safe in Rust's sense.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let mask = if cfg!(target_os = "linux") {
        std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
            status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(|mask| mask.trim().to_owned())
        })
    } else {
        // macOS and the BSDs; where ps knows no such column the signal counts as not ignored.
        let pid = std::process::id().to_string();
        let ps = std::process::Command::new("ps").args(["-o", "sigignore=", "-p", &pid]).output();
        ps.ok().and_then(|output| String::from_utf8(output.stdout).ok()).map(|mask| mask.trim().to_owned())
    };
    mask.and_then(|mask| u128::from_str_radix(&mask, 16).ok())
        .is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use signal_hook::consts::{SIGHUP, SIGTERM};

    use super::*;

    /// The child that the next test starts; by itself it does nothing.
    #[test]
    fn child_that_notes_its_signals() {
        let Ok(which) = std::env::var("DOCKER_PREP_TEST_SIGNAL") else { return };
        let token = cancel_on_signals().unwrap();
        signal_hook::low_level::raise(which.parse().unwrap()).unwrap();
        println!("received {:?}", token.signal());
    }

    #[test]
    fn signals_are_noted_and_nohup_is_respected() {
        let this = std::env::current_exe().unwrap();
        let run = |prefix: &str, signal: i32| {
            let line =
                format!("{prefix} exec \"$0\" --exact --nocapture {}", "tests::child_that_notes_its_signals");
            let output = std::process::Command::new("sh")
                .args(["-c", &line])
                .arg(&this)
                .env("DOCKER_PREP_TEST_SIGNAL", signal.to_string())
                .output()
                .unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        for signal in ENDING {
            assert!(run("", signal).contains(&format!("received Some({signal})")));
        }
        assert!(run("trap '' HUP;", SIGHUP).contains("received None"));
        assert!(run("trap '' HUP;", SIGTERM).contains("received Some(15)"));
    }
}
