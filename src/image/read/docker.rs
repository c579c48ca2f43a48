//! What docker itself says of the files that define builds. What it prints may hold secrets: it is never shown.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::error::io_cause;

/// It answers in a tenth of a second; more than this has a cause that waiting does not mend, but for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// More than it says of any project, in bytes.
const MAX_ANSWER: u64 = 16 << 20;

/// Whether docker has a plugin of this name, as `docker-compose`, in one of the folders where it looks for them: to run it
/// in vain takes longer than all that we do (`cli-plugins/manager` of docker/cli).
pub(super) fn has_plugin(name: &str, environment: &BTreeMap<String, String>) -> bool {
    let own = environment.get("DOCKER_CONFIG").map(PathBuf::from);
    let home = ["HOME", "USERPROFILE"].iter().find_map(|home| environment.get(*home));
    let own = own.or_else(|| Some(Path::new(home?).join(".docker")));
    let programs =
        environment.get("ProgramFiles").map(|programs| Path::new(programs).join("Docker/cli-plugins"));
    let shared = ["/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec"]
        .map(|folder| Path::new(folder).join("docker/cli-plugins"));
    let folders = own.map(|own| own.join("cli-plugins")).into_iter().chain(programs).chain(shared);
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    folders.into_iter().any(|folder| folder.join(&file).is_file())
}

/// What `docker`, or another program of that kind, prints for some arguments in a folder; it reads nothing from us, and
/// changes nothing. Whether it succeeds its answer tells: it prints none where it fails.
///
/// # Errors
/// Why there is no answer, as part of a sentence.
pub(crate) fn ask(
    program: &OsStr,
    folder: &Path,
    environment: &BTreeMap<String, String>,
    arguments: &[impl AsRef<OsStr>],
    patience: Duration,
) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(environment)
        .env("PWD", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("docker cannot be run: {}", io_cause(&error)))?;
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        // The thread ends with the pipe, which closes as the child ends.
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.take(MAX_ANSWER + 1).read_to_end(&mut bytes);
            // Nobody waits for it any more where it took too long.
            let _ = sender.send(read.map(|_| bytes));
        });
    }
    let answer = receiver.recv_timeout(patience);
    // With its output closed it has nothing more to say: it is not waited for longer than that.
    let _ = child.kill();
    let _ = child.wait();
    match answer {
        Ok(Ok(bytes)) if bytes.is_empty() => Err("docker says nothing".to_owned()),
        Ok(Ok(bytes)) if bytes.len() as u64 <= MAX_ANSWER => {
            String::from_utf8(bytes).map_err(|_| "what docker says is not UTF-8".to_owned())
        }
        Ok(Ok(_)) => Err("what docker says is longer than 16 MiB".to_owned()),
        Ok(Err(error)) => Err(format!("what docker says cannot be read: {}", io_cause(&error))),
        Err(_) => Err(format!("docker says nothing for {} seconds", patience.as_secs())),
    }
}
