# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Shared by every script in ci/. Sourced, never run:
#	. "$(dirname "$0")/lib/common.sh"
# It sets the shell's options, REPO, WOLFCRYPT_BUILD and WOLFCRYPT_T0, and
# defines the functions below. Progress goes to stderr, results to stdout.

set -euo pipefail
umask 022
export LC_ALL=C.UTF-8

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
WOLFCRYPT_BUILD=$(realpath -m "${WOLFCRYPT_BUILD:-$REPO/build}")
# Everything that a verb makes there, as shell patterns: ci/clean removes these
# and nothing else.
# shellcheck disable=SC2034 # used by ci/clean
BUILD_NAMES=('.lock-*' '.work-*' bench import kernel logs out qemu rootfs 'test')
# The clock of say: a verb that calls another one shares its own.
WOLFCRYPT_T0=${WOLFCRYPT_T0:-$(date +%s)}
export WOLFCRYPT_BUILD WOLFCRYPT_T0

# say TEXT...: a progress line with the time since the first verb began.
say()
{
	printf '[%4ds] %s\n' "$(($(date +%s) - WOLFCRYPT_T0))" "$*" >&2
}

# die TEXT...: one line that says what failed and what to do about it.
die()
{
	printf 'ci/%s: error: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# bad_usage TEXT...: for an argument that is not understood; the script's own
# usage() follows on stderr.
bad_usage()
{
	printf 'ci/%s: %s\n' "${0##*/}" "$*" >&2
	usage >&2
	exit 2
}

# missing_packages PACKAGE...: those that are not installed, one per line.
missing_packages()
{
	local pkg

	for pkg; do
		case $(dpkg-query -W -f '${Status}' "$pkg" 2>/dev/null) in
		*' ok installed') ;;
		*) printf '%s\n' "$pkg" ;;
		esac
	done
}

# need_packages PACKAGE...: installs the Debian packages that are missing.
need_packages()
{
	local missing log=$WOLFCRYPT_BUILD/logs/apt.log
	local -a want apt

	command -v dpkg-query >/dev/null ||
		die "needs a Debian system with these packages: $*"
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	mapfile -t want <<<"$missing"
	[ "$(id -u)" -eq 0 ] ||
		die "missing packages; run as root, or: sudo apt-get install ${want[*]}"

	say "installing ${want[*]}"
	mkdir -p "${log%/*}"
	export DEBIAN_FRONTEND=noninteractive
	apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
	# Package lists that are missing or old are the usual cause of a failure.
	"${apt[@]}" install --no-install-recommends "${want[@]}" >"$log" 2>&1 </dev/null ||
		{ "${apt[@]}" update &&
		  "${apt[@]}" install --no-install-recommends "${want[@]}"; } \
			>>"$log" 2>&1 </dev/null || true
	missing=$(missing_packages "$@" | tr '\n' ' ')
	[ -z "$missing" ] ||
		die "apt-get cannot install ${missing% }: check the network and apt's sources (log: $log)"
}

# need_commands COMMAND[:PACKAGE]...: installs the Debian packages of those that
# are missing. Where all are there, nothing is asked, and any system will do.
need_commands()
{
	local word
	local -a commands=() packages=()

	for word; do
		! command -v "${word%%:*}" >/dev/null || continue
		commands+=("${word%%:*}")
		packages+=("${word##*:}")
	done
	[ "${#commands[@]}" -gt 0 ] || return 0
	command -v dpkg-query >/dev/null ||
		die "missing here: ${commands[*]}; install what has them (on Debian: ${packages[*]})"
	need_packages "${packages[@]}"
}

# need_space GIB [DIR]: stops unless DIR's file system (default: the build
# directory's) has that much room.
need_space()
{
	local dir=${2:-$WOLFCRYPT_BUILD} avail

	while [ ! -d "$dir" ]; do
		dir=$(dirname "$dir")
	done
	avail=$(df --output=avail -BM "$dir" | tail -n 1 | tr -dc 0-9)
	[ "$avail" -ge $(($1 * 1024)) ] ||
		die "$dir has $avail MiB free and $1 GiB are needed: free some, or set WOLFCRYPT_BUILD to another disk"
}

# build_dir: makes the build directory.
build_dir()
{
	mkdir -p "$WOLFCRYPT_BUILD" 2>/dev/null ||
		die "cannot create $WOLFCRYPT_BUILD: set WOLFCRYPT_BUILD to a directory you can write"
}

# work_dir NAME: makes a directory for this run alone and prints its path.
work_dir()
{
	build_dir
	mktemp -d "$WOLFCRYPT_BUILD/.work-$1.XXXXXX" 2>/dev/null ||
		die "cannot write to $WOLFCRYPT_BUILD: free some space there, or set WOLFCRYPT_BUILD to a directory you can write"
}

# lock [-s] NAME: one holder at a time per name and build directory, or with -s
# any number of those that share it, until the script and what it started have
# ended. Waits for the present holder.
lock()
{
	local how=-x file fd

	[ "$1" != -s ] || { how=-s; shift; }
	file=$WOLFCRYPT_BUILD/.lock-$1
	while true; do
		build_dir
		{ exec {fd}>>"$file"; } 2>/dev/null ||
			die "cannot write to $WOLFCRYPT_BUILD: set WOLFCRYPT_BUILD to a directory you can write"
		flock -n "$how" "$fd" || {
			say "waiting for another run that uses $WOLFCRYPT_BUILD ($1)"
			flock "$how" "$fd"
		}
		# ci/clean may have removed the file while this waited for it.
		[ ! "/proc/self/fd/$fd" -ef "$file" ] || return 0
		exec {fd}>&-
	done
}

# run_logged LOG LABEL COMMAND...: a long step. Its output goes to LOG; every
# 15 s a line says that it is alive; a failure shows the end of the log and
# returns the command's status.
run_logged()
{
	local log=$1 label=$2 start ticker status=0

	shift 2
	mkdir -p "${log%/*}"
	start=$(date +%s)
	say "$label"
	# Its sleep ends with it, or would keep a lock or a pipe open.
	( trap - EXIT
	  trap 'kill "$nap"; exit' TERM
	  exec 3>&2 2>/dev/null
	  while sleep 15 & nap=$!; wait "$nap" && kill -0 $$; do
		say "$label: $(($(date +%s) - start)) s so far" 2>&3
	  done ) >/dev/null &
	ticker=$!
	"$@" >"$log" 2>&1 </dev/null || status=$?
	kill "$ticker" 2>/dev/null || true
	wait "$ticker" 2>/dev/null || true
	[ "$status" -ne 0 ] || return 0
	say "$label: failed with status $status; the last lines of $log:"
	tail -n 25 "$log" >&2
	return "$status"
}
