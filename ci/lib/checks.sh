# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The checks of ci/test, and their table. Sourced after common.sh, series.sh
# and kernel.sh.
#
# A check is a function. It runs in a subshell of its own, under set -e, with
# its output in the log; WORK is an empty directory, CONSOLE the prefix of its
# consoles' logs. Status 0 is a pass, 4 a skip (as kselftest's), any other a
# failure. note() gives the words that the table shows.

# The sanitizers under emulation are slow: with all 100 fuzz iterations, a test
# that needs another algorithm waits for that one's test for longer than the 60 s
# that the kernel allows.
DEBUG_APPEND=cryptomgr.fuzz_iterations=20

# LEVEL NAME FUNCTION [ARGUMENT]...: those of level "alone" run one after the
# other, neighbours of level "guest" side by side.
check_table()
{
	local cpu

	cat <<-END
	alone shellcheck          check_shellcheck
	alone usage               check_usage
	alone series              check_series
	alone build-stock         check_build stock
	alone build-test          check_build test
	alone build-module        check_build module
	alone build-debug         check_build debug
	alone bisect              check_bisect
	alone apply               check_apply
	alone boot-status         check_boot_status
	guest debug-kselftest     check_debug
	guest debug-Westmere      check_testmgr debug Westmere $DEBUG_APPEND
	guest debug-qemu64        check_testmgr debug qemu64 $DEBUG_APPEND
	END
	for cpu in max Westmere qemu64; do
		cat <<-END
		guest testmgr-$cpu        check_testmgr test $cpu
		guest testmgr-$cpu-fips   check_testmgr test $cpu fips=1
		guest kselftest-$cpu      check_kselftest $cpu
		guest kselftest-$cpu-fips check_kselftest $cpu fips=1
		END
	done
	cat <<-END
	guest module              check_module
	guest interop             check_interop
	guest fips-break-module   check_break_module
	guest fips-break-unknown  check_break_unknown
	alone fips-break          check_break_all max Westmere qemu64
	END
}

note()
{
	echo "$*" >"$WORK/note"
}

# fail TEXT...: in a check
fail()
{
	note "$*"
	echo "failed: $*"
	exit 1
}

# guest NAME OPTION... -- COMMAND...: ci/boot for a check, with console NAME
guest()
{
	local name=$1

	shift
	mkdir -p "$WORK/out"
	"$REPO/ci/boot" --quiet --log "$CONSOLE.$name.log" --out "$WORK/out" "$@"
}

# clean_console NAME: no word of a splat or of a failed test. The one line taken
# out is about the emulated CPU.
clean_console()
{
	local splats='alg: .*(fail|err|mismatch|overran|corrupt|wrong|inconsistent|unexpected)'

	splats+='|alg: No test for .*wolfcrypt|WARNING|\bBUG\b|Oops|Call Trace|Kernel panic'
	splats+='|KASAN:|UBSAN:|[Rr][Cc][Uu].*stall|INFO: task .* blocked|soft lockup'
	splats+='|general protection|possible .*(deadlock|lock)|suspicious RCU'
	splats+='|sleeping function called|scheduling while atomic'
	splats+='|unreferenced object|suspected memory leaks'
	grep -q 'Linux version' "$CONSOLE.$1.log" || fail "the console's log is empty"
	! grep -v 'Spectre V2 : WARNING' "$CONSOLE.$1.log" | grep -E "$splats" ||
		fail "splats on the console: $CONSOLE.$1.log"
}

# make_share: WORK/share, with the kselftests as their install makes them, and
# the scripts of ours for the guest
make_share()
{
	local src

	src=$(kernel_src wolfcrypt)
	[ -d "$src/tools/testing/selftests/wolfcrypt" ] || fail "no patched kernel: run ci/build"
	mkdir -p "$WORK/share"
	make -s -C "$src/tools/testing/selftests" O="$WORK/obj" TARGETS=wolfcrypt \
		install INSTALL_PATH="$WORK/share"
	cp -r "$REPO/ci/lib/guest" "$WORK/share/"
}

# tap_verdict FILE: what run_kselftest.sh printed, as a check's status. Every
# test must have its own plan and keep it.
tap_verdict()
{
	awk '
	function problem(text) { print "tap: " text; bad++ }
	function result(line) {
		if (line ~ /# SKIP/) skip = skip " " line
		if (line ~ /^not ok/) problem(line)
	}
	/^1\.\.[0-9]+/ { plan = substr($1, 4) }
	/^(not )?ok [0-9]+ selftests:/ {
		outer++
		result($0)
		if (want == "") problem("no plan: " $0)
		else if (want + 0 == 0 && !/# SKIP/) problem("an empty plan, and no skip: " $0)
		else if (want + 0 != got + 0) problem(got + 0 " results of " want ": " $0)
		cases += got
		want = ""; got = 0
	}
	/^# 1\.\.[0-9]+/ {
		want = substr($2, 4)
		if (/# SKIP/) result(substr($0, 3))
	}
	/^# (not )?ok [0-9]+/ { got++; result(substr($0, 3)) }
	END {
		if (plan + 0 == 0) problem("no plan of all tests")
		if (outer != plan + 0) problem(outer + 0 " tests ended, of " plan + 0)
		print "tap: " outer + 0 " tests, " cases + 0 " cases, " bad + 0 " problems" (skip ? ", skipped:" skip : "")
		exit bad ? 1 : skip ? 4 : 0
	}' "$1"
}

# run_tap NAME OPTION... -- COMMAND...: run_kselftest.sh in a guest
run_tap()
{
	local name=$1 booted=0 status=0

	guest "$@" >"$WORK/$name.tap" || booted=$?
	cat "$WORK/$name.tap"
	tap_verdict "$WORK/$name.tap" >"$WORK/$name.verdict" || status=$?
	cat "$WORK/$name.verdict"
	note "$(tail -n 1 "$WORK/$name.verdict" | sed 's/^tap: //')"
	clean_console "$name"
	# run_kselftest.sh itself does not tell a failure by its status.
	[ "$booted" -eq 0 ] || fail "the guest ended with status $booted: $CONSOLE.$name.log"
	# Our guest has all that the tests need.
	[ "$status" -ne "$SKIP" ] || fail "a test was skipped in our own guest"
	return "$status"
}

# expected_drivers CPU: what the fastest code for that CPU model is
expected_drivers()
{
	local aes gcm sha1='' sha2 mode hash

	case $1 in
	max) aes=-avx gcm=-avx2 sha2=-avx2 ;;
	Westmere) aes=-aesni gcm=-aesni sha2='' ;;
	qemu64) aes='' gcm='' sha2='' ;;
	esac
	for mode in ecb cbc cts-cbc ctr cfb ofb xts cmac ccm rfc4309-ccm; do
		echo "$mode-aes-wolfcrypt$aes"
	done
	for mode in gcm rfc4106-gcm; do
		echo "$mode-aes-wolfcrypt$gcm"
	done
	for hash in '' hmac-; do
		echo "${hash}sha1-wolfcrypt$sha1"
	done
	for hash in sha224 sha256 sha384 sha512; do
		echo "$hash-wolfcrypt$sha2"
		echo "hmac-$hash-wolfcrypt$sha2"
	done
}

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

# has_status WANTED COMMAND...
has_status()
{
	local wanted=$1 status=0

	shift
	"$@" || status=$?
	[ "$status" -eq "$wanted" ] || fail "status $status, not $wanted, of: ${*:2}"
}

check_boot_status()
{
	local -a stock=(--config stock --share "$WORK/share")

	mkdir -p "$WORK/share"
	echo from the host >"$WORK/share/word"
	has_status 0 guest ok "${stock[@]}" -- 'cat /share/word >/out/word; ! touch /share/x'
	[ "$(<"$WORK/out/word")" = "from the host" ] || fail "/share or /out does not work"
	has_status 7 guest exit "${stock[@]}" -- bash -c 'exit 7'
	has_status 127 guest missing "${stock[@]}" -- no-such-command x
	has_status 124 guest hang "${stock[@]}" --timeout 30 -- sleep 1000
	has_status 125 guest panic "${stock[@]}" -- 'echo c >/proc/sysrq-trigger'
	has_status 125 guest late-panic "${stock[@]}" --append 'init=/no/such/init' -- true
}

# check_testmgr CONFIG CPU [PARAMETER]
check_testmgr()
{
	guest testmgr --config "$1" --cpu "$2" --append "${3:-}" --share "$REPO" -- \
		/share/ci/lib/guest/drivers >"$WORK/drivers"
	cat "$WORK/drivers"
	clean_console testmgr
	grep -q 'alg: extra crypto tests enabled' "$CONSOLE.testmgr.log" || fail "no extra tests"
	awk '{ print $1 }' "$WORK/drivers" | LC_ALL=C sort >"$WORK/observed"
	expected_drivers "$2" | LC_ALL=C sort >"$WORK/expected"
	diff -u "$WORK/expected" "$WORK/observed" || fail "not the drivers expected of this CPU"
	! grep -v ' passed$' "$WORK/drivers" || fail "the kernel's tests did not pass"
	note "$(wc -l <"$WORK/drivers") drivers passed"
}

check_kselftest()
{
	local mode=${2:-}

	make_share
	run_tap kselftest --cpu "$1" --append "$mode" --share "$WORK/share" --timeout 1500 -- \
		'/share/guest/drivers >/dev/null && /share/run_kselftest.sh'
}

check_debug()
{
	make_share
	run_tap debug --config debug --append "fips=1 $DEBUG_APPEND" \
		--share "$WORK/share" --timeout 3000 -- \
		'/share/guest/drivers >/dev/null && /share/run_kselftest.sh -o 2400 && /share/guest/kmemleak >&2'
}

check_module()
{
	make_share
	kernel_make "$(kernel_src wolfcrypt)" "$(kernel_out wolfcrypt module)" -s \
		modules_install INSTALL_MOD_PATH="$WORK/share/modules" INSTALL_MOD_STRIP=1
	guest module --config module --share "$WORK/share" -- /share/guest/module
	# The one failure is the one that the script asks for.
	sed -i '/hmac-sha256-c failed/d' "$CONSOLE.module.log"
	clean_console module
	note "modprobe, rmmod, failed self-test"
}

# What one kernel wrote, the other reads.
check_interop()
{
	local luks=/share/tools/testing/selftests/wolfcrypt/luks.sh

	guest stock-writes --config stock --share "$REPO" -- \
		"/share/ci/lib/guest/drivers >/out/drivers && $luks create /out/stock"
	[ ! -s "$WORK/out/drivers" ] || fail "the stock kernel has wolfCrypt's drivers"
	guest ours --append fips=1 --share "$REPO" -- \
		"[ -s /sys/kernel/wolfcrypt/state ] && $luks check /out/stock && $luks create /out/ours"
	guest stock-reads --config stock --share "$REPO" -- "$luks" check /out/ours
	clean_console ours
	note "LUKS2 xts and cbc-essiv, both ways"
}

check_break_module()
{
	guest refused --append "wolfcrypt.fips=1 wolfcrypt.fips_break=hmac-sha256-c" \
		--share "$REPO" -- /share/ci/lib/guest/refused hmac-sha256-c
}

check_break_unknown()
{
	has_status 125 guest unknown --append "fips=1 wolfcrypt.fips_break=no-such-test" -- true
	grep -q 'no self-test no-such-test to break' "$CONSOLE.unknown.log" ||
		fail "it panicked for another reason"
}

# break_one CPU TEST: the boot must end in a panic that names the test
break_one()
{
	local status=0

	guest "$2" --cpu "$1" --append "fips=1 wolfcrypt.fips_break=$2" --timeout 120 -- true \
		2>/dev/null || status=$?
	if [ "$status" -eq 125 ] &&
	   grep -q "Kernel panic - not syncing: .*self-test $2 failed" "$CONSOLE.$2.log"; then
		echo "stopped: $1 $2"
	else
		echo "NOT STOPPED: $1 $2: status $status, $CONSOLE.$2.log"
		return 1
	fi
}

# Every self-test of every CPU model; what two models share, on the first only.
check_break_all()
{
	local cpu

	for cpu; do
		guest "names-$cpu" --cpu "$cpu" --append cryptomgr.notests=1 -- \
			'ls /sys/kernel/wolfcrypt/selftests' >"$WORK/names"
		[ -s "$WORK/names" ] || fail "no self-tests on $cpu"
		sed "s/^/$cpu /" "$WORK/names" >>"$WORK/all"
	done
	awk '!seen[$2]++' "$WORK/all" >"$WORK/todo"
	export -f guest break_one
	export WORK CONSOLE REPO
	xargs -P "$(nproc)" -L 1 bash -c 'break_one "$@"' break_one <"$WORK/todo" ||
		fail "$(grep -c '^NOT STOPPED' "$LOG") of $(wc -l <"$WORK/todo") boots did not stop"
	[ "$(grep -c '^stopped: ' "$LOG")" -eq "$(wc -l <"$WORK/todo")" ] ||
		fail "some boots are missing"
	note "$(wc -l <"$WORK/todo") self-tests broken one by one, each boot stopped"
}
