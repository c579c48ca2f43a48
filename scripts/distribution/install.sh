#!/bin/sh
# Installs docker-prep @VERSION@: takes the archive for this system, checks its SHA-256, and puts the program into a folder.
#
#   sh install.sh [--from PLACE] [--to FOLDER]
#
#   --from PLACE   where archives and SHA256SUMS are: a folder, or the beginning of a URL.
#                  Else the folder of this file, if they lie there, else where the release was published
#   --to FOLDER    where the program goes. Else ~/.local/bin
#
# Needs tar (for Windows unzip), one of sha256sum, shasum and openssl, and for a URL curl or wget.
set -eu

version='@VERSION@'
from='@FROM@'
to=${HOME:-}/.local/bin

# fail CODE SENTENCE…: each after the first on a line of its own.
fail() {
	code=$1
	printf 'install.sh: %s\n' "$2" >&2
	shift 2
	[ $# -eq 0 ] || printf '  %s\n' "$@" >&2
	exit "$code"
}

has() {
	command -v "$1" >/dev/null 2>&1
}

case $0 in
*/install.sh) [ ! -f "${0%/*}/SHA256SUMS" ] || from=${0%/*} ;;
install.sh) [ ! -f SHA256SUMS ] || from=. ;;
esac
while [ $# -gt 0 ]; do
	case $1 in
	--from | --to) [ $# -gt 1 ] || fail 2 "$1: say where" ;;
	esac
	case $1 in
	--from)
		from=$2
		shift
		;;
	--from=*) from=${1#*=} ;;
	--to)
		to=$2
		shift
		;;
	--to=*) to=${1#*=} ;;
	-h | --help)
		printf 'Installs docker-prep %s: sh install.sh [--from FOLDER-OR-URL] [--to FOLDER]\n' "$version"
		exit
		;;
	*) fail 2 "$1: there is no such option" 'sh install.sh [--from FOLDER-OR-URL] [--to FOLDER]' ;;
	esac
	shift
done
[ -n "$from" ] || fail 2 'nothing says where the archives are' 'sh install.sh --from FOLDER-OR-URL'
case $to in
/.local/bin) fail 2 'HOME is not set' 'sh install.sh --to FOLDER' ;;
esac

program=docker-prep
case $(uname -sm) in
'Linux x86_64') target=x86_64-unknown-linux-musl ;;
'Linux aarch64' | 'Linux arm64') target=aarch64-unknown-linux-musl ;;
'Darwin arm64') target=aarch64-apple-darwin ;;
'Darwin x86_64')
	target=x86_64-apple-darwin
	# A shell that Rosetta runs says so too.
	[ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" != 1 ] || target=aarch64-apple-darwin
	;;
MINGW*x86_64 | MSYS*x86_64 | CYGWIN*x86_64) target=x86_64-pc-windows-gnu program=docker-prep.exe ;;
*) fail 5 "there is no docker-prep for $(uname -sm)" 'build it from the sources: cargo install --locked --path .' ;;
esac
folder=docker-prep-$version-$target
case $target in
*-windows-*) archive=$folder.zip ;;
*) archive=$folder.tar.gz ;;
esac

# Everything happens in a folder that goes again, whatever happens.
work=$(mktemp -d "${TMPDIR:-/tmp}/docker-prep.XXXXXX") || fail 5 'no temporary folder can be made: set TMPDIR'
new=
trap 'rm -rf "$work" ${new:+"$new"}' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# get NAME: copies a file of the release into $work.
get() {
	case $from in
	http://* | https://*)
		url=${from%/}/$1
		if has curl; then
			curl -fsSL --retry 2 -o "$work/$1" "$url" || fail 5 "$url: cannot be had" 'say where it is: --from FOLDER-OR-URL'
		elif has wget; then
			wget -q -O "$work/$1" "$url" || fail 5 "$url: cannot be had" 'say where it is: --from FOLDER-OR-URL'
		else
			fail 5 'curl and wget are missing' "install one of them, or bring $archive and SHA256SUMS by hand: --from FOLDER"
		fi
		;;
	*)
		[ -f "$from/$1" ] || fail 5 "$from/$1: is not there" 'say where it is: --from FOLDER-OR-URL'
		cp "$from/$1" "$work/$1"
		;;
	esac
}

# sum FILE: its SHA-256.
sum() {
	if has sha256sum; then
		sha256sum <"$1"
	elif has shasum; then
		shasum -a 256 <"$1"
	else
		openssl dgst -sha256 -r <"$1"
	fi | cut -d ' ' -f 1
}
has sha256sum || has shasum || has openssl ||
	fail 5 'sha256sum, shasum and openssl are missing, and nothing is installed unchecked' 'install one of them'

get SHA256SUMS
wanted=$(sed -n "s/^\([0-9a-f]\{64\}\)  $archive\$/\1/p" "$work/SHA256SUMS")
[ -n "$wanted" ] || fail 5 "$from/SHA256SUMS: has no $archive" 'take both from one release'
get "$archive"
found=$(sum "$work/$archive")
[ "$found" = "$wanted" ] || fail 1 "$from/$archive: SHA-256 is ${found:-unknown}, not $wanted: nothing was installed" \
	'get it anew; if it stays so, ask whoever publishes it'

case $archive in
*.zip)
	has unzip || fail 5 "unzip is missing: install it, or unpack $archive by hand"
	unzip -q "$work/$archive" "$folder/$program" -d "$work"
	;;
*) tar -xzf "$work/$archive" -C "$work" "$folder/$program" ;;
esac
said=$("$work/$folder/$program" --version) || fail 5 "$archive: its program does not run here" \
	"if $work may hold no programs, set TMPDIR to a folder that may"
mkdir -p "$to" || fail 5 "$to: cannot be made" 'name another folder: --to FOLDER'
# Moved into place whole, so that one which runs is not disturbed.
new=$to/.docker-prep.$$
{ cp "$work/$folder/$program" "$new" && chmod 755 "$new" && mv -f "$new" "$to/$program"; } ||
	fail 5 "$to/$program: cannot be written" 'name another folder: --to FOLDER'
printf '%s: %s\n' "$to/$program" "$said"
case :$PATH: in
*:"$to":*) ;;
*) printf 'add the folder to PATH: export PATH="%s:$PATH"\n' "$to" ;;
esac
