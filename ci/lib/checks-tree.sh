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

# The self-tests and the kernel's tests on instructions that QEMU does not emulate
# but this CPU may have. Nothing is asked of the times.
check_native()
{
	"$REPO/ci/bench" --quick
	note "$(grep -c wolfcrypt "$WOLFCRYPT_BUILD/bench/bench.txt") comparisons on $(sed -n '1s/.*(\(.*\))/\1/p' "$WOLFCRYPT_BUILD/bench/bench.txt")"
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

# refuses TREE WORDS: ci/apply says so in one line, and changes nothing
refuses()
{
	local status=0

	cp -a "$1" "$1.before"
	"$REPO/ci/apply" "$1" >"$WORK/apply.out" 2>&1 || status=$?
	cat "$WORK/apply.out"
	[ "$status" -eq 1 ] || fail "ci/apply has status $status on $1"
	grep -q "error: .*$2" "$WORK/apply.out" || fail "ci/apply does not say \"$2\" of $1"
	diff -r "$1.before" "$1" || fail "ci/apply changed $1"
}

check_apply()
{
	local tree=$WORK/tree path

	copy_touched "$STOCK_SRC" "$tree"
	cp -a "$tree" "$WORK/other"
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
	note "$(wc -l <"$WORK/files") files; refuses a patched, an other, and no tree"
}
