# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The table of ci/test's checks, and what they share. The checks themselves are
# in checks-tree.sh, checks-variants.sh, checks-native.sh, checks-integrity.sh,
# checks-guest.sh, checks-interop.sh, checks-upstream.sh and checks-secrets.sh. Sourced
# after common.sh, series.sh and kernel.sh.
#
# A check is a function. It runs in a subshell of its own, under set -e, with
# its output in the log; WORK is an empty directory, CONSOLE the prefix of its
# consoles' logs. Status 0 is a pass, 4 a skip (as kselftest's), any other a
# failure. note() gives the words that the table shows.

# The sanitizers under emulation are slow: with all 100 fuzz iterations, or with 8
# on a busy machine, a test that needs another algorithm waits for that one's test
# for longer than the 60 s that the kernel allows.
DEBUG_APPEND=cryptomgr.fuzz_iterations=4

# Debian 12's clang has neither return thunks nor hardening against straight-line
# speculation; its newest, 16, has.
CLANG_14_LACKS='MITIGATION_RETHUNK|MITIGATION_SLS|MITIGATION_SRSO'

# all_adds: a pattern for what is in the table and runs with --all only. What a check
# of these asks, another one asks too, of another CPU, in the other mode, or of the
# whole where this asks it of each step; or it is about ci/ itself, or about a consumer
# of which another one asks the most. The kernel with the sanitizers takes a slow machine
# 17 minutes to build, so that it is of these, too.
all_adds()
{
	local -a names=(
		boot-status bisect clang-14 native-no-avx512
		build-debug 'debug-.*' kunit-debug load load-fips load-faults faults faults-fips
		'testmgr-(aesni|none-fips|avx2-sha-ni|aesni-sha-ni-fips)'
		'kselftest-(aesni-fips|avx2-sha-ni-fips)'
		'disk-and-net|disk-and-net-none|many-and-more|many-and-more-fips'
		'secrets-(aesni|sha-ni)'
		'keys-interop|trusted|trusted-fips|evm|module-sig|kexec'
		'strongswan|net-interop|net-interop-fips|kernel-selftests'
		encrypted-root
	)

	(IFS='|'; echo "^(${names[*]})\$")
}

# LEVEL NAME FUNCTION [ARGUMENT]...: those of level "alone" run one after the
# other, neighbours of level "guest" side by side: most of these are guests, and all
# of them use one CPU.
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
	alone unset               check_unset
	alone selects             check_selects
	alone clang-16            check_clang 16
	alone clang-14            check_clang 14 $CLANG_14_LACKS
	alone sparse              check_sparse
	alone distro-config       check_distro_config
	alone reproducible        check_reproducible
	alone isa                 check_isa
	alone native              check_native
	alone native-no-avx512    check_native avx512_bf16
	alone native-kunit        check_native_kunit
	alone native-fips-break   check_native_break
	alone native-integrity    check_native_integrity
	alone native-secrets      check_native_secrets
	alone bisect              check_bisect
	alone import              check_import
	alone clean               check_clean
	alone demo                check_demo
	guest apply               check_apply
	guest docs                check_docs
	guest vectors             check_vectors
	guest boot-status         check_boot_status
	guest debug-kselftest     check_debug
	guest debug-avx2          check_testmgr debug avx2 $DEBUG_APPEND
	guest debug-aesni         check_testmgr debug aesni $DEBUG_APPEND
	guest debug-aesni-fips    check_testmgr debug aesni $DEBUG_APPEND fips=1
	guest debug-none          check_testmgr debug none $DEBUG_APPEND
	guest debug-none-fips     check_testmgr debug none $DEBUG_APPEND fips=1
	guest load                check_load fips=0
	guest load-fips           check_load fips=1
	guest load-faults         check_load fips=0 --faults
	guest faults              check_faults fips=0
	guest faults-fips         check_faults fips=1
	END
	for cpu in avx2 aesni none avx2-sha-ni aesni-sha-ni; do
		cat <<-END
		guest testmgr-$cpu        check_testmgr test $cpu
		guest testmgr-$cpu-fips   check_testmgr test $cpu fips=1
		END
	done
	for cpu in avx2 aesni none aesni-sha-ni; do
		echo "guest kunit-$cpu check_kunit test $cpu"
	done
	echo "guest kunit-avx2-fips check_kunit test avx2 fips=1"
	echo "guest kunit-debug check_kunit debug avx2"
	cat <<-END
	guest kselftest-avx2      check_kselftest short avx2
	guest kselftest-avx2-fips check_kselftest short avx2 fips=1
	guest kselftest-aesni-fips check_kselftest short aesni fips=1
	guest kselftest-none      check_kselftest short none
	guest disk-and-net        check_kselftest dm_crypt|ipsec avx2
	guest disk-and-net-fips   check_kselftest dm_crypt|ipsec avx2 fips=1
	guest disk-and-net-none   check_kselftest dm_crypt|ipsec none
	guest many-and-more       check_kselftest af_alg_many|ecryptfs|ima|ipsec_traffic avx2
	guest many-and-more-fips  check_kselftest af_alg_many|ecryptfs|ima|ipsec_traffic avx2 fips=1
	guest kselftest-on-stock  check_stock_answers
	guest kselftest-avx2-sha-ni-fips check_kselftest short avx2-sha-ni fips=1
	guest module              check_module
	guest module-fips         check_module fips=1
	guest integrity-module    check_integrity_module
	guest strongswan          check_strongswan
	guest interop             check_interop
	guest keys-interop        check_keys_interop
	guest trusted             check_trusted
	guest trusted-fips        check_trusted fips=1
	guest evm                 check_evm
	guest evm-fips            check_evm fips=1
	guest module-sig          check_module_sig
	guest module-sig-fips     check_module_sig fips=1
	guest kexec               check_kexec
	guest net-interop         check_net_interop
	guest net-interop-fips    check_net_interop fips=1
	guest kernel-selftests    check_kernel_selftests
	guest encrypted-root      check_encrypted_root
	guest integrity-kaslr     check_integrity_kaslr
	guest on-demand           check_on_demand
	guest entropy             check_entropy
	guest user-random         check_user_random
	guest secrets-avx2        check_secrets avx2
	guest secrets-aesni       check_secrets aesni fips=1
	guest secrets-none        check_secrets none fips=1
	guest secrets-sha-ni      check_secrets avx2-sha-ni fips=1
	alone integrity           check_integrity
	alone integrity-bzimage   check_integrity_bzimage
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

# emulator_failed STATUS LOG: was it QEMU, and not what runs in it? On several CPUs
# it at times runs code that the kernel has patched as it was during that, with a
# breakpoint in it; and it may fail to start, or die. COMMAND may end with 126, too.
emulator_failed()
{
	case $1 in
	125) grep -q 'Oops: int3: 0000 \[#1\]' "$2" ;;
	126) ! grep -q 'reboot: Power down' "$2" ;;
	*) false ;;
	esac
}

# guest NAME OPTION... -- COMMAND...: ci/boot for a check, with console NAME. A boot
# in which the emulator failed is repeated, once, and the table says so.
guest()
{
	local name=$1 log=$CONSOLE.$1.log status=0

	shift
	mkdir -p "$WORK/out"
	"$REPO/ci/boot" --quiet --log "$log" --out "$WORK/out" "$@" || status=$?
	if emulator_failed "$status" "$log"; then
		echo "the emulator failed with status $status, again: $name" |
			tee -a "$WORK/again" >&2
		mv "$log" "${log%.log}.failed.log"
		status=0
		"$REPO/ci/boot" --quiet --log "$log" --out "$WORK/out" "$@" || status=$?
	fi
	return "$status"
}

# unit_tests RESULTS: KUnit's, of all suites
unit_tests()
{
	local suite

	! grep -q 'not ok' "$1" || fail "a unit test failed"
	for suite in aes gcm seqiv chachapoly sha drbg drivers service; do
		grep -q "^ok [0-9]* wolfcrypt_$suite" "$1" || fail "no result of wolfcrypt_$suite"
	done
	note "$(grep '^ *ok ' "$1" | grep -vc '# SKIP') cases, $(grep -c '^ *ok .*# SKIP' "$1") not for this kernel"
}

# break_all COMMAND...: for each line of standard input COMMAND LINE, which breaks
# a self-test and says "stopped: " or "NOT STOPPED: " of the boot.
break_all()
{
	local number=0 line

	while read -r line; do
		while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
			wait -n || true
		done
		# shellcheck disable=SC2086 # words
		"$@" $line &
		number=$((number + 1))
	done
	wait
	! grep -q '^NOT STOPPED' "$LOG" ||
		fail "$(grep -c '^NOT STOPPED' "$LOG") of $number boots did not stop"
	[ "$(grep -c '^stopped: ' "$LOG")" -eq "$number" ] || fail "some boots are missing"
	note "$number self-tests broken one by one, each boot stopped"
}

# clean_console NAME: no word of a splat or of a failed test, or of a driver of ours that
# has no test, as instances of templates over ours may have none. The one line taken out
# is about the emulated CPU.
clean_console()
{
	local splats='alg: .*(fail|err|mismatch|overran|corrupt|wrong|inconsistent|unexpected)'

	splats+='|alg: No test for [^ ]* [(][^()]*-wolfcrypt[^()]*[)]|WARNING|\bBUG\b|Oops|Call Trace|Kernel panic'
	splats+='|KASAN:|UBSAN:|[Rr][Cc][Uu].*stall|INFO: task .* blocked|soft lockup'
	splats+='|general protection|possible .*(deadlock|lock)|suspicious RCU'
	splats+='|sleeping function called|scheduling while atomic'
	splats+='|unreferenced object|suspected memory leaks'
	grep -q 'Linux version' "$CONSOLE.$1.log" || fail "the console's log is empty"
	! grep -v 'Spectre V2 : WARNING' "$CONSOLE.$1.log" | grep -E "$splats" ||
		fail "splats on the console: $CONSOLE.$1.log"
}
