//! A call that is killed at each of its system calls that change something, and the one that comes after it.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use super::*;
use crate::common::Kind;

const NAME: &str = "isolated::apply::tree::tests::kill::the_call_behind_a_killed_one_makes_the_tree_right";
/// Where the context lies: set for the one that is killed.
const CONTEXT: &str = "DOCKER_PREP_TEST_CONTEXT";
/// What changes the disk, under the names that it has on some system.
const CALLS: &str = "trace=openat,write,?mkdir,mkdirat,?rmdir,?unlink,unlinkat,?rename,renameat,?symlink,symlinkat,\
                     ?chmod,fchmod,fchmodat,utimensat";

/// What the first call, or those behind it, lay over the context.
fn laid_over(context: &Path, is_first: bool) -> BTreeMap<String, LaidOver> {
    let store = context.with_file_name("store");
    let (text, tarball) = if is_first { ("{ 1 }", "a-1.tgz") } else { ("{ 2 }", "a-2.tgz") };
    [
        ("web/package.json".to_owned(), LaidOver::Text(text.into(), 0o644)),
        (format!(".docker-deps/{tarball}"), LaidOver::Copy(store.join(tarball))),
    ]
    .into()
}

fn call(context: &Path, tree: &str, is_first: bool) -> Result<TreeOutcome> {
    let state = context.join(".git/docker-prep");
    let request = TreeRequest {
        context,
        tree: &state.join("isolated").join(tree),
        ignore: None,
        always: BTreeSet::new(),
        without: vec![state],
        laid_over: laid_over(context, is_first),
    };
    bring_up_to_date(&request, Threads::new(NonZero::new(1)), &CancelToken::new())
}

/// A context whose tree is as it was before some changes.
fn changed_stage() -> Stage {
    let stage = Stage::new();
    for path in ["a", "b", "c/d", "gone/e", "same", "web/package.json", "x/y/z"] {
        stage.file(path, path);
    }
    stage.world.file("store/a-1.tgz", "one").file("store/a-2.tgz", "two").symlink("context/link", "a");
    call(&stage.context, "web", true).unwrap();
    let a = stage.context.join("a");
    let time = fs::metadata(&a).unwrap().modified().unwrap();
    stage.file("a", "A");
    fs::File::options().read(true).open(&a).unwrap().set_modified(time).unwrap();
    stage.world.remove("context/b").remove("context/c").remove("context/gone").remove("context/link");
    stage.file("b/new", "b").file("n/e/w", "").file("link", "now a file");
    stage.world.symlink("context/c", "x").mode("context/x/y", 0o700).mode("context/same", 0o755);
    stage
}

/// Runs the call in a process of its own, with these options of strace; whether it was killed, and what strace wrote.
fn trace(stage: &Stage, options: &[&str]) -> (bool, String) {
    let log = stage.world.beside("strace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(&log).args(options).arg("--").arg(std::env::current_exe().unwrap());
    // On a thread of its own, so that no other calls count.
    strace.args([NAME, "--exact", "--nocapture", "--test-threads=2"]).env(CONTEXT, &stage.context);
    let output = strace.output().unwrap_or_else(|error| panic!("strace ({error}): apt-get install strace"));
    let is_killed = output.status.signal() == Some(9) || output.status.code() == Some(128 + 9);
    assert!(is_killed || output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (is_killed, fs::read_to_string(log).unwrap())
}

/// The calls that change the disk: the name of each, and which of that name it is for strace.
fn changing_calls() -> Vec<(String, usize)> {
    let (_, log) = trace(&changed_stage(), &["-e", CALLS, "-e", "signal=none"]);
    let lines: Vec<_> = log.lines().filter_map(|line| line.split_once(char::is_whitespace)).collect();
    let (thread, _) = *lines.iter().find(|(_, call)| call.contains("web.index")).expect("the index is read");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (_, call) in lines.iter().filter(|(of, _)| *of == thread) {
        let (name, arguments) = call.trim_start().split_once('(').expect("a call");
        let number = counts.entry(name).or_default();
        *number += 1;
        let changes = match name {
            "openat" => arguments.contains("O_CREAT"),
            // Not what the test's harness says.
            "write" => !arguments.starts_with("1,") && !arguments.starts_with("2,"),
            _ => true,
        };
        if changes {
            found.push((name.to_owned(), *number));
        }
    }
    found
}

#[test]
fn the_call_behind_a_killed_one_makes_the_tree_right() {
    if let Some(context) = std::env::var_os(CONTEXT) {
        call(Path::new(&context), "web", false).unwrap();
        return;
    }
    let calls = changing_calls();
    assert!(calls.len() > 30, "the calls are not found any more: {calls:?}");
    // A folder's time may be right by itself where the clock ticks at another instant: there are fewer calls then.
    let reached = calls.iter().filter(|(name, number)| makes_right(name, *number)).count();
    assert!(reached > 30 && reached + 3 > calls.len(), "{reached} of {}", calls.len());
}

/// Holds what comes of it when it is killed at a call; whether that call was reached.
fn makes_right(name: &str, number: usize) -> bool {
    let stage = changed_stage();
    let (source, before) = (stage.source(), stage.in_tree());
    let (is_killed, _) = trace(&stage, &["-e", &format!("inject={name}:signal=SIGKILL:when={number}")]);
    call(&stage.context, "web", false).unwrap();
    let now = stage.in_tree();
    // What is made where nothing was before.
    call(&stage.context, "api", false).unwrap();
    let new = Snapshot::of(&stage.tree.with_file_name("api"));
    let what = |of: &Snapshot| -> Vec<_> {
        of.0.iter().map(|(path, entry)| (path.clone(), entry.kind.clone(), entry.mode)).collect()
    };
    assert_eq!(what(&now), what(&new), "killed at {name} {number}");
    for (path, entry) in &now.0 {
        if let Some(was) = before.0.get(path).filter(|was| was.kind != Kind::Dir && was.kind != entry.kind) {
            let looks_other = (was.mtime, was.mode) != (entry.mtime, entry.mode);
            assert!(looks_other, "killed at {name} {number}: {}", path.display());
        }
    }
    source.assert_same(&stage.source());
    assert_eq!(call(&stage.context, "web", false).unwrap().copied, 0);
    is_killed
}
