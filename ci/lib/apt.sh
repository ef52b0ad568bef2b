# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Packages of suites that this machine's apt does not have, from the sites that
# it does have. Sourced after common.sh.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# debian_sites SUITE: "SITE SUITE" for each source of this machine that has a
# counterpart in the wanted suite.
debian_sites()
{
	local release site

	# shellcheck disable=SC2016 # the variables are apt's
	apt-get indextargets --format '$(RELEASE) $(SITE)' 'Origin: Debian' |
	sort -u | while read -r release site; do
		case $release in
		# A suite of backports has no security suite beside it.
		*-security) [[ $1 == *-backports ]] || echo "$site $1-security" ;;
		*-updates|*-backports*|*-proposed*) ;;
		*) echo "$site $1" ;;
		esac
	done | sort -u
}

# private_sources DIR TYPE SUITE: makes DIR ready for private_apt. TYPE is deb
# or deb-src.
private_sources()
{
	local dir=$1 type=$2 wanted=$3 sites site suite

	need_packages debian-archive-keyring
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	sites=$(debian_sites "$wanted")
	if [ -z "$sites" ] && [ "$(id -u)" -eq 0 ]; then
		say "apt has no package lists: apt-get update"
		apt-get -q update >"$dir/apt.log" 2>&1 || true
		sites=$(debian_sites "$wanted")
	fi
	[ -n "$sites" ] || return 1
	while read -r site suite; do
		echo "$type [signed-by=$KEYRING] $site $suite main"
	done <<<"$sites" >"$dir/sources.list"
}

# private_apt DIR COMMAND...: an apt command with lists and cache of its own in
# DIR, so that neither root nor the machine's lists are touched.
private_apt()
{
	local dir=$1

	shift
	"$@" -q \
		-o Dir::Etc::sourcelist="$dir/sources.list" \
		-o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$dir/lists" \
		-o Dir::Cache="$dir/cache" \
		-o APT::Sandbox::User=root \
		-o APT::Get::List-Cleanup=0
}
