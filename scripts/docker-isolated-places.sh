# shellcheck shell=bash
# Where `docker-prep run --isolated` has to work: as other users, with fewer rights, with a daemon that lies elsewhere, for
# commands that are no build themselves, with a large context; sourced by scripts/e2e-docker behind docker-isolated.sh.
# Needs what scripts/e2e-docker does, and a daemon of its own.
# shellcheck disable=SC2154,SC2164 # the script that sources this sets them, and errexit

# A copy of the clock whose compose files use what people use; built on this base, and committed.
write_variants() {
	local product=$world/learning_ai_variants
	cp -a "$world/learning_ai_clock" "$product"
	cd "$product"
	rm docker-compose.yml
	mkdir deploy
	cat >compose.yaml <<-END
		include:
		  - deploy/web.yml
		services:
		  backend:
		    extends: { file: deploy/base.yml, service: base }
		    image: $(tag variants-backend)
		    env_file: deploy/backend.env
		    volumes: ["./shared:/data:ro", "kept:/var/kept"]
		    secrets: [gitea_npm_token]
		volumes:
		  kept: {}
		secrets:
		  gitea_npm_token: { environment: GITEA_NPM_TOKEN }
	END
	cat >deploy/base.yml <<-END
		services:
		  base:
		    build: { context: .., dockerfile: backend/Dockerfile, network: none, secrets: [gitea_npm_token] }
		    network_mode: none
	END
	cat >deploy/web.yml <<-END
		services:
		  web:
		    image: $(tag variants-web)
		    profiles: [site]
		    build: { context: .., dockerfile: web/Dockerfile, network: none }
		    network_mode: none
	END
	printf 'services: { backend: { build: { labels: { more: "yes" } } } }\n' >deploy/more.yml
	printf 'GREETING=hello $$1\n' >deploy/backend.env
	git add -A
	git commit -q -m 'Compose files of many kinds'
}

# One call of compose, made in a folder and meant from the top: the image is the one that the call makes in place, and
# compose is shown nothing else than other contexts.
compose_call() { # FOLDER SERVICE [VARIABLE=VALUE…] -- WORD…
	local folder=$1 service=$2 settings=() id picture
	shift 2
	while [ "$1" != -- ]; do
		settings+=("$1")
		shift
	done
	shift
	settings+=(PATH="$temp/shown:$PATH")
	cd "$world/learning_ai_variants"
	command="${settings[*]:0:${#settings[@]}-1} $*"
	env "${settings[@]}" "$@" config >"$temp/config.before" 2>"$temp/build.log" || wrong "compose does not resolve $command"
	# Whatever resolves to the same is the same build: once is enough.
	picture="$service $(sha256sum <"$temp/config.before")"
	if [ -z "${in_place[$picture]-}" ]; then
		compose_run --surface "$service" -- "$@"
		in_place[$picture]=$id
	fi
	compose_run --isolated -- "$@"
	[ "$id" = "${in_place[$picture]}" ] || wrong "in place it is another image: $command"
	out=$(diff "$temp/config.before" "$temp/config" | grep '^[<>]' || true)
	[ "$(grep -cv '^[<>] *context: ' <<<"$out")" -eq 0 ] || wrong "compose is shown something else than other contexts by $command: $out"
	grep -q '^> *context: .*/isolated/' <<<"$out" || wrong "compose is shown no other context by $command"
	out=$(git status --porcelain)
	[ -z "$out" ] || wrong "git status is not clean: $out"
	printf 'in %s:%s build %s: the same image, %s cached, only contexts differ\n' "${folder:-the top}" "${command:+ }$command" "$service" "$(cached)"
	calls=$((calls + 1))
}

# The same call by docker-prep, with its own words in front of --. Sets $id, and what compose was shown.
compose_run() { # WORD… -- WORD…
	cd "$world/learning_ai_variants/$folder"
	rm -f "$temp/config"
	env "${settings[@]}" docker-prep run "$@" build --progress plain "$service" >"$temp/build.log" 2>&1 || {
		cat "$temp/build.log"
		wrong "not built: docker-prep run $*"
	}
	cd "$world/learning_ai_variants"
	id=$(docker image inspect --format '{{.Id}}' "$(tag "variants-$service")")
}

isolated_compose() {
	local program calls=0
	declare -A in_place
	[ -n "$compose" ] || return 0
	write_variants
	mkdir -p "$temp/shown"
	for program in docker docker-compose; do
		cat >"$temp/shown/$program" <<-END
			#!/usr/bin/env bash
			# Keeps what compose makes of its files when it is called to build.
			shown=()
			for word; do
				[ "\$word" != build ] || {
					"$(command -v "$program")" "\${shown[@]}" config >"$temp/config" 2>/dev/null
					break
				}
				shown+=("\$word")
			done
			exec "$(command -v "$program")" "\$@"
		END
		chmod 755 "$temp/shown/$program"
	done
	compose_call '' backend -- docker compose
	compose_call '' web -- docker compose --profile site
	compose_call '' web COMPOSE_PROFILES=site -- docker compose
	compose_call '' backend -- docker-compose
	compose_call '' backend -- docker compose -f compose.yaml --file=deploy/more.yml
	compose_call '' backend COMPOSE_FILE=compose.yaml:deploy/more.yml -- docker compose
	compose_call '' backend COMPOSE_FILE=compose.yaml,deploy/more.yml COMPOSE_PATH_SEPARATOR=, -- docker compose
	compose_call backend backend -- docker compose
	compose_call deploy web -- docker compose --profile site -f compose.yaml
	compose_call deploy backend -- docker compose --project-directory . -f compose.yaml -p other
	printf 'COMPOSE_FILE=compose.yaml:deploy/more.yml\n' >"$world/learning_ai_variants/.env"
	compose_call '' backend -- docker compose
	compose_call web backend -- docker compose
	rm "$world/learning_ai_variants/.env"
	cp "$world/learning_ai_variants/deploy/more.yml" "$world/learning_ai_variants/compose.override.yaml"
	git -C "$world/learning_ai_variants" add -A
	git -C "$world/learning_ai_variants" commit -q -m 'An override'
	compose_call '' backend -- docker compose
	also+=("isolated: compose by -f, COMPOSE_FILE, .env, an override, extends, include, profiles, in sub-folders, with env_file, volumes, secrets: $calls calls, the image id of the call in place, only contexts differ")
}

# Who has only what is there: other users and a daemon elsewhere are made for a daemon of ours.
isolated_places() {
	if [ "$own_daemon" = yes ]; then
		isolated_elsewhere
		isolated_remote_builder
		isolated_as_user
	else
		left_out="${left_out:+$left_out; }isolated by TCP, a remote builder, and as another user (this Docker is not ours)"
	fi
	isolated_without_rights
}

# A daemon that sees no file of the project: it has only what the client sends. Through TCP, in the daemon's own network.
isolated_elsewhere() {
	local enter before
	enter=(nsenter "--net=/proc/$(cat "$daemon_dir/outer.pid")/ns/net")
	out=$(ls -A "/proc/$(cat "$daemon_dir/outer.pid")/root$world")
	[ -z "$out" ] || wrong "the daemon sees the projects: $out"
	cd "$world/learning_ai_notes"
	build_by isolated docker learning_ai_notes/backend
	before=$image
	for client in "${clients[@]}"; do
		[ "$client" != classic ] || continue
		client_words "$client" learning_ai_notes/backend
		docker image rm -f "$(client_image "$client" learning_ai_notes/backend)" >/dev/null
		DOCKER_HOST=tcp://127.0.0.1:2375 "${enter[@]}" docker-prep run --isolated=context -- "${words[@]}" >"$temp/build.log" 2>&1 || {
			cat "$temp/build.log"
			wrong "not built by a daemon that sees no file of the project: ${words[*]}"
		}
		image=$(docker image inspect --format '{{.Id}}' "$(client_image "$client" learning_ai_notes/backend)")
		echo "$client: $image, $(cached) steps cached"
		case $client in
		docker | buildx) [ "$image" = "$before" ] || wrong "it is another image: $before" ;;
		esac
	done
	git_is_clean learning_ai_notes
	also+=("isolated: a daemon by TCP that sees none of the project's files: ${clients[*]/classic/}, the same image")
}

# What buildx calls a remote builder: a BuildKit behind a port, where there is no Docker. The daemon's own, which speaks
# the same protocol on a connection that its client asked to upgrade.
# shellcheck disable=SC2016 # this text is for node
relay='
	const net = require("node:net");
	process.stdin.on("end", () => process.exit()).resume();
	const server = net.createServer((client) => {
		const daemon = net.connect(process.argv[1]);
		let head = Buffer.alloc(0);
		daemon.write("POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
		daemon.on("data", function upgrade(bytes) {
			head = Buffer.concat([head, bytes]);
			const end = head.indexOf("\r\n\r\n");
			if (end < 0) return;
			daemon.off("data", upgrade);
			client.write(head.subarray(end + 4));
			client.pipe(daemon).pipe(client);
		});
		for (const end of [client, daemon]) end.on("error", () => { client.destroy(); daemon.destroy(); });
	});
	server.listen(0, "127.0.0.1", () => console.log(server.address().port));
'

isolated_remote_builder() {
	local port builder=docker-prep-e2e-$$ expected=$temp/by-daemon seen=$temp/by-builder
	[ -n "$buildx" ] || return 0
	# It ends with its standard input, and that with this script.
	coproc RELAY { exec node -e "$relay" "$daemon_dir/docker.sock"; }
	read -r port <&"${RELAY[0]}" || wrong "no port for a remote builder"
	show docker buildx create --name "$builder" --driver remote "tcp://127.0.0.1:$port"
	cd "$world/learning_ai_notes"
	set -- "${options[@]}" -f backend/Dockerfile
	show docker-prep run -- docker buildx build "$@" --output "type=local,dest=$expected" . >"$temp/build.log" 2>&1 || {
		cat "$temp/build.log"
		wrong "not built in place"
	}
	for client in build bake; do
		rm -rf "$seen"
		case $client in
		build) words=(docker buildx build --builder "$builder" "$@" --output "type=local,dest=$seen" .) ;;
		bake) words=(docker buildx bake --builder "$builder" --progress plain -f docker-compose.yml -f "$temp/learning_ai_notes.yml" --set "*.output=type=local,dest=$seen" backend) ;;
		esac
		docker-prep run --isolated=context -- "${words[@]}" >"$temp/build.log" 2>&1 || {
			cat "$temp/build.log"
			wrong "not built by a remote builder: ${words[*]}"
		}
		diff -r --no-dereference "$expected" "$seen" || wrong "a remote builder has made other files: ${words[*]}"
		[ -n "$(find "$seen" -path '*node_modules*bytelyst*' -name package.json)" ] || wrong "no packed package in $seen"
		echo "$client by a remote builder ($(docker buildx inspect "$builder" | sed -n 's/^Driver: *//p')): $(find "$seen" -type f | wc -l) files, $(cached) steps cached"
		git_is_clean learning_ai_notes
	done
	show docker buildx rm "$builder"
	exec {RELAY[1]}>&-
	wait "$RELAY_PID" || true
	also+=("isolated: a remote buildx builder (build, bake): the files of the build in place")
}

# as_user WORD…: an ordinary user of no name, in the group that the daemon's socket belongs to and with a world of his own.
user=(setpriv --reuid 54321 --regid 54321 --groups 54322 --inh-caps -all)
as_user() {
	HOME=$temp/user/home DOCKER_CONFIG=$temp/user/docker-config PATH="$temp/user/bin:$PATH" "${user[@]}" "$@"
}

user_begin() {
	mkdir -p "$temp"/user/{bin,home,docker-config}
	# The folders of root and of this script are nobody else's.
	chmod 755 "$temp"
	install -m 755 "$target/debug/docker-prep" "$temp/user/bin"
	cp -L "$temp/bin/docker" "$temp/user/bin"
	[ ! -d "$DOCKER_CONFIG/cli-plugins" ] || cp -RL "$DOCKER_CONFIG/cli-plugins" "$temp/user/docker-config"
	mkdir -p "$temp/user/world"
	cp -a "$world/learning_ai_common_plat" "$world/learning_ai_notes" "$temp/user/world"
	chown -R 54321:54321 "$temp/user"
	chgrp 54322 "$daemon_dir/docker.sock"
	chmod 660 "$daemon_dir/docker.sock"
	chmod 711 "$daemon_dir"
}

# He has access to the socket by his group: each way that there is for him.
isolated_as_user() {
	local way expected did=()
	build_by isolated docker learning_ai_notes/backend
	expected=$image
	user_begin
	cd "$temp/user/world/learning_ai_notes"
	as_user docker version >/dev/null || wrong "the user has no access to the daemon's socket"
	! setpriv --reuid 54321 --regid 54321 --clear-groups docker version >/dev/null 2>&1 ||
		wrong "the socket is open to everybody"
	for way in context namespace; do
		if [ "$way" = namespace ] && ! "${user[@]}" unshare --user --mount true 2>/dev/null; then
			as_user docker-prep run --isolated=namespace -- true >"$temp/build.log" 2>&1 && wrong "no user namespaces, and no error"
			left_out="${left_out:+$left_out; }isolated=namespace as an ordinary user (no user namespaces here: $(head -n 1 "$temp/build.log"))"
			continue
		fi
		set -- docker build "${options[@]}" -f backend/Dockerfile -t "$(tag user)" .
		[ "$way" = context ] || set -- sh -c 'id -u; exec "$@"' - "$@"
		as_user docker-prep run "--isolated=$way" -- "$@" >"$temp/build.log" 2>&1 || {
			cat "$temp/build.log"
			wrong "not built as a user whose group has the socket: $way"
		}
		image=$(docker image inspect --format '{{.Id}}' "$(tag user)")
		[ "$image" = "$expected" ] || wrong "it is another image: $image, $expected"
		[ "$way" = context ] || grep -qx 54321 "$temp/build.log" || wrong "the command has another user: $(head -n 3 "$temp/build.log")"
		out=$(as_user git status --porcelain)
		[ -z "$out" ] || wrong "git status is not clean: $out"
		echo "as an ordinary user, $way: $image"
		did+=("$way")
	done
	also+=("isolated: as a user whose group has the socket (${did[*]}): the image id of root's")
}

# without_rights WORD…: root without a capability, where nobody may make a namespace: as in a container. What would be
# allowed to is looked at first.
without_rights() {
	unshare --user --map-root-user sh -c '
		echo 0 >/proc/sys/user/max_user_namespaces
		exec setpriv --bounding-set -all --inh-caps -all --ambient-caps -all --no-new-privs "$@"
	' - "$@"
}

isolated_without_rights() {
	local status=0
	if ! without_rights true 2>"$temp/rights.log"; then
		left_out="${left_out:+$left_out; }isolated without rights ($(tail -n 1 "$temp/rights.log"))"
		return
	fi
	! without_rights unshare --mount true 2>/dev/null || wrong "there are rights to mount"
	! without_rights unshare --user true 2>/dev/null || wrong "there are user namespaces"
	cd "$world/learning_ai_notes"
	write_makefile
	without_rights docker-prep run --isolated -- make images >"$temp/build.log" 2>&1 || status=$?
	cat "$temp/build.log"
	[ "$status" -eq 5 ] || wrong "exit $status, and not 5, where no way can be taken"
	grep -q 'docker: made' "$temp/build.log" && wrong "make was run"
	git_is_clean learning_ai_notes
	for client in "${clients[@]}"; do
		client_words "$client" learning_ai_notes/backend
		[ "$client" != classic ] || continue
		without_rights docker-prep run --isolated -- "${words[@]}" >"$temp/build.log" 2>&1 || {
			cat "$temp/build.log"
			wrong "not built without rights: ${words[*]}"
		}
		echo "$client: built"
	done
	# A script that asks for the tree can do without rights too.
	printf 'exec docker build %s -f backend/Dockerfile -t %s "$DOCKER_PREP_CONTEXT_BACKEND"\n' "${options[*]}" "$(tag script)" >"$temp/build.sh"
	without_rights docker-prep run --isolated=context -- sh "$temp/build.sh" >"$temp/build.log" 2>&1 || {
		cat "$temp/build.log"
		wrong 'not built by a script that uses $DOCKER_PREP_CONTEXT_BACKEND'
	}
	echo "a script with \$DOCKER_PREP_CONTEXT_BACKEND: built, $(cached) steps cached"
	all_are_cached "$(cached)" || wrong "a script builds another image"
	git_is_clean learning_ai_notes
	also+=("isolated: without any right to mount: make images exits 5 and says why, ${clients[*]/classic/} build")
}

# What builds the images of a product, as people have it.
write_makefile() {
	{
		printf 'images:\n'
		printf '\t@echo docker: made\n'
		printf "\\t@docker build %s -f backend/Dockerfile -t %s .\n" "${options[*]}" "$(tag make)"
	} >"$temp/Makefile"
	# Ignored by git, in git's own folder: nobody has to commit it.
	ln -sf "$temp/Makefile" .git/info/Makefile
}

# A command of which no context can be told: make, and what it builds.
isolated_make() {
	local expected
	command -v make >/dev/null 2>&1 || apt_install make make
	cd "$world/learning_ai_notes"
	write_makefile
	build_by in-place docker learning_ai_notes/backend
	expected=$image
	outside "$PWD" >"$temp/learning_ai_notes.outside"
	watch_begin learning_ai_notes
	looked_at learning_ai_notes '' docker-prep run --isolated -- make -f .git/info/Makefile images
	[ "$status" -eq 0 ] || {
		cat "$temp/build.log"
		wrong "exit $status of make images"
	}
	watch_end
	[ -z "$events" ] || wrong "inotifywait has seen: $events"
	grep -v '^#' "$temp/build.log" || true
	image=$(docker image inspect --format '{{.Id}}' "$(tag make)")
	[ "$image" = "$expected" ] || wrong "in place it is another image: $expected"
	git_is_clean learning_ai_notes
	also+=("isolated: make images (namespace): the image id of the build in place, $looks looks, no write seen")
}

# A context of 50,000 files. Times are said, and nothing is held against them: this is a debug build on a busy machine.
isolated_many_files() {
	local product=$world/many times=
	mkdir -p "$product"
	cp -a "$world/learning_ai_notes/." "$product/"
	cd "$product"
	node -e '
		const fs = require("node:fs");
		for (let folder = 0; folder < 500; folder++) {
			fs.mkdirSync(`assets/${folder}`, { recursive: true });
			for (let file = 0; file < 100; file++) fs.writeFileSync(`assets/${folder}/${file}.txt`, `${folder} ${file}\n`.repeat(20));
		}
	'
	git add -A && git commit -q -m 'Many files'
	set -- docker build "${options[@]}" -f backend/Dockerfile -t "$(tag many)" .
	timed() { # NAME COMMAND…
		local name=$1 from
		shift
		from=$(now)
		"$@" >"$temp/build.log" 2>&1 || {
			cat "$temp/build.log"
			wrong "this failed: $*"
		}
		times+="${times:+, }$name $(since "$from") s"
	}
	# The build itself apart: what docker-prep does until it begins the command.
	mkdir -p "$temp/many-bin"
	printf '#!/bin/sh\ncase " $* " in *" --help "*) exec %s "$@" ;; esac\n' "$(command -v docker)" >"$temp/many-bin/docker"
	chmod 755 "$temp/many-bin/docker"
	timed 'git status' git status --porcelain
	timed 'git status again' git status --porcelain
	sync
	timed 'cp -a' cp -a "$product/." "$temp/many-copy"
	rm -rf "$temp/many-copy"
	sync
	PATH=$temp/many-bin:$PATH timed 'until the command, first' docker-prep run --isolated -- "$@"
	PATH=$temp/many-bin:$PATH timed 'second' docker-prep run --isolated -- "$@"
	timed 'with the build, first' docker-prep run --isolated -- "$@"
	timed 'second' docker-prep run --isolated -- "$@"
	echo "$times"
	out=$(git status --porcelain)
	[ -z "$out" ] || wrong "git status is not clean: $out"
	also+=("isolated: a context of 50,000 files (a debug build): $times")
	docker-prep restore --clean -q
	rm -rf "$product"
}
