# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A QEMU that emulates SHA-NI: 8.2 or later. Debian 12's own is older; its
# backports have one. Sourced after common.sh and apt.sh.

SHA_NI_QEMU=8.2
BACKPORTS=bookworm-backports

qemu_version()
{
	qemu-system-x86_64 --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p'
}

# The packages are unpacked, not installed: the machine's QEMU stays as it is.
fetch_qemu()
{
	local dir=$1 package

	rm -rf "$dir"
	mkdir -p "$dir/new"
	private_sources "$dir" deb "$BACKPORTS" || return 1
	private_apt "$dir" apt-get update -o APT::Update::Error-Mode=any || return 1
	(cd "$dir/new" && private_apt "$dir" apt-get download \
		qemu-system-{x86,common,data}/"$BACKPORTS") || return 1
	for package in "$dir"/new/*.deb; do
		dpkg-deb -x "$package" "$dir/root" || return 1
	done
	cat >"$dir/qemu-system-x86_64" <<-END
	#!/bin/sh
	exec "$dir/root/usr/bin/qemu-system-x86_64" -L "$dir/root/usr/share/qemu" \\
		-L /usr/share/seabios -L /usr/share/qemu "\$@"
	END
	chmod 755 "$dir/qemu-system-x86_64"
	rm -rf "$dir/new" "$dir/lists" "$dir/cache"
	"$dir/qemu-system-x86_64" --version
}

# sha_ni_qemu: its path, or nothing and a status if there is none. A subshell,
# which gives its lock back.
sha_ni_qemu()
(
	dir=$WOLFCRYPT_BUILD/qemu

	need_packages qemu-system-x86
	if dpkg --compare-versions "$(qemu_version)" ge "$SHA_NI_QEMU"; then
		echo qemu-system-x86_64
		exit 0
	fi
	lock qemu
	[ -x "$dir/qemu-system-x86_64" ] ||
		run_logged "$WOLFCRYPT_BUILD/logs/qemu.log" "fetching QEMU of $BACKPORTS" \
			fetch_qemu "$dir" || exit 1
	echo "$dir/qemu-system-x86_64"
)
