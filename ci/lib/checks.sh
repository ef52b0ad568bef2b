# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The table of ci/test's checks, and what they share. The checks themselves are
# in checks-tree.sh and checks-guest.sh. Sourced after common.sh, series.sh and
# kernel.sh.
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
	alone native              check_native
	alone bisect              check_bisect
	alone apply               check_apply
	alone clean               check_clean
	alone boot-status         check_boot_status
	guest debug-kselftest     check_debug
	guest debug-aesni         check_testmgr debug aesni $DEBUG_APPEND
	guest debug-none          check_testmgr debug none $DEBUG_APPEND
	END
	for cpu in avx2 aesni none avx2-sha-ni aesni-sha-ni; do
		cat <<-END
		guest testmgr-$cpu        check_testmgr test $cpu
		guest testmgr-$cpu-fips   check_testmgr test $cpu fips=1
		END
	done
	for cpu in avx2 aesni none aesni-sha-ni; do
		echo "guest kunit-$cpu check_kunit $cpu"
	done
	for cpu in avx2 aesni none; do
		cat <<-END
		guest kselftest-$cpu      check_kselftest $cpu
		guest kselftest-$cpu-fips check_kselftest $cpu fips=1
		END
	done
	cat <<-END
	guest kselftest-avx2-sha-ni-fips check_kselftest avx2-sha-ni fips=1
	guest module              check_module
	guest interop             check_interop
	guest fips-break-module   check_break_module
	guest fips-break-unknown  check_break_unknown
	alone fips-break          check_break . avx2 aesni none
	alone fips-break-sha-ni   check_break -ni\$ avx2-sha-ni
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

# skip REASON...: in a check
skip()
{
	echo "# SKIP $*" >&2
	exit "$SKIP"
}

# guest NAME OPTION... -- COMMAND...: ci/boot for a check, with console NAME. On
# several CPUs QEMU at times runs code that the kernel has patched as it was
# during that, with a breakpoint in it: such a boot is repeated, once.
guest()
{
	local name=$1 log=$CONSOLE.$1.log status=0

	shift
	mkdir -p "$WORK/out"
	"$REPO/ci/boot" --quiet --log "$log" --out "$WORK/out" "$@" || status=$?
	if [ "$status" -eq 125 ] && grep -q 'Oops: int3: 0000 \[#1\]' "$log"; then
		echo "stale code in the emulator, again: $name" >&2
		mv "$log" "${log%.log}.stale.log"
		status=0
		"$REPO/ci/boot" --quiet --log "$log" --out "$WORK/out" "$@" || status=$?
	fi
	return "$status"
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
