use proptest::prelude::*;

use super::*;
use crate::image::dockerfile::instruction::instructions;
use crate::image::dockerfile::shell;
use crate::image::dockerfile::stage::Dockerfile;
use crate::image::dockerfile::variables::KnownVariables;

/// What each command of a `RUN` does, in `/app`.
fn effects(run: &str) -> Vec<String> {
    let file = Dockerfile::parse(&format!("FROM node:22\nENV HOME=/home/node\nWORKDIR /app\nRUN {run}\n"));
    file.commands().filter_map(|(_, line, command)| Some(describe(effect(line, command)?))).collect()
}

fn describe(effect: CommandEffect) -> String {
    let flag = |holds: bool, word: &str| if holds { format!(" {word}") } else { String::new() };
    let names =
        |names: &[String]| if names.is_empty() { String::new() } else { format!(" of {}", names.join(",")) };
    match effect {
        CommandEffect::Install(DockerfileInstall { command: one, .. }) => {
            let kind = match &one.kind {
                InstallKind::Install => "install".to_owned(),
                InstallKind::Fetch => "fetch".to_owned(),
                InstallKind::Deploy { to } => format!("deploy to {to}"),
                InstallKind::Change => "change".to_owned(),
                InstallKind::Bootstrap => "bootstrap".to_owned(),
                InstallKind::Other(name) => format!("install by {name}"),
            };
            let more =
                [(one.frozen, "frozen"), (one.production, "production"), (one.ignores_scripts, "no-scripts")];
            let more: String = more.iter().map(|(holds, word)| flag(*holds, word)).collect();
            format!("{} {kind} in {}{}{more}", one.manager.as_str(), one.dir, names(&one.workspaces))
        }
        CommandEffect::RunScript(run) => format!(
            "{} run {} in {}{}{}",
            run.manager.as_str(),
            run.name,
            run.dir,
            names(&run.workspaces),
            flag(run.in_all, "all")
        ),
        CommandEffect::Prune(prune) => format!(
            "{:?} in {} to {}{}{}",
            prune.tool,
            prune.dir,
            prune.out_dir,
            names(&prune.scopes),
            flag(prune.docker, "docker")
        ),
        CommandEffect::CopyFiles(copy) => format!(
            "copy {} to {}{}{}{}",
            copy.sources.join(","),
            copy.to,
            flag(copy.into_folder, "folder"),
            flag(copy.contents, "contents"),
            flag(copy.moves, "moves")
        ),
        CommandEffect::Remove { paths } => format!("remove {}", paths.join(",")),
        CommandEffect::WriteFile(write) => {
            format!("write {}{} {:?}", write.path, flag(write.appends, "appends"), write.text)
        }
        CommandEffect::SetConfig { key, value } => format!("set {key}={value}"),
        CommandEffect::Unpack { archive, to } => format!("unpack {} to {to}", archive.unwrap_or_default()),
        CommandEffect::Make(make) => format!(
            "make {} in {}{}",
            make.goals.join(","),
            make.dir,
            make.file.map(|file| format!(" of {file}")).unwrap_or_default()
        ),
        CommandEffect::RunFile { path } => format!("file {path}"),
    }
}

#[track_caller]
fn does(run: &str, expected: &str) {
    let expected: Vec<_> = expected.split(';').filter(|one| !one.is_empty()).collect();
    assert_eq!(effects(run), expected, "{run}");
}

#[test]
fn installs_in_other_forms() {
    does("yarn workspace web install --production", "yarn install in /app of web production");
    does("yarn workspaces focus web @x/api --production", "yarn install in /app of web,@x/api production");
    does("npm --prefix web ci", "npm install in /app/web frozen");
    does("npm i -w web --workspace=api --ignore-scripts", "npm install in /app of web,api no-scripts");
    does("npm ci --workspaces --omit=dev", "npm install in /app frozen production");
    does("npm install --only production", "npm install in /app production");
    does("pnpm -C web i; pnpm --dir=api i", "pnpm install in /app/web;pnpm install in /app/api");
    does("pnpm --filter web... -F api install -P", "pnpm install in /app of web...,api production");
    does("yarn --cwd web", "yarn install in /app/web");
    does("pnpm fetch --prod", "pnpm fetch in /app production");
    does(
        "pnpm --filter=web --prod deploy --legacy /out/web",
        "pnpm deploy to /out/web in /app of web production",
    );
    does("pnpm deploy --filter web out", "pnpm deploy to /app/out in /app of web");
    does("npx lerna bootstrap --hoist -- --production", "npm bootstrap in /app");
    does("lerna bootstrap --npm-client=yarn --scope web", "yarn bootstrap in /app of web");
    does(
        "node common/scripts/install-run-rush.js install; rush install --to web",
        "pnpm install by rush in /app of web",
    );
    does(
        "npm install -g @antfu/ni && ni && nci",
        "npm install by ni in /app;npm install by ni in /app frozen",
    );
    does("moon docker setup && moon docker prune", "npm install by moon in /app;npm install by moon in /app");
    does("npx -y pnpm@9 i; bunx x; bun install", "pnpm install in /app;bun install in /app");
    does("pnpm deploy; yarn workspace web; npm i -g x; npm ci x", "");
    does(
        "npm i sharp; yarn --cwd web add x; pnpm remove y",
        "npm change in /app;yarn change in /app/web;pnpm change in /app",
    );
    does(
        "lerna exec -- npm ci --omit=dev; lerna exec 'yarn install' --scope web; lerna exec -- npm run x",
        "npm bootstrap in /app;yarn bootstrap in /app of web",
    );
    does("yarnpkg --cwd web install", "yarn install in /app/web");
}

#[test]
fn scripts_of_manifests() {
    does("npm run install-client", "npm run install-client in /app");
    does("npm run install", "npm run install in /app");
    does(
        "npm --prefix web run build -- --x && npm -C api start",
        "npm run build in /app/web;npm run start in /app/api",
    );
    does(
        "npm -w web run setup; npm run a --workspaces --if-present",
        "npm run setup in /app of web;npm run a in /app all",
    );
    does(
        "pnpm setup:all && pnpm run x && pnpm -r build",
        "pnpm run setup:all in /app;pnpm run x in /app;pnpm run build in /app all",
    );
    does("pnpm --filter web --filter api build", "pnpm run build in /app of web,api");
    does("yarn build && yarn run x --y", "yarn run build in /app;yarn run x in /app");
    does(
        "yarn workspace web build; yarn workspace web run x",
        "yarn run build in /app of web;yarn run x in /app of web",
    );
    does(
        "yarn workspaces run build; yarn workspaces foreach -At run x",
        "yarn run build in /app all;yarn run x in /app all",
    );
    does(
        "bun run --cwd web build; bun setup; bun x.ts; bun test",
        "bun run build in /app/web;bun run setup in /app",
    );
    does(
        "lerna run build; yarn lerna run a --scope=web",
        "npm run build in /app all;npm run a in /app of web",
    );
    does(
        "npm test; npm version; yarn cache clean; pnpm store prune; pnpm exec tsc; npm rebuild",
        "npm run test in /app",
    );
}

#[test]
fn parts_of_workspaces() {
    does("turbo prune --scope=web --docker", "Turbo in /app to /app/out of web docker");
    does("npx turbo@2 prune web @x/api --docker --out-dir=x", "Turbo in /app to /app/x of web,@x/api docker");
    does(
        "pnpm dlx turbo prune web --out-dir /x; yarn turbo prune web",
        "Turbo in /app to /x of web;Turbo in /app to /app/out of web",
    );
    does("pnpm exec turbo prune --scope web", "Turbo in /app to /app/out of web");
    does("moon docker scaffold web api", "Moon in /app to /app/.moon/docker of web,api docker");
    does("turbo run build; nx build web", "");
}

#[test]
fn files() {
    does("cp -r web/package.json api", "copy /app/web/package.json to /app/api");
    does("cp a b /c/; cp -t d a", "copy /app/a,/app/b to /c folder;copy /app/a to /app/d folder");
    does(
        "cp -a web/. . ; cp -r web/* ./",
        "copy /app/web to /app folder contents;copy /app/web/* to /app folder",
    );
    does("mv web/package.json .", "copy /app/web/package.json to /app folder moves");
    does(
        "rsync -a --exclude node_modules a/ b/; rsync a b",
        "copy /app/a to /app/b folder contents;copy /app/a to /app/b",
    );
    does(
        "ln -s ../x y/z; ln -sf /x .; ln a b; ln -s a",
        "copy /app/x to /app/y/z;copy /x to /app folder;copy /app/a to /app/b;copy /app/a to /app folder",
    );
    does(
        "rm -rf package.json ./web/*.json -- -x; npx rimraf a",
        "remove /app/package.json,/app/web/*.json,/app/-x;remove /app/a",
    );
    does(
        "cat .npmrc.docker > .npmrc; cat a b > c",
        "copy /app/.npmrc.docker to /app/.npmrc;write /app/c None",
    );
    does(
        "tar xzf a.tar.gz && tar -C /x -xf b; unzip c.zip -d y; tar czf a b",
        "unpack /app/a.tar.gz to /app;unpack /app/b to /x;unpack /app/c.zip to /app/y",
    );
    does(
        "curl x | tar -xzf - && tar -xz -C /y && tar -xzf c.tgz",
        "unpack  to /app;unpack  to /y;unpack /app/c.tgz to /app",
    );
    does(
        "make -C web A=1 -j4 build; make; make -f ci.mk x",
        "make build in /app/web;make  in /app;make x in /app of /app/ci.mk",
    );
    does("cp a; rm; mv; ls; mkdir -p x", "");
}

#[test]
fn settings_and_written_files() {
    does("npm config set @x:registry http://r && npm set a=b", "set @x:registry=http://r;set a=b");
    does(
        "pnpm config set --location project store-dir /s; yarn config set registry http://r",
        "set store-dir=/s;set registry=http://r",
    );
    does(r#"echo "@x:registry=http://r" > .npmrc"#, r#"write /app/.npmrc Some("@x:registry=http://r\n")"#);
    does(
        r#"echo -n "//r/:_authToken=${T}" >> ~/.npmrc"#,
        r#"write /home/node/.npmrc appends Some("//r/:_authToken=${T}")"#,
    );
    does(r#"printf '%s\n' a "b c" > $HOME/.npmrc"#, r#"write /home/node/.npmrc Some("a\nb c\n")"#);
    does(
        r#"printf "a=%d\n" 1 > .npmrc; printf 'a\nb%%' > x"#,
        r#"write /app/.npmrc None;write /app/x Some("a\nb%")"#,
    );
    does(
        "<<E\ncat > .npmrc <<X\na=b\nX\nnpm ci\nE",
        r#"write /app/.npmrc Some("a=b\n");npm install in /app frozen"#,
    );
    does(
        "echo x | tee -a .npmrc; touch a; sed -i s/a/b/ package.json",
        r#"write /app/.npmrc appends None;write /app/a appends Some("");write /app/package.json appends None"#,
    );
    does(
        "jq .x package.json > p && mv p package.json",
        "write /app/p None;copy /app/p to /app/package.json moves",
    );
    does("echo x >/dev/null; echo y 2>err", "");
    does("npm ci > log 2>&1", "npm install in /app frozen");
}

#[test]
fn scripts_in_files() {
    does("./scripts/install.sh a", "file /app/scripts/install.sh");
    does(
        "bash -ex scripts/a.sh; sh /b.sh; . ./c; source d",
        "file /app/scripts/a.sh;file /b.sh;file /app/c;file /app/d",
    );
    does("cd web && bash -o pipefail x.sh", "file /app/web/x.sh");
    does("/usr/bin/x; node_modules/.bin/tsc; sh -; curl x | bash -s -- y", "file /app/y");
}

#[test]
fn chains_and_loops() {
    does(
        "for d in web api; do (cd $d && npm ci); done",
        "npm install in /app/web frozen;npm install in /app/api frozen",
    );
    does(
        "if [ -f yarn.lock ]; then yarn --frozen-lockfile; elif [ -f package-lock.json ]; then npm ci; else exit 1; fi",
        "yarn install in /app frozen;npm install in /app frozen",
    );
    does(
        "yarn workspaces focus web --production || yarn install --production",
        "yarn install in /app of web production;yarn install in /app production",
    );
    does(
        "su node -c 'cd web && npm ci'; gosu node npm ci",
        "npm install in /app/web frozen;npm install in /app frozen",
    );
    does("--mount=type=secret,id=npmrc,target=/root/.npmrc set -eux; npm ci", "npm install in /app frozen");
}

/// The whole script of a `RUN`, with its here-documents.
#[test]
fn here_documents() {
    let text = "RUN <<E && cat <<-F > .npmrc && npm ci && python <<G && <<H\nyarn\nE\n\ta=b\n\tF\nnpm ci\nG\n#!/usr/bin/env node\nnpm ci\nH\n";
    let instruction = &instructions(text)[0];
    let nothing = std::collections::BTreeMap::new();
    let found: Vec<_> = shell::commands(&instruction.script(), "/app", &KnownVariables::new(&nothing))
        .iter()
        .filter_map(|one| Some((instruction.line_at(one.offset), describe(effect(0, one)?))))
        .collect();
    let expected = [
        (2, "yarn install in /app"),
        (1, r#"write /app/.npmrc Some("a=b\n")"#),
        (1, "npm install in /app frozen"),
    ];
    assert_eq!(found, expected.map(|(line, said)| (line, said.to_owned())));
}

#[test]
fn what_a_script_of_a_manifest_does() {
    let command = ShellCommand { words: vec!["npm".to_owned()], ..ShellCommand::default() };
    let found = command.commands_of("npm --prefix client install && cd server && npm i", "/app");
    let dirs: Vec<_> = found.iter().filter_map(|one| Some(install(1, one)?.command.dir)).collect();
    assert_eq!(dirs, ["/app/client", "/app/server"]);
}

proptest! {
    #[test]
    fn nothing_panics(words in proptest::collection::vec("(npm|pnpm|yarn|bun|turbo|moon|lerna|cp|mv|ln|rsync|echo|printf|cat|sed|tee|rm|sh|\\.|run|workspace|workspaces|foreach|prune|docker|deploy|set|config|-s|--filter|-t|--|>|>>|%s|%|\\\\|é|[a-c./-]{0,4})", 0..8)) {
        let _ = effects(&words.join(" "));
        for from in 0..words.len() {
            let command = ShellCommand { words: words[from..].to_vec(), ..ShellCommand::default() };
            let _ = effect(1, &command);
        }
        let _ = effect(1, &ShellCommand::default());
    }
}
