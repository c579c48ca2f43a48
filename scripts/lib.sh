# shellcheck shell=sh
# What the scripts share; sourced with $root set to the repository's root. POSIX sh, so that every script can.

# The pnpm that the products pin.
pnpm_version=10.6.5
# shellcheck disable=SC2154 # the script that sources this sets it
tools=$root/.tools
pnpm_dir=$tools/pnpm-$pnpm_version

# Ends the script with one line that says why.
fail() {
	printf '%s: %s\n' "scripts/${0##*/}" "$*" >&2
	exit 1
}

# need PROGRAM WHAT-TO-DO
need() {
	command -v "$1" >/dev/null 2>&1 || fail "$1 is missing: $2"
}

# npm_install DIR SPEC…: puts packages at DIR/node_modules, unless these very ones are there. Needs a registry that
# npm reaches.
npm_install() {
	npm_dir=$1
	shift
	[ "$(cat "$npm_dir/specs" 2>/dev/null)" = "$*" ] && return
	need npm "install Node.js 20 or newer"
	mkdir -p "$tools"
	# Moved into place when it is whole: an interrupted install must not look like one that is there.
	npm_part=$(mktemp -d "$tools/.npm.XXXXXX")
	if ! npm install --prefix "$npm_part" "$@" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
		rm -rf "$npm_part"
		fail "npm could not install $*"
	fi
	printf '%s\n' "$*" >"$npm_part/specs"
	rm -rf "$npm_dir"
	mv "$npm_part" "$npm_dir"
}

# Puts the real pnpm at $pnpm_dir/node_modules/.bin/pnpm.
install_pnpm() {
	npm_install "$pnpm_dir" "pnpm@$pnpm_version"
}

# Puts every package manager of scripts/managers.txt, and its Node.js, at $tools/managers/NAME-VERSION, all at once.
install_managers() {
	case $(uname -sm) in
	'Linux x86_64') platform=linux-x64 ;;
	'Linux aarch64') platform=linux-arm64 ;;
	'Darwin x86_64') platform=darwin-x64 ;;
	'Darwin arm64') platform=bin-darwin-arm64 ;;
	*) fail "no Node.js for $(uname -sm) is in the registry: see scripts/managers.txt" ;;
	esac
	mkdir -p "$tools/managers"
	running=''
	while read -r name version package program; do
		case $name in '' | '#'*) continue ;; esac
		package=$(printf '%s\n' "$package" | sed "s/PLATFORM/$platform/")
		install_manager "$tools/managers/$name-$version" "$package@$version" "$program" &
		running="$running $!"
	done <"$root/scripts/managers.txt"
	# One that could not be installed has said so itself.
	missing=no
	for job in $running; do
		wait "$job" || missing=yes
	done
	[ "$missing" = no ] || fail "not every package manager could be installed"
}

# install_manager DIR SPEC PROGRAM
install_manager() {
	npm_install "$1" "$2"
	# Unquoted: npm chooses among packages of one name for each platform.
	# shellcheck disable=SC2086
	set -- "$1" "$2" "$1"/node_modules/$3
	[ -x "$3" ] && return
	rm -rf "$1"
	fail "$2 has no program for this machine: $3"
}

# apt_install PROGRAM PACKAGE: a program of Debian's, unless it is there. Debian's packages are for root, or for whoever
# sudo lets without a password.
apt_install() {
	command -v "$1" >/dev/null 2>&1 && return
	need apt-get "install $2"
	if [ "$(id -u)" -eq 0 ]; then
		as_root=''
	elif sudo -n true 2>/dev/null; then
		as_root=sudo
	else
		fail "$1 is missing: sudo apt-get install $2"
	fi
	# The first try does without fresh lists.
	$as_root apt-get install -y -q --no-install-recommends "$2" >/dev/null ||
		{ $as_root apt-get update -q >/dev/null && $as_root apt-get install -y -q --no-install-recommends "$2" >/dev/null; } ||
		fail "apt-get could not install $2"
}
