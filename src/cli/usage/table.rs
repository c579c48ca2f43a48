//! Words that other tools use for what this one does.

/// Words of other tools, and what is typed here for the same.
pub(super) struct Foreign {
    /// What somebody may type.
    pub(super) words: &'static [&'static str],
    /// What it does here.
    pub(super) meaning: &'static str,
    /// What is typed for it.
    pub(super) ours: &'static str,
}

/// Such words in the place of a command.
pub(super) const COMMANDS: &[Foreign] = &[
    Foreign {
        words: &[
            "undo",
            "reset",
            "revert",
            "rollback",
            "unprepare",
            "unlink",
            "unpatch",
            "stop",
            "down",
            "abort",
            "back",
        ],
        meaning: "to put every byte back",
        ours: "docker-prep restore",
    },
    Foreign {
        words: &["clean", "cleanup", "clear", "purge", "rm", "remove", "destroy"],
        meaning: "to put every byte back and remove the deps dir",
        ours: "docker-prep restore --clean",
    },
    Foreign { words: &["prune", "gc"], meaning: "to remove the cache", ours: "docker-prep cache clear" },
    Foreign {
        words: &["check", "lint", "verify", "validate", "scan", "audit", "test", "precommit", "pre-commit"],
        meaning: "to check what is about to be committed",
        ours: "docker-prep guard",
    },
    Foreign { words: &["ci"], meaning: "to check the last commit", ours: "docker-prep guard --all" },
    Foreign {
        words: &["build", "make", "bake"],
        meaning: "to build the images with the packed packages, or only prepare with `docker-prep prepare`",
        ours: "docker-prep run -- docker compose build",
    },
    Foreign {
        words: &["up"],
        meaning: "to build and start the images",
        ours: "docker-prep run -- docker compose up --build",
    },
    Foreign {
        words: &["start", "prep", "link", "apply", "patch", "rewrite", "sync", "inject"],
        meaning: "to pack the packages and rewrite the manifests",
        ours: "docker-prep prepare",
    },
    Foreign {
        words: &["install", "setup", "hook", "hooks", "husky", "enable"],
        meaning: "to have the pre-commit hook call the guard",
        ours: "docker-prep init",
    },
    Foreign {
        words: &["uninstall", "disable", "deinit"],
        meaning: "to take the guard out of the pre-commit hook",
        ours: "docker-prep init --remove",
    },
    Foreign {
        words: &["plan", "diff", "preview", "dry-run", "dryrun"],
        meaning: "to see what would be done",
        ours: "docker-prep prepare --dry-run",
    },
    Foreign {
        words: &["ls", "list", "inspect", "info", "graph", "tree", "describe", "config", "dockerfile"],
        meaning: "to see what was understood of the image builds",
        ours: "docker-prep show",
    },
    Foreign {
        words: &["state", "st", "ps", "log", "whoami"],
        meaning: "to see whether the project is prepared",
        ours: "docker-prep status",
    },
    Foreign {
        words: &["explain", "depends", "deps", "who"],
        meaning: "to see through whom a package is needed",
        ours: "docker-prep why PACKAGE",
    },
    Foreign {
        words: &["tarball", "tarballs", "tar", "bundle", "package", "publish", "export"],
        meaning: "to only pack",
        ours: "docker-prep pack --out DIR",
    },
    Foreign {
        words: &["exec", "with", "wrap", "shell"],
        meaning: "to run a command in the prepared project",
        ours: "docker-prep run -- COMMAND",
    },
    Foreign { words: &["version"], meaning: "to see the version", ours: "docker-prep --version" },
];

/// Programs that somebody may mean to run in the prepared project.
pub(super) const PROGRAMS: &[&str] = &[
    "docker",
    "docker-compose",
    "compose",
    "podman",
    "buildx",
    "npm",
    "pnpm",
    "yarn",
    "npx",
    "sh",
    "bash",
    "make",
    "skaffold",
    "earthly",
    "kaniko",
    "nerdctl",
];

/// Such words in the place of a flag, which is typed with its dashes.
pub(super) const FLAGS: &[(&[&str], &str)] = &[
    (&["--porcelain", "--machine-readable", "--output", "--reporter", "--as-json", "-j"], "--json"),
    (&["--surfaces", "--folder", "--folders", "--service", "--app", "--dir"], "--surface"),
    (&["--scopes", "--include", "--only"], "--scope"),
    (
        &["--dryrun", "--simulate", "--preview", "--plan", "--what-if", "--no-act", "--just-print"],
        "--dry-run",
    ),
    (&["--cwd", "--prefix", "--root", "--repo", "--chdir"], "--project"),
    (&["--workspace-root", "--workspace-dir", "--common-plat", "--plat"], "--workspace"),
    (&["--silent", "--loglevel", "-s"], "--quiet"),
    (&["--debug", "--trace"], "--verbose"),
    (&["--no-color", "--no-colour", "--nocolor"], "--color never"),
    (&["--colour"], "--color"),
    (&["--pm", "--manager", "--packager"], "--package-manager"),
    (&["--out-dir", "--output-dir", "--dest", "--destination", "--pack-destination", "-o"], "--out"),
    (&["--deps", "--target-dir"], "--deps-dir"),
    (&["--timeout"], "--probe-timeout"),
    (&["--skip-cache", "--nocache"], "--no-cache"),
    (&["--overwrite", "--yes", "-y"], "--force"),
    (&["--since", "--commits"], "--range"),
    (&["--lock", "--lockfiles"], "--lockfile"),
    (&["--skip-unbuilt", "--ignore-unbuilt"], "--allow-unbuilt"),
];

/// Flags that mean a command.
pub(super) const FLAGS_FOR_COMMANDS: &[(&[&str], &str)] = &[
    (&["--undo", "--revert", "--reset", "--rollback", "--unprepare"], "docker-prep restore"),
    (&["--staged", "--cached", "--guard"], "docker-prep guard"),
    (&["--status"], "docker-prep status"),
    (&["--init", "--install"], "docker-prep init"),
    (&["--show"], "docker-prep show"),
];

/// A flag of another command, where something else than that command is meant: the command, the flag, what to type.
pub(super) const OF_OTHERS: &[(&str, &str, &str)] = &[
    ("restore", "--dry-run", "docker-prep status"),
    ("status", "--dry-run", "docker-prep status"),
    ("guard", "--dry-run", "docker-prep guard"),
    ("guard", "--check", "docker-prep guard"),
    ("pack", "--dry-run", "docker-prep prepare --dry-run"),
    ("prepare", "--isolated", "docker-prep run --isolated -- docker compose build"),
];
