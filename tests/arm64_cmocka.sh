#!/bin/sh
# Fetch cmocka for arm64 into FOLDER without touching the system's own packages: an apt that
# knows the other architecture, with lists of its own.
set -eu
folder=$1
mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
options="-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::Lists=$folder/lists
 -o Dir::Cache=$folder/cache -o Dir::State::status=/dev/null -o APT::Sandbox::User=root"
# shellcheck disable=SC2086
apt-get $options update -qq >/dev/null
cd "$folder"
# shellcheck disable=SC2086
apt-get $options download -qq libcmocka0 libcmocka-dev >/dev/null
for package in libcmocka*.deb; do dpkg-deb -x "$package" .; done
