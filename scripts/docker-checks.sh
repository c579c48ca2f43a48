# shellcheck shell=bash
# What scripts/e2e-docker builds, and what must be true of it; sourced with $temp, $world and $own_daemon set.
# Needs what scripts/e2e-docker does, and a Docker that answers.
# shellcheck disable=SC2154,SC2164 # the script that sources this sets them, and errexit

surfaces=(learning_ai_notes/backend learning_ai_clock/backend learning_ai_clock/web)
# The last lines: by surface, of all, and what was not done.
declare -A result
also=()
left_out=

surfaces_of() { # PRODUCT
	local surface
	for surface in "${surfaces[@]}"; do
		[ "${surface%/*}" != "$1" ] || echo "${surface##*/}"
	done
}

now() { date +%s%N; }
since() { awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", (to - from) / 1e9 }'; }
tag() { printf 'docker-prep-e2e-%s/%s' "$$" "$(printf '%s' "$1" | tr / -)"; }
image_id() { docker image inspect --format '{{.Id}}' "$(tag "$1")"; }

# The command that `docker-prep help offline` gives, from the folder that the product lies in; its output goes to $temp/build.log.
options=(--progress=plain --network none --secret 'id=gitea_npm_token,env=GITEA_NPM_TOKEN')
build() { # SURFACE [OPTION…]
	local surface=$1
	shift
	cd "$world/${surface%/*}"
	set -- docker-prep run -- docker build "${options[@]}" -f "${surface##*/}/Dockerfile" -t "$(tag "$surface")" "$@" .
	command="$*"
	"$@" >"$temp/build.log" 2>&1
}

built() { # SURFACE [OPTION…]
	build "$@" && return
	cat "$temp/build.log"
	wrong "$1 was not built"
}

# Each step of the build in $temp/build.log, but `FROM`: CACHED or RAN, and its name.
steps() {
	awk '
		/^#[0-9]+ \[/ && !/^#[0-9]+ \[([^ ]* )?(internal|auth)\]/ && !/\] exporting / { name[$1] = substr($0, length($1) + 2) }
		/^#[0-9]+ (CACHED|DONE)/ { how[$1] = $2 == "CACHED" ? "CACHED" : "RAN" }
		END { for (id in name) if (name[id] !~ /\] FROM /) print how[id], name[id] }
	' "$temp/build.log" | sort -k 2
}

answers() { # SURFACE SENTENCE
	out=$(docker run --rm --network none "$(tag "$1")")
	printf '%s\n' "$out"
	[ "$out" = "$2" ] || wrong "the image of $1 was to say: $2"
}

# git sees no change, and no byte, mode or time stamp of a file is another one.
clean() { # PRODUCT
	cd "$world/$1"
	out=$(git status --porcelain)
	[ -z "$out" ] || wrong "git status of $1 is not clean: $out"
	picture "$world/$1" | diff "$temp/$1.before" - || wrong "$1 is not as it was (< before, > after)"
	echo "$1: git status is clean, every byte, mode and time stamp as before"
}

no_way_out() {
	mkdir -p "$temp/empty"
	cat >"$temp/network.Dockerfile" <<-END
		FROM $base
		RUN echo devices: \$(ls /sys/class/net) && node -e ' \\
			require("node:net").connect(80, "192.0.2.1") \\
				.on("connect", () => { console.log("connected"); process.exit(); }) \\
				.on("error", (error) => console.log("outside:", error.code)); \\
		'
	END
	docker build --no-cache --progress=plain --network none -f "$temp/network.Dockerfile" "$temp/empty" >"$temp/build.log" 2>&1 || {
		cat "$temp/build.log"
		wrong "what a build sees of the network cannot be told"
	}
	out=$(sed -n -E 's/^#[0-9]+ [0-9.]+ (devices:|outside:|connected)/\1/p' "$temp/build.log")
	printf '%s\n' "$out"
	[ "$out" = "$(printf 'devices: lo\noutside: ENETUNREACH')" ] || wrong "a build with --network none has a way out"
	[ "$own_daemon" = yes ] || return 0
	if docker pull busybox >"$temp/pull.log" 2>&1; then
		wrong "the daemon can pull images"
	fi
	tail -n 1 "$temp/pull.log"
}

# The same command without docker-prep has to fail, and for want of a package in scope.
control() { # SURFACE
	cd "$world/${1%/*}"
	if docker build "${options[@]}" -f "${1##*/}/Dockerfile" "$PWD" >"$temp/build.log" 2>&1; then
		wrong "$1 is built without docker-prep"
	fi
	# The one for a range, the other for a `workspace:` that no workspace stands behind in the image.
	out=$(grep -m 1 -E '(ENOTFOUND|EAI_AGAIN|ENETUNREACH|ECONNREFUSED).*@bytelyst|@bytelyst.*(ENOTFOUND|EAI_AGAIN|ENETUNREACH|ECONNREFUSED)|ERR_PNPM_WORKSPACE_PKG_NOT_FOUND.*@bytelyst' "$temp/build.log") || {
		cat "$temp/build.log"
		wrong "the build of $1 failed, but not for want of a package in scope"
	}
	printf '%s: %s\n' "$1" "$out"
}

first_build() { # SURFACE
	local from
	from=$(now)
	built "$1"
	printf '$ %s\n' "$command"
	result[$1]="$(image_id "$1"), built in $(since "$from") s"
	cp "$temp/build.log" "$temp/$(printf '%s' "$1" | tr / -).log"
	answers "$1" "$(sentence "$1")"
}

# Everywhere that a text is in images: a layer's file as it is or compressed, the config, the history.
places_of() { # TEXT IMAGE…
	local text=$1 file
	shift
	rm -rf "$temp/save"
	mkdir "$temp/save"
	docker save "$@" | tar -x -C "$temp/save"
	layers=0
	while IFS= read -r file; do
		# What is no archive is looked through as it is.
		if tar -tf "$file" >/dev/null 2>&1; then
			mkdir "$file.d"
			tar -xf "$file" -C "$file.d" && rm "$file"
			layers=$((layers + 1))
		fi
	done < <(find "$temp/save" -type f)
	printf '%s' "$layers" >"$temp/layers"
	{
		docker image inspect "$@"
		for file; do docker history --no-trunc "$file"; done
	} >"$temp/save/inspect"
	grep -rlF -e "$text" -e "$(printf '%s' "$text" | base64 -w 0)" "$temp/save" || true
	find "$temp/save" -type f -name '*gz' | while IFS= read -r file; do
		gzip -dc "$file" 2>/dev/null | grep -qF -- "$text" && printf '%s\n' "$file"
	done || true
}

token_is_nowhere() {
	local surface found images=() leak
	# What is not in the image may still be in what it was built from.
	for surface in "${surfaces[@]}"; do
		built "$surface" --target builder -t "$(tag "$surface")-builder"
		built "$surface"
		images+=("$(tag "$surface")" "$(tag "$surface")-builder")
	done
	found=$(places_of "$GITEA_NPM_TOKEN" "${images[@]}")
	[ -z "$found" ] || wrong "the token is in the images: $found"
	[ "$(cat "$temp/layers")" -ge 6 ] || wrong "only $(cat "$temp/layers") layers were found to look through"
	echo "not in any of $(cat "$temp/layers") layers, nor in a config or a history"
	if [ "$own_daemon" = yes ]; then
		found=$(grep -rlF -- "$GITEA_NPM_TOKEN" "$(daemon_data)" || true)
		[ -z "$found" ] || wrong "the token is in the daemon's data: $found"
		echo "not in any file of the daemon's, its build cache included"
	fi
	also+=("token: in none of $(cat "$temp/layers") layers of 3 images and their builder stages, and found in each of 3 that leak it")

	# This can fail: three images that leak it.
	local secret='RUN --mount=type=secret,id=gitea_npm_token'
	for leak in "$secret cp /run/secrets/gitea_npm_token /leak" "$secret gzip -c /run/secrets/gitea_npm_token >/leak.gz" \
		"ARG GITEA_NPM_TOKEN
ENV TOKEN=\$GITEA_NPM_TOKEN"; do
		printf 'FROM %s\n%s\n' "$tiny" "$leak" >"$temp/leak.Dockerfile"
		docker build "${options[@]}" --build-arg GITEA_NPM_TOKEN -f "$temp/leak.Dockerfile" -t "$(tag leak)" "$temp/empty" >"$temp/build.log" 2>&1 || {
			cat "$temp/build.log"
			wrong "the image that leaks the token was not built"
		}
		found=$(places_of "$GITEA_NPM_TOKEN" "$(tag leak)")
		[ -n "$found" ] || wrong "the token was not found where it is: $leak"
		printf 'found where it leaks: %s\n' "${found//$'\n'*/}" | sed "s|$temp/save/||"
		docker image rm -f "$(tag leak)" >/dev/null
	done
	rm -rf "$temp/save"
}

all_cached() { # SURFACE
	local before from
	before=$(image_id "$1")
	from=$(now)
	built "$1"
	if steps | grep -v '^CACHED '; then
		wrong "these steps of $1 were built anew"
	fi
	[ "$(image_id "$1")" = "$before" ] || wrong "$1 is another image"
	out="$(steps | grep -c '^CACHED ') of $(steps | wc -l) steps cached, the same image, $(since "$from") s"
	echo "$1: $out"
	case ${result[$1]} in
	*again*) result[$1]+="; every time stamp changed: ${out/, the same image/ and the same image}" ;;
	*) result[$1]+="; again: $out" ;;
	esac
}

tarballs() { find "$world/$1/.docker-deps" -name '*.tgz' -printf '%f\n' | sort; } # PRODUCT

# A package that the product needs, changed in its own repository; then one that it does not need.
one_package_changed() {
	local first file=packages/compression/lib/index.js
	tarballs learning_ai_notes >"$temp/tarballs"
	first=$(image_id "learning_ai_notes/backend")
	cd "$world/learning_ai_common_plat"
	sed -i "s/method: 'gzip'/method: 'something new'/" "$file"
	show git status --porcelain

	built learning_ai_notes/backend
	steps
	# What stands in front of the install: the manifest that names the tarballs, then they.
	out=$(steps | awk '
		match($0, /[0-9]+\/[0-9]+\]/) { at = substr($0, RSTART) + 0 }
		/COPY backend\/package.json/ { from = at }
		/\[builder / { was[at] = $1 }
		/\[stage-1 / { was["r" at] = $1; if (/COPY --from=builder .*node_modules/) runtime = at }
		END {
			for (key in was) {
				anew = key ~ /^r/ ? substr(key, 2) + 0 >= runtime : key + 0 >= from
				if (!from || !runtime || (was[key] == "RAN") != anew) print "wrong at", key, was[key]
			}
		}
	')
	[ -z "$out" ] || wrong "other steps than the install and what follows were built anew: $out"
	[ "$(image_id "learning_ai_notes/backend")" != "$first" ] || wrong "the change is not in the image"
	out="$(steps | grep -c '^CACHED ') steps cached, $(steps | grep -c '^RAN ') built anew"
	result[learning_ai_notes/backend]+="; one package changed: $out"
	answers learning_ai_notes/backend "$(sentence learning_ai_notes/backend | sed 's/gzip/something new/')"
	out=$(tarballs learning_ai_notes | diff "$temp/tarballs" - || true)
	printf '%s\n' "$out"
	[ "$(printf '%s\n' "$out" | sed -n 's/^\([<>] bytelyst-[a-z]*\)-.*/\1/p')" = "$(printf '< bytelyst-compression\n> bytelyst-compression')" ] ||
		wrong "other tarballs than that package's have changed"
	also+=("one package changed: only its tarball, and only the install and what follows; the image says the new text")

	# And a package that this product does not need changes nothing, as nothing does when a change is taken back.
	git -C "$world/learning_ai_common_plat" checkout -q -- "$file"
	printf '/* another */\n' >>"$world/learning_ai_common_plat/packages/design-tokens/css/tokens.css"
	show git -C "$world/learning_ai_common_plat" status --porcelain
	built learning_ai_notes/backend
	! steps | grep '^RAN ' || wrong "the change was taken back, and steps were built anew"
	[ "$(image_id "learning_ai_notes/backend")" = "$first" ] || wrong "the change was taken back, and the image is another one"
	echo 'taken back, and a package changed that is not needed: all cached, the first image'
	git -C "$world/learning_ai_common_plat" checkout -q -- .
	clean learning_ai_notes
}

build_fails() {
	local surface=learning_ai_notes/backend status=0
	sed '/^RUN pnpm run build/i RUN echo "no such luck" && exit 7' "$world/$surface/Dockerfile" >"$temp/fails.Dockerfile"
	build "$surface" -f "$temp/fails.Dockerfile" || status=$?
	grep -E 'no such luck$|exit code: 7|Done in' "$temp/build.log" || wrong "the build did not come to the step that fails"
	echo "docker-prep: exit $status"
	[ "$status" -eq 1 ] || wrong "docker build's exit code is 1, and not passed on"
	clean learning_ai_notes
	also+=('a build that fails after the install: exit 1, git status clean')
}

# The build says when it has come to where it waits for ever; then the signal goes to docker-prep alone.
build_interrupted() { # SIGNAL
	local surface=learning_ai_notes/backend status=0 line came=no
	# shellcheck disable=SC2016 # the build says it, and its command does not hold it
	sed 's|^    pnpm install.*|& \&\& echo "at work: $((40 + 2))" \&\& tail -f /dev/null|' \
		"$world/$surface/Dockerfile" >"$temp/waits.Dockerfile"
	rm -f "$temp/pipe"
	mkfifo "$temp/pipe"
	cd "$world/${surface%/*}"
	# A shell's job in the background ignores SIGINT; no terminal's child does.
	env --default-signal=INT docker-prep run -- docker build "${options[@]}" -f "$temp/waits.Dockerfile" . >"$temp/pipe" 2>&1 9>&- &
	building=$!
	while IFS= read -r -t 120 line; do
		printf '%s\n' "$line"
		case $line in
		*'at work: 42')
			came=yes
			git status --porcelain | grep -qx ' M backend/package.json' || wrong "the manifest is not rewritten while the build runs"
			kill -s "$1" "$building"
			;;
		esac
	done <"$temp/pipe" >"$temp/build.log"
	wait "$building" || status=$?
	building=
	[ "$came" = yes ] || {
		cat "$temp/build.log"
		wrong "the build did not come to the install"
	}
	tail -n 3 "$temp/build.log"
	echo "docker-prep: exit $status"
	# The client's own code, which is passed on: 1 of older ones, 128 and the signal's number of newer ones.
	[ "$status" -ne 0 ] || wrong "the build was interrupted, and docker-prep says that all went well"
	[ "$status" -eq 1 ] || [ "$status" -eq $((128 + $(kill -l "$1"))) ] || wrong "neither docker's exit code nor the signal's"
	clean learning_ai_notes
	also+=("SIG$1 while the install is at work: exit $status, git status clean")
}

# The fixtures' own file, and what a build without a network needs besides: no host outside, which Docker 20.10 cannot
# tell a build of.
with_compose() {
	if [ -z "$compose" ]; then
		echo "$no_compose"
		left_out="${left_out:+$left_out; }docker compose ($no_compose)"
		return
	fi
	local surface product name from
	for surface in "${surfaces[@]}"; do
		product=${surface%/*} name=${surface##*/}
		cd "$world/$product"
		[ -f "$temp/$product.yml" ] || {
			echo 'services:'
			for service in $(surfaces_of "$product"); do
				printf '  %s:\n    image: %s-compose\n    build:\n      network: none\n      extra_hosts: !reset []\n    network_mode: none\n' \
					"$service" "$(tag "$product/$service")"
			done
		} >"$temp/$product.yml"
		set -- docker compose --progress plain --project-name docker-prep-e2e-$$ -f docker-compose.yml -f "$temp/$product.yml"
		from=$(now)
		printf '$ docker-prep run -- %s build %s\n' "$*" "$name"
		docker-prep run -- "$@" build "$name" >"$temp/build.log" 2>&1 || {
			cat "$temp/build.log"
			wrong "compose did not build $surface"
		}
		out=$("$@" run --rm --no-deps -T "$name" 2>"$temp/compose-run.log") || {
			cat "$temp/compose-run.log"
			wrong "compose did not run $surface"
		}
		printf '%s\n' "$out"
		[ "$out" = "$(sentence "$surface")" ] || wrong "the image of $surface was to say: $(sentence "$surface")"
		result[$surface]+="; compose: $(since "$from") s"
		clean "$product"
	done
	also+=("docker compose $compose: 3 images built and run by docker-prep run -- docker compose build")
}

# What another's Docker is not to keep: every image that has the label of the two at the bottom. Its build cache stays.
remove_images() {
	local images
	mapfile -t images < <(docker image ls --all --quiet --filter "label=docker-prep-e2e=$$" | sort -u)
	[ ${#images[@]} -eq 0 ] || docker image rm -f "${images[@]}" >/dev/null
}

# A base that brings the package manager alone: packages of others come with `--offline`, and no build reaches a network.
with_third_parties() {
	local surface product name dockerfile
	docker build --network none -t "$base-manager" -f - "$COREPACK_HOME" >"$temp/build.log" 2>&1 <<-END || {
		FROM $base
		COPY . /root/.cache/node/corepack/
	END
		cat "$temp/build.log"
		wrong "the base was not built"
	}
	for surface in "${surfaces[@]}"; do
		product=${surface%/*} name=${surface##*/}
		dockerfile=$temp/$name.offline.Dockerfile
		cd "$world/$product"
		sed "s|^FROM $base-offline|FROM $base-manager|" "$name/Dockerfile" >"$dockerfile"
		set -- --progress=plain --secret 'id=gitea_npm_token,env=GITEA_NPM_TOKEN' -f "$dockerfile" -t "$(tag "$surface")-third" .
		docker-prep run --isolated -- docker build --network none "$@" >"$temp/build.log" 2>&1 &&
			wrong "packages of others came from nowhere: this control was to fail"
		show docker-prep run --offline --isolated -- docker build "$@" >"$temp/build.log" 2>&1 || {
			cat "$temp/build.log"
			wrong "$surface was not built with --offline"
		}
		out=$(docker run --rm --network none "$(tag "$surface")-third")
		printf '%s: %s\n' "$surface" "$out"
		[ "$out" = "$(sentence "$surface")" ] || wrong "the image of $surface was to say: $(sentence "$surface")"
		docker-prep run --offline --isolated -- docker build "$@" >"$temp/build.log" 2>&1 || wrong "not built again"
		all_are_cached "$(cached)" || wrong "built again without a change, not all of it is cached: $(cached)"
		clean "$product"
	done
	also+=("--offline: 3 images with packages of others from the deps dir, without a network; the control without it fails")
}
