#!/usr/bin/env bash
# Installs the Debian packages named in a file, one a line; quiet and quick when they are all there. Needs root or sudo.
set -euo pipefail
mapfile -t wanted < <(grep -vE '^\s*(#|$)' "$1" | sort -u)
missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | cut -c1-2)" = ii ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "error: need root or sudo to install: ${missing[*]}" >&2; exit 1; }
  sudo=(sudo)
fi
command -v apt-get >/dev/null || { echo "error: no apt-get here; install by hand what these Debian packages hold: ${missing[*]}" >&2; exit 1; }
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { "${sudo[@]}" apt-get update && "${sudo[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -20 "$log" >&2
  echo "error: apt-get could not install them; the whole log is in $log" >&2
  exit 1
fi
rm -f "$log"
