#!/bin/sh
# offline.sh OUT SURFACE…: puts what an install of these surfaces needs besides the packages in scope into OUT, for
# offline.Dockerfile beside this script. Again when a third-party dependency changes.
# Run it at the product's root. Needs docker-prep, corepack, Node.js, and registries that can be reached.
set -eu
out=$1
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
corepack pack pnpm@10.6.5 --output "$out/corepack.tgz"
docker-prep pack --out "$work" >"$work/tarballs"
# Every third party that a surface or a packed package names, each range under a name of its own.
{
	for dir; do cat "$dir/package.json" && printf '\0'; done
	while read -r tarball; do tar -xzOf "$tarball" package/package.json && printf '\0'; done <"$work/tarballs"
} | node -e '
	const specs = new Set();
	for (const text of require("node:fs").readFileSync(0, "utf8").split("\0").filter(Boolean)) {
		const { private: surface, pnpm, ...manifest } = JSON.parse(text);
		const named = [manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies, pnpm?.overrides];
		for (const [name, range] of [...named, surface && manifest.devDependencies].flatMap((of) => Object.entries(of || {})))
			if (!name.includes("@bytelyst/")) specs.add(`npm:${name}@${range}`);
	}
	const dependencies = Object.fromEntries([...specs].sort().map((spec, at) => [`third-party-${at}`, spec]));
	// Programs for the image, not for this machine.
	const supportedArchitectures = { os: ["linux"], cpu: ["x64", "arm64"], libc: ["musl", "glibc"] };
	console.log(JSON.stringify({ private: true, dependencies, pnpm: { supportedArchitectures } }));
' >"$work/package.json"
cd "$work"
corepack pnpm@10.6.5 install --ignore-scripts --lockfile=false --store-dir "$out/pnpm/store" --cache-dir "$out/pnpm/cache"
rm -r "$work"
