# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The checks of ci/test that boot nothing: of the scripts, the series, the builds.
# Sourced after checks.sh.

our_scripts()
{
	grep -lrE '^#!.*\b(ba)?sh\b|^# shellcheck shell=' "$REPO/ci" "$REPO/.ci" "$REPO/tools"
}

check_shellcheck()
{
	local -a files

	need_packages shellcheck
	mapfile -t files < <(our_scripts)
	[ "${#files[@]}" -gt 10 ] || fail "only ${#files[@]} scripts found"
	printf '%s\n' "${files[@]}"
	cd "$REPO" || exit
	shellcheck -x -P SCRIPTDIR:. "${files[@]}"
	note "${#files[@]} scripts"
}

# Every verb explains itself, and refuses what it does not understand.
check_usage()
{
	local verb status number=0

	for verb in "$REPO"/ci/*; do
		[ -f "$verb" ] || continue
		"$verb" --help >"$WORK/help"
		grep -q '^usage: ' "$WORK/help" || fail "${verb##*/} --help says nothing"
		status=0
		"$verb" --no-such-option </dev/null || status=$?
		[ "$status" -eq 2 ] || fail "${verb##*/} --no-such-option has status $status, not 2"
		number=$((number + 1))
	done
	note "$number verbs"
}

check_series()
{
	"$REPO/ci/series" check
}

check_bisect()
{
	"$REPO/ci/series" check --bisect
}

check_build()
{
	local image

	image=$("$REPO/ci/build" --config "$1" | tail -n 1)
	[ -s "$image" ] || fail "no bzImage"
	note "no warnings"
}

# copy_touched TREE DIR: the files of TREE that matter to ci/apply
copy_touched()
{
	local -a files

	mkdir -p "$2"
	mapfile -t files < <(cd "$PATCHES" && series_list | while read -r patch; do
		patch_changes "$patch"
	done | sort -u)
	(cd "$1" && cp --parents Makefile Kbuild Kconfig "${files[@]}" "$2" 2>/dev/null) || true
	mkdir -p "$2/crypto" "$2/arch/x86/crypto"
}

# tree_state TREE: all that there is to know of it
tree_state()
{
	(cd "$1" && find . ! -type d -printf '%p %y %m %U:%G %T@ %l\n' | sort)
	(cd "$1" && find . -type d -printf '%p %y %m %U:%G\n' | sort)
	(cd "$1" && find . -type f -exec sha256sum {} + | sort)
}

# refuses TREE WORDS [VARIABLE=VALUE]...: ci/apply says so in one line, and
# changes nothing
refuses()
{
	local tree=$1 words=$2 status=0

	shift 2
	tree_state "$tree" >"$WORK/before"
	env "$@" "$REPO/ci/apply" "$tree" >"$WORK/apply.out" 2>&1 || status=$?
	cat "$WORK/apply.out"
	[ "$status" -eq 1 ] || fail "ci/apply has status $status on $tree"
	grep -q "error: .*$words" "$WORK/apply.out" || fail "ci/apply does not say \"$words\" of $tree"
	[ "$(wc -l <"$WORK/apply.out")" -eq 1 ] || fail "ci/apply says more than one line of $tree"
	tree_state "$tree" >"$WORK/after"
	diff "$WORK/before" "$WORK/after" || fail "ci/apply changed $tree"
}

# failing_command COMMAND: WORK/bin has one of that name that fails when it is
# called for the time that FAIL_AT gives
failing_command()
{
	mkdir -p "$WORK/bin"
	cat >"$WORK/bin/$1" <<-END
	#!/bin/bash
	echo >>"$WORK/calls"
	[ "\$(wc -l <"$WORK/calls")" -ne "\$FAIL_AT" ] || { echo "$1: call \$FAIL_AT" >&2; exit 1; }
	exec "$(command -v "$1")" "\$@"
	END
	chmod 755 "$WORK/bin/$1"
}

# check_rollback TREE: an installation that fails, at its begin, in the midst and
# at its end, while it writes and while it renames, leaves the tree as it was
check_rollback()
{
	local command calls at

	for command in cp mv; do
		rm -rf "${WORK:?}/bin" "$WORK/calls"
		failing_command "$command"
		cp -a "$1" "$1.$command"
		FAIL_AT=0 PATH=$WORK/bin:$PATH "$REPO/ci/apply" "$1.$command" >/dev/null
		calls=$(wc -l <"$WORK/calls")
		for at in 1 $((calls / 2)) $((calls - 5)) "$calls"; do
			rm "$WORK/calls"
			refuses "$1" "nothing was changed" "FAIL_AT=$at" "PATH=$WORK/bin:$PATH"
		done
	done
	# A file where the series has a directory: found while it writes.
	mkdir -p "$1/tools/testing/selftests"
	echo other >"$1/tools/testing/selftests/wolfcrypt"
	refuses "$1" "cannot write.*nothing was changed"
	# A directory where it has a file.
	rm "$1/tools/testing/selftests/wolfcrypt"
	mkdir -p "$1/tools/testing/selftests/wolfcrypt/Makefile"
	refuses "$1" "selftests/wolfcrypt/Makefile is not a file"
}

check_apply()
{
	local tree=$WORK/tree path

	copy_touched "$STOCK_SRC" "$tree"
	cp -a "$tree" "$WORK/other"
	cp -a "$tree" "$WORK/fails"
	"$REPO/ci/apply" "$tree"
	(cd "$tree" && find . -type f -printf '%P\n' | sort) >"$WORK/files"
	while read -r path; do
		cmp "$tree/$path" "$(kernel_src wolfcrypt)/$path" ||
			fail "ci/apply and ci/build make a different $path"
	done <"$WORK/files"

	refuses "$tree" "already"
	sed -i 's/AES/XYZ/g; s/crypto/c/g' "$WORK/other/crypto/Kconfig"
	refuses "$WORK/other" "crypto/Kconfig"
	mkdir "$WORK/empty"
	refuses "$WORK/empty" "kernel"
	check_rollback "$WORK/fails"
	note "$(wc -l <"$WORK/files") files; refuses a patched, an other, and no tree; rolls back"
}

# cleans STATUS WORDS: ci/clean of a copy of this repository's scripts, which has
# no import to lose, on WORK/build
cleans()
{
	local status=0

	WOLFCRYPT_BUILD=$WORK/build "$WORK/repo/ci/clean" >"$WORK/clean.out" 2>&1 || status=$?
	cat "$WORK/clean.out"
	[ "$status" -eq "$1" ] || fail "ci/clean has status $status, not $1"
	grep -q "$2" "$WORK/clean.out" || fail "ci/clean does not say \"$2\""
}

check_clean()
{
	local build=$WORK/build

	mkdir -p "$WORK/repo/patches" "$build/test"
	cp -r "$REPO/ci" "$WORK/repo/"
	touch "$build/thesis"
	cleans 1 "not a build directory"
	[ -d "$build/test" ] || fail "ci/clean touched what is not ours"

	mkdir -p "$build"/{kernel/a,logs,rootfs,.work-boot.abcdef}
	touch "$build/.lock-boot"
	exec {held}<"$build/.lock-boot"
	flock -s "$held"
	cleans 1 "in use (boot)"
	[ -d "$build/kernel/a" ] || fail "ci/clean removed a build in use"
	exec {held}<&-

	cleans 0 "left in .*: thesis"
	[ "$(ls -A "$build")" = thesis ] || fail "ci/clean left more, or less"
	rm "$build/thesis"
	touch "$build/.lock-boot"
	cleans 0 "clean"
	[ ! -e "$build" ] || fail "ci/clean left its empty directory"
	note "removes what is ours, and nothing in use"
}

# fails WORDS COMMAND...: with status 1, and those words in the one line that says
# what is wrong; the end of a log may be shown before it
fails()
{
	local words=$1 status=0

	shift
	"$@" >"$WORK/fails.out" 2>&1 </dev/null || status=$?
	cat "$WORK/fails.out"
	[ "$status" -eq 1 ] || fail "status $status of: $*"
	tail -n 1 "$WORK/fails.out" | grep -q "^ci/.*: error: .*$words" ||
		fail "no word of \"$words\" from: $*"
	[ "$(grep -c '^ci/.*: error: ' "$WORK/fails.out")" -eq 1 ] ||
		fail "more than one error from: $*"
}

# not_imported WORDS COMMAND...: fails, and there is no patch
not_imported()
{
	fails "$@"
	[ ! -e "$WORK/repo/patches/$IMPORT_PATCH" ] || fail "there is a patch after: ${*:2}"
}

# on_full_disk COMMAND...: with a build directory that has half a megabyte
on_full_disk()
{
	mkdir -p "$WORK/full"
	# shellcheck disable=SC2016 # of the inner shell
	WOLFCRYPT_BUILD=$WORK/full unshare -m sh -c \
		'mount -t tmpfs -o size=512k none "$WOLFCRYPT_BUILD" && exec "$@"' sh "$@"
}

# What is not the pinned source leaves no patch, and what is leaves the same one.
check_import()
{
	local copy=$WORK/repo import=$WORK/repo/ci/import
	local zeros=0000000000000000000000000000000000000000000000000000000000000000

	need_packages util-linux
	mkdir -p "$copy"
	cp -r "$REPO/ci" "$REPO/patches" "$copy/"
	rm -f "$copy/patches/$IMPORT_PATCH"
	echo 'Acquire::http::Proxy "http://127.0.0.1:1"; Acquire::https::Proxy "http://127.0.0.1:1";' \
		>"$WORK/offline.conf"
	export WOLFCRYPT_BUILD=$WORK/build

	not_imported "cannot read $WORK/none" "$import" --tarball "$WORK/none"
	not_imported "not $zeros" "$import" --tarball "$REPO/README.md" --sha256 "$zeros"
	not_imported "does not unpack" "$import" --tarball "$REPO/README.md"
	not_imported "check the network" env APT_CONFIG="$WORK/offline.conf" "$import"
	not_imported "free some" on_full_disk "$import"
	sed -i "s/^ORIG_SHA256=.*/ORIG_SHA256=$zeros/" "$import"
	not_imported "not the pinned $zeros" "$import"

	cp "$REPO/ci/import" "$import"
	"$import"
	mv "$copy/patches/$IMPORT_PATCH" "$WORK/first"
	"$import"
	cmp "$WORK/first" "$copy/patches/$IMPORT_PATCH" || fail "it is not the same each time"
	fails "free some" on_full_disk "$copy/ci/build" --config stock
	fails "free some" on_full_disk "$copy/ci/rootfs"
	note "refuses a wrong digest, no archive, no network, a full disk; else the same patch each time"
}

# The vectors of the self-tests are what their generator makes.
check_vectors()
{
	need_packages python3-cryptography
	python3 "$REPO/tools/crypto/wolfcrypt/gen-selftest-vectors.py" >"$WORK/vectors.h"
	cmp "$WORK/vectors.h" "$REPO/crypto/wolfcrypt/fips/vectors.h" ||
		fail "crypto/wolfcrypt/fips/vectors.h is not what its generator makes"
	note "$(wc -l <"$WORK/vectors.h") lines, as generated"
}
