#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every algorithm that wolfCrypt offers has a driver that passed the kernel's
# own tests and comes before all others; and the module says that it is well.

set -uo pipefail
cd "$(dirname "$0")" || exit 1
. ./tap.sh

status=/sys/kernel/wolfcrypt
algorithms=(
	aes "ecb(aes)" "cbc(aes)" "cts(cbc(aes))" "ctr(aes)" "cfb(aes)" "ofb(aes)"
	"xts(aes)"
	"gcm(aes)" "rfc4106(gcm(aes))" "ccm(aes)" "rfc4309(ccm(aes))"
	"cmac(aes)"
	sha1 sha224 sha256 sha384 sha512 sha3-224 sha3-256 sha3-384 sha3-512
	"hmac(sha1)" "hmac(sha224)" "hmac(sha256)" "hmac(sha384)" "hmac(sha512)"
	"authenc(hmac(sha1),cbc(aes))" "authenc(hmac(sha256),cbc(aes))"
	"authenc(hmac(sha512),cbc(aes))"
	"authenc(hmac(sha1),rfc3686(ctr(aes)))" "authenc(hmac(sha256),rfc3686(ctr(aes)))"
	"authenc(hmac(sha384),rfc3686(ctr(aes)))" "authenc(hmac(sha512),rfc3686(ctr(aes)))"
	stdrng
)

if [[ -r /proc/sys/crypto/fips_enabled && $(</proc/sys/crypto/fips_enabled) == 1 ]]; then
	algorithms+=("seqiv(rfc4106(gcm(aes)))")
else
	algorithms+=("rfc4543(gcm(aes))")
	# On other CPUs the kernel's own are the faster ones.
	cpu_has avx2 bmi2 &&
		algorithms+=(chacha20 "rfc7539(chacha20,poly1305)" "rfc7539esp(chacha20,poly1305)")
fi

preferred() {
	local name=$1 best driver selftest first second

	{
		read -r first driver selftest
		read -r second _
	} <<< "$(proc_crypto selftest "$name")"

	check_match "the preferred driver of $name" "${driver:-none}" -wolfcrypt
	check "its test by the kernel" "${selftest:-}" passed
	best=$((${second:-0} < ${first:-0}))
	check "its priority, ${first:-none}, is above ${second:-none}" "$best" 1
	echo "# $name: ${driver:-none}, priority ${first:-none}"
}

operational() {
	check "$status/state" "$(<"$status/state")" operational
	echo "# $(<"$status/version")"
}

mode() {
	local fips=0 module=N

	[[ -r /proc/sys/crypto/fips_enabled ]] &&
		fips=$(</proc/sys/crypto/fips_enabled)
	[[ -r /sys/module/wolfcrypt/parameters/fips ]] &&
		module=$(</sys/module/wolfcrypt/parameters/fips)
	[[ $module == Y ]] && fips=1
	check "$status/fips" "$(<"$status/fips")" "$fips"
}

selftest() {
	local result expected="not run"

	result=$(<"$status/selftests/$1")
	if [[ $(<"$status/fips") == 1 ]]; then
		expected=pass
		result=${result%% [0-9]*}
	fi
	check "result of $1" "$result" "$expected"
	echo "# $1: $(<"$status/selftests/$1")"
}

# The kernel tests a new driver in a thread of its own.
untested() {
	awk -v RS= '
		/driver *: [^\n]*-wolfcrypt/ && /selftest *: unknown/ { found = 1 }
		END { exit !found }' /proc/crypto
}

tap_need_root awk
[[ -r /proc/crypto ]] || tap_skip "needs /proc/crypto"
tap_need_wolfcrypt

for _ in {1..60}; do
	untested || break
	sleep 1
done

shopt -s nullglob
selftests=("$status"/selftests/*)

tap_plan $((${#algorithms[@]} + 3 + ${#selftests[@]}))
for name in "${algorithms[@]}"; do
	tap_case "$name" preferred "$name"
done
tap_case "the module is operational" operational
tap_case "the mode is the one that was asked for" mode
tap_case "there are self-tests" test ${#selftests[@]} -gt 0
for file in "${selftests[@]}"; do
	tap_case "self-test ${file##*/}" selftest "${file##*/}"
done
tap_end
