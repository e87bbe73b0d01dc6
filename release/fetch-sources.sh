#!/bin/bash
# Fetches the pinned Debian source packages into $KPR_CACHE/sources and unpacks them once. Uses apt with lists of its own: the machine's
# configuration of apt is neither read for sources nor changed. Works without root.
. "$(dirname "$0")/common.sh"
store=$KPR_CACHE/sources
mkdir -p "$store/apt/lists/partial" "$store/apt/cache/archives/partial" "$store/unpacked"
command -v dpkg-source >/dev/null || die "dpkg-source is missing: apt-get install dpkg-dev"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r $keyring ] || die "$keyring is missing: apt-get install debian-archive-keyring"
# The mirrors are the ones that this machine's apt uses for Debian, else Debian's own.
mirror() {
  apt-get indextargets --format '$(REPO_URI) $(SUITE)$(CODENAME)' 2>/dev/null | awk -v want="$1" '$2 ~ want {print $1; exit}'
}
main_uri=$(APT_CONFIG='' mirror 'bookworm($|[^-])' || true)
security_uri=$(APT_CONFIG='' mirror 'bookworm-security' || true)
{
  for kind in deb deb-src; do
    echo "$kind [signed-by=$keyring] ${main_uri:?no Debian mirror in the apt sources} bookworm main"
    echo "$kind [signed-by=$keyring] ${security_uri:?no Debian security mirror in the apt sources} bookworm-security main"
  done
} >"$store/apt/sources.list"
cat >"$store/apt/apt.conf" <<C
Dir::Etc::sourcelist "$store/apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$store/apt/lists";
Dir::Cache "$store/apt/cache";
APT::Sandbox::User "";
Acquire::Retries "3";
C
updated=
apt_update() {
  [ -n "$updated" ] || APT_CONFIG=$store/apt/apt.conf apt-get -qq update >&2 || die "apt-get update failed for Debian's source packages"
  updated=1
}
while read -r name version sha spdx; do
  case $name in '' | '#'*) continue ;; esac
  done_mark=$store/unpacked/$name/.kpr-$sha
  [ -e "$done_mark" ] && continue
  bare=${version#*:}
  apt_update
  say "fetching $name $version"
  if [ "$spdx" = deb ]; then
    file=$store/${name}_${bare}_all.deb
    fetch=(download "$name=$version")
  else
    file=$store/${name}_${bare}.dsc
    fetch=(source --download-only "$name=$version")
  fi
  if [ ! -e "$file" ] || ! echo "$sha  $file" | sha256sum --status -c; then
    if ! (cd "$store" && APT_CONFIG=$store/apt/apt.conf apt-get -qq "${fetch[@]}" >"$store/apt/log" 2>&1); then
      now=$(APT_CONFIG=$store/apt/apt.conf apt-cache showsrc "$name" 2>/dev/null | sed -n 's/^Version: //p' | sort -u | tr '\n' ' ')
      sed 's/^/    /' "$store/apt/log" >&2
      die "Debian no longer serves $name $version (it has: ${now:-nothing}); put another version and its SHA-256 in release/sources.txt"
    fi
  fi
  echo "$sha  $file" | sha256sum --status -c || die "$file is not the pinned one: SHA-256 is $(sha256sum "$file" | cut -c1-64), expected $sha"
  rm -rf "$store/unpacked/$name"
  if [ "$spdx" = deb ]; then
    dpkg-deb -x "$file" "$store/unpacked/$name"
  else
    # Weak checksums are refused; the .dsc itself is pinned above, so its signature needs no keyring of maintainers.
    dpkg-source --no-check --require-strong-checksums -x "$file" "$store/unpacked/$name" >"$store/apt/log" 2>&1 ||
      { cat "$store/apt/log" >&2; die "$name could not be unpacked"; }
    awk '/^Checksums-Sha256:/{on=1;next} /^[^ ]/{on=0} on{print $1"  "$3}' "$file" | (cd "$store" && sha256sum --quiet -c) ||
      die "a file of $name has not the checksum that its .dsc names"
  fi
  touch "$done_mark"
done <"$here/sources.txt"
