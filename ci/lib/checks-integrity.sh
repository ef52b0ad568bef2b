# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The checks of ci/test that change bits of built kernels, natively in User-Mode
# Linux and in QEMU, and hold the integrity test against them. Sourced after
# checks.sh and um.sh.

BITS=$REPO/ci/lib/bits.py

# verify_flipped OUT FILE NAME: what mkintegrity says of a kernel with a changed
# bit must be that it is another one, if the bit is covered.
verify_flipped()
{
	local status=0

	"$1/crypto/wolfcrypt/fips/mkintegrity" verify "$2" || status=$?
	case $3 in
	outside-*) [ "$status" -eq 0 ] ;;
	*) [ "$status" -eq 1 ] ;;
	esac
}

# What a kernel says when it looks for user space.
BOOTED='Run .* as init process\|No working init found\|Unable to mount root fs'

# flipped_verdict NAME LOG OUT KERNEL: a line for break_all. A bit of the code that
# makes the test may have the kernel crash, hang, or fail another self-test. Of any
# other bit, that one of these finds it is not enough: they come after.
flipped_verdict()
{
	local name=$1 log=$2 booted=''

	! grep -q "$BOOTED" "$log" || booted=1
	if ! verify_flipped "$3" "$4" "$name"; then
		echo "NOT STOPPED: $name: mkintegrity says otherwise"
	elif [[ $name == outside-* ]]; then
		[ -n "$booted" ] && echo "stopped: $name: (not covered, goes on)" ||
			echo "NOT STOPPED: $name: is not covered, yet the boot stopped: $log"
	elif [ -n "$booted" ]; then
		echo "NOT STOPPED: $name: $log"
	elif grep -q 'Kernel panic - not syncing: .*self-test integrity failed' "$log"; then
		echo "stopped: $name: integrity"
	elif [[ $name != control-* ]] && grep -q 'self-test .* failed' "$log"; then
		echo "NOT STOPPED: $name: not before another test: $log"
	else
		echo "stopped: $name: otherwise"
	fi
}

# flip_native LINUX NAME OFFSET BIT
flip_native()
{
	local copy=$WORK/linux.$2 log=$CONSOLE.$2.log

	"$BITS" flip "$1" "$3" "$4" "$copy"
	chmod +x "$copy"
	run_um "$copy" 20 fips=1 cryptomgr.notests=1 init=/bin/true >"$log" 2>&1 || true
	flipped_verdict "$2" "$log" "$(dirname "$1")" "$copy"
	rm -f "$copy"
}

# flip_guest VMLINUX NAME OFFSET BIT: QEMU loads an ELF file by its PVH note.
flip_guest()
{
	local copy=$WORK/vmlinux.$2 log=$CONSOLE.$2.log

	"$BITS" flip "$1" "$3" "$4" "$copy"
	guest "$2" --kernel "$copy" --append "fips=1 cryptomgr.notests=1" --mem 512 \
		--timeout 60 --no-rootfs 2>/dev/null || true
	flipped_verdict "$2" "$log" "$(dirname "$1")" "$copy"
	rm -f "$copy"
}

# check_flips HOW IMAGE COUNT
check_flips()
{
	[ -f "$2" ] || fail "no $2: run ci/build"
	"$BITS" list "$2" "$3" >"$WORK/bits"
	grep '^# seed' "$WORK/bits"
	grep -v '^#' "$WORK/bits" >"$WORK/todo"
	break_all "$1" "$2" <"$WORK/todo"
	note "$(wc -l <"$WORK/todo") bits: $(grep -c '^stopped: .*: integrity' "$LOG") found by the test, $(grep -c '^stopped: .*: otherwise' "$LOG") stopped otherwise, $(grep -c 'goes on' "$LOG") outside went on"
}

check_native_integrity()
{
	check_flips flip_native "$(um_image)" 100
}

check_integrity()
{
	check_flips flip_guest "$(kernel_out wolfcrypt test)/vmlinux" 32
}

# remake_bzimage VMLINUX DIR: the bzImage of a changed kernel, by the kernel's own make,
# in a directory that has arch/x86/boot to write to, and links to the rest. That
# vmlinux is taken as it is: nothing links or seals it anew.
remake_bzimage()
{
	local vmlinux=$1 dir=$2 src out

	src=$(kernel_src wolfcrypt)
	out=$(kernel_out wolfcrypt 'test')
	mkdir -p "$dir/arch/x86"
	find "$out" -mindepth 1 -maxdepth 1 -not -name arch -not -name vmlinux \
		-exec ln -s -t "$dir" {} +
	find "$out/arch/x86" -mindepth 1 -maxdepth 1 -not -name boot \
		-exec ln -s -t "$dir/arch/x86" {} +
	cp -a "$out/arch/x86/boot" "$dir/arch/x86"
	rm "$dir/arch/x86/boot/bzImage"
	cp "$vmlinux" "$dir/vmlinux"
	kernel_make "$src" "$dir" -C "$dir" --no-print-directory -f "$src/Makefile" \
		-o vmlinux bzImage >"$dir.log" 2>&1 &&
		cmp "$vmlinux" "$dir/vmlinux"
}

# flip_bzimage VMLINUX NAME OFFSET BIT: of what is compressed into a bzImage, which
# unpacks it to an address of its choice. With NAME outside-none no bit is changed, and
# the kernel says where it is.
flip_bzimage()
{
	local name=$2 dir=$WORK/$2 copy=$WORK/vmlinux.$2
	local -a how=(--no-rootfs)

	if [ "$name" = outside-none ]; then
		cp "$1" "$copy"
		how=(-- 'grep -w _text /proc/kallsyms')
	else
		"$BITS" flip "$1" "$3" "$4" "$copy"
	fi
	remake_bzimage "$copy" "$dir" ||
		{ echo "NOT STOPPED: $name: there is no bzImage: $dir.log"; return 1; }
	guest "$name" --kernel "$dir/arch/x86/boot/bzImage" --mem 512 --timeout 60 \
		--append "fips=1 cryptomgr.notests=1" "${how[@]}" 2>/dev/null || true
	flipped_verdict "$name" "$CONSOLE.$name.log" "${1%/*}" "$copy"
	rm -rf "$dir" "$copy"
}

check_integrity_bzimage()
{
	local vmlinux linked

	vmlinux=$(kernel_out wolfcrypt 'test')/vmlinux
	[ -f "$vmlinux" ] || fail "no $vmlinux: run build-test first"
	lock build
	"$BITS" list "$vmlinux" 0 >"$WORK/bits"
	grep '^# seed' "$WORK/bits"
	grep -E '^(text-last|rodata-first) ' "$WORK/bits" >"$WORK/todo"
	echo "outside-none - -" >>"$WORK/todo"
	break_all flip_bzimage "$vmlinux" <"$WORK/todo"
	[ "$(grep -c '^stopped: .*: integrity$' "$LOG")" -eq 2 ] || fail "not found by the integrity test"
	linked=$(nm "$vmlinux" | awk '$3 == "_text" { print $1 }')
	grep -q ' T _text$' "$LOG" || fail "no kernel without a changed bit"
	! grep -q "^$linked T _text$" "$LOG" || fail "the kernel did not move: $linked"
	note "2 bits in a bzImage stopped it; the same without went on, at another address than linked"
}

# The digest is that of the build wherever the kernel runs, on 1 to 4 CPUs.
check_integrity_kaslr()
{
	local vmlinux digest cpus

	vmlinux=$(kernel_out wolfcrypt test)/vmlinux
	digest=$("${vmlinux%/*}/crypto/wolfcrypt/fips/mkintegrity" verify "$vmlinux" | grep -o '[0-9a-f]\{64\}')
	for cpus in 1 2 3 4; do
		guest "smp-$cpus" --smp "$cpus" --append "fips=1 cryptomgr.notests=1" -- \
			'cat /sys/kernel/wolfcrypt/digest; grep -w _text /proc/kallsyms' >>"$WORK/boots"
	done
	guest nokaslr --append "fips=1 cryptomgr.notests=1 nokaslr" -- \
		'cat /sys/kernel/wolfcrypt/digest; grep -w _text /proc/kallsyms' >>"$WORK/boots"
	cat "$WORK/boots"
	[ "$(grep -cx "$digest" "$WORK/boots")" -eq 5 ] || fail "not the digest of the build"
	[ "$(grep -w _text "$WORK/boots" | sort -u | wc -l)" -ge 3 ] || fail "the kernel does not move"
	note "$(grep -w _text "$WORK/boots" | sort -u | wc -l) addresses, 1 to 4 CPUs"
}

# module_guest NAME OPTION... -- COMMAND...: for the loadable module, with what it
# depends on in place
module_guest()
{
	local name=$1

	shift
	guest "$name" --config module --append cryptomgr.notests=1 --share "$WORK/share" \
		--timeout 300 "${@:1:$#-1}" \
		"ln -sfn /share/modules/lib/modules /lib/modules
		 modprobe -a \$(modinfo -F depends /share/wolfcrypt.ko | tr , ' ')
		 ${*: -1}"
}

# digest_of MKINTEGRITY FILE
digest_of()
{
	"$1" verify "$2" | sed -n 's/.* \([0-9a-f]\{64\}\) pass$/\1/p'
}

# module_copies OUT: WORK/share, with the module as it is linked, and what may be done
# to it afterwards, all with one digest, which is the output
module_copies()
{
	local share=$WORK/share tool=$1/crypto/wolfcrypt/fips/mkintegrity digest copy

	mkdir -p "$share"
	cp -r "$REPO/ci/lib/guest" "$REPO/ci/lib/bits.py" "$share"
	cp "$1/crypto/wolfcrypt/wolfcrypt.ko" "$share/wolfcrypt.ko"
	kernel_make "$(kernel_src wolfcrypt)" "$1" -s modules_install \
		INSTALL_MOD_PATH="$share/modules" INSTALL_MOD_STRIP=1 >&2
	strip --strip-debug -o "$share/stripped.ko" "$share/wolfcrypt.ko"
	cp "$share/wolfcrypt.ko" "$share/signed.ko"
	(cd "$1" && scripts/sign-file sha256 certs/signing_key.pem certs/signing_key.x509 \
		"$share/signed.ko") >&2
	cp "$share/wolfcrypt.ko" "$share/again.ko"
	"$tool" seal "$share/again.ko"
	cmp "$share/wolfcrypt.ko" "$share/again.ko" >&2 || fail "it can't be sealed twice"

	digest=$(digest_of "$tool" "$share/wolfcrypt.ko")
	for copy in "$share"/{stripped,signed}.ko \
		    "$share"/modules/lib/modules/*/kernel/crypto/wolfcrypt/wolfcrypt.ko; do
		[ "$(digest_of "$tool" "$copy")" = "$digest" ] ||
			fail "another digest: ${copy##*/}"
	done
	echo "$digest"
}

# load_flipped: WORK/out/results, as ci/lib/guest/flipped has it. A bit that ends the
# guest is followed by another guest for the rest.
load_flipped()
{
	local results=$WORK/out/results boots=0 before=-1

	mkdir -p "$WORK/out"
	: >"$results"
	until grep -qx end "$results"; do
		[ "$(wc -l <"$results")" -gt "$before" ] || fail "a guest gets no further"
		before=$(wc -l <"$results")
		boots=$((boots + 1))
		module_guest "flipped-$boots" -- 'exec /share/guest/flipped /share/bits' || true
		awk '$2 == "begun" { begun[$1] = 1; next } { delete begun[$1] }
		     END { for (name in begun) print name, "crashed" }' "$results" >"$WORK/crashed"
		cat "$WORK/crashed" >>"$results"
	done
	echo "$boots boots"
}

# flipped_load NAME WORD STATUS: a line for a bit, of what the guest says and of the
# status of mkintegrity. That the loader refuses a relocation, or that changed code of
# the test crashes, is no merit of the test.
flipped_load()
{
	case "$1 $2 $3" in
	outside-*' loaded 0') echo "went in: $1: not covered" ;;
	reloc-symbol-*' loaded 0') echo "went in: $1: another name for the same place" ;;
	*' integrity 1') echo "stopped: $1: integrity" ;;
	*' loader 1') echo "stopped: $1: loader" ;;
	control-*' self-test 1' | control-*' crashed 1' | random-*' crashed 1' | \
	text-*' crashed 1' | reloc-*' crashed 1') echo "stopped: $1: otherwise" ;;
	*) echo "NOT STOPPED: $1: $2, and mkintegrity ends with $3" ;;
	esac
}

# Single bits of the module's file: in the code, the constants, the relocations.
check_flipped_modules()
{
	local tool=$1/crypto/wolfcrypt/fips/mkintegrity name offset bit word status found

	"$BITS" list "$WORK/share/wolfcrypt.ko" 8 module | grep -v '^#' >"$WORK/share/bits"
	load_flipped
	while read -r name offset bit; do
		"$BITS" flip "$WORK/share/wolfcrypt.ko" "$offset" "$bit" "$WORK/flipped.ko"
		word=$(awk -v name="$name" '$1 == name && $2 != "begun" { print $2 }' "$WORK/out/results")
		status=0
		"$tool" verify "$WORK/flipped.ko" || status=$?
		flipped_load "$name" "$word" "$status"
	done <"$WORK/share/bits" | tee "$WORK/verdicts"
	! grep '^NOT STOPPED' "$WORK/verdicts" || fail "$(grep -c '^NOT STOPPED' "$WORK/verdicts") not stopped"
	[ "$(grep -c 'stopped: \|went in: ' "$WORK/verdicts")" -eq "$(wc -l <"$WORK/share/bits")" ] ||
		fail "some bits are missing"
	found=$(grep -c ': integrity$' "$WORK/verdicts")
	[ "$found" -ge 32 ] || fail "only $found are found by the test"
	[ "$(grep -c 'not covered' "$WORK/verdicts")" -eq 2 ] || fail "what is not covered is refused"
	note "$(wc -l <"$WORK/share/bits") bits: $found found by the test, $(grep -c ': loader$' "$WORK/verdicts") by the loader, $(grep -c ': otherwise$' "$WORK/verdicts") stopped otherwise, $(grep -c '^went in' "$WORK/verdicts") harmless"
}

check_integrity_module()
{
	local out digest copy range name offset bit

	out=$(kernel_out wolfcrypt module)
	[ -f "$out/crypto/wolfcrypt/wolfcrypt.ko" ] || fail "no module: run build-module first"
	digest=$(module_copies "$out")
	[ -n "$digest" ] || fail "mkintegrity does not pass the module"

	# shellcheck disable=SC2016 # of the guest's shell
	module_guest intact -- '
		for copy in wolfcrypt stripped signed; do
			for mode in "" fips=1; do
				insmod /share/$copy.ko $mode
				echo "$copy $(cat /sys/kernel/wolfcrypt/state /sys/kernel/wolfcrypt/digest | paste -sd " ")"
				rmmod wolfcrypt
			done
		done' >"$WORK/intact"
	cat "$WORK/intact"
	for copy in wolfcrypt stripped signed; do
		[ "$(grep -cx "$copy operational $digest" "$WORK/intact")" -eq 2 ] ||
			fail "$copy.ko is not operational with the digest of the build"
	done
	clean_console intact

	# What the integrity test rests on comes first, and is heeded.
	# shellcheck disable=SC2016 # of the guest's shell
	module_guest rests-on -- '
		for test in sha256-c hmac-sha256-c; do
			dmesg --clear
			! insmod /share/wolfcrypt.ko fips=1 fips_break=$test || exit 1
			dmesg | grep -q "self-test integrity failed" || exit 1
		done' >/dev/null || fail "a broken SHA-256 does not break the integrity test"

	for range in text rodata; do
		module_guest "$range" -- \
			"insmod /share/wolfcrypt.ko fips=1 tamper=1 && /share/guest/on-demand $range" >"$WORK/$range"
		cat "$WORK/$range"
		grep -qx refuses "$WORK/$range" || fail "the script did not get to its end"
	done

	check_flipped_modules "$out"
	# One that the loader lets pass.
	name=$(sed -n '/^stopped: \(.*\): integrity$/ { s//\1/p; q }' "$WORK/verdicts")
	read -r _ offset bit < <(grep "^$name " "$WORK/share/bits")
	"$BITS" flip "$WORK/share/wolfcrypt.ko" "$offset" "$bit" "$WORK/share/flipped.ko"
	has_status 125 module_guest panic --append fips=1 -- 'insmod /share/flipped.ko'
	grep -q 'Kernel panic - not syncing: .*self-test integrity failed' "$CONSOLE.panic.log" ||
		fail "it panicked for another reason"
}

# An entropy source that gets stuck, or half of it: the module is in the error state,
# or with fips=1 the kernel panics.
check_entropy()
{
	local test

	for test in repetition proportion; do
		guest "$test" --append "wolfcrypt.fips=1 cryptomgr.notests=1" --share "$REPO" \
			--timeout 120 -- "/share/ci/lib/guest/entropy $test" >"$WORK/$test"
		cat "$WORK/$test"
		grep -qx refuses "$WORK/$test" || fail "the script did not get to its end"
		grep -q "wolfcrypt: self-test entropy-$test failed" "$CONSOLE.$test.log" ||
			fail "another test failed"
		has_status 125 guest "panic-$test" --append "fips=1 cryptomgr.notests=1" \
			--share "$REPO" --timeout 120 -- "/share/ci/lib/guest/entropy $test"
		grep -q "Kernel panic - not syncing: .*self-test entropy-$test failed" \
			"$CONSOLE.panic-$test.log" || fail "it panicked for another reason"
	done
	note "$(paste -sd ' ' "$WORK/repetition" "$WORK/proportion")"
}

# With fips=1 user space has its random bytes from wolfCrypt, else from the kernel.
check_user_random()
{
	guest fips --append "fips=1 cryptomgr.notests=1" --share "$REPO" --timeout 120 -- \
		/share/ci/lib/guest/user-random >"$WORK/fips"
	guest plain --append cryptomgr.notests=1 --share "$REPO" --timeout 120 -- \
		/share/ci/lib/guest/user-random >"$WORK/plain"
	grep . "$WORK/fips" "$WORK/plain"
	[ "$(paste -sd ' ' "$WORK/fips")" = "getrandom /dev/random /dev/urandom" ] ||
		fail "with fips=1 wolfCrypt serves: $(paste -sd ' ' "$WORK/fips")"
	[ ! -s "$WORK/plain" ] || fail "without, wolfCrypt serves: $(paste -sd ' ' "$WORK/plain")"
	note "getrandom and both devices"
}

# Self-tests on demand, and the error state; in one of fips=1 the kernel panics.
check_on_demand()
{
	local range

	for range in text rodata; do
		guest "$range" --append "wolfcrypt.fips=1 cryptomgr.notests=1" --share "$REPO" \
			--timeout 120 -- "/share/ci/lib/guest/on-demand $range" >"$WORK/$range"
		cat "$WORK/$range"
		grep -qx refuses "$WORK/$range" || fail "the script did not get to its end"
	done
	# A kernel that starts on one CPU patches lock prefixes when there is another.
	# shellcheck disable=SC2016 # of the guest's shell
	guest hotplug --append "fips=1 cryptomgr.notests=1 maxcpus=1" --timeout 60 -- '
		run=/sys/kernel/wolfcrypt/run_selftests
		echo 1 >$run && echo 1 >/sys/devices/system/cpu/cpu1/online && echo 1 >$run'
	has_status 125 guest panic --append "fips=1 cryptomgr.notests=1" --timeout 60 -- '
		echo 1 >/sys/kernel/wolfcrypt/run_selftests || exit
		echo 100000 >/sys/kernel/debug/wolfcrypt-tamper/rodata
		echo 1 >/sys/kernel/wolfcrypt/run_selftests'
	grep -q 'Kernel panic - not syncing: .*self-test integrity failed' "$CONSOLE.panic.log" ||
		fail "it panicked for another reason"
	note "$(grep rounds "$WORK/text")"
}
