# shellcheck shell=bash
# What `docker-prep run --isolated` promises, with the real Docker: the images, what is seen of the project from outside,
# and what is cached; sourced by scripts/e2e-docker behind scripts/docker-checks.sh.
# Needs what scripts/e2e-docker does, a Docker that answers, and inotifywait.
# shellcheck disable=SC2154,SC2164 # the script that sources this sets them, and errexit

watcher=

# What stands in front of a command: the way that a build takes.
way_words() { # in-place|isolated|context|namespace
	case $1 in
	in-place) words=(docker-prep run --) ;;
	isolated) words=(docker-prep run --isolated --) ;;
	*) words=(docker-prep run "--isolated=$1" --) ;;
	esac
}

# The command by which a client builds a surface from its product's folder.
client_words() { # docker|buildx|classic|compose|bake SURFACE
	local product=${2%/*} name=${2##*/} tag
	tag=$(tag "$2")
	case $1 in
	docker) words=(docker build "${options[@]}" -f "$name/Dockerfile" -t "$tag-docker" .) ;;
	buildx) words=(docker buildx build "${options[@]}" --load --file="$name/Dockerfile" --tag "$tag-buildx" .) ;;
	classic) words=(docker build --network none -f "$name/Dockerfile.classic" -t "$tag-classic" .) ;;
	compose) words=(docker compose --progress plain --project-name "docker-prep-e2e-$$" -f docker-compose.yml -f "$temp/$product.yml" build "$name") ;;
	bake) words=(docker buildx bake --progress plain --load -f docker-compose.yml -f "$temp/$product.yml" "$name") ;;
	esac
}

# The image that client_words names.
client_image() { # CLIENT SURFACE
	case $1 in
	compose | bake) printf '%s-compose' "$(tag "$2")" ;;
	*) printf '%s-%s' "$(tag "$2")" "$1" ;;
	esac
}

# The clients that are here, and the ways that can be taken.
find_clients() {
	clients=(docker) ways=(context)
	if unshare --mount true 2>/dev/null || unshare --user --mount true 2>/dev/null; then
		ways+=(namespace)
	else
		left_out="${left_out:+$left_out; }isolated=namespace (nobody may mount here)"
	fi
	if [ -n "$buildx" ]; then
		clients+=(buildx)
	else
		left_out="${left_out:+$left_out; }isolated: docker buildx build and bake (no buildx)"
	fi
	if [ -n "$compose" ]; then
		clients+=(compose)
	else
		left_out="${left_out:+$left_out; }isolated: docker compose ($no_compose)"
	fi
	[ -z "$buildx" ] || clients+=(bake)
	# A Docker that has no classic builder any more fails before it has read a context.
	printf 'FROM %s\n' "$tiny" >"$temp/empty.Dockerfile"
	if DOCKER_BUILDKIT=0 docker build -f "$temp/empty.Dockerfile" "$temp/empty" >"$temp/build.log" 2>&1; then
		clients+=(classic)
	else
		left_out="${left_out:+$left_out; }isolated: the classic builder ($(tail -n 1 "$temp/build.log"))"
	fi
}

# Builds a surface by a client, one way; options of docker-prep go between. Sets $image to the image's id.
build_by() { # WAY CLIENT SURFACE [OPTION…]
	local way=$1 client=$2 surface=$3 prefix buildkit=1
	shift 3
	cd "$world/${surface%/*}"
	way_words "$way"
	prefix=("${words[@]:0:${#words[@]}-1}" "$@" --)
	client_words "$client" "$surface"
	[ "$client" != classic ] || buildkit=0
	command="${prefix[*]} ${words[*]}"
	DOCKER_BUILDKIT=$buildkit "${prefix[@]}" "${words[@]}" >"$temp/build.log" 2>&1 || {
		cat "$temp/build.log"
		wrong "not built: $command"
	}
	image=$(docker image inspect --format '{{.Id}}' "$(client_image "$client" "$surface")")
}

# How many steps of the build in $temp/build.log were cached, and of how many; the classic builder tells otherwise.
cached() {
	if grep -q '^Step [0-9]*/' "$temp/build.log"; then
		awk '
			/^Step [0-9]+\// { step = !/ : (FROM|EXPOSE|CMD|ENV|ARG) /; all += step }
			/^ ---> Using cache/ { hit += step }
			END { printf "%d of %d", hit, all }
		' "$temp/build.log"
	else
		steps | awk '{ all++; hit += /^CACHED / } END { printf "%d of %d", hit, all }'
	fi
}

all_are_cached() { [ "${1% of *}" = "${1#* of }" ]; } # N of M

# The same Dockerfiles without what the classic builder does not know.
write_classic_dockerfiles() {
	local surface
	for surface in "${surfaces[@]}"; do
		cd "$world/$surface"
		sed -e 's|^RUN --mount=type=cache,.*|RUN \\|' -e '/^ *--mount=type=secret/d' Dockerfile >Dockerfile.classic
	done
	for product in learning_ai_notes learning_ai_clock; do
		git -C "$world/$product" add -A
		git -C "$world/$product" commit -q -m 'Built by the classic builder'
		outside "$world/$product" >"$temp/$product.outside"
		picture "$world/$product" >"$temp/$product.before"
	done
}

# Each client makes the image that it makes in place, which is what the packed packages are in.
isolated_images() {
	local surface client first table= made=0
	find_clients
	[[ ${clients[*]} != *classic* ]] || write_classic_dockerfiles
	for surface in "${surfaces[@]}"; do
		for client in "${clients[@]}"; do
			# One surface by all of them; the others by the two that differ most.
			[[ $surface = "${surfaces[0]}" || $client = compose || $client = classic ]] || continue
			# With the tarballs of this surface alone, as its isolated build has them.
			build_by in-place "$client" "$surface" --surface "${surface##*/}"
			first=$image
			git_is_clean "${surface%/*}"
			build_by isolated "$client" "$surface"
			printf '$ %s\n' "$command"
			out=$(cached)
			echo "$image, $out steps cached"
			[ "$image" = "$first" ] || wrong "in place it is another image: $first"
			all_are_cached "$out" || {
				cat "$temp/build.log"
				wrong "not all steps are those of the build in place"
			}
			out=$(docker run --rm --network none "$(client_image "$client" "$surface")")
			[ "$out" = "$(sentence "$surface")" ] || wrong "the image of $surface was to say: $(sentence "$surface")"
			git_is_clean "${surface%/*}"
			made=$((made + 1))
			table+="$(printf '%-26s %-8s %s, the image id of the build in place' "$surface" "$client" "$(cached)")"$'\n'
		done
	done
	printf '\n%s' "$table"
	also+=("isolated: $made images, by ${clients[*]}: the image id of the build in place, every step cached")
}

# What can be seen of a product but git's own folder, from outside: of each file and folder its device, inode, kind and
# mode, mtime and ctime, and of each file its bytes.
outside() { # FOLDER
	(
		cd "$1"
		find . -path ./.git -prune -o -print0 | LC_ALL=C sort -z | xargs -0 stat -c '%d %i %f %s %.9Y %.9Z %n'
		git ls-files -z | xargs -0 sha256sum
	)
}

# git sees no change, with nobody's help.
git_is_clean() { # PRODUCT
	out=$(git -C "$world/$1" status --porcelain)
	[ -z "$out" ] || wrong "git status of $1 is not clean: $out"
}

# inotifywait says each write to a product, to $temp/events; and one to a folder of ours, by which it is known to be at the end.
watch_begin() { # PRODUCT
	rm -rf "$temp/sentinel"
	mkdir "$temp/sentinel"
	inotifywait --monitor --recursive --exclude '/\.git(/|$)' --format '%e %w%f' \
		-e modify -e attrib -e close_write -e moved_from -e moved_to -e create -e delete -e delete_self -e move_self \
		"$world/$1" "$temp/sentinel" >"$temp/events" 2>"$temp/watch.log" 9>&- &
	watcher=$!
	until grep -q 'Watches established' "$temp/watch.log"; do
		kill -0 "$watcher" 2>/dev/null || wrong "inotifywait does not watch: $(cat "$temp/watch.log")"
		sleep 0.05
	done
}

# What it has seen until now, in $events; nothing, if nobody wrote.
watch_end() {
	: >"$temp/sentinel/end"
	until grep -q "$temp/sentinel/end" "$temp/events"; do
		kill -0 "$watcher" 2>/dev/null || wrong "inotifywait has ended"
		sleep 0.05
	done
	kill "$watcher"
	wait "$watcher" 2>/dev/null || true
	watcher=
	events=$(grep -v "$temp/sentinel" "$temp/events" || true)
}

# Every process below one, itself left out.
descendants() { # PID
	local child
	for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		descendants "$child"
		printf '%s\n' "$child"
	done
}

# Runs a command, and looks at the product from outside at each line that it says; what it says goes to $temp/build.log.
# At the line `at work: 42` it gets the signal, if one is named. Sets $status to its exit code, and $looks.
looked_at() { # PRODUCT SIGNAL|'' COMMAND…
	local product=$1 signal=$2 line below=
	shift 2
	cd "$world/$product"
	rm -f "$temp/pipe"
	mkfifo "$temp/pipe"
	status=0 looks=0 came=no
	# A shell's job in the background ignores SIGINT; no terminal's child does.
	env --default-signal=INT "$@" >"$temp/pipe" 2>&1 9>&- &
	building=$!
	while IFS= read -r -t 120 line; do
		printf '%s\n' "$line"
		outside "$world/$product" >"$temp/outside"
		looks=$((looks + 1))
		cmp -s "$temp/$product.outside" "$temp/outside" || {
			diff "$temp/$product.outside" "$temp/outside" >&2 || true
			wrong "$product was changed while this ran: $*"
		}
		if [[ $line == *'at work: 42' ]] && [ "$came" = no ]; then
			came=yes
			[ "$signal" != KILL ] || below=$(descendants "$building")
			[ -z "$signal" ] || kill -s "$signal" "$building"
			# Nobody ends what is below it, when it is killed; this build waits for ever.
			# shellcheck disable=SC2086 # numbers
			[ -z "$below" ] || kill -TERM $below 2>/dev/null || true
		fi
	done <"$temp/pipe" >"$temp/build.log"
	wait "$building" || status=$?
	building=
}

# Builds that pass, fail, are interrupted and are killed, each way: no write is seen, and nothing is another.
isolated_from_outside() {
	local product=learning_ai_notes surface=learning_ai_notes/backend way how expected line file=$temp/outside.Dockerfile
	cd "$world/$product"
	# This can fail: the way in place is seen.
	watch_begin "$product"
	build_by in-place docker "$surface"
	watch_end
	grep -q 'package.json$' <<<"$events" || wrong "inotifywait does not see what is written in place"
	echo "in place inotifywait sees $(wc -l <<<"$events") writes"
	for way in "${ways[@]}"; do
		# The context way makes no deps dir; the namespace way lays its own over the one that builds in place leave.
		[ "$way" = namespace ] || docker-prep restore --clean -q
		git_is_clean "$product"
		outside "$world/$product" >"$temp/$product.outside"
		for how in passes fails INT TERM KILL; do
			# 42 is said by the build alone, and by no text of it.
			# shellcheck disable=SC2016
			case $how in
			passes) line='echo "at work: $((40 + 2))"' expected='^0$' ;;
			fails) line='echo "at work: $((40 + 2))" \&\& exit 7' expected='^1$' ;;
			# The client's own code, which is passed on: 1, or 128 and the signal's number.
			*) line='echo "at work: $((40 + 2))" \&\& tail -f /dev/null' expected="^(1|$((128 + $(kill -l "$how"))))\$" ;;
			esac
			# Never cached: it names the case and this run.
			sed "/^RUN pnpm run build/i RUN : $way $how $$ \&\& $line" "$world/$surface/Dockerfile" >"$file"
			set -- docker build "${options[@]}" -f "$file" .
			# No command of which a context could be told.
			[ "$way" != namespace ] || set -- sh -c 'exec "$@"' - "$@"
			way_words "$way"
			watch_begin "$product"
			looked_at "$product" "${how//[a-z]/}" "${words[@]}" "$@"
			[[ $status =~ $expected && $came = yes ]] || {
				cat "$temp/build.log"
				wrong "exit $status of a build that was to be: $how; it came to the line: $came"
			}
			# Nobody has put anything back here.
			git_is_clean "$product"
			docker-prep status --exit-code >"$temp/status.log" 2>&1 || {
				cat "$temp/status.log"
				wrong "there is something to restore"
			}
			watch_end
			[ -z "$events" ] || wrong "inotifywait has seen: $events"
			outside "$world/$product" | diff "$temp/$product.outside" - || wrong "$product is not as it was"
			echo "$way, $how: exit $status, looked at $looks times, no write seen; device, inode, mode, mtime, ctime and bytes as before"
			# And the next call works.
			build_by "$way" docker "$surface"
		done
		[ "$way" != context ] || build_by in-place docker "$surface"
	done
	if [[ ${ways[*]} = *namespace* ]]; then
		docker-prep restore --clean -q
		watch_begin "$product"
		docker-prep run --isolated=namespace -- true >"$temp/build.log" 2>&1 || {
			cat "$temp/build.log"
			wrong "nothing can be run without a deps dir"
		}
		watch_end
		[ ! -e .docker-deps ] || wrong ".docker-deps is left behind"
		out=$(grep -v "^[A-Z_,]* $world/$product/.docker-deps/*\$" <<<"$events" || true)
		[ -z "$out" ] || wrong "inotifywait has seen: $out"
		echo "namespace, where there is no .docker-deps: inotifywait sees it come and go, and nothing else"
	fi
	also+=("isolated (${ways[*]}): builds that pass, fail, get SIGINT, SIGTERM, SIGKILL: inotifywait sees no write, git status clean, the next run works")
}

# What is cached of each service by compose, in place beside isolated: when nothing, a package that only backends need,
# or web's source has changed. Each way has a change of its own, as they share one cache.
isolated_cache_table() {
	local package=$world/learning_ai_common_plat/packages/compression/lib/index.js source=$world/learning_ai_clock/web/src/main.mjs
	local client=docker change way surface line
	declare -A seen
	[ -z "$compose" ] || client=compose
	for way in in-place isolated; do
		for surface in "${surfaces[@]}"; do build_by "$way" "$client" "$surface"; done
		for change in nothing package source; do
			case $change in
			package) printf '/* %s of %s */\n' "$way" $$ >>"$package" ;;
			source) printf '/* %s of %s */\n' "$way" $$ >>"$source" ;;
			esac
			for surface in "${surfaces[@]}"; do
				build_by "$way" "$client" "$surface"
				seen[$change,$way,$surface]=$(cached)
			done
			git -C "$world/learning_ai_common_plat" checkout -q -- .
			git -C "$world/learning_ai_clock" checkout -q -- .
		done
	done
	out=$(
		printf '%-27s| %-21s| %-21s| %-21s\n' "steps cached ($client)" 'nothing changed' "backends' package" "web's source"
		printf '%-27s| %-10s%-11s| %-10s%-11s| %-10s%-11s\n' '' 'in place' isolated 'in place' isolated 'in place' isolated
		for surface in "${surfaces[@]}"; do
			printf '%-27s' "$surface"
			for change in nothing package source; do
				printf '| %-10s%-11s' "${seen[$change,in-place,$surface]}" "${seen[$change,isolated,$surface]}"
			done
			printf '\n'
		done
	)
	printf '%s\n' "$out"
	while IFS= read -r line; do also+=("isolated: $line"); done <<<"$out"
	for surface in "${surfaces[@]}"; do
		for change in nothing source; do
			[ "${seen[$change,isolated,$surface]}" = "${seen[$change,in-place,$surface]}" ] ||
				wrong "of $surface isolated builds have other steps cached than those in place"
		done
		all_are_cached "${seen[nothing,isolated,$surface]}" || wrong "nothing was changed, and $surface is built anew"
	done
	# This is what a tree of its own is for.
	all_are_cached "${seen[package,isolated,learning_ai_clock/web]}" ||
		wrong "web does not need the package that was changed, and is built anew"
	! all_are_cached "${seen[package,isolated,learning_ai_clock/backend]}" || wrong "the change of the package is not in backend's image"
	! all_are_cached "${seen[package,in-place,learning_ai_clock/web]}" || echo 'in place web is cached as well'
	also+=("isolated: backend's package changed: web's steps cached ${seen[package,isolated,learning_ai_clock/web]} (in place ${seen[package,in-place,learning_ai_clock/web]})")
}
