//! Dockerfiles as nobody wrote them.

use super::tests::ends;
use crate::image::sample::picture;

/// As much of a file as is read, in bytes.
const LONG: usize = 1 << 15;

#[test]
fn no_dockerfile_takes_for_ever() {
    let lines = [
        "RUN pnpm i\n",
        "FROM a AS a\nENV A=1\n",
        "FROM a AS a\nCOPY --from=a / /b/\nCOPY backend /a/\n",
        "ENV A=$A$A\nRUN $A $A\n",
        "ARG A1\nENV B=$A1$B\n",
        "RUN A=1;B=$A;export C=$B;$C;cd x;(cd y;npm ci)\n",
        "RUN sh -c \"sh -c 'sh -c \\\"sh -c npm\\\"'\"\n",
        "RUN <<A <<B\n",
        "\\\n",
        "RUN a \\\n",
        "RUN --mount=type=bind,target=/a npm ci\n",
        "COPY a b c d e f g h ./\n",
        "WORKDIR a/b\n",
    ];
    let parts = [
        "$(", "${A:-", "((", "))", "`", "'", "\"", "\\", "A=1 ", "cd a;", "<<A ", ">", "|", "sudo ", "npx ",
        "--x ",
    ];
    let lines = lines.iter().map(|line| format!("FROM node:22\n{}", line.repeat(LONG / line.len())));
    let parts =
        parts.iter().map(|part| format!("FROM node:22\nRUN {}npm ci\n", part.repeat(LONG / part.len())));
    for text in lines.chain(parts) {
        let shown = text.chars().skip(12).take(40).collect::<String>();
        ends(&shown, move || {
            let files = [("backend/package.json", "{}"), ("package.json", "{}"), ("pnpm-workspace.yaml", "")];
            let _ = picture(&[&files[..], &[("backend/Dockerfile", &text)]].concat());
        });
    }
}
