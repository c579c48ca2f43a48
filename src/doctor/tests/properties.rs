//! What takes any input never panics.

use std::fs;

use proptest::prelude::*;

use super::judged;

fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("FROM node:22 AS a".to_owned()),
        Just("FROM a".to_owned()),
        Just("WORKDIR /app".to_owned()),
        Just("USER node".to_owned()),
        Just("ARG A=1".to_owned()),
        Just("ENV B=$A PNPM_HOME=/pnpm".to_owned()),
        Just("COPY . .".to_owned()),
        Just("COPY package.json pnpm-lock.yaml ./".to_owned()),
        Just("COPY .docker-deps* /app/.docker-deps/".to_owned()),
        Just("RUN pnpm install --frozen-lockfile".to_owned()),
        Just("RUN --mount=type=cache,target=/root/.npm npm ci".to_owned()),
        Just("RUN --mount=type=secret,id=x npm i -g pnpm@$A".to_owned()),
        "[A-Z]{2,6} [ -~é]{0,30}",
    ];
    word
}

fn pattern() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("**".to_owned()),
        Just("*".to_owned()),
        Just("!".to_owned()),
        Just(".docker-deps".to_owned()),
        Just("node_modules".to_owned()),
        Just(".env".to_owned()),
        Just("/".to_owned()),
        Just("pnpm-lock.yaml".to_owned()),
        "[a-z*.#!\\[\\] ]{0,6}",
    ];
    proptest::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_repository_is_judged(
        dockerfile in proptest::collection::vec(line(), 0..12),
        ignored in proptest::collection::vec(pattern(), 0..6),
        npmrc in "[ -~\n]{0,60}",
        compose in "(services:\n  a:\n    build: \\.\n)?[ -~\n]{0,40}",
    ) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("web")).unwrap();
        fs::write(root.join("Dockerfile"), dockerfile.join("\n")).unwrap();
        fs::write(root.join(".dockerignore"), ignored.join("\n")).unwrap();
        fs::write(root.join(".npmrc.docker"), npmrc).unwrap();
        fs::write(root.join("compose.yaml"), compose).unwrap();
        fs::write(root.join("package.json"), r#"{"dependencies": {"@bytelyst/a": "1"}}"#).unwrap();
        fs::write(root.join("web/package.json"), "{}").unwrap();
        fs::write(root.join("web/.env"), "A=1\n").unwrap();
        fs::write(root.join("pnpm-lock.yaml"), "lockfileVersion: '9.0'\n").unwrap();
        let (repository, examined) = judged(root);
        for found in &examined.findings {
            for span in &found.finding.spans {
                prop_assert!(span.line == 0 || repository.line(&span.path, span.line).is_some(), "{span:?}");
            }
        }
        // A fix mends what it says, whatever stands in the files.
        let plan = super::plan(&examined.findings, false, |path| repository.text(path));
        super::apply(root, &plan).unwrap();
        let (repository, examined) = judged(root);
        let again = super::plan(&examined.findings, false, |path| repository.text(path));
        prop_assert!(again.files.is_empty(), "{again:?}");
    }
}
