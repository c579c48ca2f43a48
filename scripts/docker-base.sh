# shellcheck shell=bash
# What the images are built on without a network; sourced by scripts/e2e-docker with $root, $tools and $temp set.
# Needs what scripts/e2e-docker does, and busybox.
# shellcheck disable=SC2154 # the script that sources this sets them

# The Node.js and npm of scripts/managers.txt, and the corepack that comes with that Node.js.
node_version=$(awk '$1 == "node" { print $2 }' "$root/scripts/managers.txt")
npm_version=$(awk '$1 == "npm" && $2 ~ /^10\./ { print $2 }' "$root/scripts/managers.txt")
corepack_version=0.34.7
corepack_dir=$tools/corepack-$corepack_version

# Everything that comes from a registry, once; a second run finds it in .tools/.
install_base() {
	case $(uname -m) in
	x86_64) platform=linux-x64 ;;
	aarch64) platform=linux-arm64 ;;
	*) fail "no Node.js for $(uname -m) is in the registry: see scripts/managers.txt" ;;
	esac
	mkdir -p "$tools/managers"
	install_manager "$tools/managers/node-$node_version" "node-$platform@$node_version" 'node-*/bin/node'
	install_manager "$tools/managers/npm-$npm_version" "npm@$npm_version" npm/bin/npm-cli.js
	npm_install "$corepack_dir" "corepack@$corepack_version"
	install_pnpm
}

# with_libraries FOLDER PROGRAM…: copies what the loader will ask for.
with_libraries() {
	local folder=$1 library
	shift
	# ldd fails on a static program, which needs none.
	{ ldd "$@" 2>/dev/null || true; } | { grep -o '/[^ :)]*\.so[^ :)]*' || true; } | sort -u | while read -r library; do
		mkdir -p "$folder${library%/*}"
		cp -L "$library" "$folder$library"
	done
}

# An image that has what the Dockerfiles use of node:22-alpine: a shell with its programs, Node.js, npm and corepack.
# musl is not in it: it is this machine's glibc that node runs on. And one that has the shell only.
# By their label all images are found again that are built on them.
base_images() { # NODE BUSYBOX
	local top=$temp/base modules=$temp/base/usr/local/lib/node_modules program
	mkdir -p "$top"/{bin,dev,etc,proc,root,sys,tmp,usr/bin,usr/local/bin,var}
	chmod 1777 "$top/tmp"
	cp "$(command -v busybox)" "$top/bin/busybox"
	for program in $("$top/bin/busybox" --list); do
		[ -e "$top/bin/$program" ] || ln -s busybox "$top/bin/$program"
	done
	ln -s ../../bin/env "$top/usr/bin/env"
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$top/etc/passwd"
	printf 'root:x:0:\n' >"$top/etc/group"
	with_libraries "$top" "$top/bin/busybox"
	tar -C "$top" --owner=0 --group=0 -cf - . | docker import --change 'ENV PATH=/usr/bin:/bin' \
		--change "LABEL docker-prep-e2e=$$" - "$2"

	mkdir -p "$modules"
	cp "$tools/managers/node-$node_version"/node_modules/node-*/bin/node "$top/usr/local/bin/node"
	with_libraries "$top" "$top/usr/local/bin/node"
	cp -R "$tools/managers/npm-$npm_version/node_modules/npm" "$corepack_dir/node_modules/corepack" "$modules"
	ln -s ../lib/node_modules/npm/bin/npm-cli.js "$top/usr/local/bin/npm"
	ln -s ../lib/node_modules/corepack/dist/corepack.js "$top/usr/local/bin/corepack"
	# A look-up that nothing answers is asked once, not for a minute.
	tar -C "$top" --owner=0 --group=0 -cf - . | docker import \
		--change 'ENV PATH=/usr/local/bin:/usr/bin:/bin' --change "ENV NODE_VERSION=$node_version" \
		--change 'ENV npm_config_fetch_retries=0' --change 'CMD ["node"]' \
		--change "LABEL docker-prep-e2e=$$" - "$1"
	rm -rf "$top"
}
