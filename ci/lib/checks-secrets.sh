# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The check of ci/test that searches a guest's memory for keys after use. Sourced
# after checks.sh and checks-guest.sh.

PHASES=(in-use replaced freed)

# The guest has no compiler, and maybe another C library.
make_secrets_share()
{
	need_packages gcc libc6-dev python3 python3-cryptography
	mkdir -p "$WORK/share"
	cp -r "$REPO/ci/lib/guest" "$WORK/share/"
	# Vector registers would keep a piece of a secret longer than its buffer does.
	gcc -Wall -Werror -O1 -mgeneral-regs-only -static -pthread \
		-o "$WORK/share/secrets" "$REPO/ci/lib/guest/secrets.c"
}

# search_phases [COMMAND...]: searches the guest's memory at the end of each phase, as
# the guest asks for it, in a file that COMMAND has made if there is no other.
search_phases()
{
	local phase

	for phase in "${PHASES[@]}"; do
		until [ -e "$WORK/out/list.$phase" ]; do
			sleep 0.5
		done
		{ "$@" && "$REPO/ci/lib/find-secrets.py" "$WORK/ram" "$WORK/out/list.$phase" \
			"$WORK/out/kallsyms"; } >"$WORK/found.$phase" 2>&1 || true
		touch "$WORK/out/searched.$phase"
	done
}

# secrets_verdict DRIVER...: what was found, as the check's result
secrets_verdict()
{
	local phase found

	awk '$5 !~ /^volume-/ { print $5 }' "$WORK/out/list.in-use" | LC_ALL=C sort >"$WORK/observed"
	printf '%s\n' "$@" | grep -v '^aes-' | LC_ALL=C sort >"$WORK/expected"
	diff -u "$WORK/expected" "$WORK/observed" || fail "not the drivers expected of this CPU"
	for phase in "${PHASES[@]}"; do
		found=$WORK/found.$phase
		echo "== $phase"
		cat "$found" || fail "the phase $phase was not searched"
		grep -q '^searched: ' "$found" || fail "the search of the phase $phase failed"
	done
	! grep -q '^MISSING' "$WORK"/found.* || fail "the search misses what is in use"
	! grep -q '^LEFT' "$WORK"/found.* ||
		fail "secrets are left after their use, of: $(cat "$WORK"/found.* |
			sed -n 's/^LEFT: [0-9]* \([^:]*\):.*/\1/p' | sort -u | paste -sd ' ')"
	note "$(sed -n 's/^searched: \([0-9]*\) .*/\1/p' "$WORK/found.in-use") things found in use, none of $(sed -n 's/^searched: .*; \([0-9]*\) to be gone.*/\1/p' "$WORK/found.freed") afterwards"
}

# check_secrets CPU [PARAMETER]: keys, schedules and what else is secret are found in
# memory while in use, and nowhere afterwards. FIPS mode refuses more keys; without it
# there are more drivers.
check_secrets()
{
	local searcher status=0
	local -a drivers

	make_secrets_share
	mkdir -p "$WORK/out"
	search_phases &
	searcher=$!
	guest_cpu "$1" secrets --append "${2:-} cryptomgr.notests=1" --mem 512 \
		--ram "$WORK/ram" --share "$WORK/share" -- \
		/share/guest/secrets /share/secrets || status=$?
	kill "$searcher" 2>/dev/null || true
	rm -f "$WORK/ram"
	[ "$status" -eq 0 ] || fail "the guest ended with status $status: $CONSOLE.secrets.log"
	clean_console secrets
	mapfile -t drivers < <(expected_drivers "$@")
	secrets_verdict "${drivers[@]}"
}

# The same of the implementations that no emulated CPU has, natively.
check_native_secrets()
{
	local linux searcher
	local -a drivers

	[ -n "$(native_cpu)" ] || skip "this CPU has no VAES"
	linux=$(um_image)
	make_secrets_share
	mkdir -p "$WORK/out"
	cp "$WORK/share/secrets" "$WORK/out"
	search_phases "$REPO/ci/um/memory.py" "$linux" "$WORK/ram" &
	searcher=$!
	run_um "$linux" 300 cryptomgr.notests=1 mem=256M "secrets=$WORK/out" \
		init="$REPO/ci/um/secrets.py" >"$CONSOLE.um.log" 2>&1 || true
	kill "$searcher" 2>/dev/null || true
	rm -f "$WORK/ram"
	[ "$(cat "$WORK/out/status" 2>/dev/null)" = 0 ] || fail "it didn't get to the end: $CONSOLE.um.log"
	clean_console um
	mapfile -t drivers < <(expected_drivers "$(native_cpu)")
	secrets_verdict "${drivers[@]}"
}
