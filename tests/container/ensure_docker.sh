#!/usr/bin/env bash
# Makes sure that a Docker engine answers, so that `make test PG=container` can run.
#
# An engine that already answers (DOCKER_HOST counts) is left as it is. Otherwise, on Debian and as root, this
# installs what is missing from Debian's packages and starts dockerd in the background. It is meant for CI and for
# throw-away machines; on a workstation, start the engine you have.
#
#   tests/container/ensure_docker.sh          ends with 0 once the engine answers
#   tests/container/ensure_docker.sh --stop   ends the dockerd that an earlier call started, and only that one
set -euo pipefail

readonly state_dir=/run/live-sessions-docker
readonly pid_file=$state_dir/dockerd.pid
readonly log_file=$state_dir/dockerd.log
readonly start_seconds=60

say() { printf 'docker: %s\n' "$*" >&2; }

fail() {
    say "$1"
    exit 1
}

engine_answers() { timeout 10 docker info >/dev/null 2>&1; }

# The process behind the pid file, if it is still the dockerd that we started and not a stranger with its number.
own_dockerd() {
    local pid
    pid=$(cat "$pid_file" 2>/dev/null) || return 1
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] || return 1
    printf '%s\n' "$pid"
}

stop_own_dockerd() {
    local pid deadline
    if ! pid=$(own_dockerd); then
        say 'nothing to stop: no dockerd was started from here'
        return 0
    fi
    kill "$pid"
    deadline=$((SECONDS + 30))
    while [ -d "/proc/$pid" ]; do
        [ $SECONDS -lt $deadline ] || fail "dockerd (pid $pid) did not end within 30 s"
        sleep 0.2
    done
    rm -f "$pid_file"
    say 'stopped'
}

install_packages() {
    local missing=()
    command -v dockerd >/dev/null || missing+=(docker.io)
    # dockerd routes published ports with it; docker.io only recommends it.
    command -v iptables >/dev/null || missing+=(iptables)
    [ ${#missing[@]} -gt 0 ] || return 0

    command -v apt-get >/dev/null ||
        fail 'no Docker engine answers, and without apt-get none can be installed here: install and start Docker'
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update >&2
    apt-get -q install --yes --no-install-recommends "${missing[@]}" >&2
}

# start_dockerd FLAG… : 0 when the engine answers, 1 when dockerd gave up or missed the deadline.
start_dockerd() {
    local pid deadline
    say "starting dockerd${*:+ with $*}"
    setsid dockerd --pidfile "$pid_file" "$@" >"$log_file" 2>&1 </dev/null &
    pid=$!
    deadline=$((SECONDS + start_seconds))
    while [ $SECONDS -lt $deadline ]; do
        if engine_answers; then
            return 0
        fi
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.3
    done
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    return 1
}

main() {
    if [ "${1:-}" = --stop ]; then
        stop_own_dockerd
        return
    fi
    if command -v docker >/dev/null && engine_answers; then
        return 0
    fi
    [ -z "${DOCKER_HOST:-}" ] || fail "DOCKER_HOST is set ($DOCKER_HOST), but no engine answers there"
    [ "$(id -u)" = 0 ] || fail 'no Docker engine answers: start one, or run this script as root to install and start it'

    install_packages
    mkdir -p "$state_dir"

    # Inside some sandboxes the kernel lends neither overlay mounts nor packet filtering. Neither is needed: vfs
    # copies layers instead, and docker-proxy serves ports published on loopback without any rule.
    local flags
    for flags in '' '--iptables=false' '--storage-driver=vfs' '--storage-driver=vfs --iptables=false'; do
        # shellcheck disable=SC2086 # the flags are meant to be split
        if start_dockerd $flags; then
            say "answers ($(docker info --format '{{.ServerVersion}}, {{.Driver}}' 2>/dev/null))"
            return 0
        fi
        say "dockerd did not come up; the end of its log ($log_file):"
        tail -n 5 "$log_file" >&2
    done
    fail 'no Docker engine could be started'
}

main "$@"
