# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The checks of ci/test in which the drivers meet those of a stock kernel, at the other
# end of a network.
# Sourced after checks.sh.

# peer_cases [PARAMETER]: how many of each kind there are. With fips=1 there are none of
# RFC 4543, ChaCha20-Poly1305 and MD5.
peer_cases()
{
	if [ "${1:-}" = fips=1 ]; then
		echo IPsec 30 MACsec 16 TLS 12 TCP-AO 12
	else
		echo IPsec 40 MACsec 16 TLS 16 TCP-AO 12 TCP-MD5 4
	fi
}

# peer_verdict TAP KIND NUMBER...: all of the cases are there, and passed
peer_verdict()
{
	local tap=$1 all=0 passed

	shift
	! grep -E '^not ok|# SKIP' "$tap" || fail "some cases failed"
	while [ $# -gt 0 ]; do
		passed=$(grep -c "^ok [0-9]* $1: " "$tap" || true)
		[ "$passed" -eq "$2" ] || fail "$passed cases of $1, not $2"
		all=$((all + $2))
		shift 2
	done
	grep -qx "1\.\.$all" "$tap" || fail "a plan of other than $all cases"
	[ "$(grep -c '^ok ' "$tap")" -eq "$all" ] || fail "other than $all cases"
}

# check_net_interop [PARAMETER]: two guests at once. The stock one serves until the
# other has had its cases; with one CPU the emulator doesn't fail as guest() knows it.
# The kernels' own extra tests would hold references while the cases count them.
check_net_interop()
{
	local peer=/share/tools/testing/selftests/wolfcrypt/peer.py wire stock cases status=0

	# The name of a socket is short.
	wire=$(mktemp -d)
	"$REPO/ci/boot" --quiet --log "$CONSOLE.stock.log" --out "$WORK/out" --config stock \
		--append cryptomgr.noextratests=1 --wire "a:$wire/wire" --smp 1 --share "$REPO" --timeout 3600 -- \
		"$peer serve eth0" >"$WORK/stock" 2>&1 &
	stock=$!
	# shellcheck disable=SC2064 # these values
	trap "kill $stock 2>/dev/null; rm -rf '$wire'" EXIT
	guest ours --append "cryptomgr.noextratests=1 ${1:-}" --wire "b:$wire/wire" \
		--share "$REPO" --timeout 3000 -- \
		"$peer run eth0" >"$WORK/tap" || status=$?
	cat "$WORK/tap"
	[ "$status" -eq 0 ] || fail "the guest with wolfCrypt ended with status $status"
	wait "$stock" || status=$?
	cat "$WORK/stock"
	[ "$status" -eq 0 ] || fail "the stock guest ended with status $status"
	clean_console ours
	clean_console stock
	cases=$(peer_cases "$@")
	# shellcheck disable=SC2086 # words
	peer_verdict "$WORK/tap" $cases
	note "$(grep -c '^ok ' "$WORK/tap") cases, $(awk '/^# [0-9]+ bytes$/ { n += $2 }
		END { print int(n / 1000) }' "$WORK/tap") kB"
}
