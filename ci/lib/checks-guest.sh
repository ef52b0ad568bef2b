# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The checks of ci/test that boot the kernels that the checks of the builds built.
# Sourced after checks.sh.

# The kselftests that take minutes, with some of which others share a check
LONG_TESTS='af_alg_many|dm_crypt|ecryptfs|ima|ipsec|ipsec_traffic'

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

# keep_tests PATTERN|short: which of them run_kselftest.sh is to run: those of such a
# name, or all but the long ones
keep_tests()
{
	local list=$WORK/share/kselftest-list.txt

	if [ "$1" = short ]; then
		grep -v -E ":($LONG_TESTS)\\.py\$" "$list"
	else
		grep -E ":($1)\\.py\$" "$list"
	fi >"$WORK/list"
	mv "$WORK/list" "$list"
}

# tap_verdict FILE: what run_kselftest.sh printed, as a check's status, and of what
# failed all that it said. Every test must have its own plan and keep it.
tap_verdict()
{
	awk '
	function problem(text) { print "tap: " text; bad++ }
	function result(line) {
		if (line ~ /# SKIP/) skip = skip " " line
		if (line ~ /^not ok/) problem(said line)
		said = ""
	}
	/^# # / { said = said substr($0, 3) "\ntap: " }
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

# run_tap CPU NAME OPTION... -- COMMAND...: run_kselftest.sh in a guest
run_tap()
{
	local name=$2 booted=0 status=0

	guest_cpu "$@" >"$WORK/$name.tap" || booted=$?
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

# cpu_options CPU: ci/boot's options for a CPU of the table. Newer versions of
# QEMU emulate SHA-NI, and their max has it; none has all that VAES code needs.
cpu_options()
{
	local qemu

	case $1 in
	*-sha-ni) qemu=$(sha_ni_qemu) || skip "no QEMU to be had that emulates SHA-NI" ;;
	esac
	case $1 in
	avx2) echo "--cpu max,-sha-ni" ;;
	aesni) echo "--cpu Westmere" ;;
	none) echo "--cpu qemu64" ;;
	avx2-sha-ni) echo "--cpu max --qemu $qemu" ;;
	aesni-sha-ni) echo "--cpu Westmere,+sha-ni --qemu $qemu" ;;
	*) fail "no such CPU: $1" ;;
	esac
}

# guest_cpu CPU NAME OPTION... -- COMMAND...
guest_cpu()
{
	local options

	options=$(cpu_options "$1") || exit
	# shellcheck disable=SC2086 # words
	guest "$2" $options "${@:3}"
}

# expected_drivers CPU [PARAMETER]...: what the fastest code for that CPU is, and what is
# there with this command line
expected_drivers()
{
	local aes='' gcm='' sha1='' sha256='' sha512='' sha3='' isa mode hash chacha=''
	local own=rfc4543-gcm

	case $1 in
	avx2*) aes=-avx gcm=-avx2 sha256=-avx2 sha512=-avx2 sha3=-bmi2 chacha=-avx2 ;;
	aesni*) aes=-aesni gcm=-aesni ;;
	vaes-*)
		isa=${1%-sha-ni} aes=-$isa gcm=-$isa
		sha256=-avx2 sha512=-avx2 sha3=-bmi2 chacha=-${isa#vaes-}
		;;
	esac
	[[ $1 != *-sha-ni ]] || sha1=-ni sha256=-ni
	for mode in ecb cbc cts-cbc ctr cfb ofb xts cmac ccm rfc4309-ccm; do
		echo "$mode-aes-wolfcrypt$aes"
	done
	echo "aes-wolfcrypt$aes"
	[[ " ${*:2} " != *" fips=1 "* ]] || own=seqiv-rfc4106-gcm chacha=''
	for mode in gcm rfc4106-gcm "$own"; do
		echo "$mode-aes-wolfcrypt$gcm"
	done
	for mode in sha{1,256,512}-cbc sha{1,256,384,512}-rfc3686-ctr; do
		echo "authenc-hmac-$mode-aes-wolfcrypt$aes"
	done
	[ -z "$chacha" ] || for mode in chacha20 rfc7539{,esp}-chacha20-poly1305; do
		echo "$mode-wolfcrypt$chacha"
	done
	echo drbg_nopr_sha256-wolfcrypt
	echo drbg_pr_sha256-wolfcrypt
	for hash in 224 256 384 512; do
		echo "sha3-$hash-wolfcrypt$sha3"
	done
	for hash in '' hmac-; do
		echo "${hash}sha1-wolfcrypt$sha1"
	done
	for hash in '' hmac-; do
		echo "${hash}sha224-wolfcrypt$sha256"
		echo "${hash}sha256-wolfcrypt$sha256"
		echo "${hash}sha384-wolfcrypt$sha512"
		echo "${hash}sha512-wolfcrypt$sha512"
	done
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
	local began took

	mkdir -p "$WORK/share"
	echo from the host >"$WORK/share/word"
	guest rootfs "${stock[@]}" -- true
	began=$(date +%s)
	has_status 0 guest ok "${stock[@]}" -- 'cat /share/word >/out/word; ! touch /share/x'
	took=$(($(date +%s) - began))
	[ "$(<"$WORK/out/word")" = "from the host" ] || fail "/share or /out does not work"
	[ "$took" -lt 60 ] || fail "a boot and a shutdown take $took s"
	# What others' tests rely on.
	has_status 0 guest tools "${stock[@]}" -- 'command -v bash python3 openssl cryptsetup ip wg \
		keyctl kcapi-enc kcapi-dgst mkfs.ext4 losetup dmsetup strace && python3 -c "import cryptography"'
	has_status 7 guest exit "${stock[@]}" -- bash -c 'exit 7'
	has_status 127 guest missing "${stock[@]}" -- no-such-command x
	# That it hangs, and not that it is slow to boot: it was running, for a while.
	has_status 124 guest hang "${stock[@]}" --timeout 60 -- \
		'while echo >>/out/ticks; do sleep 1; done'
	[ "$(wc -l <"$WORK/out/ticks")" -ge 3 ] || fail "the guest that hangs did not get to its command"
	has_status 125 guest panic "${stock[@]}" -- 'echo c >/proc/sysrq-trigger'
	has_status 125 guest late-panic "${stock[@]}" --append 'init=/no/such/init' -- true
	printf '#!/bin/sh\nexit 1\n' >"$WORK/qemu"
	chmod +x "$WORK/qemu"
	# Not by guest(), which would try it again.
	has_status 126 "$REPO/ci/boot" --quiet --log "$CONSOLE.no-qemu.log" "${stock[@]}" \
		--out "$WORK/out" --qemu "$WORK/qemu" -- true
	note "0 to 127 as they are; 124 to 126 for a hang, a panic, no QEMU; a boot takes $took s"
}

# all_drivers CPU NAME FILE [PARAMETER]...: the guest's list has all that this CPU should
# have, each with its tests passed, the extra ones too
all_drivers()
{
	cat "$3"
	grep -q 'alg: extra crypto tests enabled' "$CONSOLE.$2.log" || fail "no extra tests"
	awk '{ print $1 }' "$3" | LC_ALL=C sort >"$WORK/observed"
	expected_drivers "$1" "${@:4}" | LC_ALL=C sort >"$WORK/expected"
	diff -u "$WORK/expected" "$WORK/observed" || fail "not the drivers expected of this CPU"
	! grep -v ' passed$' "$3" || fail "the kernel's tests did not pass"
}

# check_testmgr CONFIG CPU [PARAMETER]...
check_testmgr()
{
	guest_cpu "$2" testmgr --config "$1" --append "${*:3}" --share "$REPO" -- \
		/share/ci/lib/guest/drivers >"$WORK/drivers"
	clean_console testmgr
	all_drivers "$2" testmgr "$WORK/drivers" "${@:3}"
	note "$(wc -l <"$WORK/drivers") drivers passed"
}

# check_kunit CONFIG CPU [PARAMETER]: the unit tests. The kernel's own would only delay them.
check_kunit()
{
	local results=$WORK/out/results

	guest_cpu "$2" kunit --config "$1" --append "kunit.enable=1 cryptomgr.notests=1 ${3:-}" -- \
		'cat /sys/kernel/debug/kunit/wolfcrypt_*/results >/out/results'
	cat "$results"
	clean_console kunit
	unit_tests "$results"
}

# check_kselftest PATTERN|short CPU [PARAMETER]
check_kselftest()
{
	make_share
	keep_tests "$1"
	run_tap "$2" kselftest --append "${3:-}" --share "$WORK/share" --timeout 3000 -- \
		'/share/guest/drivers >/dev/null && /share/run_kselftest.sh'
}

# check_strongswan [PARAMETER]: a kselftest that runs for itself, as not every machine
# that has the others' tools has strongSwan.
check_strongswan()
{
	make_share
	tap_alone strongswan --append "${1:-}" --share "$WORK/share" -- \
		'/share/guest/drivers >/dev/null && /share/wolfcrypt/strongswan.py'
}

# What the kselftests ask of our drivers, errors above all, holds of the stock ones.
# There are none for CFB and OFB.
check_stock_answers()
{
	# shellcheck disable=SC2016 # of the guest's shell
	guest stock --config stock --share "$REPO" --timeout 1500 -- '
		cd /share/tools/testing/selftests/wolfcrypt
		for name in ecb "cbc(aes)" ctr xts gcm ccm cmac sha1 sha224 sha256 sha384 sha512 \
			sha3 chacha20; do
			./af_alg.py --pattern . --only "$name" || exit
		done' >"$WORK/tap"
	cat "$WORK/tap"
	! grep -E '^not ok|# SKIP' "$WORK/tap" || fail "the stock drivers do otherwise"
	[ "$(grep -c '^1\.\.' "$WORK/tap")" -eq 14 ] || fail "some algorithms are missing"
	[ "$(sed -n 's/^1\.\.//p' "$WORK/tap" | paste -sd +  | bc)" -eq "$(grep -c '^ok ' "$WORK/tap")" ] ||
		fail "some cases are missing"
	note "$(grep -c '^ok ' "$WORK/tap") cases"
}

# The kernel's own tests have run, or are waited for, before the kselftests. They don't
# fuzz here: other checks have them do it.
check_debug()
{
	make_share
	keep_tests short
	run_tap avx2 debug --config debug --append "fips=1 cryptomgr.noextratests=1" \
		--share "$WORK/share" --timeout 4000 -- \
		'/share/guest/drivers >/out/drivers && QUICK=1 /share/run_kselftest.sh -o 2400 && /share/guest/kmemleak >&2'
	all_drivers avx2 debug "$WORK/out/drivers" fips=1
}

# check_module [PARAMETER]
check_module()
{
	make_share
	kernel_make "$(kernel_src wolfcrypt)" "$(kernel_out wolfcrypt module)" -s \
		modules_install INSTALL_MOD_PATH="$WORK/share/modules" INSTALL_MOD_STRIP=1
	guest module --config module --append "${1:-}" --share "$WORK/share" -- /share/guest/module
	# The one failure is the one that the script asks for.
	[ "${1:-}" = fips=1 ] || grep -q 'self-test hmac-sha512-c failed' "$CONSOLE.module.log" ||
		fail "another self-test failed"
	sed -i '/hmac-sha512-c failed/d' "$CONSOLE.module.log"
	clean_console module
	if [ "${1:-}" = fips=1 ]; then
		has_status 125 guest broken --config module --append fips=1 --share "$WORK/share" -- \
			'ln -sfn /share/modules/lib/modules /lib/modules; modprobe wolfcrypt fips_break=hmac-sha512-c'
		grep -q 'Kernel panic - not syncing: .*self-test hmac-sha512-c failed' "$CONSOLE.broken.log" ||
			fail "it panicked for another reason"
	fi
	note "modprobe, rmmod, failed self-test"
}

# What one kernel wrote, the other reads.
check_interop()
{
	local name kinds dm_crypt=/share/tools/testing/selftests/wolfcrypt/dm_crypt.py

	guest stock-writes --config stock --share "$REPO" -- \
		"/share/ci/lib/guest/drivers >/out/drivers && $dm_crypt create /out/stock" \
		>"$WORK/stock-writes.tap"
	[ ! -s "$WORK/out/drivers" ] || fail "the stock kernel has wolfCrypt's drivers"
	guest ours --append fips=1 --share "$REPO" -- \
		"$dm_crypt check /out/stock && $dm_crypt create /out/ours" >"$WORK/ours.tap"
	guest stock-reads --config stock --share "$REPO" -- "$dm_crypt check /out/ours" \
		>"$WORK/stock-reads.tap"
	cat "$WORK"/*.tap
	kinds=$(grep -c '^ok .* create ' "$WORK/stock-writes.tap")
	for name in ours stock-reads; do
		[ "$(grep -c '^ok .* check ' "$WORK/$name.tap")" -eq "$kinds" ] ||
			fail "not all volumes were read: $name"
	done
	! grep -E '^not ok|# SKIP' "$WORK"/*.tap || fail "a volume was left out"
	# They name the driver of each open volume.
	! grep '^# .*-wolfcrypt' "$WORK"/stock-*.tap || fail "the stock kernel has wolfCrypt's drivers"
	grep -q '^# .*-wolfcrypt' "$WORK/ours.tap" || fail "it was not wolfCrypt"
	clean_console ours
	note "$kinds kinds of volumes, both ways"
}

# tap_alone NAME OPTION... -- COMMAND...: kselftests in a guest, one after the other,
# which are not run by run_kselftest.sh as they want more than it gives them
tap_alone()
{
	local name=$1 status=0

	guest "$@" >"$WORK/$name.tap" || status=$?
	cat "$WORK/$name.tap"
	[ "$status" -eq 0 ] || fail "the guest ended with status $status: $CONSOLE.$name.log"
	! grep '# SKIP' "$WORK/$name.tap" || fail "a test was skipped in our own guest"
	[ "$(sed -n 's/^1\.\.//p' "$WORK/$name.tap" | paste -sd + | bc)" -eq "$(grep -c '^ok ' "$WORK/$name.tap")" ] ||
		fail "some cases are missing"
	clean_console "$name"
	note "$(cat "$WORK"/*.tap | grep -c '^ok ') cases"
}

# sign_module DIGEST KEY CERTIFICATE TO: the build's module, with the kernel's program
sign_module()
{
	local out

	out=$(kernel_out wolfcrypt test)
	"$out/scripts/sign-file" "$1" "$2" "$3" "$out/crypto/wolfcrypt/wolfcrypt-bench.ko" "$4"
}

# check_module_sig [PARAMETER]: signatures by the build's key, and by one of another
check_module_sig()
{
	local certs digest

	make_share
	certs=$(kernel_out wolfcrypt test)/certs
	for digest in sha256 sha384 sha512; do
		sign_module "$digest" "$certs/signing_key.pem" "$certs/signing_key.x509" \
			"$WORK/share/$digest.ko"
	done
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -keyout "$WORK/other.pem" \
		-outform DER -out "$WORK/other.x509"
	sign_module sha256 "$WORK/other.pem" "$WORK/other.x509" "$WORK/share/other.ko"
	tap_alone module-sig --append "module.sig_enforce=1 ${1:-}" --share "$WORK/share" -- \
		'cd /share && wolfcrypt/modules.py sha256=sha256.ko sha384=sha384.ko sha512=sha512.ko other=other.ko'
}

# A kernel starts another with fips=1, and that one a third. The status that counts is
# the last one's. What isn't the kernel that was digested doesn't start.
check_kexec()
{
	# shellcheck disable=SC2016 # of the guest's shell
	local run='cd /share/wolfcrypt && ./kexec.py "$@" >>/out/tap; status=$?; cat /out/tap; exit $status'

	make_share
	cp "$(kernel_image test)" "$WORK/share/kernel"
	tap_alone kexec --share "$WORK/share" --timeout 1500 -- \
		bash -c "$run" kexec /share/kernel fips=1 fips=1
	[ "$(grep -c '\] Linux version' "$CONSOLE.kexec.log")" -eq 3 ] || fail "not three kernels"
	rm "$WORK/out/tap"
	has_status 124 guest changed --append cryptomgr.notests=1 --share "$WORK/share" --timeout 400 -- \
		bash -c "$run" kexec --change /share/kernel fips=1
	cat "$WORK/out/tap"
	! grep '^not ok' "$WORK/out/tap" || fail "the kernel was not changed"
	grep -q 'Starting new kernel' "$CONSOLE.changed.log" || fail "no kernel was started"
	[ "$(grep -c '\] Linux version' "$CONSOLE.changed.log")" -eq 1 ] ||
		fail "a kernel with a bit changed was started"
}

# check_trusted [PARAMETER]: with a TPM, and with another one
check_trusted()
{
	local test=/share/wolfcrypt/trusted.py

	make_share
	tap_alone trusted --append "${1:-}" --share "$WORK/share" --tpm "$WORK/tpm" -- \
		"$test && $test create /out"
	tap_alone again --append "${1:-}" --share "$WORK/share" --tpm "$WORK/tpm" -- \
		"$test check /out"
	tap_alone other --append "${1:-}" --share "$WORK/share" --tpm "$WORK/other-tpm" -- \
		"$test refuse /out"
}

# check_evm [PARAMETER]: its key stays in a kernel until the next boot.
check_evm()
{
	make_share
	tap_alone evm --append "${1:-}" --share "$WORK/share" -- /share/wolfcrypt/evm.py
}

# What one kernel has sealed, protected or encrypted, the other opens. There is no
# eCryptfs with fips=1.
check_keys_interop()
{
	# shellcheck disable=SC2016 # of the guest's shell
	local all='cd /share/wolfcrypt && for test in keys evm ecryptfs; do ./$test.py'

	make_share
	tap_alone stock-writes --config stock --share "$WORK/share" -- \
		"$all create /out/stock || exit; done"
	tap_alone ours-reads --share "$WORK/share" -- "$all check /out/stock || exit; done"
	tap_alone ours-writes --share "$WORK/share" -- "$all create /out/ours || exit; done"
	tap_alone stock-reads --config stock --share "$WORK/share" -- \
		"$all check /out/ours || exit; done"
}

# Where a machine that dies writes to: its root, and a volume with integrity
PLACES=(/var/crash /dev/mapper/sealed)

# on_its_root COMMAND...: what a guest with an encrypted root is to do there
on_its_root()
{
	cat <<-END
	[ "\$(findmnt -n -o SOURCE /)" = /dev/mapper/root ] || exit 99
	DM_DISABLE_UDEV=1 cryptsetup open --key-file /root/passphrase /dev/vdc sealed || exit 98
	mkdir -p /var/crash
	/share/wolfcrypt/crash.py $*
	END
}

# write_and_die NAME OPTION...: the machine dies when it has written for a while.
write_and_die()
{
	local name=$1 boot place status=0

	"$REPO/ci/boot" --quiet --log "$CONSOLE.$name.log" --out "$WORK/out" "${@:2}" -- \
		"$(on_its_root write "${PLACES[@]}")" >"$WORK/out/$name" 2>"$WORK/$name.err" &
	boot=$!
	for place in "${PLACES[@]}"; do
		until [ "$(grep -c "^durable .* $place\$" "$WORK/out/$name")" -ge 40 ]; do
			kill -0 "$boot" 2>/dev/null || fail "it ended before: $(paste -sd ' ' "$WORK/$name.err")"
			sleep 1
		done
	done
	sleep "0.$RANDOM"
	pkill -KILL -f "^qemu-system-x86_64 .*$WORK/disk" || fail "there is no QEMU to kill"
	wait "$boot" || status=$?
	[ "$status" -eq 126 ] || fail "the guest ended with status $status, and was not killed"
	clean_console "$name"
}

# The root is on a LUKS volume that an initramfs unlocks. With stock's kernel, too, and each
# finds what another one wrote when it died.
check_encrypted_root()
{
	local writer reader round=0
	local -a options=(--initrd "$WORK/out/initramfs" --share "$WORK/share" --timeout 1200
			  --drive "$WORK/disk" --drive "$WORK/sealed")

	make_share
	truncate -s 3G "$WORK/disk"
	truncate -s 64M "$WORK/sealed"
	guest make --share "$WORK/share" --drive "$WORK/disk" --drive "$WORK/sealed" -- \
		/share/guest/encrypted-root /out/initramfs
	while read -r writer reader; do
		round=$((round + 1))
		# shellcheck disable=SC2086 # words
		write_and_die "writer-$round" "${options[@]}" ${writer//,/ }
		# shellcheck disable=SC2086 # words
		tap_alone "reader-$round" "${options[@]}" ${reader//,/ } -- \
			"$(on_its_root check "/out/writer-$round" "${PLACES[@]}")"
	done <<-END
	--config,test	--config,test,--append,fips=1
	--config,test,--append,fips=1	--config,stock
	--config,stock	--config,test
	END
	grep -q '^# xts(aes): xts-aes-wolfcrypt' "$WORK/out/writer-1" || fail "it was not wolfCrypt"
	grep -q '^# xts(aes): .*wolfcrypt' "$WORK/out/writer-3" && fail "the stock kernel has wolfCrypt"
	note "$(cat "$WORK"/reader-*.tap | grep -c '^ok ') cases, $round machines that died"
}

# What is done by everything that uses the drivers at once, and CPUs that come and go; with
# --faults, with allocations that can't wait failing. Then nothing is said of leaks: the
# kernel's own sockets, packets and security associations are leaked by that.
# check_load PARAMETER [--faults]
check_load()
{
	local leaks='&& /share/guest/kmemleak >&2'

	[ -z "${2:-}" ] || leaks=
	make_share
	tap_alone load --config debug --smp 4 --append "cryptomgr.noextratests=1 $1" \
		--share "$WORK/share" --timeout 2400 -- \
		"/share/guest/drivers >/dev/null; QUICK=1 /share/wolfcrypt/load.py --seconds 180 ${2:-} $leaks"
	note "$(awk '/^# [0-9]+ rounds, / { n += $4 } /allocations failed/ { f += $3 }
		END { print int(n / 1000) " kB" (f ? ", " f " allocations failed" : "") }' "$WORK/load.tap")"
}

# check_faults PARAMETER: each allocation refused in turn
check_faults()
{
	make_share
	tap_alone faults --config debug --append "cryptomgr.noextratests=1 $1" \
		--share "$WORK/share" --timeout 4000 -- \
		"/share/guest/drivers >/dev/null; QUICK=1 /share/wolfcrypt/faults.py"
	note "$(awk '/ allocations refused, / { n += $2; f += $5 }
		END { print n " allocations refused, " f " failures" }' "$WORK/faults.tap")"
}

# Once everything is built, a run is to make nothing anew. How long that takes is the
# machine's, for most of it goes into looking at each file of the kernel.
check_demo()
{
	local began took anew

	# The kernel has its own rows. This may be the first guest that wants a root.
	"$REPO/ci/rootfs"
	began=$SECONDS
	touch "$WORK/began"
	"$REPO/ci/demo" >"$WORK/report"
	took=$((SECONDS - began))
	cat "$WORK/report"
	grep -q '^all parts passed' "$WORK/report" || fail "its report does not say that all passed"
	[ "$(grep -c ' on [a-z-]*-aes-wolfcrypt' "$WORK/report")" -ge 2 ] ||
		fail "its report does not name the drivers of two volumes"
	anew=$(find "$(kernel_out wolfcrypt test)" "$WOLFCRYPT_BUILD/rootfs" -type f \
		-newer "$WORK/began" \( -name '*.o' -o -name vmlinux -o -name bzImage -o -name '*.squashfs' \) \
		-printf ' %f')
	[ -z "$anew" ] || fail "a second run makes anew:$anew"
	note "a second run makes nothing anew and takes $took s"
}

check_break_module()
{
	guest refused --append "wolfcrypt.fips=1 wolfcrypt.fips_break=hmac-sha512-c" \
		--share "$REPO" -- /share/ci/lib/guest/refused hmac-sha512-c
}

check_break_unknown()
{
	has_status 125 guest unknown --append "fips=1 wolfcrypt.fips_break=no-such-test" -- true
	grep -q 'no self-test no-such-test to break' "$CONSOLE.unknown.log" ||
		fail "it panicked for another reason"
}

# broken_named TEST LOG: does the panic name the test? Those that the integrity test rests
# on come before it, too: then it is what fails, and the log names them.
broken_named()
{
	local panics=$1

	case $1 in
	sha256-c|hmac-sha256-c)
		panics=integrity
		grep -q "self-test $1 failed, on which that of integrity rests" "$2" || return ;;
	esac
	grep -q "Kernel panic - not syncing: .*self-test $panics failed" "$2"
}

# break_one CPU TEST: the boot must end in a panic that names the test
break_one()
{
	local status=0

	guest_cpu "$1" "$2" --append "fips=1 wolfcrypt.fips_break=$2" --timeout 120 -- true \
		2>/dev/null || status=$?
	if [ "$status" -eq 125 ] && broken_named "$2" "$CONSOLE.$2.log"; then
		echo "stopped: $1 $2"
	else
		echo "NOT STOPPED: $1 $2: status $status, $CONSOLE.$2.log"
		return 1
	fi
}

# check_break PATTERN CPU...: every self-test of these CPUs that PATTERN matches;
# what two of them share, on the first only.
check_break()
{
	local pattern=$1 cpu name

	shift
	for cpu; do
		guest_cpu "$cpu" "names-$cpu" --append cryptomgr.notests=1 -- \
			"ls /sys/kernel/wolfcrypt/selftests | grep -e '$pattern'" >"$WORK/names"
		sed "s/^/$cpu /" "$WORK/names" >>"$WORK/all"
	done
	awk '!seen[$2]++' "$WORK/all" >"$WORK/todo"
	break_all break_one <"$WORK/todo"
}
