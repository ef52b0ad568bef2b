# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The checks of ci/test that run the drivers natively, in User-Mode Linux: on
# instructions that QEMU does not emulate but this CPU may have. Sourced after
# checks.sh and um.sh.

# For all that the module does at boot in FIPS mode before its drivers are there, so
# that nobody turns it off for its time.
BOOT_US=100000

# check_native FLAGS: the self-tests, and the kernel's tests with fuzzing, as if the
# CPU had not these flags. Of the times, nothing is asked but of that at boot, which on
# a busy machine may be too long by chance.
check_native()
{
	local bench=$WOLFCRYPT_BUILD/bench/bench.txt us

	for _ in 1 2 3; do
		"$REPO/ci/bench" --quick --without "${1:-none}"
		us=$(sed -n 's/^At boot: .* in all \([0-9]*\) us$/\1/p' "$bench")
		[ "${us:-0}" -gt 0 ] || fail "no time of the self-tests at boot"
		[ "$us" -gt "$BOOT_US" ] || break
	done
	[ "$us" -le "$BOOT_US" ] || fail "the self-tests at boot take $us us, more than $BOOT_US"
	note "$(grep -c wolfcrypt "$bench") comparisons on $(sed -n '1s/.*(\(.*\))/\1/p' "$bench"); $us us at boot"
}

# has_flags FLAG...: does this CPU have them all?
has_flags()
{
	local flag

	for flag; do
		grep -qw -m 1 "$flag" /proc/cpuinfo || return
	done
}

# native_cpu: what expected_drivers calls this CPU, if it has VAES
native_cpu()
{
	local cpu

	has_flags vaes vpclmulqdq || return 0
	cpu=vaes-avx2
	! has_flags avx512vl avx512bw avx512dq avx512_bf16 || cpu=vaes-avx512
	! has_flags sha_ni || cpu+=-sha-ni
	echo "$cpu"
}

# The unit tests, which end before there is a process 1.
check_native_kunit()
{
	local linux

	linux=$(um_image)
	run_um "$linux" 300 kunit.enable=1 kunit_shutdown=poweroff cryptomgr.notests=1 \
		>"$CONSOLE.um.log" 2>&1 || fail "User-Mode Linux ends with status $?"
	unit_tests "$CONSOLE.um.log"
	clean_console um
}

# native_break LINUX TEST: as break_one
native_break()
{
	local log=$CONSOLE.$2.log

	run_um "$1" 60 fips=1 "wolfcrypt.fips_break=$2" init=/bin/true >"$log" 2>&1 || true
	if grep -q "Kernel panic - not syncing: .*self-test $2 failed" "$log"; then
		echo "stopped: native $2"
	else
		echo "NOT STOPPED: native $2: $log"
		return 1
	fi
}

# The self-tests that no emulated CPU has.
check_native_break()
{
	local linux

	linux=$(um_image)
	run_um "$linux" 60 wolfcrypt.fips=1 cryptomgr.notests=1 init="$REPO/ci/um/selftests.py" \
		>"$CONSOLE.names.log" 2>&1 || true
	grep -q '^end of self-tests' "$CONSOLE.names.log" || fail "no list of the self-tests"
	tr -d '\r' <"$CONSOLE.names.log" | sed -n 's/^self-test \(.*-vaes-.*\)/\1/p' >"$WORK/todo"
	if [ ! -s "$WORK/todo" ]; then
		! grep -qw vpclmulqdq /proc/cpuinfo || fail "this CPU has VAES, and it isn't used"
		skip "this CPU has no VAES"
	fi
	break_all native_break "$linux" <"$WORK/todo"
}
