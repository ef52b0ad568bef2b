#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The approved-service indicator in sysfs: for each driver, a file for each service,
# which says in words what the security policy has in its tables.

set -uo pipefail
export LC_ALL=C
cd "$(dirname "$0")" || exit 1
. ./tap.sh

services=/sys/kernel/wolfcrypt/services

# Algorithm; service; what is said of it with fips=1.
expected() {
	local mode name tags="tags of 96 bits or more"
	local own_iv="$tags, one transform for each key"
	local authenc="tags of 32 bits or more, keys of HMAC of 112 bits or more"

	for mode in aes "ecb(aes)" "cbc(aes)" "cts(cbc(aes))" "ctr(aes)" "ofb(aes)"; do
		echo "$mode;encrypt;approved"
		echo "$mode;decrypt;approved"
	done
	for name in encrypt decrypt; do
		echo "cfb(aes);$name;approved: whole blocks"
		echo "xts(aes);$name;approved: stored data"
		echo "ccm(aes);$name;approved: tags of 64 bits or more"
		echo "rfc4309(ccm(aes));$name;approved: tags of 64 bits or more"
		for mode in sha{1,256,512}"),cbc(aes)" sha{1,256,384,512}"),rfc3686(ctr(aes))"; do
			echo "authenc(hmac($mode);$name;approved: $authenc"
		done
		# The one is there with fips=1 only, the other without.
		if fips; then
			echo "seqiv(rfc4106(gcm(aes)));$name;approved: $own_iv"
		else
			echo "rfc4543(gcm(aes));$name;not approved"
			! cpu_has avx2 bmi2 ||
				printf '%s;%s;not approved\n' chacha20 "$name" \
					"rfc7539(chacha20,poly1305)" "$name" \
					"rfc7539esp(chacha20,poly1305)" "$name"
		fi
	done
	for mode in "gcm(aes)" "rfc4106(gcm(aes))"; do
		echo "$mode;encrypt;not approved: the IV comes from the caller"
		echo "$mode;decrypt;approved: $tags"
	done
	echo "sha1;digest;approved: no signatures"
	for name in sha224 sha256 sha384 sha512 sha3-{224,256,384,512} "cmac(aes)"; do
		echo "$name;digest;approved"
	done
	for name in sha1 sha224 sha256 sha384 sha512; do
		echo "hmac($name);digest;approved: keys of 112 bits or more"
	done
	echo "stdrng;generate;approved"
}

# Ours of an algorithm, but not what templates have made of them
drivers_of() {
	proc_crypto driver "$1" | awk '$2 ~ /-wolfcrypt/ && $2 !~ /\(/ { print $2 }'
}

all_drivers() {
	awk -F ' *: ' '$1 == "driver" && $2 ~ /-wolfcrypt/ && $2 !~ /\(/ { print $2 }' \
		/proc/crypto | sort -u
}

fips() {
	[[ -r /proc/sys/crypto/fips_enabled && $(</proc/sys/crypto/fips_enabled) == 1 ]]
}

algorithm() {
	local name=$1 service text driver count=0

	while IFS=';' read -r name service text; do
		[[ $name == "$1" ]] || continue
		fips || text="not approved: fips=1 is not set"
		for driver in $(drivers_of "$name"); do
			check "$driver/$service" "$(<"$services/$driver/$service")" "$text"
			count=$((count + 1))
		done
	done < <(expected)
	check "files of $1" $((count > 0)) 1
}

# Neither a driver without its services, nor services that this test doesn't know
complete() {
	local known name service driver

	known=$(expected | while IFS=';' read -r name service _; do
		for driver in $(drivers_of "$name"); do
			echo "$driver/$service"
			echo "$driver/requests"
		done
	done | sort -u)
	check "files" "$(cd "$services" && find . -type f | sed 's|^\./||' | sort)" "$known"
	check "directories" "$(ls "$services")" "$(all_drivers)"
}

# Two messages more, at least: others may use it, too.
counts() {
	local before after hash

	hash=$(drivers_of sha256)
	before=$(<"$services/$hash/requests")
	printf x | kcapi-dgst -c sha256 --hex >/dev/null
	printf y | kcapi-dgst -c sha256 --hex >/dev/null
	after=$(<"$services/$hash/requests")
	check "two requests of $hash are counted" $((after >= before + 2)) 1
	echo "# $hash: from $before to $after requests"
}

tap_need_root awk find kcapi-dgst
[[ -r /proc/crypto ]] || tap_skip "needs /proc/crypto"
tap_need_wolfcrypt

mapfile -t algorithms < <(expected | cut -d ';' -f 1 | sort -u)
tap_plan $((${#algorithms[@]} + 2))
for name in "${algorithms[@]}"; do
	tap_case "$name" algorithm "$name"
done
tap_case "requests are counted" counts
tap_case "every driver has its services, and none other" complete
tap_end
