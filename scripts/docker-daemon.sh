# shellcheck shell=bash
# A Docker daemon that has no way out, in namespaces of its own; sourced by scripts/e2e-docker with $root and $temp set.
# Needs Debian, root, and the right to mount and to make namespaces and cgroups.
# shellcheck disable=SC2154 # the script that sources this sets them
#
# Everything that it makes lies in $temp/docker, in its namespaces, or in cgroups of its own name, and is gone when
# daemon_down is: a pipe that this script holds open keeps it alive, so it goes down too when the script is killed.

daemon_dir=$temp/docker
daemon_cgroup=docker-prep-e2e-$$
daemon_job=
# Why no later docker than this release's is used, if so.
docker_older=
policy=/usr/sbin/policy-rc.d

# Docker from Debian. Nothing that is installed may start a service of its own. Where this release's has no plugins, the
# client and the daemon of a later one are unpacked, and run with what this one has installed besides.
install_docker() {
	install_debian_docker
	PATH=/usr/bin:/usr/sbin:$PATH has_docker_plugins ||
		docker_older=$(install_docker_programs) ||
		echo "$docker_older: Debian's of this release is used"
}

install_debian_docker() {
	command -v dockerd >/dev/null 2>&1 && command -v busybox >/dev/null 2>&1 && return
	need apt-get "no Docker daemon answers, and only Debian's can be set up: start Docker, or install dockerd and busybox"
	policy_begin
	apt_install busybox busybox-static
	apt_install dockerd docker.io
	# Newer releases have the client and BuildKit's part of it in packages of their own.
	for package in docker-cli docker-buildx docker-compose; do
		if apt-cache show "$package" >/dev/null 2>&1; then
			apt-get install -y -q --no-install-recommends "$package" >/dev/null ||
				fail "apt-get could not install $package"
		fi
	done
	policy_end
}

policy_begin() {
	if [ -e "$policy" ] || [ -L "$policy" ]; then
		mv "$policy" "$policy.docker-prep-e2e"
	fi
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	policy_ours=yes
}

# Takes it away again, and puts back what was there; does nothing where nothing is to be done.
policy_end() {
	[ "${policy_ours-}" = yes ] || return 0
	policy_ours=
	rm -f "$policy"
	if [ -e "$policy.docker-prep-e2e" ] || [ -L "$policy.docker-prep-e2e" ]; then
		mv "$policy.docker-prep-e2e" "$policy"
	fi
}

# What the daemon is started by, as the first process of its namespaces: sh -c "$daemon_init" - DIR CGROUP DRIVER HIDDEN
# It sees nothing of the folder HIDDEN, as a daemon on another machine would not. The port is one of its own network.
# Standard input is the pipe.
# shellcheck disable=SC2016 # this text is for that shell
daemon_init='
	dir=$1 cgroup=$2 driver=$3 hidden=$4
	# A job in the background reads from /dev/null unless told otherwise.
	exec 3<&0 </dev/null
	# /proc is still the outer one here, and says what this process is called there.
	read -r outer _ </proc/self/stat
	mount -t proc proc /proc || exit 1
	ip link set lo up || exit 1
	mount -t tmpfs -o ro tmpfs "$hidden" || exit 1

	# A container may have no cgroups, or may not write to them. These mounts are ours alone.
	if ! grep -q " - cgroup2\{0,1\} " /proc/self/mountinfo; then
		mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit 1
	fi
	for mounted in $(awk "/ - cgroup2? /{print \$5}" /proc/self/mountinfo); do
		mkdir "$mounted/$cgroup" 2>/dev/null || mount -o remount,rw "$mounted" 2>/dev/null
		rmdir "$mounted/$cgroup" 2>/dev/null
	done

	if [ "$driver" = tmpfs ]; then
		mkdir -p "$dir/data" && mount -t tmpfs tmpfs "$dir/data" || exit 1
		driver=overlay2
	fi
	{
		ip -o link
		echo routes: $(ip route show table all | grep -cv -e "dev lo" -e "^local" -e "^broadcast")
		node -e "
			require(\"node:net\").connect(80, \"192.0.2.1\")
				.on(\"connect\", () => { console.log(\"connected\"); process.exit(); })
				.on(\"error\", (error) => console.log(error.code));
		"
	} >"$dir/network" 2>&1
	dockerd --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/dockerd.pid" -H "unix://$dir/docker.sock" \
		-H tcp://127.0.0.1:2375 --tls=false --storage-driver "$driver" --bridge none --iptables=false --ip6tables=false --ip-forward=false \
		--dns 127.0.0.1 --host-gateway-ip 127.0.0.1 \
		--exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$cgroup" >"$dir/log" 2>&1 3<&- &
	daemon=$!
	echo "$outer" >"$dir/outer.pid"
	# Whichever ends first: the daemon, or the script that holds the other end of the pipe.
	( read -r _ <&3; kill "$daemon" 2>/dev/null ) &
	wait "$daemon"
	# Only seen from here, where they were mounted here.
	find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null
'

# Starts one with a storage driver; fails when it does not come up.
daemon_starts() { # DRIVER
	rm -rf "$daemon_dir"
	mkdir -p "$daemon_dir"
	mkfifo "$daemon_dir/alive"
	setsid unshare --mount --net --pid --fork --kill-child \
		sh -c "$daemon_init" - "$daemon_dir" "$daemon_cgroup" "$1" "$world" <"$daemon_dir/alive" >"$daemon_dir/start" 2>&1 &
	daemon_job=$!
	exec 9>"$daemon_dir/alive"
	until docker version >/dev/null 2>&1; do
		kill -0 "$daemon_job" 2>/dev/null || {
			daemon_down
			return 1
		}
		sleep 0.1
	done
}

# Sets one up, and $DOCKER_HOST, and the client that fits first in PATH.
daemon_up() {
	[ "$(uname -s)" = Linux ] || fail "no Docker daemon answers, and only on Linux can one be set up: start Docker"
	[ "$(id -u)" -eq 0 ] || fail "no Docker daemon answers, and only root can set one up: start Docker, or run this as root"
	install_docker
	need unshare "install util-linux"
	need ip "install iproute2"
	local client driver
	# Debian's own client: a newer one that is first in PATH may want a plugin that is not there.
	client=$({ dpkg -L docker.io docker-cli 2>/dev/null || true; } | grep -x '/usr/bin/docker') ||
		client=$(command -v docker) || fail "dockerd is installed, but no docker client"
	mkdir -p "$temp/bin" "$temp/docker-config"
	if [ -x "$docker_dir/docker" ]; then
		client=$docker_dir/docker
		ln -s "$docker_dir/dockerd" "$docker_dir/docker-proxy" "$temp/bin"
		ln -s "$docker_dir/cli-plugins" "$temp/docker-config/cli-plugins"
		# As a program of its own it is the same one.
		ln -s "$docker_dir/cli-plugins/docker-compose" "$temp/bin/docker-compose"
	fi
	ln -s "$client" "$temp/bin/docker"
	export PATH="$temp/bin:$PATH" DOCKER_HOST="unix://$daemon_dir/docker.sock" DOCKER_CONFIG="$temp/docker-config"

	for driver in overlay2 tmpfs fuse-overlayfs vfs; do
		if daemon_starts "$driver"; then
			daemon_driver=$driver
			break
		fi
		# Said by daemon_starts' copy of the log, of which the last lines tell.
		tail -n 3 "$temp/docker.log" >&2
		printf 'the daemon does not start with %s\n' "$driver" >&2
	done
	[ -n "${daemon_driver-}" ] ||
		fail "no Docker daemon can be set up here: it needs a machine, or a container that may mount (--privileged)"
	case $daemon_driver in
	overlay2) ;;
	tmpfs) echo "overlay2 does not mount on $temp: the daemon's data is in memory" ;;
	*) echo "overlay2 does not mount here: $daemon_driver, which is slower" ;;
	esac
}

# Proves what the daemon sees of any network, from inside its namespace and before it was started.
daemon_has_no_way_out() {
	cat "$daemon_dir/network"
	[ "$(sed -n 's/^[0-9]*: \([^:]*\): .*/\1/p' "$daemon_dir/network")" = lo ] ||
		wrong "the daemon has more than a loopback device"
	grep -qx 'routes: 0' "$daemon_dir/network" || wrong "the daemon has a route to somewhere"
	grep -qx ENETUNREACH "$daemon_dir/network" || wrong "a connection out of the daemon's namespace was not refused at once"
	local into
	into=/proc/$(cat "$daemon_dir/outer.pid")/ns/net
	[ "$(readlink "$into")" != "$(readlink /proc/self/ns/net)" ] || wrong "the daemon has this machine's network"
}

# Where the daemon's data can be read from here.
daemon_data() {
	printf '/proc/%s/root%s/data\n' "$(cat "$daemon_dir/outer.pid")" "$daemon_dir"
}

# Ends it, and waits until nothing of it is left. The kernel ends all that is in a process namespace with its first.
daemon_down() {
	[ -n "$daemon_job" ] || return 0
	exec 9>&-
	local job=$daemon_job
	daemon_job=
	timeout --signal KILL 20 tail --pid="$job" -f /dev/null || kill -KILL "$job" 2>/dev/null || true
	wait "$job" 2>/dev/null || true
	cat "$daemon_dir/start" "$daemon_dir/log" >"$temp/docker.log" 2>/dev/null || true
	find /sys/fs/cgroup -depth -type d -path "*/$daemon_cgroup*" -exec rmdir {} + 2>/dev/null || true
}

# What a daemon of ours left behind, a line each: nothing, if all is well.
daemon_left() {
	# Whatever names the folder: a process by its arguments, a mount by its place.
	local file
	for file in /proc/[0-9]*/cmdline; do
		# One that ended in between is no finding.
		if { tr '\0' ' ' <"$file"; } 2>/dev/null | grep -F -- "$daemon_dir"; then
			continue
		fi
	done
	grep -F -- "$daemon_dir" /proc/self/mounts || true
	find /sys/fs/cgroup -type d -name "$daemon_cgroup*" 2>/dev/null || true
	[ ! -e "$daemon_dir" ] || printf 'folder: %s\n' "$daemon_dir"
}

# What this Docker's client has: $compose and $buildx are their versions, or empty.
find_plugins() {
	compose=$(docker compose version --short 2>/dev/null) || compose=
	buildx=$(docker buildx version 2>/dev/null | awk '{ print $2 }') || buildx=
	no_compose="docker compose is not installed${docker_older:+: $docker_older}"
	echo "compose: ${compose:-none}; buildx: ${buildx:-none}"
}
