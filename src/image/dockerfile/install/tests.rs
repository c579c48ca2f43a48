use proptest::prelude::*;

use super::*;

/// `line name dir` and what is special.
fn read(text: &str) -> Vec<String> {
    let described = |one: InstallCommand| {
        let mut said = format!("{} {} {}", one.line, one.manager.as_str(), one.dir);
        for (word, holds) in [("frozen", one.frozen), ("no-lockfile", one.no_lockfile), ("ci", one.ci)] {
            if holds {
                said.push_str(&format!(" {word}"));
            }
        }
        said
    };
    installs(text).into_iter().map(described).collect()
}

#[track_caller]
fn says(run: &str, expected: &str) {
    let found = read(&format!("FROM node:22\nWORKDIR /app\nRUN {run}\n"));
    let expected: Vec<_> =
        expected.split(';').filter(|one| !one.is_empty()).map(|one| format!("3 {one}")).collect();
    assert_eq!(found, expected, "{run}");
}

#[test]
fn pnpm() {
    says("pnpm install", "pnpm /app");
    says("pnpm i --frozen-lockfile", "pnpm /app frozen");
    says("pnpm install --ignore-scripts --lockfile=false", "pnpm /app no-lockfile");
    says("pnpm install --no-lockfile --frozen-lockfile", "pnpm /app no-lockfile");
    says("CI=true pnpm install", "pnpm /app frozen ci");
    says("CI=true pnpm install --no-frozen-lockfile", "pnpm /app ci");
    says("CI=false pnpm install", "pnpm /app");
    says("pnpm ci", "pnpm /app frozen");
    says("pnpm --filter backend... install --prod", "pnpm /app");
    says("pnpm install --filter backend --registry http://x", "pnpm /app");
    says("pnpm -C web i", "pnpm /app/web");
    says("pnpm -r install && pnpm run build", "pnpm /app");
    says("pnpm install ms", "");
    says("pnpm install -g ms", "");
    says("pnpm add ms && pnpm run install && pnpm dlx x && pnpm fetch", "");
    says("pnpm install --help", "");
}

#[test]
fn npm_yarn_and_bun() {
    says("npm ci --omit dev", "npm /app frozen");
    says("npm install", "npm /app");
    says("npm --prefix web install --no-package-lock", "npm /app/web no-lockfile");
    says("npm i --package-lock=false", "npm /app no-lockfile");
    says("npm i -g pnpm; npm install --location=global; npm run ci; npm i sharp", "");
    says("yarn", "yarn /app");
    says("yarn install --frozen-lockfile --network-timeout 100000", "yarn /app frozen");
    says("yarn --immutable", "yarn /app frozen");
    says("CI=1 yarn install", "yarn /app ci");
    says("CI=1 yarn install --no-immutable", "yarn /app ci");
    says("yarn --pure-lockfile", "yarn /app");
    says("yarn install --no-lockfile", "yarn /app no-lockfile");
    says("yarn workspaces focus backend --production", "yarn /app");
    says("yarn build; yarn --version; yarn config set x y; yarn set version 4.1.0", "");
    says("bun install --frozen-lockfile", "bun /app frozen");
    says("bun i --production; bun ci; bun run build", "bun /app;bun /app frozen");
}

#[test]
fn where_and_how_it_is_run() {
    let text = "FROM node:22 AS deps\nENV CI=1\nWORKDIR /a\nRUN --mount=type=cache,target=/c \\\n  echo x && \\\n  pnpm install\n\
        FROM deps\nRUN <<EOF\nset -e\ncd web\nnpm ci\nEOF\nRUN cat <<EOF > x\nyarn\nEOF\nRUN [\"bun\", \"install\"]\nCMD [\"npm\", \"ci\"]\n";
    assert_eq!(read(text), ["6 pnpm /a frozen ci", "11 npm /a/web frozen ci", "16 bun /a ci"]);
    says("(cd web && corepack pnpm install); npx -y pnpm@9 i", "pnpm /app/web;pnpm /app");
    says("bash -o pipefail -ec 'npm ci'", "npm /app frozen");
    says("bash -ec 'npm ci'", "npm /app frozen");
}

proptest! {
    #[test]
    fn nothing_panics(text in "((FROM|RUN|COPY|ENV|ARG|WORKDIR|ADD) ?)?([ -~\n\\\\é]|pnpm install|npm ci|<<E|--mount=|\\$\\{){0,60}") {
        let _ = installs(&format!("FROM a\n{text}"));
        let _ = installs(&text);
    }

    #[test]
    fn a_text_of_lines_does_not_panic(lines in proptest::collection::vec("(FROM .{0,8}( AS .)?|RUN .{0,20}|COPY (--from=.)? ?.{0,12}|ENV .=.{0,6}|ARG .{0,6}|WORKDIR .{0,6}|RUN <<E|E)", 0..12)) {
        let _ = installs(&lines.join("\n"));
    }
}
