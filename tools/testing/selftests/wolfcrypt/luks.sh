#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# LUKS2 volumes on wolfCrypt's drivers.
#
#   luks.sh              all of it
#   luks.sh create IMG   write IMG.xts and IMG.cbc, for another kernel to read
#   luks.sh check IMG    read what another kernel wrote
#
# The last two run on a kernel without wolfCrypt, too.

set -uo pipefail
if [[ ${2:-} ]]; then
	image=$(realpath -m "$2")
fi
cd "$(dirname "$0")" || exit 1
. ./tap.sh

data_offset=$((16 << 20))	# of the ciphertext in the image
volume_size=$((8 << 20))
raw_size=65536
kinds=(xts cbc)
declare -A cipher=([xts]=aes-xts-plain64 [cbc]=aes-cbc-essiv:sha256)
declare -A key_bytes=([xts]=64 [cbc]=32)
declare -A algorithm=([xts]="xts(aes)" [cbc]="cbc(aes)")

clean_up() {
	local kind

	for kind in "${kinds[@]}"; do
		mountpoint -q "$work/mnt" && umount "$work/mnt"
		[[ -e /dev/mapper/$(node "$kind") ]] &&
			cryptsetup close "$(node "$kind")"
	done
	rm -rf "$work"
}

node() {
	echo "wolfcrypt-test-$$-$1"
}

# references KIND: to wolfCrypt's drivers, and to all others, beyond the one of
# being registered: opening a volume may register instances of templates
references() {
	proc_crypto refcnt "${algorithm[$1]}" | awk '
		$2 ~ /-wolfcrypt/ { ours += $3 - 1; next }
		{ others += $3 - 1 }
		END { print ours + 0, others + 0 }'
}

# open_volume KIND: and see who carries it
open_volume() {
	local ours others ours_now others_now

	read -r ours others <<< "$(references "$1")"
	cryptsetup open --key-file "$work/passphrase" "$work/$1.img" \
		"$(node "$1")" || return
	read -r ours_now others_now <<< "$(references "$1")"

	[[ -d /sys/kernel/wolfcrypt ]] || return 0
	check "the open volume refers to a wolfCrypt driver" \
	      $((ours_now > ours)) 1
	check "references to other drivers of ${algorithm[$1]}" \
	      "$others_now" "$others"
	proc_crypto refcnt "${algorithm[$1]}" |
		sed 's/^/# priority, driver, references: /'
}

close_volume() {
	cryptsetup close "$(node "$1")"
}

format() {
	head -c "${key_bytes[$1]}" /dev/urandom > "$work/$1.key"
	truncate -s $((data_offset + volume_size)) "$work/$1.img"
	cryptsetup luksFormat --type luks2 --batch-mode --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 --sector-size 512 \
		--offset $((data_offset / 512)) --cipher "${cipher[$1]}" \
		--key-size $((8 * key_bytes[$1])) \
		--volume-key-file "$work/$1.key" \
		--key-file "$work/passphrase" "$work/$1.img"
}

content() {
	seq 1 300000
}

write_files() {
	open_volume "$1" || return
	mkfs.ext4 -q "/dev/mapper/$(node "$1")" &&
		mount "/dev/mapper/$(node "$1")" "$work/mnt" &&
		content > "$work/mnt/numbers" &&
		umount "$work/mnt" &&
		close_volume "$1"
}

read_files() {
	local sum want

	want=$(content | sha256sum)
	open_volume "$1" || return
	mount -o ro "/dev/mapper/$(node "$1")" "$work/mnt" || return
	sum=$(sha256sum < "$work/mnt/numbers")
	check "SHA-256 of the file" "$sum" "$want"
	umount "$work/mnt" && close_volume "$1"
}

# What is on the disk is what OpenSSL makes of it under the same key.
raw() {
	local want

	content | head -c $raw_size > "$work/plain"
	open_volume "$1" || return
	dd if="$work/plain" of="/dev/mapper/$(node "$1")" bs=64K conv=fsync \
		status=none || return
	close_volume "$1" || return
	want=$(python3 oracle.py "${cipher[$1]}" "$work/$1.key" \
		< "$work/plain" | sha256sum)
	check "SHA-256 of the ciphertext" \
	      "$(tail -c +$((data_offset + 1)) "$work/$1.img" |
		 head -c $raw_size | sha256sum)" "$want"
}

# cryptsetup's exit status 2: no permission, that is, a bad passphrase
wrong_passphrase() {
	cryptsetup open --key-file - "$work/$1.img" "$(node "$1")" \
		<<< "not the passphrase" 2> /dev/null
	check "exit status of cryptsetup" $? 2
	[[ -e /dev/mapper/$(node "$1") ]]
	check "exit status of the test for a node in /dev/mapper" $? 1
}

put() {
	cp --sparse=always "$work/$1.img" "$image.$1"
}

get() {
	cp --sparse=always "$image.$1" "$work/$1.img"
}

case ${1:-all}:${image:+image} in
all:)
	cases=(format raw wrong_passphrase write_files read_files) ;;
create:image)
	cases=(format write_files put) ;;
check:image)
	cases=(get wrong_passphrase read_files) ;;
*)
	echo "usage: luks.sh [create IMG | check IMG]" >&2
	exit 2 ;;
esac

tap_need_root awk cryptsetup mkfs.ext4 python3
python3 -c 'import oracle' 2> /dev/null ||
	tap_skip "needs Python's cryptography"
[[ ${image:-} ]] || tap_need_wolfcrypt
modprobe -q -a loop dm-crypt ext4 2> /dev/null
grep -qw ext4 /proc/filesystems || tap_skip "needs CONFIG_EXT4_FS"
[[ -e /dev/loop-control ]] || tap_skip "needs CONFIG_BLK_DEV_LOOP"
[[ -e /dev/mapper/control ]] || tap_skip "needs CONFIG_DM_CRYPT"

work=$(mktemp -d)
trap clean_up EXIT
mkdir "$work/mnt"
printf 'correct horse battery staple' > "$work/passphrase"

tap_plan $((${#cases[@]} * ${#kinds[@]}))
for kind in "${kinds[@]}"; do
	for func in "${cases[@]}"; do
		tap_case "${cipher[$kind]}: ${func//_/ }" "$func" "$kind"
	done
done
tap_end
