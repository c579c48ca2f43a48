# shellcheck shell=bash
# The traps that src/cli/topics/surfaces.md warns of, each walked into with the real Docker, and its cure; sourced by scripts/e2e-docker.
# Needs what scripts/e2e-docker does, and a Docker that answers.
# shellcheck disable=SC2154,SC2164,SC2016 # the script that sources this sets them, and errexit; what is quoted is for the build

# A context of a trap's own, with $trap/Dockerfile on the small image.
trap_begin() { # NAME LINE…
	trap=$temp/trap/$1
	mkdir -p "$trap/context"
	shift
	{
		printf 'FROM %s\n' "$tiny"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$trap/Dockerfile"
}

trap_build() { # [OPTION…]
	docker build --no-cache --network none -f "$trap/Dockerfile" "$@" "$trap/context" >"$trap/log" 2>&1
}

# Only BuildKit's output has a form.
said() { sed -n -E 's/^#[0-9]+ [0-9.]+ //p' "$trap/log"; }

trap_wrong() {
	cat "$trap/log"
	wrong "src/cli/topics/surfaces.md is wrong of this trap: $*"
}

seen() { # WHAT
	echo "seen: $1"
	traps_seen=$((traps_seen + 1))
}

traps() {
	traps_seen=0
	trap_dockerignore
	same_as_buildkit
	trap_missing_folder
	trap_syntax
	trap_hosts
	trap_cache_mount
	trap_same_metadata
	also+=("traps: $traps_seen of those that the topic on surfaces names seen, each with its cure")
}

trap_dockerignore() {
	local line
	trap_begin ignored 'RUN mkdir -p /app/.docker-deps' 'COPY .docker-deps* /app/.docker-deps/' 'RUN echo copied: $(ls /app/.docker-deps)'
	mkdir "$trap/context/.docker-deps"
	echo tarball >"$trap/context/.docker-deps/a-1.0.0-0123456789ab.tgz"
	for line in '.docker-deps/' '.*' '**/*.tgz'; do
		printf '%s\n' "$line" >"$trap/context/.dockerignore"
		trap_build --progress=plain || trap_wrong "with $line in .dockerignore the build fails"
		[ "$(said)" = 'copied:' ] || trap_wrong "$line in .dockerignore leaves something"
		# The last line that matches decides.
		printf '%s\n!.docker-deps\n!.docker-deps/**\n' "$line" >"$trap/context/.dockerignore"
		trap_build --progress=plain || trap_wrong "with the cure of $line the build fails"
		[ "$(said)" = 'copied: a-1.0.0-0123456789ab.tgz' ] || trap_wrong "the cure of $line in .dockerignore is none"
		seen "$line in .dockerignore copies nothing, without a word; !.docker-deps and !.docker-deps/** after it cure that"
	done
}

# What `docker-prep show` says of a .dockerignore is what BuildKit does with it.
same_as_buildkit() {
	local rules number=0 theirs ours
	trap_begin rules 'COPY . /c/' 'RUN echo copied: $(ls -A /c/.docker-deps 2>/dev/null)'
	mkdir -p "$trap/context/.docker-deps"
	echo tarball >"$trap/context/.docker-deps/docker-prep-0.0.0-000000000000.tgz"
	echo '{}' >"$trap/context/package.json"
	cp "$trap/Dockerfile" "$trap/context/Dockerfile"
	for rules in '.*' '*.tgz' '**/*.tgz' '*/*.tgz' '.docker-deps' '/.docker-deps' '.docker-deps/' '.docker-deps/*' \
		'.docker-deps/**\n!.docker-deps/*.tgz' '*\n!.docker-deps' '**\n!.docker-deps/**' '*\n!*.tgz' '.docker*\n!.docker-deps' \
		'!.docker-deps\n.*' '.docker-dep[a-z]' '.docker-dep?' '# .docker-deps' '.\\docker-deps' '**/.docker-deps/*' 'a/../.docker-deps' \
		'.docker-deps/docker-prep-0.0.0-*.tgz\n!.docker-deps/*-000000000000.tgz'; do
		printf "$rules\n" >"$trap/context/.dockerignore"
		trap_build --progress=plain || trap_wrong "with $rules in .dockerignore the build fails"
		theirs=$(said | sed -n 's/^copied: *//p')
		ours=$(docker-prep -C "$trap/context" show --json 2>"$trap/show" |
			node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).builds[0].depsDirHidden ? "" : "docker-prep-0.0.0-000000000000.tgz"')
		[ "$theirs" = "$ours" ] || trap_wrong "of $rules BuildKit says '$theirs', and show '$ours'"
		number=$((number + 1))
	done
	seen "of $number kinds of .dockerignore show says what BuildKit does"
}

trap_missing_folder() {
	trap_begin missing 'COPY .docker-deps* /app/.docker-deps/'
	echo other >"$trap/context/other"
	trap_build --progress=plain || trap_wrong "BuildKit does not go on without the folder"
	local classic=yes
	DOCKER_BUILDKIT=0 trap_build && trap_wrong "the classic builder goes on without the folder"
	# A Docker that has no classic builder any more fails for another reason.
	grep -qi 'no source files were specified' "$trap/log" || classic=no
	mkdir "$trap/context/.docker-deps"
	trap_build --progress=plain || trap_wrong "BuildKit does not go on with an empty folder"
	if [ "$classic" = yes ]; then
		DOCKER_BUILDKIT=0 trap_build || trap_wrong "the classic builder does not go on with an empty folder"
		seen 'a missing folder: BuildKit goes on, the classic builder does not; an empty one passes with both'
	else
		left_out="${left_out:+$left_out; }the classic builder ($(tail -n 1 "$trap/log"))"
	fi
}

trap_syntax() {
	# With another's Docker the registry answers.
	[ "$own_daemon" = yes ] || {
		left_out="${left_out:+$left_out; }# syntax= without a network (this Docker has one)"
		return
	}
	trap_begin syntax 'RUN --mount=type=cache,target=/cache true'
	trap_build || trap_wrong "this Docker needs the # syntax= line for a cache mount"
	sed -i '1i # syntax=docker/dockerfile:1.7' "$trap/Dockerfile"
	trap_build && trap_wrong "# syntax= asks no registry"
	grep -q 'docker/dockerfile:1.7' "$trap/log" || trap_wrong "it failed for another reason than # syntax="
	seen '# syntax= asks a registry; without the line the same Dockerfile is built'
}

trap_hosts() {
	[ -n "$compose" ] || {
		left_out="${left_out:+$left_out; }extra_hosts at build time (no compose)"
		return
	}
	trap_begin hosts 'RUN echo hosts: $(grep -c registry.test /etc/hosts)'
	cp "$trap/Dockerfile" "$trap/context/Dockerfile"
	local hosts='["registry.test:192.0.2.7"]' name
	printf 'services:\n  run:\n    extra_hosts: %s\n    build: { context: context, network: none }\n' "$hosts" >"$trap/compose.yml"
	printf '  build:\n    build: { context: context, network: none, extra_hosts: %s }\n' "$hosts" >>"$trap/compose.yml"
	for name in run build; do
		docker compose --progress plain --project-name "docker-prep-e2e-$$" -f "$trap/compose.yml" build --no-cache "$name" >"$trap/log" 2>&1 ||
			trap_wrong "compose did not build"
		out=$(said | grep '^hosts:')
		case $name,$out in
		'run,hosts: 0' | 'build,hosts: 1') ;;
		*) trap_wrong "extra_hosts of $name: $out" ;;
		esac
		docker image rm -f "docker-prep-e2e-$$-$name" >/dev/null 2>&1 || true
	done
	seen "a service's extra_hosts are not there while it is built; build.extra_hosts are"
}

trap_cache_mount() {
	trap_begin mount 'RUN mkdir -p /root/.local/share/pnpm/store /opt/pnpm/store && touch /root/.local/share/pnpm/store/brought /opt/pnpm/store/brought' \
		"RUN --mount=type=cache,id=docker-prep-e2e-$$,target=/root/.local/share/pnpm/store echo there: \$(ls /root/.local/share/pnpm/store /opt/pnpm/store | grep -c brought)"
	trap_build --progress=plain || trap_wrong "it is not built"
	[ "$(said)" = 'there: 1' ] || trap_wrong "a cache mount hides nothing: $(said)"
	seen "a cache mount hides a store that the image brings at its place; one elsewhere stays"
}

# A file of the same length and time stamp in two folders that Docker calls by one name.
trap_same_metadata() {
	trap_begin same 'COPY product.json /' 'RUN cat /product.json'
	local name
	for name in notes clock; do
		mkdir -p "$trap/$name"
		printf '{ "name": "%s" }\n' "$name" >"$trap/$name/product.json"
		touch -d '2030-01-02 03:04:05' "$trap/$name/product.json"
		cd "$trap/$name"
		docker build --progress=plain --no-cache --network none -f ../Dockerfile . >"$trap/log" 2>&1 || trap_wrong "it is not built"
	done
	out=$(said)
	docker build --progress=plain --no-cache --network none -f ../Dockerfile "$PWD" >"$trap/log" 2>&1 || trap_wrong "it is not built"
	[ "$(said)" = '{ "name": "clock" }' ] || trap_wrong "a context that is named by its path holds another one's file"
	if [ "$out" = '{ "name": "notes" }' ]; then
		seen "two contexts called \`.\`: a file of equal size and time stamp comes from the other one; with the path it does not"
	else
		echo 'not seen: two contexts called `.` are told apart by this Docker'
	fi
}
