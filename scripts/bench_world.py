"""The worlds of scripts/bench: workspaces made of published code, the same at every run. Needs Python 3.9 and git."""
import json, os, random, subprocess

SEED = 20260527

# What a package's files are: of 40 files a package has 18 with code, 13 with types, 7 maps, and one that does not compress.
KINDS = ["js"] * 18 + ["d.ts"] * 13 + ["js.map"] * 7 + ["woff2"]
MEAN = 6000


class Corpus:
    """Published code, types and maps, each in one long text."""

    def __init__(self, folder):
        ends = {"js": (".js", ".mjs", ".cjs"), "d.ts": (".d.ts", ".d.mts", ".d.cts"), "js.map": (".map",)}
        texts = {kind: [] for kind in ends}
        for top, folders, files in os.walk(folder):
            folders.sort()
            for name in sorted(files):
                for kind, end in ends.items():
                    if name.endswith(end):
                        with open(os.path.join(top, name), "rb") as file:
                            texts[kind].append(file.read())
                        break
        self.texts = {kind: b"".join(parts) for kind, parts in texts.items()}
        self.choose = random.Random(SEED)

    def cut(self, kind, size):
        """A piece from anywhere."""
        if kind not in self.texts:
            return self.choose.randbytes(size)
        text = self.texts[kind]
        at = self.choose.randrange(len(text))
        piece = text[at:at + size]
        while len(piece) < size:
            piece += text[:size - len(piece)]
        return piece

    def size(self):
        """Many small files and a few large ones."""
        return max(200, int(self.choose.lognormvariate(0, 0.9) * MEAN * 0.667))


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def write_json(path, value):
    write(path, (json.dumps(value, indent=2) + "\n").encode())


def manifest(number, packages):
    name = f"p{number:03}"
    # Later ones need earlier ones, at most four, as shared packages do.
    needs = sorted({(number * 7 + step * step) % number for step in range(1, 5)}) if number else []
    files = [["dist"], ["dist", "README.md"], ["dist/**/*", "!**/*.test.js"]][number % 3]
    return {
        "name": f"@bytelyst/{name}", "version": f"1.{number}.0", "license": "MIT", "type": "module",
        "main": "dist/f000.js", "types": "dist/f001.d.ts", "files": files,
        "scripts": {"build": "tsc -p .", "test": "node --test dist"},
        "dependencies": {f"@bytelyst/p{need:03}": "workspace:*" for need in needs},
        "devDependencies": {"typescript": "^5.9.0"},
    }


def small_files(corpus, files):
    """Name and text of each file but manifest and README."""
    for number in range(files - 2):
        kind = ["js", "d.ts"][number] if number < 2 else KINDS[number % len(KINDS)]
        folder = "" if number < 12 else f"m{number // 12}/"
        yield f"dist/{folder}f{number:03}.{kind}", [(kind, corpus.size())]


MB = 1 << 20


def large_files(_corpus, _files):
    """A gigabyte: one bundle, its map, a binary, and chunks."""
    yield "dist/f000.js", [("js", MB)] * 400
    yield "dist/f001.d.ts", [("d.ts", MB)]
    yield "dist/f000.js.map", [("js.map", MB)] * 250
    yield "dist/native.node", [("node", MB)] * 100
    for number in range(272):
        yield f"dist/chunks/c{number:03}.js", [("js", MB)]


def build(top, corpus_dir, packages, files, large):
    """A workspace and a product beside it, both committed; what was made of them is returned."""
    corpus = Corpus(corpus_dir)
    plat, product = os.path.join(top, "plat"), os.path.join(top, "product")
    write_json(f"{plat}/package.json", {"name": "plat", "private": True, "workspaces": ["packages/*"]})
    write(f"{plat}/pnpm-workspace.yaml", b"packages:\n  - packages/*\n")
    write(f"{plat}/LICENSE", b"MIT License\n" + corpus.cut("d.ts", 1000))
    write(f"{plat}/.gitignore", b"node_modules/\nbun.lock\n")
    size = count = 0
    for number in range(packages):
        folder = f"{plat}/packages/p{number:03}"
        one = manifest(number, packages)
        write_json(f"{folder}/package.json", one)
        write(f"{folder}/README.md", corpus.cut("d.ts", 800))
        for name, pieces in (large_files if large else small_files)(corpus, files):
            path = f"{folder}/{name}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                for kind, length in pieces:
                    file.write(corpus.cut(kind, length))
                    size += length
            count += 1
        count += 2
        # As an install links them: pnpm 10 resolves `workspace:` from there only.
        for need in one["dependencies"]:
            link = f"{folder}/node_modules/{need}"
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(f"../../../{need.split('/')[1]}", link)
    names = {f"@bytelyst/p{number:03}": f"^1.{number}.0" for number in range(packages)}
    write_json(f"{product}/backend/package.json", {
        "name": "backend", "version": "1.0.0", "private": True, "packageManager": "pnpm@10.6.5", "dependencies": names})
    write(f"{product}/backend/Dockerfile", b"FROM node:22-alpine\nWORKDIR /app/backend\nCOPY backend/package.json ./\n"
          b"COPY .docker-deps* /app/.docker-deps/\nRUN pnpm install --ignore-scripts --lockfile=false\n")
    write(f"{product}/.gitignore", b".docker-deps/\n*.bak\n")
    for repository in (plat, product):
        git = ["git", "-C", repository, "-c", "user.name=x", "-c", "user.email=x", "-c", "gc.auto=0",
               "-c", "core.compression=0"]
        subprocess.run(["git", "init", "--quiet", repository], check=True)
        subprocess.run([*git, "add", "--all"], check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", "all"], check=True)
    return {"plat": plat, "product": product, "files": count, "bytes": size}
