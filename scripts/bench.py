"""Measures what scripts/bench has installed; see there. Needs Python 3.9, nothing besides its library, and the programs
that scripts/bench installs."""
import argparse, glob, json, os, platform, shutil, statistics, subprocess, sys, time

import bench_world

# Name, title, packages, files of each, whether it is the large one, rounds, and rounds of `--quick`.
WORLDS = [
    ("small", "63 packages of 40 files", 63, 40, False, 11, 3),
    ("ten", "10 packages of 60 files", 10, 60, False, 11, 3),
    ("wide", "63 packages of 400 files", 63, 400, False, 5, 0),
    ("many", "500 packages of 60 files", 500, 60, False, 3, 0),
    ("large", "one package of 1 GB", 1, 0, True, 3, 0),
]

parser = argparse.ArgumentParser()
for option in ["--program", "--tools", "--managers", "--folder", "--json"]:
    parser.add_argument(option, required=True)
parser.add_argument("--quick", action="store_true")
parser.add_argument("--world", action="append", choices=[world[0] for world in WORLDS])
parser.add_argument("--rounds", type=int)
args = parser.parse_args()


def pinned(name, version):
    """The program of scripts/managers.txt, as installed."""
    with open(args.managers) as file:
        for line in file:
            words = line.split()
            if words[:2] == [name, version]:
                [found] = glob.glob(f"{args.tools}/managers/{name}-{version}/node_modules/{words[3]}")
                return found
    sys.exit(f"bench: {name} {version} is not in {args.managers}")


NODE = pinned("node", "22.23.2")
PNPM = pinned("pnpm", "12.21.0")
OLD_PNPM = pinned("pnpm", "10.6.5")
BUN = pinned("bun", "1.4.5")
NPM = pinned("npm", "11.21.2")

ENVIRONMENT = {
    **os.environ, "CI": "1", "NO_COLOR": "1", "npm_config_update_notifier": "false",
    "npm_config_manage_package_manager_versions": "false", "PATH": f"{os.path.dirname(NODE)}:{os.environ['PATH']}",
}
CACHE = f"{os.environ['HOME']}/.cache"


def measure(command, folder):
    """Wall and CPU time in ms, and peak memory in MiB. `time` tells the memory: forked from a small process, a child
    begins with none of the driver's."""
    memory = f"{args.folder}/memory"
    with open(f"{args.folder}/said", "wb+") as said:
        begin = time.perf_counter()
        child = subprocess.Popen(["/usr/bin/time", "-q", "-f", "%M", "-o", memory, *command], cwd=folder,
                                 env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            said.seek(0)
            text = said.read()[-2000:].decode(errors="replace")
            sys.exit(f"bench: {command} in {folder} ended with {child.returncode}:\n{text}")
    with open(memory) as file:
        peak = int(file.read().split()[-1]) / 1024
    return wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000, peak


class World:
    """What is measured in one world, in this order. Every way has what comes before it, not timed."""

    def __init__(self, made, packages, large):
        self.plat, self.product = made["plat"], made["product"]
        self.packages, self.large, self.wide = packages, large, made["files"] > 100 * packages
        self.out = f"{os.path.dirname(self.plat)}/out"
        self.changed = f"{self.plat}/packages/p000/dist/f001.d.ts"
        with open(self.changed, "rb") as file:
            self.original = file.read()
        self.changes = self.thrown = 0
        self.trash = f"{os.path.dirname(self.plat)}/trash"
        os.mkdir(self.trash)

    def throw(self, folder):
        """Out of the way, and removed when all is measured: files that are made soon after others were removed take a
        file system longer (ext4 looks for a number that was not free just now)."""
        if os.path.exists(folder):
            self.thrown += 1
            os.rename(folder, f"{self.trash}/{self.thrown}")
            if self.large:
                # A few files, and gigabytes.
                shutil.rmtree(f"{self.trash}/{self.thrown}")

    def empty(self):
        self.throw(self.out)
        os.mkdir(self.out)

    def cold(self):
        self.empty()
        self.throw(CACHE)

    def deps_cold(self):
        self.throw(f"{self.product}/.docker-deps")
        self.throw(CACHE)

    def change(self):
        self.changes += 1
        with open(self.changed, "wb") as file:
            file.write(self.original + b"// %d\n" % self.changes)

    def change_back(self):
        with open(self.changed, "wb") as file:
            file.write(self.original)

    def each(self, *command):
        loop = 'for folder in packages/*; do (cd "$folder" && "$@") || exit 1; done'
        return ["sh", "-c", loop, "sh", *command]

    def ways(self):
        nothing = lambda: None
        program, plat, product = args.program, self.plat, self.product
        pack = [program, "pack", "--all", "--out", self.out, "--quiet"]
        prepare = [program, "prepare", "--quiet"]
        source = "packages/p000" if self.large else "packages"
        yield "cold", "docker-prep pack --all, cold", self.cold, pack, plat, True
        yield "warm", "docker-prep pack --all, nothing changed", nothing, pack, plat, True
        yield "one", "docker-prep pack --all, one package changed", self.change, pack, plat, False
        yield "prepare-cold", "docker-prep prepare, cold", self.deps_cold, prepare, product, False
        yield "restore", "docker-prep restore", nothing, [program, "restore", "--quiet"], product, False
        yield "dry-run", "docker-prep prepare --dry-run, nothing changed", nothing, [*prepare, "--dry-run"], product, False
        yield "prepare", "docker-prep prepare, nothing changed", nothing, prepare, product, False
        yield "git-status", "git status", self.unprepare, ["git", "status", "--porcelain"], plat, False
        yield "version", "docker-prep --version", nothing, [program, "--version"], plat, False
        yield "pnpm", "pnpm 12.21.0 -r pack", self.empty, [PNPM, "-r", "pack", "--pack-destination", self.out], plat, True
        if self.packages <= 63:
            # It reads the whole workspace in each folder: minutes for 500 of them.
            yield ("bun", "bun 1.4.5 pm pack, in each folder", self.empty,
                   self.each(BUN, "pm", "pack", "--ignore-scripts", "--quiet", "--destination", self.out), plat, True)
        if self.packages <= 63 and not self.large:
            yield ("npm", "npm 11.21.2 pack --workspaces", self.empty,
                   [NODE, NPM, "pack", "--workspaces", "--silent", "--ignore-scripts", "--pack-destination", self.out], plat, True)
        if self.packages == 63 and not self.wide and not args.quick:
            # A minute and more: in one world, and not in a quick run.
            yield ("pnpm-10", "pnpm 10.6.5 pack, in each folder", self.empty,
                   self.each(NODE, OLD_PNPM, "pack", "--config.ignore-scripts=true", "--pack-destination", self.out), plat, True)
        yield "gzip", "tar, gzip -1: one archive", self.empty, ["sh", "-c", f'tar -cf - {source} | gzip -1 >"$0"/all.tgz', self.out], plat, False
        yield "pigz", "tar, pigz: one archive", self.empty, ["sh", "-c", f'tar -cf - {source} | pigz >"$0"/all.tgz', self.out], plat, False
        # The least that a program of one thread may take whose archives are as small: the deflate that docker-prep uses.
        yield "libdeflate", "tar, libdeflate-gzip -2: one archive", self.empty, ["sh", "-c", f'tar -cf - {source} | libdeflate-gzip -2 >"$0"/all.tgz', self.out], plat, False
        yield "tar", "tar: one archive", self.empty, ["tar", "-cf", f"{self.out}/all.tar", source], plat, False

    def unprepare(self):
        subprocess.run([args.program, "restore", "--quiet"], cwd=self.product, env=ENVIRONMENT, check=True)
        self.change_back()
        # Once more, so that git has seen the file that was changed back.
        subprocess.run(["git", "status"], cwd=self.plat, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)


# These take minutes where others take seconds: one round is enough to say so.
SLOW = {"npm", "pnpm-10"}


def run(name, title, packages, files, large, rounds):
    print(f"bench: {title}: building the world", file=sys.stderr, flush=True)
    top = f"{args.folder}/{name}"
    made = bench_world.build(top, f"{args.tools}/corpus/node_modules", packages, files, large)
    subprocess.run([BUN, "install", "--lockfile-only", "--silent"], cwd=made["plat"], env=ENVIRONMENT, check=False,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    world = World(made, packages, large)
    rows = {}
    # The first round warms the machine's caches, and is not counted.
    for number in range(rounds + 1):
        print(f"bench: {title}: round {number} of {rounds}", file=sys.stderr, flush=True)
        for way, what, before, command, folder, tarballs in world.ways():
            row = rows.setdefault(way, {"way": way, "title": what, "wall": [], "cpu": [], "memory": []})
            if way in SLOW and number != 1:
                continue
            before()
            wall, cpu, memory = measure(command, folder)
            if number == 0:
                continue
            for key, value in (("wall", wall), ("cpu", cpu), ("memory", memory)):
                row[key].append(value)
            if tarballs:
                made_here = glob.glob(f"{world.out}/*.tgz")
                if len(made_here) != packages:
                    sys.exit(f"bench: {what} made {len(made_here)} tarballs of {packages} packages")
                row["tarballs"] = sum(os.path.getsize(path) for path in made_here)
            elif os.path.exists(f"{world.out}/all.tgz"):
                row["tarballs"] = os.path.getsize(f"{world.out}/all.tgz")
    shutil.rmtree(top)
    for row in rows.values():
        row["rounds"] = len(row["wall"])
        for key in ("wall", "cpu", "memory"):
            values = row.pop(key)
            row[key] = {"median": round(statistics.median(values), 2), "least": round(min(values), 2)}
    return {"name": name, "title": title, "packages": packages, "files": made["files"], "bytes": made["bytes"],
            "rounds": rounds, "rows": list(rows.values())}


def said(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def machine():
    return {
        "processor": said(["sh", "-c", "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | grep . || sysctl -n machdep.cpu.brand_string"]),
        "cores": os.cpu_count(), "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "file_system": said(["stat", "-f", "-c", "%T", args.folder]), "load": round(os.getloadavg()[0], 2),
        "program": said([args.program, "--version"]), "git": said(["git", "--version"]),
    }


result = {"schemaVersion": 1, "machine": machine(), "worlds": []}
print(f"bench: {json.dumps(result['machine'])}", file=sys.stderr, flush=True)
for name, title, packages, files, large, rounds, quick in WORLDS:
    rounds = args.rounds or (quick if args.quick else rounds)
    wanted = name in args.world if args.world else (quick if args.quick else rounds) > 0
    if wanted:
        result["worlds"].append(run(name, title, packages, files, large, max(1, rounds)))
with open(args.json, "w") as file:
    json.dump(result, file, indent=1)
    file.write("\n")
