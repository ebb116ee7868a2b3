#!/usr/bin/env bash
# Builds the Postgres 15 image of this folder out of Debian's packages, without any image registry, and prints its
# tag on standard output. Progress goes to standard error.
#
# The tag is a hash of what the image is made from, so a second call finds the image and builds nothing. Where the
# packages come from is read from this machine's own apt. Needs a Docker engine (ensure_docker.sh) and, on the first
# run, root for debootstrap.
set -euo pipefail

readonly suite=bookworm # Debian 12, the release that carries Postgres 15
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here

say() { printf 'image: %s\n' "$*" >&2; }

fail() {
    say "$1"
    exit 1
}

content_hash() { cat "$@" | sha256sum | cut -c 1-12; }

image_exists() { docker image inspect "$1" >/dev/null 2>&1; }

# repository_of LABEL : the address from which apt here gets Debian's packages of that label ("Debian",
# "Debian-Security"); empty when it has none.
repository_of() {
    # shellcheck disable=SC2016 # apt expands it
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Label: $1" | head -n 1
}

require_debian_sources() {
    command -v apt-get >/dev/null || fail 'apt is needed to find Debian packages: set POSTGRES_IMAGE to an image instead'
    if [ -z "$(repository_of Debian)" ]; then
        say 'refreshing apt: it does not know yet which of its sources are Debian'
        apt-get -q update >&2
    fi
    [ -n "$(repository_of Debian)" ] || fail 'apt here has no Debian source: set POSTGRES_IMAGE to an image instead'
}

# The smallest Debian, as an image.
build_base() {
    local tag=$1 work
    image_exists "$tag" && return 0
    [ "$(id -u)" = 0 ] || fail 'debootstrap needs root: run tests/container/build_image.sh once as root'
    if ! command -v debootstrap >/dev/null; then
        say 'installing debootstrap'
        apt-get -q update >&2
        DEBIAN_FRONTEND=noninteractive apt-get -q install --yes --no-install-recommends debootstrap >&2
    fi
    work=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder is known now
    trap "rm -rf '$work'" EXIT
    say "base: debootstrap $suite (about a minute)"
    if ! debootstrap --variant=minbase "$suite" "$work/root" "$(repository_of Debian)" >"$work/log" 2>&1; then
        tail -n 20 "$work/log" >&2
        fail 'debootstrap failed'
    fi
    rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
    tar --create --directory "$work/root" --numeric-owner --one-file-system . | docker import - "$tag" >/dev/null
    rm -rf "$work"
    trap - EXIT
    say 'base: imported'
}

# The apt settings of this machine that decide how its mirror is reached, and its Debian sources, for use inside.
write_apt_configuration() {
    local folder=$1 security
    mkdir -p "$folder/apt.conf.d"
    security=$(repository_of Debian-Security)
    {
        echo "deb $(repository_of Debian) $suite main"
        [ -z "$security" ] || echo "deb $security $suite-security main"
    } >"$folder/sources.list"
    apt-config dump --format '%f "%v";%n' Acquire::http Acquire::https Acquire::Check-Valid-Until \
        >"$folder/apt.conf.d/90host"
}

build_image() {
    local tag=$1 base=$2 context
    context=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$context'" EXIT
    cp "$here/Dockerfile" "$here/entrypoint.sh" "$context/"
    write_apt_configuration "$context/apt"
    say "$tag: installing Postgres 15 and its extensions"
    # The host's network reaches the mirror wherever the host itself does; a bridge needs packet filtering to.
    docker build --network host --build-arg "BASE=$base" --tag "$tag" "$context" >&2
}

main() {
    local base image lock
    docker info >/dev/null 2>&1 || fail 'no Docker engine answers: start one, or run tests/container/ensure_docker.sh'
    base=live-sessions-debian:$suite-$(content_hash <(echo "$suite minbase $(dpkg --print-architecture 2>/dev/null)"))
    image=live-sessions-postgres:15-$(content_hash "$here/Dockerfile" "$here/entrypoint.sh" <(echo "$base"))

    # Test workers start together; only the first one builds.
    lock=${TMPDIR:-/tmp}/live-sessions-image-$(id -u).lock
    exec 9>"$lock"
    flock 9

    if ! image_exists "$image"; then
        require_debian_sources
        build_base "$base"
        build_image "$image" "$base"
    fi
    printf '%s\n' "$image"
}

main "$@"
