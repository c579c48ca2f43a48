# shellcheck shell=sh
# What the scripts share; sourced with $root set to the repository's root. POSIX sh, so that every script can. Needs by
# itself git alone; each function says what it needs besides.

# The pnpm that the products pin.
pnpm_version=10.6.5
# The registry that tests/e2e/source asks; it runs with the Node.js of managers.txt.
verdaccio_version=6.10.4
# What reads .deny.toml.
deny_version=0.20.2
# What runs the tests, where cargo has it not.
nextest_version=0.9.148
# What scripts/dist links programs for other systems with.
zig_version=0.17.1
zigbuild_version=0.24.1
# The Debian release that Docker with its plugins comes from, where the one of this machine has none.
docker_suite=trixie
# shellcheck disable=SC2154 # the script that sources this sets it
tools=$root/.tools
pnpm_dir=$tools/pnpm-$pnpm_version
docker_dir=$tools/docker-$docker_suite

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
# npm reaches. With $npm_overrides, as '{ "name": "1.2.3" }', npm takes these versions wherever a package asks for them.
npm_install() {
	npm_dir=$1
	shift
	npm_specs="$*${npm_overrides:+ $npm_overrides}"
	[ "$(cat "$npm_dir/specs" 2>/dev/null)" = "$npm_specs" ] && return
	need npm "install Node.js 20 or newer"
	mkdir -p "$tools"
	# Moved into place when it is whole: an interrupted install must not look like one that is there.
	npm_part=$(mktemp -d "$tools/.npm.XXXXXX")
	[ -z "${npm_overrides:-}" ] || printf '{ "private": true, "overrides": %s }\n' "$npm_overrides" >"$npm_part/package.json"
	if ! npm install --prefix "$npm_part" "$@" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
		rm -rf "$npm_part"
		fail "npm could not install $*"
	fi
	printf '%s\n' "$npm_specs" >"$npm_part/specs"
	rm -rf "$npm_dir"
	mv "$npm_part" "$npm_dir"
}

# Puts the real pnpm at $pnpm_dir/node_modules/.bin/pnpm.
install_pnpm() {
	npm_install "$pnpm_dir" "pnpm@$pnpm_version"
}

# Puts a registry at $tools/verdaccio-VERSION. Its dependency `node-fetch@cjs` is a tag, which not every registry has.
install_verdaccio() {
	npm_overrides='{ "node-fetch": "2.7.0" }' npm_install "$tools/verdaccio-$verdaccio_version" "verdaccio@$verdaccio_version"
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

# benchmark WORD…: builds scripts/benchmark and the program that it measures, and calls it with a temporary folder in an
# environment that says nothing of the caller. Needs Rust.
benchmark() {
	benchmark=$1
	shift
	need cargo "install Rust, see https://rustup.rs"
	# In one call, so that the library is built once.
	(cd "$root" && cargo build --release --locked --quiet --bin docker-prep --example bench)
	built=$(target_directory)
	world=$(mktemp -d)
	trap 'rm -rf "$world"' EXIT
	mkdir "$world/home"
	own_environment
	unset XDG_CACHE_HOME BYTELYST_PACKAGE_SOURCE
	HOME=$world/home GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null LC_ALL=C \
		"$built/release/examples/bench" "$benchmark" --folder "$world" "$@"
}

# install_cargo_tool PROGRAM VERSION: puts cargo's part at $tools/PROGRAM-VERSION/bin/PROGRAM. PyPI has it built for some
# machines, which takes a second; for others, and where there is no Python, cargo builds it, which takes minutes.
install_cargo_tool() {
	tool_dir=$tools/$1-$2
	[ -x "$tool_dir/bin/$1" ] && return
	mkdir -p "$tools"
	# Moved into place when it is whole.
	tool_part=$(mktemp -d "$tools/.$1.XXXXXX")
	if ! pip_install "$tool_part" "astral-dev-toolchain-$1==$2"; then
		cargo install -q --locked --root "$tool_part/tool" --version "$2" "$1" || {
			rm -rf "$tool_part"
			fail "neither pip nor cargo could install $1 $2"
		}
	fi
	rm -rf "$tool_dir"
	mv "$tool_part/tool" "$tool_dir"
	rm -rf "$tool_part"
}

# Puts zig at $zig/ziglang/zig, and cargo's part that links with it at $zig/bin/cargo-zigbuild. PyPI has both built.
install_zig() {
	zig=$tools/zig-$zig_version-$zigbuild_version
	[ -x "$zig/bin/cargo-zigbuild" ] && return
	mkdir -p "$tools"
	# Moved into place when it is whole.
	zig_part=$(mktemp -d "$tools/.zig.XXXXXX")
	if ! pip_install "$zig_part" "ziglang==$zig_version" "cargo-zigbuild==$zigbuild_version"; then
		rm -rf "$zig_part"
		fail "ziglang $zig_version and cargo-zigbuild $zigbuild_version could not be installed: it takes Python 3 with venv and pip"
	fi
	rm -rf "$zig"
	mv "$zig_part/tool" "$zig"
	rm -rf "$zig_part"
}

# pip_install FOLDER SPEC…: puts packages of PyPI at FOLDER/tool, by an environment at FOLDER/venv.
pip_install() {
	pip_folder=$1
	shift
	has_python || (apt_get python3-venv) || return
	python3 -m venv "$pip_folder/venv" &&
		"$pip_folder/venv/bin/pip" install -q --target "$pip_folder/tool" "$@"
}

# Whether Python can make an environment with pip in it: Debian has that part apart.
has_python() {
	python3 -c 'import ensurepip, venv' 2>/dev/null
}

# apt_install PROGRAM PACKAGE: a program of Debian's, unless it is there.
apt_install() {
	command -v "$1" >/dev/null 2>&1 || apt_get "$2"
}

# apt_get PACKAGE: Debian's packages are for root, or for whoever sudo lets without a password.
apt_get() {
	need apt-get "install $1"
	if [ "$(id -u)" -eq 0 ]; then
		as_root=''
	elif sudo -n true 2>/dev/null; then
		as_root=sudo
	else
		fail "$1 is missing: sudo apt-get install $1"
	fi
	# The first try does without fresh lists.
	$as_root apt-get install -y -q --no-install-recommends "$1" >/dev/null ||
		{ $as_root apt-get update -q >/dev/null && $as_root apt-get install -y -q --no-install-recommends "$1" >/dev/null; } ||
		fail "apt-get could not install $1"
}

# has_docker_plugins: whether the docker in PATH has both of its plugins, compose and buildx.
has_docker_plugins() {
	docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1
}

# Puts Debian's docker, dockerd and docker-proxy at $docker_dir, and the plugins compose and buildx at
# $docker_dir/cli-plugins: unpacked and not installed, of another release than this machine's, signed by Debian's keys.
# apt's own lists stay as they are. Prints why, and fails, where they cannot be had. Needs apt-get.
install_docker_programs() {
	[ -x "$docker_dir/docker" ] && return
	docker_keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -f "$docker_keys" ] || {
		echo "$docker_keys is missing, without which Debian's docker cannot be had"
		return 1
	}
	# shellcheck disable=SC2016 # apt fills it in
	docker_mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m 1 '/debian/*$') || {
		echo "no mirror of Debian is among apt's sources, and no docker can be had from there"
		return 1
	}
	mkdir -p "$tools"
	# Moved into place when it is whole.
	docker_part=$(mktemp -d "$tools/.docker.XXXXXX")
	if unpack_docker "$docker_part" "$docker_mirror" "$docker_keys" >"$docker_part/log" 2>&1; then
		rm -rf "$docker_dir"
		mv "$docker_part/programs" "$docker_dir"
		rm -rf "$docker_part"
		return
	fi
	echo "Debian's docker of $docker_suite could not be had: $(tail -n 1 "$docker_part/log")"
	rm -rf "$docker_part"
	return 1
}

# unpack_docker FOLDER MIRROR KEYS: the programs at FOLDER/programs.
unpack_docker() {
	apt=$1
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/programs"
	printf 'deb [signed-by=%s] %s %s main\n' "$3" "$2" "$docker_suite" >"$apt/sources"
	set -- -q -o "Dir::Etc::sourcelist=$apt/sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists" \
		-o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root
	apt-get "$@" update || return
	(cd "$apt" && apt-get "$@" download docker.io docker-cli docker-buildx docker-compose) || return
	for docker_package in "$apt"/*.deb; do
		dpkg-deb -x "$docker_package" "$apt/unpacked" || return
	done
	mv "$apt/unpacked/usr/bin/docker" "$apt/unpacked/usr/sbin/dockerd" "$apt/unpacked/usr/sbin/docker-proxy" \
		"$apt/unpacked/usr/libexec/docker/cli-plugins" "$apt/programs"
}

# A heading; what a failure is reported under.
step() {
	step=$*
	printf '\n== %s\n' "$step"
}

# Runs a command as a user would see it: the line that was typed, then its output.
show() {
	printf '$ %s\n' "$*"
	"$@"
}

# The same, and keeps what went to stdout in $out.
ask() {
	printf '$ %s\n' "$*"
	out=$("$@")
	if [ -n "$out" ]; then
		printf '%s\n' "$out"
	fi
}

# What was to be shown did not come out.
wrong() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Where cargo puts what it builds: $CARGO_TARGET_DIR and cargo's settings may say so. Needs Rust.
target_directory() {
	(cd "$root" && cargo metadata --no-deps --locked --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
}

# What the caller's environment says about other projects must not decide anything in a script that makes its own.
own_environment() {
	for name in $(git rev-parse --local-env-vars) $(env | sed -n 's/^\(DOCKER_PREP_[A-Za-z0-9_]*\)=.*/\1/p'); do
		unset "$name"
	done
	unset BYTELYST_COMMON_PLAT_ROOT BYTELYST_SERVER_NAME BYTELYST_SERVICE_USER
}

# A git repository in $world of what is in fixtures/; a second word is ignored there, and so not committed.
repository() { # NAME [IGNORED]
	# shellcheck disable=SC2154 # and $world, where this is called
	cp -R "$root/fixtures/$1" "$world/$1"
	cd "$world/$1" || fail "$world/$1 was not copied"
	if [ $# -gt 1 ]; then
		printf '%s\n' "$2" >>.gitignore
	fi
	git init -q
	git config user.name fixtures
	git config user.email fixtures@localhost
	# The caller's git may be told otherwise, and the bytes are what this is about.
	git config core.autocrlf false
	git config core.hooksPath /dev/null
	git config commit.gpgsign false
	git add -A
	git commit -q -m 'As it is'
	printf '%s: %s files committed\n' "$1" "$(git ls-files | wc -l | tr -d ' ')"
}

# Every file below a folder but git's own and those that docker-prep writes for Docker: digest, mode, mtime in
# nanoseconds, path. .gitignore hides backups from `git status`; from this it does not. Needs shasum, which comes with
# Perl as git does.
picture() {
	(
		cd "$1" || exit
		files=$(find . \( -name .git -o -name .docker-deps \) -prune -o ! -type d -print | sed 's|^\./||' | LC_ALL=C sort)
		if stat --version >/dev/null 2>&1; then
			format='-c%a %.9Y %n'
		else
			format='-f%Lp %Fm %N' # as on macOS
		fi
		digests=$(printf '%s\n' "$files" | tr '\n' '\0' | xargs -0 shasum -a 256) || exit
		others=$(printf '%s\n' "$files" | tr '\n' '\0' | xargs -0 stat "$format") || exit
		printf '%s\n' "$digests" | cut -d ' ' -f 1 | paste -d ' ' - /dev/fd/3 3<<-END
			$others
		END
	)
}

# What each surface's program says when it found the packages behind the ones that it names.
sentence() {
	case $1 in
	learning_ai_notes/backend)
		echo 'notes backend: ready after 2 minutes, saved with gzip for 2 listeners, signed in as notes-service'
		;;
	learning_ai_clock/backend)
		echo 'clock backend: ready after 8 hours, GET /alarms: E_UNAVAILABLE, then 3 alarms'
		;;
	learning_ai_clock/web)
		echo 'clock web: theme midnight (#0b1020), 30 minutes left, 1 event tracked'
		;;
	esac
}
