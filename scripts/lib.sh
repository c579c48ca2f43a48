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

# Puts the real pnpm at $pnpm_dir/node_modules/.bin/pnpm, unless it is there. Needs a registry that npm reaches.
install_pnpm() {
	[ -f "$pnpm_dir/node_modules/pnpm/dist/pnpm.cjs" ] && return
	need npm "install Node.js 20 or newer"
	mkdir -p "$tools"
	# Moved into place when it is whole: an interrupted install must not look like one that is there.
	pnpm_part=$(mktemp -d "$tools/.pnpm.XXXXXX")
	if ! npm install --prefix "$pnpm_part" "pnpm@$pnpm_version" \
		--ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
		rm -rf "$pnpm_part"
		fail "npm could not install pnpm@$pnpm_version"
	fi
	rm -rf "$pnpm_dir"
	mv "$pnpm_part" "$pnpm_dir"
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
