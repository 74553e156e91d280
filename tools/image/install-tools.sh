#!/bin/sh
# Installs Debian's packages that `make image` and its test need, if they are missing.
set -eu
missing=
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
case $(uname -m) in
  aarch64) need aarch64-linux-gnu-gcc gcc; need x86_64-linux-gnu-gcc "gcc-x86-64-linux-gnu libc6-dev-amd64-cross" ;;
  *) need x86_64-linux-gnu-gcc "gcc libc6-dev"; need aarch64-linux-gnu-gcc "gcc-aarch64-linux-gnu libc6-dev-arm64-cross" ;;
esac
need readelf binutils
need skopeo skopeo
need unshare util-linux
[ -z "$missing" ] && exit 0
echo "Installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086 # a list of words
apt-get -qq install --yes --no-install-recommends $missing >/dev/null
